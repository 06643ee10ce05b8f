"""Acceptability against closed forms, brute force and its own symmetries."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim.territory.smaa import Missing, _members, acceptability, pairwise_winning, wilson
from essaim.territory.weights import draw, weight_space

SIZE = 20_000
# Four Monte-Carlo standard errors at a share of one half.
MARGIN = 4 * 0.5 / np.sqrt(SIZE)


def free(m: int, size: int = SIZE, seed: int = 3) -> np.ndarray:
    return draw(weight_space([], [f"c{j}" for j in range(m)], {}), size, seed).weights


def first_share(d: np.ndarray) -> float:
    """P(d · w > 0) for w uniform on the simplex: sum over d_j > 0 of d_j^(m-1) / prod (d_j - d_k)."""
    others = [np.delete(d, j) for j in range(len(d))]
    return sum(x ** (len(d) - 1) / np.prod(x - o) for x, o in zip(d, others, strict=True) if x > 0)


def test_the_exact_example_of_pysensmcda() -> None:
    """``exact_acceptability``'s documented matrix (pysensmcda 2.0.0): 0.74 for the first, 0.26 for the last."""
    matrix = np.array(
        [
            [5.0, -1.5, 15.0, 4.0],
            [2.5, -3.8, 25.0, 2.5],
            [3.0, -2.8, 10.0, 2.8],
            [2.0, -6.7, 0.0, 1.0],
            [4.0, -3.4, 30.0, 3.5],
        ]
    )
    notes = (matrix - matrix.min(axis=0)) / np.ptp(matrix, axis=0)
    found = acceptability(notes, free(4, 100_000), 1)
    assert first_share(notes[0] - notes[4]) == pytest.approx(0.74, abs=1e-12)
    assert found.top == pytest.approx([0.74, 0, 0, 0, 0.26], abs=4 * 0.44 / np.sqrt(100_000))


def test_two_criteria_in_closed_form() -> None:
    """(a, 0) beats (0, b) when w a > (1 - w) b: in a / (a + b) of the weights, central weight (1 + b/(a+b)) / 2."""
    found = acceptability(np.array([[0.6, 0.0], [0.0, 0.3]]), free(2), 1)
    assert found.top == pytest.approx([2 / 3, 1 / 3], abs=MARGIN)
    assert found.central[0] == pytest.approx([(1 + 1 / 3) / 2, (1 - 1 / 3) / 2], abs=0.01)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=3, max_size=5, unique=True).filter(lambda d: 0 not in d))
def test_a_duel_agrees_with_the_volume_of_the_cut_simplex(d: list[int]) -> None:
    gap = np.array(d) / 10
    notes = np.vstack([np.maximum(gap, 0), np.maximum(-gap, 0)])
    assert acceptability(notes, free(len(d)), 1).top[0] == pytest.approx(first_share(gap), abs=MARGIN)


def test_constrained_weights_agree_with_brute_force_integration() -> None:
    """Every weight of a grid of 501,501 points that obeys the constraints, each counted once."""
    step = 1_000
    i, j = np.meshgrid(np.arange(step + 1), np.arange(step + 1), indexing="ij")
    inside = i + j <= step
    grid = np.column_stack([i[inside], j[inside], (step - i - j)[inside]]) / step
    space = weight_space(["c0 >= c1", "0.1 <= c2 <= 0.5"], ["c0", "c1", "c2"], {})
    grid = grid[space.admits(grid)]
    notes = np.random.default_rng(5).random((12, 3))
    exact = acceptability(notes, grid, 3)
    drawn = acceptability(notes, draw(space, SIZE, 1).weights, 3)
    assert drawn.top == pytest.approx(exact.top, abs=MARGIN + 2 / step)


def test_shares_sum_to_k_and_ranks_to_one() -> None:
    found = acceptability(np.random.default_rng(1).random((30, 4)), free(4, 2_000), 5)
    assert found.top.sum() == pytest.approx(5)
    assert found.ranks is not None
    assert found.ranks.sum(axis=0) == pytest.approx(1)
    assert found.ranks.sum(axis=1) == pytest.approx(1)
    assert found.ranks[:, :5].sum(axis=1) == pytest.approx(found.top)


def test_equals_share_their_place() -> None:
    notes = np.array([[0.5, 0.5], [0.5, 0.5], [0.1, 0.1]])
    found = acceptability(notes, free(2, 500), 1)
    assert found.top == pytest.approx([0.5, 0.5, 0])
    assert found.ranks is not None
    assert found.ranks[0] == pytest.approx([0.5, 0.5, 0])


def test_a_territory_better_everywhere_is_certain_and_worse_everywhere_excluded() -> None:
    notes = np.array([[0.9, 0.9], [0.5, 0.1], [0.1, 0.5], [0.05, 0.05]])
    assert acceptability(notes, free(2, 1_000), 2).statuses() == [
        "certain",
        "possible",
        "possible",
        "excluded",
    ]


def test_the_order_of_territories_changes_nothing() -> None:
    notes, weights = np.random.default_rng(2).random((50, 3)), free(3, 2_000)
    turned = np.random.default_rng(3).permutation(50)
    straight, shuffled = acceptability(notes, weights, 7), acceptability(notes[turned], weights, 7)
    assert shuffled.top == pytest.approx(straight.top[turned])


def test_large_studies_agree_with_small_ones_in_single_precision() -> None:
    """Above 2,000 territories no matrix of ranks, and single precision: the shares stay those of double."""
    rng = np.random.default_rng(8)
    notes, weights = rng.random((6_000, 5)), free(5, 9_000)
    found = acceptability(notes, weights, 20)
    assert found.ranks is None
    scores = weights[:300] @ notes.T
    double = np.bincount(np.argsort(-scores, axis=1)[:, :20].ravel(), minlength=6_000) / 300
    assert acceptability(notes, weights[:300], 20).top == pytest.approx(double, abs=1e-9)
    assert found.top.sum() == pytest.approx(20, abs=1e-6)


@pytest.mark.parametrize("ties", [False, True])
def test_the_first_are_the_same_whoever_sets_the_floor(ties: bool) -> None:
    """The k-th score among the strong, or among the weakest of all, only bounds what is looked at."""
    rng = np.random.default_rng(3)
    scores = rng.integers(0, 20, (30, 400)) / 20.0 if ties else rng.random((30, 400))
    whole = _members(scores, 7, np.arange(400))
    for strong in (np.argsort(-scores.mean(axis=0))[:20], np.argsort(scores.mean(axis=0))[:7]):
        for one, two in zip(whole, _members(scores, 7, np.sort(strong)), strict=True):
            assert one.tolist() == two.tolist()
    assert np.bincount(whole[0], whole[2]) == pytest.approx(np.full(30, 7.0))


def test_threads_do_not_change_the_answer() -> None:
    notes, weights = np.random.default_rng(4).random((400, 4)), free(4, 8_000)
    one, two = acceptability(notes, weights, 9, threads=1), acceptability(notes, weights, 9, threads=2)
    assert np.array_equal(one.top, two.top)


def test_an_unknown_note_is_drawn_among_the_others() -> None:
    """Against 0.5 for sure, an unknown note equal to 0 or 1 with even odds wins half of the time."""
    notes = np.array([[0.5], [0.5]])
    holes = (Missing(1, 0, np.array([0.0, 1.0])),)
    found = acceptability(notes, np.ones((SIZE, 1)), 1, missing=holes, seed=1)
    assert found.top == pytest.approx([0.5, 0.5], abs=MARGIN)


def test_winning_shares_of_a_pair_add_up() -> None:
    wins = pairwise_winning(np.array([[0.6, 0.0], [0.0, 0.3], [0.6, 0.0]]), free(2))
    assert wins[0, 1] == pytest.approx(2 / 3, abs=MARGIN)
    assert wins + wins.T == pytest.approx(np.ones((3, 3)))
    assert wins[0, 2] == 0.5


def test_the_monte_carlo_interval_covers_the_exact_share() -> None:
    covered, rng = 0, np.random.default_rng(6)
    for _ in range(200):
        found = acceptability(np.array([[0.6, 0.0], [0.0, 0.3]]), rng.dirichlet([1, 1], 400), 1, threads=1)
        covered += found.low[0] <= 2 / 3 <= found.high[0]
    assert 180 <= covered <= 199


def test_the_interval_is_never_empty_at_the_ends() -> None:
    low, high = wilson(np.array([0.0, 1.0]), 10_000)
    assert (low[0], high[1]) == (pytest.approx(0.0, abs=1e-15), 1.0)
    assert 0 < high[0] < 0.0005
    assert 0.9995 < low[1] < 1


@pytest.mark.parametrize("k", [0, 3])
def test_k_must_fit_the_number_of_territories(k: int) -> None:
    with pytest.raises(ValueError, match="k vaut"):
        acceptability(np.ones((2, 1)), np.ones((5, 1)), k)
