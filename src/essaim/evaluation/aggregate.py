"""Aggregations of group-time effects: overall, by time since opening, by cohort, by calendar period.

Each is a weighted mean of cells whose weights depend only on the sizes of the cohorts (Callaway & Sant'Anna
2021, table 1 and equations 3.7-3.11).
"""

from dataclasses import dataclass

import numpy as np

from essaim.evaluation.att import Cells
from essaim.evaluation.columns import Bools, Floats, Ints

KINDS = ("simple", "event", "group", "calendar")


@dataclass(frozen=True, slots=True)
class Weighting:
    """E aggregated estimates of one kind as functions of K cells and G cohort sizes.

    ``keys`` (E − 1,) are the event times, cohorts or periods; the last estimate is the overall one.
    ``cells`` (E, K) are the weights; ``sizes`` (E, G) the derivatives by the share of each cohort in the
    population.
    """

    kind: str
    keys: Ints
    cells: Floats
    sizes: Floats

    def overall_of(self, kept: Bools) -> Floats:
        """(K,) weights of the overall estimate recomputed over the estimates ``kept`` (E − 1,)."""
        return np.asarray(self.cells[:-1][kept].mean(axis=0))


def weighting(
    kind: str, grid: Cells, effect: Floats, cohorts: Ints, unit_weight: Floats, window: int | None
) -> Weighting:
    """The weights of one kind of aggregation; undefined cells carry none.

    ``window`` (event only) keeps the cohorts observed at least that many periods after opening, and event
    times up to it, so that all event times speak of the same cohorts.
    """
    usable = ~np.isnan(effect)
    share = unit_weight / unit_weight.sum()
    builder = _Builder(grid, effect, share)
    post = grid.post & usable
    if kind == "simple":
        builder.add(post)
        return builder.done(kind, np.array([], dtype=np.int64), overall=None)
    if kind == "event":
        if window is not None:
            usable = usable & _observed_until(grid, window) & (grid.since <= window)
        keys = np.unique(grid.since[usable])
        for key in keys:
            builder.add(usable & (grid.since == key))
        return builder.done(kind, keys, overall=np.flatnonzero(keys >= 0))
    if kind == "group":
        keys = np.unique(grid.group[post])
        for key in keys:
            builder.add(post & (grid.group == key))
        return builder.done(kind, keys, overall=np.arange(len(keys)), by_size=keys)
    keys = np.unique(grid.time[post])
    for key in keys:
        builder.add(post & (grid.time == key))
    return builder.done(kind, keys, overall=np.arange(len(keys)))


def by_level(grid: Cells, effect: Floats, levels: Ints, unit_weight: Floats) -> tuple[Weighting, Weighting]:
    """Means of the cells after exposure by level of an attribute (with the overall one), and differences to
    the first.

    ``levels`` (G,) is the level of each cohort × level group, negative for the never exposed.
    """
    builder = _Builder(grid, effect, unit_weight / unit_weight.sum())
    post = grid.post & ~np.isnan(effect)
    keys = np.unique(levels[grid.own[post]])
    for key in keys:
        builder.add(post & (levels[grid.own] == key))
    builder.add(post)
    means = builder.done("by", keys, overall=None)
    others = slice(1, len(keys))
    return means, Weighting(
        "differences",
        keys[1:],
        means.cells[others] - means.cells[0],
        means.sizes[others] - means.sizes[0],
    )


def _observed_until(grid: Cells, window: int) -> Bools:
    """(K,), true for the cells of cohorts observed ``window`` periods after opening."""
    last = np.array([grid.since[grid.group == g].max() for g in grid.group], dtype=np.int64)
    return np.asarray(last >= window)


def _by_cohort(own: Ints, values: Floats, groups: int) -> Floats:
    """(G,) sums of ``values`` by cohort index."""
    return np.asarray(np.bincount(own, values, minlength=groups), dtype=np.float64)


class _Builder:
    """Collects rows of weights, with their derivatives by cohort shares."""

    def __init__(self, grid: Cells, effect: Floats, share: Floats) -> None:
        self.effect = np.nan_to_num(effect)
        self.share = share
        self.own = grid.own
        self.mass = share[grid.own]
        self.rows: list[Floats] = []
        self.derivatives: list[Floats] = []

    def add(self, chosen: Bools) -> None:
        """One estimate: the mean of the chosen cells weighted by the shares of their cohorts."""
        p = np.where(chosen, self.mass, 0.0)
        self._append(p, self.effect, self.own)

    def _append(self, p: Floats, values: Floats, own: Ints) -> None:
        total = p.sum()
        weights = p / total if total > 0 else p
        centred = np.where(p > 0, values - weights @ values, 0.0) / (total or 1.0)
        self.rows.append(weights)
        self.derivatives.append(_by_cohort(own, centred, len(self.share)))

    def done(self, kind: str, keys: Ints, overall: Ints | None, by_size: Ints | None = None) -> Weighting:
        """Add the overall estimate: the mean of the estimates ``overall``, plain or by cohort sizes."""
        cells, sizes = np.array(self.rows), np.array(self.derivatives)
        if overall is None:
            return Weighting(kind, keys, cells, sizes)
        if not len(overall):
            blank = np.full((1, len(self.effect)), np.nan)
            empty = np.full((1, len(self.share)), np.nan)
            return Weighting(kind, keys, np.vstack([*cells, blank]), np.vstack([*sizes, empty]))
        mix, extra = np.full(len(overall), 1 / len(overall)), np.zeros(len(self.share))
        if by_size is not None:
            which = self.own[[int(np.argmax(row > 0)) for row in cells]]
            p = self.share[which]
            values = cells @ self.effect
            mix = p / p.sum()
            extra = _by_cohort(which, (values - mix @ values) / p.sum(), len(self.share))
        cells = np.vstack([cells, mix @ cells[overall]])
        return Weighting(kind, keys, cells, np.vstack([sizes, mix @ sizes[overall] + extra]))
