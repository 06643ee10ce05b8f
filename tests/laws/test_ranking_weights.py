"""Weights as constraints: what is read, what is drawn, what cannot hold together."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim.territory.weights import WeightError, conflict, draw, parse, weight_space

KEYS = ["a", "b", "c", "d"]
FAMILIES = {"need": ["a", "b"], "resources": ["c"], "offer": ["d"], "interest": []}


def space(*sentences: str):  # type: ignore[no-untyped-def]
    return weight_space(sentences, KEYS, FAMILIES)


@pytest.mark.parametrize(
    ("sentence", "inside", "outside"),
    [
        ("need >= resources", [0.2, 0.2, 0.3, 0.3], [0.1, 0.1, 0.5, 0.3]),
        ("a >= 2 * b", [0.6, 0.3, 0.1, 0.0], [0.5, 0.3, 0.1, 0.1]),
        ("a >= 2b", [0.6, 0.3, 0.1, 0.0], [0.5, 0.3, 0.1, 0.1]),
        ("10 % <= c <= 0,2", [0.4, 0.4, 0.15, 0.05], [0.4, 0.35, 0.05, 0.2]),
        ("a + b ≤ 0.5", [0.2, 0.3, 0.4, 0.1], [0.3, 0.3, 0.4, 0.0]),
        ("a == b", [0.3, 0.3, 0.2, 0.2], [0.3, 0.2, 0.3, 0.2]),
        ("a - b >= 0.1", [0.4, 0.2, 0.2, 0.2], [0.3, 0.25, 0.25, 0.2]),
    ],
)
def test_a_sentence_admits_and_refuses(sentence: str, inside: list[float], outside: list[float]) -> None:
    assert space(sentence).admits(np.array([inside, outside])).tolist() == [True, False]


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("a", "illisible"),
        ("a > b", "illisible"),
        ("a >=", "incomplète"),
        ("a >= ?", "illisible"),
        ("zz >= a", "ni un critère ni une famille"),
        ("interest >= a", "ni un critère ni une famille"),
        ("a >= a", "ne compare aucun poids"),
    ],
)
def test_a_sentence_that_cannot_be_read_is_refused_with_its_text(sentence: str, why: str) -> None:
    with pytest.raises(WeightError, match=why) as error:
        parse(sentence, KEYS, FAMILIES)
    assert sentence.split()[0] in str(error.value)


def test_constraints_that_contradict_are_named_and_no_others() -> None:
    with pytest.raises(WeightError) as error:
        space("a >= 0.6", "c >= 0.1", "b >= 0.5")
    assert "« a >= 0.6 » ; « b >= 0.5 »" in str(error.value)
    assert "c >= 0.1" not in str(error.value)


def test_a_conflict_is_minimal() -> None:
    impossible = weight_space([], KEYS, FAMILIES)
    sentences = ["a >= b", "b >= c", "c >= a + 0.1", "d <= 0.9"]
    built = type(impossible)(tuple(KEYS), tuple(c for s in sentences for c in parse(s, KEYS, FAMILIES)))
    assert conflict(built) == ["a >= b", "b >= c", "c >= a + 0.1"]


def test_free_weights_are_uniform_on_the_simplex() -> None:
    weights = draw(space(), 40_000, 1).weights
    assert weights.sum(axis=1) == pytest.approx(1)
    assert weights.mean(axis=0) == pytest.approx(0.25, abs=0.005)
    assert weights.var(axis=0) == pytest.approx(3 / 80, rel=0.05)  # Dirichlet(1,1,1,1)


def test_half_of_the_simplex_is_accepted_by_an_order() -> None:
    drawn = draw(space("a >= b"), 5_000, 1)
    assert drawn.method == "rejet"
    assert drawn.acceptance == pytest.approx(0.5, abs=0.02)


def test_a_full_order_of_eight_has_its_known_centroid_by_hit_and_run() -> None:
    """Centroid of w1 >= ... >= wm: w_i = (1/m) sum from i to m of 1/j (rank order centroid)."""
    keys = list("abcdefgh")
    order = [f"{x} >= {y}" for x, y in pairwise(keys)]
    drawn = draw(weight_space(order, keys, {}), 20_000, 2)
    centroid = [sum(1 / j for j in range(i, 9)) / 8 for i in range(1, 9)]
    assert drawn.method == "hit-and-run"
    assert drawn.acceptance is not None
    assert drawn.acceptance < 0.01
    assert drawn.weights.mean(axis=0) == pytest.approx(
        centroid, abs=4 * drawn.weights.std(axis=0).max() / np.sqrt(drawn.effective)
    )


def test_hit_and_run_agrees_with_rejection_on_the_same_set() -> None:
    """The same thin set, by chains and by brute rejection from a million draws."""
    thin = space("a >= 0.72", "0.02 <= b <= 0.1", "c >= d")
    chains = draw(thin, 20_000, 1)
    raw = np.random.default_rng(9).dirichlet(np.ones(4), 1_000_000)
    brute = raw[thin.admits(raw)]
    assert chains.method == "hit-and-run"
    assert chains.weights.mean(axis=0) == pytest.approx(brute.mean(axis=0), abs=0.006)
    assert np.quantile(chains.weights, [0.1, 0.5, 0.9], axis=0) == pytest.approx(
        np.quantile(brute, [0.1, 0.5, 0.9], axis=0), abs=0.012
    )


def test_equalities_and_hidden_equalities_are_drawn_on_their_plane() -> None:
    for sentences in (["a == 0.4"], ["a >= b", "b >= a"]):
        weights = draw(space(*sentences), 2_000, 1).weights
        assert space(*sentences).admits(weights).all()
        assert weights[:, 2].std() > 0.05


def test_a_single_admissible_point_is_that_point() -> None:
    drawn = draw(space("a == 0.25", "b == 0.25", "c == 0.25"), 100, 1)
    assert drawn.method == "point unique"
    assert drawn.weights == pytest.approx(0.25)


def test_the_same_seed_gives_the_same_draws() -> None:
    for sentences in ([], ["a == 0.4"]):
        one, two, other = (draw(space(*sentences), 500, s).weights for s in (1, 1, 2))
        assert np.array_equal(one, two)
        assert not np.array_equal(one, other)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(KEYS), st.floats(0, 0.24)).map(lambda t: f"{t[0]} >= {t[1]:.3f}"),
        max_size=4,
    ),
    st.integers(0, 99),
)
def test_every_draw_is_admissible(sentences: list[str], seed: int) -> None:
    found = space(*sentences)
    drawn = draw(found, 300, seed)
    assert found.admits(drawn.weights).all()
    assert (drawn.weights >= 0).all()
    assert len(drawn.weights) == 300


def test_the_range_of_a_weight_is_read_from_the_constraints() -> None:
    low, high = space("a >= 0.3", "b >= 0.2").range_of([1, 0, 0, 0])
    assert (low, high) == (pytest.approx(0.3), pytest.approx(0.8))
