"""Intervals, simultaneous bands and the test of the pre-exposure effects."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, special

from essaim.evaluation.columns import Bools, Floats
from essaim.evaluation.covariance import Spread

#: Draws of a simultaneous law, fewer for long series: a 95 % critical value is known to about 0.015.
_DRAWS = 40_000
_MAX_NORMALS = 500_000
_GRID = 400
_ZERO = 1e-12
_SINGULAR = 1e12


def critical(df: Floats, level: float) -> Floats:
    """Two-sided critical values of Student's law, of the normal where ``df`` is infinite."""
    tail = 0.5 + level / 2
    finite = np.isfinite(df)
    student = special.stdtrit(np.where(finite, df, 1.0), tail)
    return np.where(np.isnan(df), np.nan, np.where(finite, student, special.ndtri(tail)))


def _testable(spread: Spread) -> Bools:
    """(E,), true for the estimates that have a standard error."""
    se = spread.se
    return np.asarray(np.isfinite(se) & (se > _ZERO) & ~np.isnan(spread.df))


def smallest_p(spread: Spread, seed: int, count: int = _DRAWS) -> Floats:
    """Draws, under no effect, of the smallest of the pointwise p-values of the defined estimates.

    The estimates are jointly normal with their correlations, over scales that are chi-square with each its
    own degrees of freedom and moved by one draw. With equal degrees of freedom this is the multivariate
    Student law, with infinite ones the Gaussian law; what is compared is p-values, so that an estimate with
    few degrees of freedom does not widen the band of the others.
    """
    kept = _testable(spread)
    if not kept.any():
        return np.array([])
    se, df = spread.se[kept], spread.df[kept]
    correlation = spread.covariance[np.ix_(kept, kept)] / np.outer(se, se)
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    draws = max(1_000, min(count, _MAX_NORMALS // len(root)))
    rng = np.random.default_rng(seed)
    normals = rng.standard_normal((draws, len(root)), dtype=np.float32)
    t = np.abs(root.astype(np.float32) @ normals.T)  # estimates in rows: a maximum over them is then quick
    if np.isinf(df).all():
        return np.asarray(2 * special.ndtr(-t.max(axis=0).astype(np.float64)))
    u = rng.random(draws)
    smallest = np.ones(draws)
    for common in np.unique(df.round(3)):
        chosen = df.round(3) == common
        largest = t[chosen].max(axis=0)
        scale = np.sqrt(special.chdtri(common, u) / common) if np.isfinite(common) else 1.0
        smallest = np.minimum(smallest, _tabulated(largest / scale, float(common)))
    return smallest


def _tabulated(t: Floats, df: float) -> Floats:
    """Two-sided p-values of many statistics under one law, read on a fine grid of its logarithm."""
    grid = np.linspace(0, float(t.max()), _GRID)
    return np.exp(np.interp(t, grid, np.log(p_values(grid, np.full(_GRID, df)))))


def p_values(t: Floats, df: Floats) -> Floats:
    """Two-sided p-values of Student's law, of the normal where ``df`` is infinite."""
    finite = np.isfinite(df)
    student = special.stdtr(np.where(finite, df, 1.0), -np.abs(t))
    return np.asarray(2 * np.where(finite, student, special.ndtr(-np.abs(t))))


def band_critical(spread: Spread, level: float, seed: int, count: int = _DRAWS) -> Floats:
    """(E,) critical values of a band over all the estimates at once; never below the pointwise ones."""
    draws = smallest_p(spread, seed, count)
    if not len(draws):
        return np.full(len(spread.df), np.nan)
    return critical(spread.df, max(1 - float(np.quantile(draws, 1 - level)), level))


@dataclass(frozen=True, slots=True)
class Pretest:
    """Test that all effects before exposure are zero. ``df`` is the number of effects tested."""

    statistic: float | None
    df: int | None
    p_value: float | None
    method: str


def wald(effect: Floats, spread: Spread) -> tuple[Pretest, str | None]:
    """Wald test of ``effect`` = 0, and a warning when its covariance is singular."""
    count = len(effect)
    if not count:
        return Pretest(None, None, None, "wald"), (
            "Aucune période avant l’exposition ne permet de vérifier que les courbes étaient parallèles."
        )
    se = spread.se
    defined = np.isfinite(se) & (se > _ZERO) & np.isfinite(effect)
    if defined.all():
        statistic = _quadratic(spread.covariance / np.outer(se, se), effect / se)
        if statistic is not None:
            return Pretest(statistic, count, float(special.chdtrc(count, statistic)), "wald"), None
    return Pretest(None, count, None, "wald"), (
        "Le test conjoint des effets avant l’exposition n’est pas calculable : trop peu d’unités pour "
        f"{count} effets à tester ensemble."
    )


def _quadratic(correlation: Floats, z: Floats) -> float | None:
    """zᵗ R⁻¹ z, or ``None`` when R is singular to rounding."""
    factor, failed = linalg.lapack.dpotrf(correlation, lower=1, clean=0)
    if failed:
        return None
    reciprocal, _ = linalg.lapack.dpocon(factor, np.abs(correlation).sum(axis=0).max(), uplo="L")
    if reciprocal < 1 / _SINGULAR:
        return None
    return float(z @ linalg.cho_solve((factor, True), z))


def largest_t(effect: Floats, spread: Spread, seed: int) -> tuple[Pretest, str | None]:
    """Test of ``effect`` = 0 by the largest |t|: rejects when the simultaneous band leaves zero out."""
    draws = smallest_p(spread, seed)
    if not len(draws):
        return Pretest(None, None, None, "max-t"), (
            "Aucune période avant l’exposition ne permet de vérifier que les courbes étaient parallèles."
        )
    kept = _testable(spread) & np.isfinite(effect)
    t = np.abs(effect[kept] / spread.se[kept])
    smallest = float(p_values(t, spread.df[kept]).min())
    p_value = (int(np.count_nonzero(draws <= smallest)) + 1) / (len(draws) + 1)
    return Pretest(float(t.max()), int(kept.sum()), p_value, "max-t"), None
