"""Sensitivity to trends that were not parallel: what can be worked by hand, and what must hold for any vector."""

from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import null_space
from scipy.optimize import linprog

from essaim.evaluation import EvaluationError, Options, Panel, estimate
from essaim.evaluation.event_path import EventPath, event_path, path_from_json
from essaim.evaluation.relative_magnitudes import RelativeMagnitudes
from essaim.evaluation.sensitivity import read_sensitivity, sensitivity
from essaim.evaluation.sensitivity_chart import sensitivity_svg
from essaim.evaluation.simulate import Scenario, simulate
from essaim.evaluation.smoothness import Smoothness, folded_quantile, lasso_path
from tests.evaluation_data import panel_frame

Z = 1.959963984540054


def path(pre: list[float], post: list[float], se: float = 0.1, shared: float = 0.0) -> EventPath:
    """Effects with equal errors, correlated through the reference period."""
    size = len(pre) + len(post)
    return EventPath(
        np.array([*pre, *post]),
        se**2 * ((1 - shared) * np.eye(size) + shared),
        len(pre),
        np.array([*range(-len(pre), 0), *range(1, len(post) + 1)], dtype=float),
        np.full(len(post), 1 / len(post)),
    )


@st.composite
def paths(draw: st.DrawFn) -> EventPath:
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    pre, post = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    found = path(list(rng.normal(0, 0.1, pre)), list(rng.normal(0.5, 0.2, post)), shared=0.4)
    return found


def by_hand_smooth(m: float) -> tuple[float, float]:
    """One effect before (0.2) and one after (1.0): prolong the drift, whose bias is at most m."""
    sd = 0.1 * np.sqrt(2)
    half = float(folded_quantile(np.array(m / sd), 0.95)) * sd
    return 1.2 - half, 1.2 + half


@pytest.mark.parametrize("m", [0.0, 0.05, 0.4])
def test_smoothness_by_hand(m: float) -> None:
    found = Smoothness(path([0.2], [1.0]), 0.95).interval(m)
    assert found.interval == pytest.approx(by_hand_smooth(m), abs=1e-8)


def test_the_folded_quantile_is_the_usual_one_without_bias_and_one_sided_with_much() -> None:
    assert folded_quantile(np.array([0.0, 50.0]), 0.95) == pytest.approx([Z, 50 + 1.6448536269514722])


def test_parallel_trends_give_back_the_original_interval() -> None:
    low, high = RelativeMagnitudes(path([0.05, -0.1], [1.0]), 0.95, 0).interval(0.0)
    assert (low, high) == pytest.approx((1 - Z * 0.1, 1 + Z * 0.1), abs=0.003)


def test_without_error_the_relative_interval_is_the_identified_set() -> None:
    found = RelativeMagnitudes(path([0.1, 0.3], [1.0, 1.4], se=1e-5), 0.95, 0)
    # The largest change before is 0.3 a period: after one and two periods it adds up to 0.3 and 0.6.
    assert found.interval(1.0) == pytest.approx((1.2 - 0.45, 1.2 + 0.45), abs=1e-3)
    assert found.largest_before == pytest.approx(0.3)


def test_without_error_the_breakdown_value_is_the_ratio() -> None:
    found = sensitivity(path([0.1, 0.3], [1.0, 1.4], se=1e-5))
    assert found.relative_breakdown == pytest.approx(1.2 / 0.45, abs=0.02)


@given(paths())
@settings(max_examples=12, deadline=None)
def test_a_wider_bound_never_gives_a_narrower_relative_interval(drawn: EventPath) -> None:
    found = RelativeMagnitudes(drawn, 0.95, 0)
    ends = [found.interval(m) for m in (0.0, 0.5, 1.0, 2.0)]
    for (low, high), (lower, higher) in pairwise(ends):
        assert lower <= low + 5e-3
        assert higher >= high - 5e-3


@given(paths(), st.sampled_from([-1.0, 10.0]))
@settings(max_examples=10, deadline=None)
def test_intervals_follow_a_change_of_unit_or_sign(drawn: EventPath, factor: float) -> None:
    other = EventPath(
        factor * drawn.estimates, factor**2 * drawn.covariance, drawn.pre, drawn.times, drawn.weights
    )
    for before, after in (
        (RelativeMagnitudes(drawn, 0.95, 0).interval(1.0), RelativeMagnitudes(other, 0.95, 0).interval(1.0)),
        (
            Smoothness(drawn, 0.95).interval(0.1).interval,
            Smoothness(other, 0.95).interval(0.1 * abs(factor)).interval,
        ),
    ):
        assert sorted(factor * np.array(before)) == pytest.approx(list(after), abs=2e-3 * abs(factor))


@given(paths(), st.floats(-1, 1))
@settings(max_examples=10, deadline=None)
def test_a_straight_drift_changes_nothing_under_smoothness(drawn: EventPath, drift: float) -> None:
    bent = EventPath(
        drawn.estimates + drift * drawn.times, drawn.covariance, drawn.pre, drawn.times, drawn.weights
    )
    for m in (0.0, 0.2):
        assert Smoothness(bent, 0.95).interval(m).interval == pytest.approx(
            Smoothness(drawn, 0.95).interval(m).interval, abs=1e-7
        )


@given(st.integers(0, 10_000), st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_each_kink_of_the_lasso_satisfies_its_optimality_conditions(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size + 2, size))
    gram, linear = root.T @ root, rng.normal(size=size)
    kinks = lasso_path(gram, linear)
    assert kinks[-1] == pytest.approx(np.linalg.solve(gram, -linear), abs=1e-6)
    for w in kinks:
        slope = gram @ w + linear
        penalty = np.abs(slope).max()
        active = np.abs(w) > 1e-9
        assert slope[active] == pytest.approx(-penalty * np.sign(w[active]), abs=1e-6)


@given(paths(), st.sampled_from([0.5, 1.0, 3.0]))
@settings(max_examples=8, deadline=None)
def test_the_vertices_in_closed_form_solve_the_linear_programme(drawn: EventPath, mbar: float) -> None:
    """The largest moment of the article: max γ'Y with γ ≥ 0, orthogonal to the nuisance, of norm 1."""
    found, slopes, pre = RelativeMagnitudes(drawn, 0.95, 0), drawn.slopes(), drawn.pre
    rng = np.random.default_rng(1)
    for place, sign in ((0, 1.0), (pre - 1, -1.0)):
        largest = mbar * sign * slopes[place]
        rows = np.vstack([slopes[pre:] - largest, -slopes[pre:] - largest])
        norm = np.sqrt(np.diag(rows @ drawn.covariance @ rows.T))
        free = rows[:, pre:] @ null_space(drawn.weights[None])
        sides = np.column_stack([norm, free]).T
        moments, _ = found._moments(place, sign, mbar)
        for effects in rng.multivariate_normal(np.zeros(len(slopes)), drawn.covariance, 6):
            solved = linprog(-(rows @ effects), A_eq=sides, b_eq=np.eye(len(sides))[0], bounds=(0, None))
            assert (moments @ effects).max() == pytest.approx(-solved.fun, abs=1e-9)


def test_the_hybrid_covers_at_the_edge_of_what_is_allowed() -> None:
    rng = np.random.default_rng(3)
    truth = path([0.3, 0.1], [0.25, 0.4], shared=0.5)  # changes 0.2 and 0.1, then up to 1.25 times 0.2
    centre, covariance = truth.estimates, truth.covariance
    hit = 0
    for _ in range(150):
        seen = EventPath(
            rng.multivariate_normal(centre, covariance), covariance, 2, truth.times, truth.weights
        )
        hit += RelativeMagnitudes(seen, 0.95, 0).keeps(0.0, 1.25)
    assert hit >= 136  # 95 % expected at least; 136 of 150 is three and a half errors below


def test_with_few_units_the_original_interval_is_students() -> None:
    given_df = EventPath(np.array([0.1, 1.0]), np.eye(2) / 100, 1, np.array([-1.0, 1.0]), np.ones(1), df=5)
    found = sensitivity(given_df, relative=(0.0,))
    assert found.original.low == pytest.approx(1 - 2.570581835636314 * 0.1)
    assert found.relative[0].low == pytest.approx(found.original.low, abs=0.01)


def test_the_path_of_a_panel_averages_to_the_mean_effect() -> None:
    panel = Panel.from_frame(simulate(Scenario(effect=-0.8, growth=-0.1)))
    found = event_path(panel)
    main = estimate(panel).aggregations["simple"].overall
    assert found.effect == pytest.approx(main.estimate, abs=1e-12)
    variance = found.weights @ found.covariance[found.pre :, found.pre :] @ found.weights
    assert np.sqrt(variance) == pytest.approx(main.se, rel=1e-9)
    assert found.df == pytest.approx(main.df)


def test_with_anticipation_the_reference_moves_back() -> None:
    panel = Panel.from_frame(simulate(Scenario(effect=-0.8)))
    found = event_path(panel, Options(anticipation=2))
    assert found.pre == event_path(panel).pre - 2
    assert (found.weights[:2] == 0).all()


def test_without_a_common_reference_period_the_analysis_is_refused() -> None:
    gaps = panel_frame(
        [2006] * 3 + [2009] * 3 + [0] * 4,
        [[float((i * t) % 7) for t in range(1, 7)] for i in range(10)],
        [2001, 2003, 2006, 2007, 2009, 2012],
    )
    with pytest.raises(EvaluationError, match="même période de référence"):
        event_path(Panel.from_frame(gaps))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"estimates": [1.0], "covariance": [[1.0]], "pre": 0, "post": 1}, "au moins un effet avant"),
        ({"estimates": [1.0, 2.0], "covariance": [[1.0]], "pre": 1, "post": 1}, "une ligne et une colonne"),
        ({"estimates": [1.0, 2.0], "pre": 1, "post": 1}, "Il manque « covariance »"),
        ({"estimates": [1.0, 2.0], "covariance": [[1, 0], [0, -1]], "pre": 1, "post": 1}, "valeur propre"),
        ({"estimates": [1.0, 2.0], "covariance": [[1, 0.5], [0, 1]], "pre": 1, "post": 1}, "symétrique"),
        (
            {"estimates": [1.0, 2.0], "covariance": [[1, 0], [0, 1]], "pre": 2, "post": 1},
            "mais il y a 2 estimations",
        ),
        ({"estimates": ["x", 2.0], "covariance": [[1, 0], [0, 1]], "pre": 1, "post": 1}, "des nombres"),
    ],
)
def test_a_vector_that_is_wrong_is_refused_with_its_reason(given: dict[str, object], says: str) -> None:
    with pytest.raises(EvaluationError, match=says):
        path_from_json(given)


def test_an_unknown_target_is_refused() -> None:
    vector = {"estimates": [0.1, 1.0], "covariance": [[1, 0], [0, 1]], "pre": 1, "post": 1}
    with pytest.raises(EvaluationError, match="de 0 à 0"):
        path_from_json(vector, "4")


@pytest.mark.parametrize(
    ("post", "says"),
    [
        ([1.0], "plus de"),
        ([0.1], "contient déjà zéro"),
        ([0.2], "fragile"),
        ([9.0], "10 fois plus"),
    ],
)
def test_the_reading_says_how_far_the_conclusion_stands(post: list[float], says: str) -> None:
    assert says in read_sensitivity(sensitivity(path([0.1, -0.1], post)))[0]


def test_the_chart_is_named_described_and_shows_each_bound() -> None:
    root = ElementTree.fromstring(sensitivity_svg(sensitivity(path([0.1, -0.1], [1.0])), simulated=True))
    space = "{http://www.w3.org/2000/svg}"
    assert (root.findtext(f"{space}title") or "").startswith("Données simulées")
    assert "atteint zéro" in (root.findtext(f"{space}desc") or "")
    assert sum(node.get("class") == "es-interval" for node in root.iter()) == 5
