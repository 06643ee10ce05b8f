"""Sufficient statistics of a panel without covariates: one pass over the data, then no more.

Every group-time effect, without covariates, is a difference of cohort means, and the influence of a unit on
it is affine in the unit's outcomes. Cohort sizes, means and second moments therefore give all the effects,
their joint covariance and every aggregation.

For unit i of cohort g, with weight w and residual r_t = y_t − mean_g,t, the *score* is the vector
``z = (w·r_1, …, w·r_T, w·1_1, …, w·1_T, w)`` (the indicators 1_t say whether the unit was observed in t; they
all equal 1 in a balanced panel, where the score is shortened to ``(w·r, w)``). Influence functions are ``L
z``.
"""

from dataclasses import dataclass

import numpy as np

from essaim.evaluation.columns import Bools, Floats, Ints
from essaim.evaluation.panel import Panel


@dataclass(frozen=True, slots=True)
class Moments:
    """Statistics of G cohorts over T periods; scores have D entries.

    ``cohorts`` (G,) ordinals in increasing order (``NEVER`` last); ``count`` and ``weight`` (G, T) number
    and weight of the units observed; ``mean`` (G, T); ``unit_weight`` (G,) weight of the cohort in the
    population, used by the aggregations; ``second`` (G, D, D) is Σ z zᵗ; ``unbiased`` (G, D, D) the same
    with each unit divided by one minus its leverage (CR2), NaN for a cohort of one; ``trace`` (G, 2) the two
    traces that give Satterthwaite's degrees of freedom. ``indicator`` (T,) and ``unit`` say where the
    indicators stand in the score. ``scores`` (P, D), ``score_cohort`` and ``score_cluster`` (P,) hold the
    sums of scores by cluster and cohort.
    """

    cohorts: Ints
    count: Ints
    weight: Floats
    mean: Floats
    unit_weight: Floats
    second: Floats
    unbiased: Floats
    trace: Floats
    indicator: Ints
    unit: int
    scores: Floats | None = None
    score_cohort: Ints | None = None
    score_cluster: Ints | None = None

    @property
    def periods(self) -> int:
        """Number of periods."""
        return int(self.mean.shape[1])

    @property
    def width(self) -> int:
        """Length D of a score."""
        return int(self.second.shape[1])


def moments(panel: Panel) -> Moments:
    """The statistics of a panel, balanced or not, with sums by cluster when it has clusters."""
    cohorts, member = np.unique(panel.cohort, return_inverse=True)
    groups, periods = len(cohorts), panel.outcome.shape[1]
    short = panel.balanced
    width = periods + 1 if short else 2 * periods + 1
    indicator = np.full(periods, width - 1) if short else np.arange(periods, 2 * periods)
    count = np.zeros((groups, periods), dtype=np.int64)
    weight, mean = np.zeros((groups, periods)), np.zeros((groups, periods))
    second, unbiased = np.zeros((groups, width, width)), np.full((groups, width, width), np.nan)
    trace, unit_weight = np.full((groups, 2), np.nan), np.zeros(groups)
    summed: list[tuple[Floats, Ints]] = []
    for g in range(groups):
        rows = member == g
        outcome, w = panel.outcome[rows], panel.weight[rows]
        count[g], weight[g], mean[g], scores = _cohort_scores(outcome, w, width)
        unit_weight[g] = w.sum() if w.ndim == 1 else np.nanmean(w, axis=1).sum()
        second[g] = scores.T @ scores
        if short and len(w) > 1 and (w.max() < w.sum()):
            leverage = w / w.sum()
            scaled = scores / np.sqrt(1 - leverage)[:, None] if np.ptp(w) else scores
            unbiased[g] = scaled.T @ scaled
            if not np.ptp(w):
                unbiased[g] *= len(w) / (len(w) - 1)
            trace[g] = _traces(leverage)
        if panel.cluster is not None:
            summed.append(_cluster_sums(scores, panel.cluster[rows]))
    clustered = _stack(summed)
    return Moments(
        cohorts, count, weight, mean, unit_weight, second, unbiased, trace, indicator, width - 1, *clustered
    )


def _cohort_scores(outcome: Floats, w: Floats, width: int) -> tuple[Ints, Floats, Floats, Floats]:
    """Count, weight and mean by period (T,), and the scores (n, D), of the units of one cohort."""
    n, periods = outcome.shape
    if width == periods + 1:
        uniform = not np.ptp(w)
        total = w.sum()
        mean = outcome.mean(axis=0) if uniform else w @ outcome / total
        scores = np.empty((n, width))
        np.subtract(outcome, mean, out=scores[:, :periods])
        scores[:, periods] = 1.0
        if not uniform or w[0] != 1.0:
            scores *= w[:, None]
        return np.full(periods, n), np.full(periods, total), mean, scores
    seen = ~np.isnan(outcome)
    each = np.where(seen, w[:, None] if w.ndim == 1 else w, 0.0)
    weight = each.sum(axis=0)
    filled = np.where(seen, outcome, 0.0)
    mean = np.divide((each * filled).sum(axis=0), weight, out=np.full(periods, np.nan), where=weight > 0)
    residual = np.where(seen, outcome - mean, 0.0)
    unit = w if w.ndim == 1 else np.nanmean(w, axis=1)
    return seen.sum(axis=0), weight, mean, np.hstack([each * residual, each, unit[:, None]])


def _traces(h: Floats) -> tuple[float, float]:
    """tr(B) and tr(B²) of the CR2 quadratic form of a weighted mean with leverages ``h`` (n,).

    With B_ij = √(d_i d_j)(δ_ij − h_i − h_j + Σh²) and d = h²/(1 − h), under independent equal errors
    (Bell & McCaffrey 2002). For equal weights they are 1/n and 1/(n²(n − 1)).
    """
    d, s = h**2 / (1 - h), float(h @ h)
    diagonal = d * (1 - 2 * h + s)
    d0, d1, d2 = float(d.sum()), float(d @ h), float(d @ h**2)
    everywhere = s**2 * d0**2 + 2 * d0 * d2 - 4 * s * d0 * d1 + 2 * d1**2
    on_diagonal = float((d**2 * (s - 2 * h) ** 2).sum())
    return float(diagonal.sum()), float((diagonal**2).sum()) + everywhere - on_diagonal


def _cluster_sums(scores: Floats, cluster: Ints) -> tuple[Floats, Ints]:
    """Sums of the scores by cluster, and the clusters."""
    names, inverse = np.unique(cluster, return_inverse=True)
    sums = np.zeros((len(names), scores.shape[1]))
    np.add.at(sums, inverse, scores)
    return sums, names


def _stack(summed: list[tuple[Floats, Ints]]) -> tuple[Floats | None, Ints | None, Ints | None]:
    if not summed:
        return None, None, None
    cohort = np.concatenate([np.full(len(names), g) for g, (_, names) in enumerate(summed)])
    return np.vstack([sums for sums, _ in summed]), cohort, np.concatenate([names for _, names in summed])


def too_small(stats: Moments) -> Bools:
    """(G,), true for the cohorts in which a variance cannot be estimated (one unit only)."""
    return np.asarray(stats.count.max(axis=1) < 2)
