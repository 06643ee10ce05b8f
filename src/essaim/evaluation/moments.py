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

from essaim.evaluation.columns import Codes, Floats, Ints, whole_codes
from essaim.evaluation.panel import Panel, unit_weights
from essaim.evaluation.periods import NEVER
from essaim.evaluation.threads import side_by_side

#: Units a block: with a few dozen periods it stays in the second-level cache.
_BLOCK = 2_048


@dataclass(frozen=True, slots=True)
class Moments:
    """Statistics of G cohorts over T periods; scores have D entries.

    ``cohorts`` (G,) ordinals in increasing order (``NEVER`` last); ``count`` and ``weight`` (G, T) number and
    weight of the units observed; ``mean`` (G, T); ``unit_weight`` (G,) weight of the cohort in the
    population, used by the aggregations; ``second`` (G, D, D) is Σ z zᵗ; ``unbiased`` (G, D, D) the same
    with each unit divided by one minus its leverage (CR2). ``trace`` (G,) and ``square`` (G, G) give
    Satterthwaite's degrees of freedom; NaN where CR2 is undefined (a cohort of one unit or of one cluster, a
    panel with holes). ``indicator`` (T,) and ``unit`` say where the indicators stand in the score.
    ``clusters`` holds sums by cluster, ``levels`` (G,) the level of an attribute.
    """

    cohorts: Ints
    count: Ints
    weight: Floats
    mean: Floats
    unit_weight: Floats
    second: Floats
    unbiased: Floats
    trace: Floats
    square: Floats
    indicator: Ints
    unit: int
    clusters: "ClusterSums | None" = None
    levels: Ints | None = None

    @property
    def periods(self) -> int:
        """Number of periods."""
        return int(self.mean.shape[1])

    def scores(self, panel: Panel, rows: Ints, g: int) -> Floats:
        """(len(rows), D) scores of some units of the cohort of index ``g``."""
        w = panel.weight[rows]
        if panel.period is not None:
            return _cross_section_residuals(
                panel.outcome[rows], w, panel.period[rows], self.mean[g], self.width
            )
        return _residuals(panel.outcome[rows], w, self.mean[g], self.width, panel.persons is not None)

    @property
    def width(self) -> int:
        """Length D of a score."""
        return int(self.second.shape[1])


@dataclass(frozen=True, slots=True)
class ClusterSums:
    """Sums of the scores (P, D) of the units of one cohort in one cluster; ``factor`` (P,) makes them CR2."""

    scores: Floats
    cohort: Ints
    cluster: Ints
    factor: Floats


def moments(panel: Panel, level: Ints | None = None) -> Moments:
    """The statistics of a panel, balanced or not, or of repeated cross-sections.

    With a ``level`` (n,) of some attribute, exposed cohorts are split by it and ``cohorts`` repeats their
    ordinals.
    """
    cohorts, member = _told_apart(panel.cohort)
    levels = None
    if level is not None:
        pairs = np.column_stack([panel.cohort, np.where(panel.cohort == NEVER, -1, level)])
        split, member = np.unique(pairs, axis=0, return_inverse=True)
        cohorts, levels, member = split[:, 0], split[:, 1], member.ravel()
    periods = len(panel.calendar.ordinals)
    short = panel.balanced
    width = periods + 1 if short else 2 * periods + 1
    kind = np.uint16 if len(cohorts) < 2**16 else np.int64  # short integers are put in order by one counting
    order = np.argsort(member.astype(kind), kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(member))[:-1])
    groups = side_by_side(lambda own: _cohort(panel, own, width, short), rows, panel.outcome.size)
    trace, square = np.array([group.trace for group in groups]), np.diag([group.square for group in groups])
    clusters = None
    if panel.cluster is not None:
        sizes = np.array([group.count.max() for group in groups])
        clusters, trace, square = _clustered(groups, sizes, short)
    return Moments(
        cohorts=cohorts,
        count=np.stack([group.count for group in groups]),
        weight=np.stack([group.weight for group in groups]),
        mean=np.stack([group.mean for group in groups]),
        unit_weight=np.array([group.unit_weight for group in groups]),
        second=np.stack([group.second for group in groups]),
        unbiased=np.stack([group.unbiased for group in groups]),
        trace=trace,
        square=square,
        indicator=np.full(periods, width - 1) if short else np.arange(periods, 2 * periods),
        unit=width - 1,
        clusters=clusters,
        levels=levels,
    )


def _told_apart(cohort: Ints) -> tuple[Ints, Codes]:
    """The cohorts in increasing order, ``NEVER`` last, and the place of each unit's among them."""
    never = cohort == NEVER
    after = cohort.max(where=~never, initial=0) + 1  # those never exposed come just after the last
    found = whole_codes(np.where(never, after, cohort))
    if found is None:
        cohorts, place = np.unique(cohort, return_inverse=True)
        return cohorts, place
    member, cohorts = found
    return np.where(cohorts == after, NEVER, cohorts), member


@dataclass(frozen=True, slots=True)
class _Cohort:
    """The statistics of one cohort; ``sums`` are its scores by cluster."""

    count: Ints
    weight: Floats
    mean: Floats
    unit_weight: float
    second: Floats
    unbiased: Floats
    trace: float
    square: float
    sums: Floats | None
    clusters: Ints | None
    sizes: Ints | None


def _cohort(panel: Panel, rows: Ints, width: int, short: bool) -> _Cohort:
    """Statistics of the units ``rows``."""
    w = panel.weight[rows]
    if short and panel.cluster is None and not np.ptp(w):
        return _plain_cohort(panel.outcome, rows, float(w[0]))
    outcome = panel.outcome[rows]
    if panel.period is None:
        count, weight, mean, scores = _cohort_scores(outcome, w, width, panel.persons is not None)
        if panel.persons is not None:
            count = panel.persons[rows].sum(axis=0)
    else:
        count, weight, mean, scores = _cross_section_scores(outcome, w, panel.period[rows], width)
    unit = panel.unit_weight[rows]
    second = scores.T @ scores
    unbiased, trace, square = np.full((width, width), np.nan), np.nan, np.nan
    if short and len(w) > 1 and w.max() < w.sum():
        leverage = w / w.sum()
        if np.ptp(w):
            scaled = scores / np.sqrt(1 - leverage)[:, None]
            unbiased = scaled.T @ scaled
        else:
            unbiased = second * len(w) / (len(w) - 1)
        trace, square = _traces(leverage)
    sums = clusters = sizes = None
    if panel.cluster is not None:
        clusters, inverse, sizes = np.unique(panel.cluster[rows], return_inverse=True, return_counts=True)
        sums = np.zeros((len(clusters), width))
        np.add.at(sums, inverse, scores)
    return _Cohort(
        count, weight, mean, float(unit.sum()), second, unbiased, trace, square, sums, clusters, sizes
    )


def _cohort_scores(
    outcome: Floats, w: Floats, width: int, persons: bool
) -> tuple[Ints, Floats, Floats, Floats]:
    """Count, weight and mean by period (T,), and the scores (n, D), of the units of one cohort."""
    n, periods = outcome.shape
    if width == periods + 1:
        total = float(w.sum())
        mean = w @ outcome / total if np.ptp(w) else outcome.mean(axis=0)
        count, weight = np.full(periods, n), np.full(periods, total)
        return count, weight, mean, _residuals(outcome, w, mean, width)
    seen = ~np.isnan(outcome)
    each = np.where(seen, w[:, None] if w.ndim == 1 else w, 0.0)
    weight = each.sum(axis=0)
    total_by_period = (each * np.where(seen, outcome, 0.0)).sum(axis=0)
    mean = np.divide(total_by_period, weight, out=np.full(periods, np.nan), where=weight > 0)
    return seen.sum(axis=0), weight, mean, _residuals(outcome, w, mean, width, persons)


def _residuals(outcome: Floats, w: Floats, mean: Floats, width: int, persons: bool = False) -> Floats:
    """The scores (n, D) of units of a cohort whose means (T,) are known."""
    n, periods = outcome.shape
    if width == periods + 1:
        scores = np.empty((n, width))
        np.subtract(outcome, mean, out=scores[:, :periods])
        scores[:, periods] = 1.0
        if n and (np.ptp(w) or w[0] != 1.0):
            scores *= w[:, None]
        return scores
    seen = ~np.isnan(outcome)
    each = np.where(seen, w[:, None] if w.ndim == 1 else w, 0.0)
    residual = np.where(seen, outcome - mean, 0.0)
    return np.hstack([each * residual, each, unit_weights(outcome, w, persons)[:, None]])


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


def _plain_cohort(outcome: Floats, rows: Ints, w: float) -> _Cohort:
    """Statistics of units of equal weight, in one pass by blocks that stay in the cache.

    Sums are taken around the first units' means, so that the correction for the true mean loses no digit.
    """
    n, periods = len(rows), outcome.shape[1]
    origin = outcome[rows[:_BLOCK]].mean(axis=0)
    total, gram = np.zeros(periods), np.zeros((periods, periods))
    held, ones = np.empty((min(n, _BLOCK), periods)), np.ones(min(n, _BLOCK))
    for start in range(0, n, _BLOCK):
        chosen = rows[start : start + _BLOCK]
        block = np.take(outcome, chosen, axis=0, out=held[: len(chosen)], mode="clip")
        block -= origin
        total += ones[: len(chosen)] @ block
        gram += block.T @ block
    shift = total / n
    second = np.zeros((periods + 1, periods + 1))
    second[:periods, :periods] = (gram - n * np.outer(shift, shift)) * w**2
    second[periods, periods] = n * w**2
    known = n > 1
    return _Cohort(
        count=np.full(periods, n),
        weight=np.full(periods, n * w),
        mean=origin + shift,
        unit_weight=n * w,
        second=second,
        unbiased=second * n / (n - 1) if known else np.full_like(second, np.nan),
        trace=1 / n if known else np.nan,
        square=1 / (n**2 * (n - 1)) if known else np.nan,
        sums=None,
        clusters=None,
        sizes=None,
    )


def _clustered(groups: list[_Cohort], sizes: Ints, short: bool) -> tuple[ClusterSums, Floats, Floats]:
    """Sums by cluster, and the traces of the CR2 form clustered so.

    In the regression on cohort × period means, the leverage of the n_cg units of cohort g in cluster c is
    their share f = n_cg / n_g along their mean; CR2 multiplies their summed residuals by 1/√(1 − f) (exact
    for equal weights). With D_g = diag(n_cg / (1 − f)) and v_g = n_cg / √(1 − f) the form is Σ_g |a_g|²(D_g
    − v_g v_gᵗ / n_g) / n_g².
    """
    assert all(group.sums is not None for group in groups)
    scores = np.vstack([group.sums for group in groups if group.sums is not None])
    cluster = np.concatenate([group.clusters for group in groups if group.clusters is not None])
    inside = np.concatenate([group.sizes for group in groups if group.sizes is not None]).astype(float)
    cohort = np.repeat(
        np.arange(len(groups)), [len(group.clusters) for group in groups if group.clusters is not None]
    )
    share = inside / sizes[cohort]
    factor = np.where(share < 1, 1 / np.sqrt(np.maximum(1 - share, 1e-15)), np.nan)
    names, position = np.unique(cluster, return_inverse=True)
    n = np.zeros((len(groups), len(names)))
    n[cohort, position] = inside
    f = n / sizes[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        d, v = np.where(f < 1, n / (1 - f), np.nan), np.where(f < 1, n / np.sqrt(1 - f), np.nan)
    d, v = d / sizes[:, None] ** 2, v / sizes[:, None]
    trace = d.sum(axis=1) - (v**2).sum(axis=1) / sizes
    crossed = (v**2 @ d.T) / sizes[:, None]
    square = d @ d.T - crossed - crossed.T + (v @ v.T) ** 2 / np.outer(sizes, sizes)
    if not short:
        trace, square = np.full_like(trace, np.nan), np.full_like(square, np.nan)
    return ClusterSums(scores, cohort, cluster, factor), trace, square


def _cross_section_scores(
    outcome: Floats, w: Floats, period: Ints, width: int
) -> tuple[Ints, Floats, Floats, Floats]:
    """Count, weight and mean by period (T,), and the scores (n, D), of the rows of one cohort."""
    periods = (width - 1) // 2
    count = np.asarray(np.bincount(period, minlength=periods), dtype=np.int64)
    weight = np.asarray(np.bincount(period, w, minlength=periods), dtype=np.float64)
    total = np.bincount(period, w * outcome, minlength=periods)
    mean: Floats = np.divide(total, weight, out=np.full(periods, np.nan), where=weight > 0)
    return count, weight, mean, _cross_section_residuals(outcome, w, period, mean, width)


def _cross_section_residuals(outcome: Floats, w: Floats, period: Ints, mean: Floats, width: int) -> Floats:
    """The scores (n, D) of rows of a cohort whose means (T,) are known."""
    scores = np.zeros((len(outcome), width))
    row = np.arange(len(outcome))
    scores[row, period] = w * (outcome - mean[period])
    scores[row, (width - 1) // 2 + period] = w
    scores[:, -1] = w
    return scores
