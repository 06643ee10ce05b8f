"""Simulated power: the estimator against a dense likelihood, its shares against the formula, its test by draws."""

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.optimize import minimize_scalar

from essaim.cli import main
from essaim.rollout.design import Design, design, stepped_wedge
from essaim.rollout.errors import RolloutError
from essaim.rollout.power import Outcome, from_correlations, power, variance
from essaim.rollout.reml import fit
from essaim.rollout.simulation import every_scheme, randomisation_p, simulated_power


def _expanded(made: Design) -> np.ndarray:
    return np.repeat(made.exposure, made.clusters.astype(int), axis=0)


def _dense(y: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """Effect and standard error by a restricted likelihood written with whole matrices, one cluster after another."""
    seen = ~np.isnan(x)
    rows = [np.flatnonzero(s) for s in seen]
    fixed = [np.column_stack([np.eye(x.shape[1])[r], x[i, r]]) for i, r in enumerate(rows)]

    def at(log_ratio: float) -> tuple[float, float, float]:
        inverse = [
            np.linalg.inv(np.diag(1 / w[i, r]) + np.exp(log_ratio)) for i, r in enumerate(rows)
        ]  # adds the ratio everywhere
        a = sum(f.T @ v @ f for f, v in zip(fixed, inverse, strict=True))
        b = sum(f.T @ v @ y[i, rows[i]] for i, (f, v) in enumerate(zip(fixed, inverse, strict=True)))
        beta = np.linalg.solve(a, b)
        left = [y[i, r] - fixed[i] @ beta for i, r in enumerate(rows)]
        rss = sum(e @ v @ e for e, v in zip(left, inverse, strict=True))
        spare = seen.sum() - len(beta)
        criterion = (
            spare * np.log(rss) - sum(np.linalg.slogdet(v)[1] for v in inverse) + np.linalg.slogdet(a)[1]
        )
        return criterion, beta[-1], float(np.sqrt(rss / spare * np.linalg.inv(a)[-1, -1]))

    best = minimize_scalar(lambda r: at(r)[0], bounds=(-12, 8), method="bounded", options={"xatol": 1e-10})
    return at(best.x)[1:]


@pytest.mark.parametrize(
    "made",
    [
        stepped_wedge([3, 2, 4], 1),
        stepped_wedge([3, 3, 2], 1, transition=1, after=3, never=2),
        stepped_wedge([2, 2, 2], 1, baseline=2, after=2, ramp=[0.5, 1]),
    ],
    ids=["complete", "incomplete", "ramp"],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_many_data_sets_at_once_give_what_whole_matrices_give(made: Design, weighted: bool) -> None:
    x, rng = _expanded(made), np.random.default_rng(3)
    w = rng.integers(5, 40, x.shape).astype(float) if weighted else np.ones(x.shape)
    level = 0.8 * rng.standard_normal((6, len(x), 1))
    y = level + rng.standard_normal((6, *x.shape)) / np.sqrt(w) + 0.7 * np.nan_to_num(x)
    found = fit(y, x, w if weighted else None)
    for r in range(6):
        assert (found.effect[r], found.se[r]) == pytest.approx(_dense(y[r], x, w), abs=1e-6)


def test_no_variance_between_clusters_is_ordinary_least_squares() -> None:
    """Clusters that differ less than chance would have it: the variance between them is exactly 0."""
    x, rng = _expanded(stepped_wedge([4, 4, 4], 1)), np.random.default_rng(0)
    y = rng.standard_normal((1, *x.shape))
    y -= y.mean(axis=2, keepdims=True)
    found = fit(y, x)
    assert found.between[0] == 0
    fixed = np.column_stack([np.tile(np.eye(x.shape[1]), (len(x), 1)), x.ravel()])
    assert found.effect[0] == pytest.approx(np.linalg.lstsq(fixed, y.ravel(), rcond=None)[0][-1])


def test_a_design_that_cannot_be_told_from_time_is_refused() -> None:
    with pytest.raises(RolloutError, match="temps qui passe"):
        fit(np.zeros((1, 3, 2)), [[0, 1]] * 3)


def test_simulated_power_meets_the_formula_with_many_clusters() -> None:
    made, outcome = stepped_wedge([6, 6, 6, 6], 100), Outcome(float(np.sqrt(0.041 * 0.959)), 0.015)
    found = simulated_power(made, outcome, 0.018, replicates=2_000, seed=1)
    expected = power(0.018, float(np.sqrt(variance(made, outcome))))
    assert found.z == pytest.approx(expected, abs=4 * found.error)
    assert found.bias == pytest.approx(0, abs=0.001)


def test_only_the_test_by_draws_keeps_its_level_when_correlation_decays() -> None:
    """8 clusters, decaying correlation, 5 % level, 4 standard errors of 2,000 replicates."""
    made, outcome = stepped_wedge([2, 2, 2, 2], 50), from_correlations(1.0, 0.1, "exponential", 0.6)
    found = simulated_power(made, outcome, 0.0, replicates=2_000, seed=2, schemes=every_scheme([2, 2, 2, 2]))
    assert found.z > 0.06
    assert found.t < 0.045
    assert found.randomisation == pytest.approx(0.05, abs=4 * (0.0475 / 2_000) ** 0.5)


def test_the_test_by_draws_refuses_what_it_cannot_compare() -> None:
    made = design([[0, 1], [0, 0]], sizes=[10, 20])
    with pytest.raises(RolloutError, match="mêmes effectifs"):
        randomisation_p(made, Outcome(1, 0.1), np.zeros((1, 2, 2)), every_scheme([1, 1]))


def test_the_command_adds_the_simulated_power() -> None:
    words = [
        "rollout",
        "power",
        "--waves",
        "6,6,6,6",
        "--persons",
        "100",
        "--sd",
        "0.2",
        "--icc",
        "0.05",
        "--effect",
        "0.02",
    ]
    shown = CliRunner().invoke(main, [*words, "--simulate", "200", "--seed", "3"])
    assert "simulée :" in shown.output and shown.exit_code == 0
