"""Draws of studentised estimates: multiplier bootstrap, wild bootstrap, randomisation.

Without covariates a draw of multipliers over units enters the estimates only through its sums of scores by
cohort, so that one pass over the data serves every estimate. Gaussian multipliers need no pass: they are
exactly N(0, V).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from scipy import special
from scipy.sparse import csr_array

from essaim.evaluation.att import Terms
from essaim.evaluation.columns import Bools, Floats, Ints
from essaim.evaluation.covariance import Contributions, Spread, cr2, loadings
from essaim.evaluation.errors import EvaluationError
from essaim.evaluation.moments import Moments
from essaim.evaluation.panel import Panel
from essaim.evaluation.threads import side_by_side

Multiplier = Literal["gaussian", "rademacher", "mammen"]

_BLOCK = 8_192
#: Units whose signs, for a thousand draws, stay in the cache.
_SIGNED = 256
#: The signs that each byte stands for.
_EIGHT_SIGNS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1) * np.float32(2) - np.float32(1)
_GOLDEN = float((1 + np.sqrt(5)) / 2)


@dataclass(frozen=True, slots=True)
class Draws:
    """Studentised draws (B, E) under no effect; NaN in the columns of undefined estimates."""

    t: Floats

    def critical(self, level: float) -> Floats:
        """(E,) two-sided critical values: what |t| exceeds when its p-value is small; infinite with too few draws."""
        return _ranked(np.abs(self.t), level)

    def band_critical(self, level: float) -> float:
        """Critical value of the band over the defined estimates, never below the largest pointwise one."""
        defined = ~np.isnan(self.t).any(axis=0)
        if not defined.any():
            return float("nan")
        largest = np.abs(self.t[:, defined]).max(axis=1)
        return float(_ranked(largest[:, None], level)[0])

    def p_values(self, t: Floats) -> Floats:
        """(E,) share of the draws at least as large as ``t``, itself counted among them."""
        exceed = (np.abs(self.t) >= np.abs(t) - 1e-12).sum(axis=0)
        return np.where(np.isnan(t), np.nan, (exceed + 1) / (len(self.t) + 1))


def _ranked(draws: Floats, level: float) -> Floats:
    """(E,) the value that each column (B, E) exceeds in less than 1 − level of the draws, the observed one counted."""
    rank = math.ceil(level * (len(draws) + 1) - 1e-9)
    return np.full(draws.shape[1], np.inf) if rank > len(draws) else np.sort(draws, axis=0)[rank - 1]


def multipliers(law: Multiplier, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Independent multipliers of mean 0 and variance 1."""
    if law == "gaussian":
        return rng.standard_normal(shape, dtype=np.float32).astype(np.float64)
    if law == "rademacher":
        bits = np.unpackbits(np.frombuffer(rng.bytes((shape[0] * shape[1] + 7) // 8), dtype=np.uint8))
        heads = bits[: shape[0] * shape[1]].reshape(shape)
        return np.asarray(heads * 2.0 - 1.0)
    high = rng.random(shape) < (_GOLDEN - 1) / np.sqrt(5)
    return np.where(high, np.float64(_GOLDEN), np.float64(1 - _GOLDEN))


def gaussian(spread: Spread, count: int, rng: np.random.Generator) -> Draws:
    """Gaussian multiplier bootstrap: exact draws from N(0, V)."""
    se = spread.se
    kept = np.isfinite(se) & (se > 0)
    t = np.full((count, len(se)), np.nan)
    if kept.any():
        correlation = spread.covariance[np.ix_(kept, kept)] / np.outer(se[kept], se[kept])
        values, vectors = np.linalg.eigh(correlation)
        t[:, kept] = (
            rng.standard_normal((count, int(kept.sum()))) @ (vectors * np.sqrt(np.clip(values, 0, None))).T
        )
    return Draws(t)


def bootstrap_moments(
    panel: Panel,
    stats: Moments,
    load: Floats,
    se: Floats,
    law: Multiplier,
    count: int,
    rng: np.random.Generator,
) -> Draws:
    """Multiplier bootstrap of combinations whose loadings (G, E, D) are given."""
    sums = multiplier_sums(panel, stats, law, count, rng)
    return Draws(np.einsum("gbd,ged->be", sums, load, optimize=True) / _safe(se))


def bootstrap_table(
    table: Contributions,
    mix: Floats | csr_array,
    sizes: Floats,
    se: Floats,
    law: Multiplier,
    count: int,
    rng: np.random.Generator,
) -> Draws:
    """Multiplier bootstrap from the contributions of the units, or of the clusters."""
    influence = table.influence(mix, sizes)
    total = np.zeros((count, influence.shape[1]))
    for start in range(0, len(influence), _BLOCK):
        block = influence[start : start + _BLOCK]
        total += multipliers(law, (count, len(block)), rng) @ block
    return Draws(total / _safe(se))


def multiplier_sums(
    panel: Panel, stats: Moments, law: Multiplier, count: int, rng: np.random.Generator
) -> Floats:
    """(G, B, D) sums over the units (or clusters) of each cohort of multiplier × score."""
    total = np.zeros((len(stats.cohorts), count, stats.width))
    if stats.clusters is not None:
        _, cluster = np.unique(stats.clusters.cluster, return_inverse=True)
        drawn = multipliers(law, (count, int(cluster.max()) + 1), rng)
        for g in range(len(total)):
            rows = stats.clusters.cohort == g
            total[g] = drawn[:, cluster[rows]] @ stats.clusters.scores[rows]
        return total
    rows = [np.flatnonzero(panel.cohort == cohort) for cohort in stats.cohorts]
    own = list(zip(range(len(rows)), rows, rng.spawn(len(rows)), strict=True))  # each cohort its own draws
    drawing = _signed_sums if law == "rademacher" else partial(_multiplied_sums, law)
    return np.stack(
        side_by_side(
            lambda one: drawing(
                lambda part: stats.scores(panel, part, one[0]), one[1], (count, stats.width), one[2]
            ),
            own,
            panel.outcome.size * count,
        )
    )


Scores = Callable[[Ints], Floats]


def _multiplied_sums(
    law: Multiplier, scores: Scores, rows: Ints, shape: tuple[int, int], rng: np.random.Generator
) -> Floats:
    """(B, D) sums over units of multiplier × score, by blocks."""
    total = np.zeros(shape)
    for start in range(0, len(rows), _BLOCK):
        block = scores(rows[start : start + _BLOCK])
        total += multipliers(law, (shape[0], len(block)), rng) @ block
    return total


def _signed_sums(scores: Scores, rows: Ints, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """The same with random signs, eight a byte; products in single precision, far finer than what draws tell."""
    total = np.zeros(shape)
    for start in range(0, len(rows), _SIGNED):
        block = scores(rows[start : start + _SIGNED]).astype(np.float32)
        eights = -(-len(block) // 8)
        drawn = np.frombuffer(rng.bytes(shape[0] * eights), dtype=np.uint8).reshape(shape[0], eights)
        total += np.take(_EIGHT_SIGNS, drawn, axis=0).reshape(shape[0], -1)[:, : len(block)] @ block
    return total


def wild(
    panel: Panel, stats: Moments, terms: Terms, mix: Floats | csr_array, count: int, rng: np.random.Generator
) -> Draws:
    """Wild bootstrap of the CR2 t-statistics: residuals change sign unit by unit, or cluster by cluster.

    With signs the squares of the residuals do not change, so that the variance of a draw follows from its
    sums: in a cohort of n units, Σ(ξ_i s_i − mean)² = Σ s_i² − (Σ ξ_i s_i)² / n (Cameron, Gelbach & Miller
    2008).
    """
    load = loadings(stats, terms, mix, None)
    sums = multiplier_sums(panel, stats, "rademacher", count, rng)
    each = np.einsum("gbd,ged->gbe", sums, load, optimize=True)
    if stats.clusters is None:
        n = stats.count.max(axis=1).astype(float)
        square = np.einsum("ged,gdf,gef->ge", load, stats.second, load, optimize=True)
        factor = np.divide(n, n - 1, out=np.zeros_like(n), where=n > 1)
        variance = (
            factor[:, None, None] * np.maximum(square[:, None, :] - each**2 / n[:, None, None], 0)
        ).sum(axis=0)
    else:
        clusters = len(np.unique(stats.clusters.cluster))
        whole = np.diag(cr2(stats, terms, mix).covariance)
        variance = np.maximum(whole - each.sum(axis=0) ** 2 / clusters, 0) * clusters / (clusters - 1)
    undefined = np.isnan(cr2(stats, terms, mix).se)
    return studentised(each.sum(axis=0), variance, undefined)


def permuted(panel: Panel, count: int, rng: np.random.Generator) -> Iterator[Ints]:
    """``count`` cohorts (n,) of the units, permuted within strata where the draw had some."""
    strata = _strata(panel)
    for _ in range(count):
        drawn = panel.cohort.copy()
        for rows in strata:
            drawn[rows] = panel.cohort[rng.permutation(rows)]
        yield drawn


def assignments(panel: Panel) -> float:
    """How many different assignments ``permuted`` can give, that of the panel included."""
    logs = 0.0
    for rows in _strata(panel):
        sizes = np.unique(panel.cohort[rows], return_counts=True)[1]
        logs += special.gammaln(len(rows) + 1) - special.gammaln(sizes + 1).sum()
    return float(np.exp(min(logs, 700.0)))


def replayed(panel: Panel, rows: Ints, cohorts: Ints) -> Iterator[Ints]:
    """The cohorts (n,) that each other assignment (B, m) of a recorded draw gives to the drawn ``rows`` (m,)."""
    for chosen in cohorts:
        drawn = panel.cohort.copy()
        drawn[rows] = chosen
        yield drawn


def randomisation(
    panel: Panel, stats: Moments, terms: Terms, mix: Floats | csr_array, assignments: Iterator[Ints]
) -> Draws:
    """Studentised randomisation inference over other ``assignments`` (n,) of cohorts to units.

    Each gives the estimates and their CR2 errors; sizes of waves, hence weights, do not change.
    """
    if np.ptp(panel.weight) or stats.clusters is not None:
        raise EvaluationError(
            "L’inférence par nouveau tirage demande des poids égaux et pas de grappes. Retirez les poids "
            "et les grappes, ou choisissez une autre inférence.",
            option="--inference cr2",
        )
    load = loadings(stats, terms, mix, None)[:, :, : stats.periods] * float(panel.weight[0])
    outcome = panel.outcome - panel.outcome.mean(axis=0)
    values = np.einsum("it,get->gie", outcome, load, optimize=True)
    totals, variances = [], []
    for drawn in assignments:
        total, variance = np.zeros(mix.shape[0]), np.zeros(mix.shape[0])
        for g, cohort in enumerate(stats.cohorts):
            v = values[g, drawn == cohort]
            summed, n = v.sum(axis=0), len(v)
            total += summed
            if n > 1:
                variance += ((v**2).sum(axis=0) - summed**2 / n) * n / (n - 1)
        totals.append(total)
        variances.append(variance)
    undefined = np.isnan(cr2(stats, terms, mix).se)
    return studentised(np.array(totals), np.array(variances), undefined)


def _strata(panel: Panel) -> list[Ints]:
    if panel.stratum is None:
        return [np.arange(panel.size)]
    return [np.flatnonzero(panel.stratum == s) for s in np.unique(panel.stratum)]


def studentised(total: Floats, variance: Floats, undefined: Bools) -> Draws:
    """Draws from totals and variances (B, E); NaN in the columns ``undefined`` (E,)."""
    se = np.sqrt(variance)
    t = np.divide(total, se, out=np.zeros_like(total), where=se > 0)
    t[:, undefined] = np.nan
    return Draws(t)


def _safe(se: Floats) -> Floats:
    return np.where(se > 0, se, np.nan)
