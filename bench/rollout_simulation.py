"""Simulated power against statsmodels MixedLM on the same cell means; constrained schemes; sizes of the three tests.

Every speed first asserts agreement: effect and standard error equal to those of MixedLM, run to convergence, to 1e-6.
Run with ``make bench``; figures are in ``docs/methods/rollout-power.md``.
"""

import time
import warnings

import numpy as np
import statsmodels.api as sm

from essaim.rollout.allocation import Request, Territory, draw
from essaim.rollout.design import stepped_wedge
from essaim.rollout.power import Outcome, from_correlations, power, variance
from essaim.rollout.reml import fit
from essaim.rollout.simulation import every_scheme, simulated_power

PEER_FITS = 30


def estimator() -> None:
    """24 clusters, 5 periods: what one replicate costs."""
    design, outcome = stepped_wedge([6, 6, 6, 6], 100), Outcome(sigma=2.0, tau=0.5)
    x = np.repeat(design.exposure, design.clusters.astype(int), axis=0)
    clusters, periods = x.shape
    root = np.linalg.cholesky(outcome.covariance(design.sizes[0]))
    y = np.random.default_rng(1).standard_normal((2_000, clusters, periods)) @ root.T + 0.3 * x
    fit(y[:10], x)
    start = time.perf_counter()
    found = fit(y, x)
    ours = (time.perf_counter() - start) / len(y)
    group, period = np.repeat(np.arange(clusters), periods), np.tile(np.arange(periods), clusters)
    fixed = np.column_stack([*((period == k).astype(float) for k in range(periods)), x.ravel()])
    usual, gap = 0.0, 0.0
    for r in range(PEER_FITS):
        model = sm.MixedLM(y[r].ravel(), fixed, groups=group)
        start = time.perf_counter()
        model.fit(reml=True)
        usual += (time.perf_counter() - start) / PEER_FITS
        peer = model.fit(reml=True, method="bfgs", gtol=1e-10)
        ratio = float(np.asarray(peer.cov_re)[0, 0] / peer.scale)
        inside = np.linalg.inv(np.eye(periods) + ratio * np.ones((periods, periods)))
        whole = sum(fixed[group == i].T @ inside @ fixed[group == i] for i in range(clusters))
        error = float(np.sqrt(peer.scale * np.linalg.inv(whole)[-1, -1]))
        gap = max(gap, abs(peer.fe_params[-1] - found.effect[r]) / error, abs(error / found.se[r] - 1))
    assert gap < 1e-6, gap
    print(
        f"REML, a replicate: {1e3 * ours:.3f} ms; MixedLM {1e3 * usual:.1f} ms ({usual / ours:.0f}×); gap {gap:.1e}"
    )


def schemes() -> None:
    """100,000 candidate schemes of 40 territories in 4 waves, scored on 3 covariates, the best tenth kept."""
    rng = np.random.default_rng(0)
    rows = tuple(Territory(f"T{i:02}", "", {n: float(rng.normal()) for n in "abc"}) for i in range(40))
    request = Request(rows, (10, 10, 10, 10), "constrained", candidates=100_000)
    assert len(draw(request, 1).schemes) >= 9_000
    times = []
    for seed in range(2, 7):
        start = time.perf_counter()
        draw(request, seed)
        times.append(time.perf_counter() - start)
    print(
        f"100,000 constrained schemes: {min(times):.2f} s (best of five draws), median {np.median(times):.2f} s"
    )


def sizes() -> None:
    """8 clusters, no effect, exponential decay: how often each test of the 5 % level rejects."""
    design, outcome = stepped_wedge([2, 2, 2, 2], 50), from_correlations(1.0, 0.1, "exponential", 0.6)
    found = simulated_power(
        design, outcome, 0.0, replicates=20_000, seed=4, schemes=every_scheme([2, 2, 2, 2])
    )
    error = float(np.sqrt(0.05 * 0.95 / found.replicates))
    print(
        f"size at 5 %: z {found.z:.3f}, t(I-2) {found.t:.3f}, randomisation {found.randomisation:.3f} (±{error:.4f})"
    )
    design, outcome = stepped_wedge([6, 6, 6, 6], 100), Outcome(float(np.sqrt(0.041 * 0.959)), 0.015)
    found = simulated_power(design, outcome, 0.018, replicates=20_000, seed=4)
    formula = power(0.018, float(np.sqrt(variance(design, outcome))))
    print(f"power, 24 clusters: formula {formula:.3f}, simulated z {found.z:.3f}, t(I-2) {found.t:.3f}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    estimator()
    schemes()
    sizes()
