"""Intervals, simultaneous bands and the test of the pre-exposure effects."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, special

from essaim.evaluation.columns import Floats
from essaim.evaluation.covariance import Spread

#: Draws of the sup-t statistic, fewer for long series: a 95 % critical value is known to about 0.01.
_SUP_DRAWS = 100_000
_MAX_NORMALS = 1_000_000
_ZERO = 1e-12


def critical(df: Floats, level: float) -> Floats:
    """Two-sided critical values of Student's law, of the normal where ``df`` is infinite."""
    tail = 0.5 + level / 2
    finite = np.isfinite(df)
    student = special.stdtrit(np.where(finite, df, 1.0), tail)
    return np.where(np.isnan(df), np.nan, np.where(finite, student, special.ndtri(tail)))


def sup_draws(spread: Spread, seed: int) -> Floats:
    """Draws of max |t| over the defined estimates, jointly Student with the smallest degrees of freedom."""
    se = spread.se
    kept = np.isfinite(se) & (se > _ZERO) & ~np.isnan(spread.df)
    if not kept.any():
        return np.array([])
    correlation = spread.covariance[np.ix_(kept, kept)] / np.outer(se[kept], se[kept])
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    draws = max(10_000, min(_SUP_DRAWS, _MAX_NORMALS // len(root)))
    rng = np.random.default_rng(seed)
    largest = np.abs(rng.standard_normal((draws, len(root))) @ root.T).max(axis=1)
    df = float(spread.df[kept].min())
    if np.isfinite(df):
        largest /= np.sqrt(rng.chisquare(df, draws) / df)
    return np.asarray(largest)


def band_critical(spread: Spread, level: float, seed: int) -> float:
    """Critical value of a band that covers all the estimates at once; never below the pointwise one."""
    draws = sup_draws(spread, seed)
    if not len(draws):
        return float("nan")
    pointwise = critical(spread.df, level)
    return float(max(np.quantile(draws, level), np.nanmax(pointwise)))


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
        correlation = spread.covariance / np.outer(se, se)
        if np.linalg.cond(correlation) < 1 / np.sqrt(np.finfo(float).eps):
            z = effect / se
            statistic = float(z @ linalg.solve(correlation, z, assume_a="pos"))
            return Pretest(statistic, count, float(special.chdtrc(count, statistic)), "wald"), None
    return Pretest(None, count, None, "wald"), (
        "Le test conjoint des effets avant l’exposition n’est pas calculable : trop peu d’unités pour "
        f"{count} effets à tester ensemble."
    )


def largest_t(effect: Floats, spread: Spread, seed: int) -> tuple[Pretest, str | None]:
    """Test of ``effect`` = 0 by the largest |t|: rejects when the simultaneous band leaves zero out."""
    draws = sup_draws(spread, seed)
    se = spread.se
    kept = np.isfinite(se) & (se > _ZERO) & np.isfinite(effect) & ~np.isnan(spread.df)
    if not len(draws):
        return Pretest(None, None, None, "max-t"), (
            "Aucune période avant l’exposition ne permet de vérifier que les courbes étaient parallèles."
        )
    statistic = float(np.abs(effect[kept] / se[kept]).max())
    exceed = int(np.count_nonzero(draws >= statistic))
    return Pretest(statistic, int(kept.sum()), (exceed + 1) / (len(draws) + 1), "max-t"), None
