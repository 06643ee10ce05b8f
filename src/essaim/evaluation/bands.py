"""Intervals, simultaneous bands and the test of the pre-exposure effects."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special

from essaim.evaluation.columns import Bools, Floats, Ints
from essaim.evaluation.covariance import Spread
from essaim.words import marked, told

#: Draws of a simultaneous law, fewer for long series: a 95 % critical value is known to about 0.005 (0.02 with few
#: degrees of freedom).
_DRAWS = 2_000
_MAX_NORMALS = 60_000
_STEPS = 4
#: Relative change of a probability that moves its critical value by less than 0.0005.
_CLOSE = 1e-3
#: Where the scales are tabulated: normal quantiles.
_GRID = np.linspace(-8, 8, 401)
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


def smallest_p(spread: Spread, seed: int, count: int = _DRAWS) -> Callable[[float], float] | None:
    """Law, under no effect, of the smallest of the pointwise p-values of the defined estimates: the function
    a ↦ P(smallest ≤ a), or ``None`` without any defined estimate.

    The estimates are jointly normal with their correlations, over scales that are chi-square with each its
    own degrees of freedom and moved by one draw. With equal degrees of freedom this is the multivariate
    Student law, with infinite ones the Gaussian law; what is compared is p-values, so that an estimate with
    few degrees of freedom does not widen the band of the others.

    P(smallest ≤ a) = E·a·mean(1/N), where one of the E estimates, each in its turn, is drawn beyond its own limit
    (of probability a), the others given it, and N of them exceed theirs (Naiman & Priebe 2001). The same draws
    serve all ``a``.
    """
    kept = _testable(spread)
    if not kept.any():
        return None
    se, df = spread.se[kept], spread.df[kept]
    correlation = spread.covariance[np.ix_(kept, kept)] / np.outer(se, se)
    values, vectors = np.linalg.eigh(correlation)
    count = max(500, min(count, _MAX_NORMALS // len(se)))
    root = (vectors * np.sqrt(np.clip(values, 0, None))).astype(np.float32)
    standard, rng = _standard(seed, max(_MAX_NORMALS, len(se) * count)), np.random.default_rng(seed)
    normals = root @ standard[: len(se) * count].reshape(len(se), count)
    chosen, beyond = np.arange(count) % len(se), rng.random(count)
    given = correlation.astype(np.float32)[:, chosen]
    apart = normals - given * normals[chosen, np.arange(count)]
    scales = None if np.isinf(df).all() else _Scales(df, chosen, rng)

    def below(a: float) -> float:
        t, limit = -_lower(beyond * a / 2, df[chosen]), critical(df, 1 - a)[:, None]
        if scales is not None:
            t, limit = scales.given(t, limit)
        drawn = given * t.astype(np.float32)
        drawn += apart
        exceeding = (np.abs(drawn, out=drawn) > limit.astype(np.float32)).sum(axis=0)
        return float(len(se) * a * (1 / np.maximum(exceeding, 1)).mean())

    return below


@lru_cache(maxsize=2)
def _standard(seed: int, count: int) -> NDArray[np.float32]:
    """Normal draws, in precision far finer than what so many tell; the bands of one evaluation share them."""
    drawn = np.random.default_rng([seed, count]).standard_normal(count, dtype=np.float32)
    drawn.setflags(write=False)
    return drawn


class _Scales:
    """Scales √(χ²/df) of E estimates that one draw moves together, given the statistic of one of them, ``chosen``
    (n,). Read on a fine grid of the normal quantile of their common level."""

    def __init__(self, df: Floats, chosen: Ints, rng: np.random.Generator) -> None:
        finite = np.isfinite(df)[:, None]
        known = np.where(finite, df[:, None], 1.0)
        level = special.ndtr(-_GRID)  # chance of a larger chi-square
        self.table = np.where(finite, np.sqrt(special.chdtri(known, level) / known), 1.0)
        self.df, self.finite = known[chosen, 0], finite[chosen, 0]
        self.square = rng.chisquare(self.df + 1)
        self.free = rng.standard_normal(len(chosen))

    def given(self, t: Floats, limit: Floats) -> tuple[Floats, Floats]:
        """Statistics ``t`` (n,) of the chosen estimates, and limits (E, 1) of all as (E, n), times their scales."""
        square = self.square / (self.df + t**2)
        common = -special.ndtri(special.chdtrc(self.df, square * self.df))
        place = np.interp(np.where(self.finite, common, self.free), _GRID, np.arange(len(_GRID)))
        low = np.minimum(place.astype(np.int64), len(_GRID) - 2)
        part = place - low
        scaled = self.table[:, low] * (1 - part) + self.table[:, low + 1] * part
        return t * np.where(self.finite, np.sqrt(square), 1.0), limit * scaled


def _lower(tail: Floats, df: Floats) -> Floats:
    """Lower quantiles of Student's law, of the normal where ``df`` is infinite."""
    finite = np.isfinite(df)
    if not finite.any():
        return np.asarray(special.ndtri(tail))
    student = special.stdtrit(np.where(finite, df, 1.0), tail)
    return np.asarray(np.where(finite, student, special.ndtri(tail)))


def p_values(t: Floats, df: Floats) -> Floats:
    """Two-sided p-values of Student's law, of the normal where ``df`` is infinite."""
    finite = np.isfinite(df)
    student = special.stdtr(np.where(finite, df, 1.0), -np.abs(t))
    return np.asarray(2 * np.where(finite, student, special.ndtr(-np.abs(t))))


def band_critical(spread: Spread, level: float, seed: int, count: int = _DRAWS) -> Floats:
    """(E,) critical values of a band over all the estimates at once; never below the pointwise ones."""
    below = smallest_p(spread, seed, count)
    if below is None:
        return np.full(len(spread.df), np.nan)
    a = (1 - level) / len(spread.df)
    for _ in range(_STEPS):  # P(smallest ≤ a) is nearly proportional to a
        before, a = a, min(a * (1 - level) / below(a), 1 - level)
        if abs(a - before) < _CLOSE * a:
            break
    return critical(spread.df, 1 - a)


NOTHING_BEFORE = marked(
    "Aucune période avant l’exposition ne permet de vérifier que les courbes étaient parallèles."
)


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
        return Pretest(None, None, None, "wald"), NOTHING_BEFORE
    se = spread.se
    defined = np.isfinite(se) & (se > _ZERO) & np.isfinite(effect)
    if defined.all():
        lower = factor(spread.covariance / np.outer(se, se))
        if lower is not None:
            statistic = float(effect / se @ linalg.cho_solve((lower, True), effect / se))
            return chi_square(statistic, count), None
    return Pretest(None, count, None, "wald"), (
        told(
            "Le test conjoint des effets avant l’exposition n’est pas calculable : trop peu d’unités pour %(count)s "
            "effets à tester ensemble.",
            count=count,
        )
    )


def chi_square(statistic: float, count: int) -> Pretest:
    """The Wald test whose ``statistic`` is known."""
    return Pretest(statistic, count, float(special.chdtrc(count, statistic)), "wald")


def factor(correlation: Floats) -> Floats | None:
    """Lower Cholesky factor of R (its upper part is not zero), or ``None`` when R is singular to rounding."""
    lower, failed = linalg.lapack.dpotrf(correlation, lower=1, clean=0)
    if failed:
        return None
    reciprocal, _ = linalg.lapack.dpocon(lower, np.abs(correlation).sum(axis=0).max(), uplo="L")
    return None if reciprocal < 1 / _SINGULAR else np.asarray(lower)


def largest_t(effect: Floats, spread: Spread, seed: int) -> tuple[Pretest, str | None]:
    """Test of ``effect`` = 0 by the largest |t|: rejects when the simultaneous band leaves zero out."""
    below = smallest_p(spread, seed)
    if below is None:
        return Pretest(None, None, None, "max-t"), marked(
            "Les effets avant l’exposition ne peuvent pas être testés : leur incertitude n’est pas définie."
        )
    kept = _testable(spread) & np.isfinite(effect)
    t = np.abs(effect[kept] / spread.se[kept])
    smallest = float(p_values(t, spread.df[kept]).min())
    return Pretest(float(t.max()), int(kept.sum()), min(below(smallest), 1.0), "max-t"), None
