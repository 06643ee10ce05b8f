"""Power: every correlation and shape of design, against the long way round, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from essaim.rollout.design import Design, design, parallel, stepped_wedge
from essaim.rollout.errors import RolloutError
from essaim.rollout.power import (
    Outcome,
    from_correlations,
    grid,
    optimal_proportions,
    power,
    smallest_effect,
    variance,
)

CROSS = Outcome(sigma=1.0, tau=0.4)


def _person_by_person(made: Design, outcome: Outcome, same_person: float) -> float:
    """Variance of θ̂ by least squares on persons: ``n`` persons by cell, the same ones (in order) each period."""
    information = np.zeros((made.periods + 1, made.periods + 1))
    for exposure, sizes, count in zip(made.exposure, made.sizes, made.clusters, strict=True):
        rows = [
            (t, k) for t in range(made.periods) if not np.isnan(exposure[t]) for k in range(int(sizes[t]))
        ]
        x = np.zeros((len(rows), made.periods + 1))
        for r, (t, _) in enumerate(rows):
            x[r, t], x[r, -1] = 1, exposure[t]
        v = np.array([[_covariance(a, b, outcome, same_person) for b in rows] for a in rows])
        information += count * x.T @ np.linalg.solve(v, x)
    return float(np.linalg.inv(information)[-1, -1])


def _covariance(a: tuple[int, int], b: tuple[int, int], outcome: Outcome, same_person: float) -> float:
    apart = abs(a[0] - b[0])
    decays = {"exchangeable": 1.0, "nested": outcome.autocorrelation if apart else 1.0}
    cluster = decays.get(outcome.correlation, outcome.autocorrelation**apart)
    person = 0.0 if a[1] != b[1] else 1.0 if not apart else same_person
    if outcome.correlation == "proportional" and a[1] == b[1]:
        person = outcome.autocorrelation**apart
    return outcome.tau**2 * cluster + outcome.sigma**2 * person


@pytest.mark.parametrize(
    "outcome",
    [
        CROSS,
        Outcome(1.0, 0.4, "nested", 0.6),
        Outcome(1.0, 0.4, "exponential", 0.6),
        Outcome(1.0, 0.4, "proportional", 0.6),
        Outcome(1.0, 0.4, person=0.5),
        Outcome(1.0, 0.4, "nested", 0.6, person=0.5),
    ],
)
@pytest.mark.parametrize(
    "made",
    [
        stepped_wedge([2, 1, 1], 4),
        stepped_wedge([1, 1, 1], 3, transition=1, ramp=(0.5, 1), after=3),
        parallel(3, 2, 5, before=1, after=2),
        design([[0, np.nan, 1, 1], [0, 0, np.nan, 1], [0, 0, 0, 0]], [3, 5, 2], [1, 2, 3]),
    ],
)
def test_cell_means_lose_nothing_of_the_persons(made: Design, outcome: Outcome) -> None:
    expected = _person_by_person(made, outcome, outcome.person)
    assert variance(made, outcome) == pytest.approx(expected, rel=1e-9)


def test_an_open_cohort_lies_between_new_persons_and_the_same_ones() -> None:
    made = stepped_wedge([2, 2, 2], 20)
    shares = (0.0, 0.3, 0.7, 1.0)
    found = [variance(made, Outcome(1, 0.3, person=0.6, retention=kept)) for kept in shares]
    assert found[0] == pytest.approx(variance(made, Outcome(1, 0.3)))
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1]


def test_unequal_sizes_at_one_mean_size_lose_power() -> None:
    even = variance(design([[0, 1]] * 2 + [[0, 0]] * 2, 20), CROSS)
    uneven = variance(design([[0, 1]] * 2 + [[0, 0]] * 2, [5, 35, 5, 35]), CROSS)
    assert uneven > even


def test_a_transition_and_a_ramp_each_cost_power() -> None:
    plain = variance(stepped_wedge([2, 2, 2], 20, after=3), CROSS)
    assert variance(stepped_wedge([2, 2, 2], 20, after=3, transition=1), CROSS) > plain
    assert variance(stepped_wedge([2, 2, 2], 20, after=3, ramp=(0.3, 1)), CROSS) > plain


def test_a_period_that_nobody_observes_changes_nothing() -> None:
    seen = [[0, 1, 1], [0, 0, 1]]
    holed = [[*row, np.nan] for row in seen]
    assert variance(design(holed, 10), CROSS) == pytest.approx(variance(design(seen, 10), CROSS))


@pytest.mark.parametrize("exposure", [[[0, 1], [0, 1]], [[0, 0], [0, 0]], [[np.nan, np.nan]]])
def test_a_design_that_confounds_effect_and_time_is_refused(exposure: list[list[float]]) -> None:
    with pytest.raises(RolloutError, match="du temps qui passe"):
        variance(design(exposure, 10), CROSS)


@given(st.floats(0.2, 0.99), st.floats(0.001, 0.15), st.floats(0.01, 100))
def test_the_smallest_effect_has_exactly_the_power_wanted(wanted: float, level: float, error: float) -> None:
    assert power(smallest_effect(error, wanted, level), error, level) == pytest.approx(wanted, abs=1e-9)


def test_without_effect_power_is_the_level() -> None:
    assert power(0.0, 1.0, 0.05) == pytest.approx(0.05)


@given(st.permutations(range(5)))
def test_the_order_of_clusters_changes_nothing(order: list[int]) -> None:
    exposure = np.array([[0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1], [0, np.nan, 1, 1], [0, 0, 0, 0]])
    sizes = np.array([10, 20, 5, 8, 12.0])
    expected = variance(design(exposure, sizes), CROSS)
    assert variance(design(exposure[order], sizes[order]), CROSS) == pytest.approx(expected, rel=1e-9)


def test_the_grid_crosses_both_correlations_and_keeps_the_total_variance() -> None:
    made, outcome = stepped_wedge([4, 4], 30), from_correlations(2, 0.05, "nested", 0.8)
    cells = grid(made, outcome, [0.02, 0.1], [0.5, 0.9], effect=0.4)
    assert [(c.icc, c.autocorrelation) for c in cells] == [(0.02, 0.5), (0.02, 0.9), (0.1, 0.5), (0.1, 0.9)]
    alone = from_correlations(2, 0.1, "nested", 0.9)
    assert cells[-1].standard_error ** 2 == pytest.approx(variance(made, alone))
    assert cells[-1].power == pytest.approx(power(0.4, cells[-1].standard_error))


def test_no_other_shares_beat_the_optimal_ones() -> None:
    made, outcome = stepped_wedge([1, 1, 1, 1], 15), Outcome(1, 0.3, "exponential", 0.8)
    best = optimal_proportions(made, outcome)
    assert best.sum() == pytest.approx(1)
    least = variance(Design(made.exposure, made.sizes, best), outcome)
    for shares in np.random.default_rng(3).dirichlet(np.ones(4), 50):
        assert variance(Design(made.exposure, made.sizes, shares), outcome) >= least * (1 - 1e-9)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"sigma": 0, "tau": 1}, "entre personnes"),
        ({"sigma": float("nan"), "tau": 1}, "entre personnes"),
        ({"sigma": 1, "tau": -1}, "entre territoires"),
        ({"sigma": 1, "tau": 1, "correlation": "magic"}, "inconnue"),
        ({"sigma": 1, "tau": 1, "correlation": "nested", "autocorrelation": 1.2}, "de 0 à 1"),
        ({"sigma": 1, "tau": 1, "autocorrelation": 0.5}, "ne décroît pas"),
        ({"sigma": 1, "tau": 1, "person": 1}, "identique à elle-même"),
        ({"sigma": 1, "tau": 1, "correlation": "proportional"}, "identique à elle-même"),
    ],
)
def test_an_impossible_outcome_is_refused(values: dict[str, object], told: str) -> None:
    with pytest.raises(RolloutError, match=told):
        Outcome(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("exposure", "sizes", "clusters", "told"),
    [
        ([], 10, 1, "vide"),
        ([[0, 1], [0]], 10, 1, "illisible"),
        ([[0, 2]], 10, 1, "ligne 1, période 2 : exposition 2"),
        ([[0, 1]], -3, 1, "effectif -3"),
        ([[0, 1]], [[1, float("nan")]], 1, "effectif nan"),
        ([[0, 1], [0, 0]], [1, 2, 3], 1, "3 valeurs pour 2 lignes"),
        ([[0, 1]], 10, -1, "-1 territoires"),
        ([[0, 1]], 10, [1, 2], "2 valeurs pour 1 ligne"),
    ],
)
def test_an_impossible_design_is_refused(
    exposure: object, sizes: object, clusters: object, told: str
) -> None:
    with pytest.raises(RolloutError, match=told):
        design(exposure, sizes, clusters)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "build",
    [
        lambda: stepped_wedge([6], 10, baseline=10**9),
        lambda: stepped_wedge([6], 10, transition=10**30),
        lambda: parallel(5, 5, 10, after=10**9),
    ],
)
def test_a_design_too_long_is_refused_before_it_is_built(build) -> None:
    with pytest.raises(RolloutError, match="trop long"):
        build()


@pytest.mark.parametrize(("wanted", "level"), [(1, 0.05), (0.8, 0), (0.04, 0.05), (float("nan"), 0.05)])
def test_an_impossible_power_is_refused(wanted: float, level: float) -> None:
    with pytest.raises(RolloutError):
        smallest_effect(1, wanted, level)
