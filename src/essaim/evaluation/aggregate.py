"""Aggregations of group-time effects: overall, by time since opening, by cohort, by calendar period.

Each is a weighted mean of cells whose weights depend only on the sizes of the cohorts (Callaway & Sant'Anna
2021, table 1 and equations 3.7-3.11).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, vstack

from essaim.evaluation.att import Cells
from essaim.evaluation.columns import Bools, Floats, Ints

KINDS = ("simple", "event", "group", "calendar")


@dataclass(frozen=True, slots=True)
class Weighting:
    """E aggregated estimates of one kind as functions of K cells and G cohort sizes.

    ``keys`` (E − 1,) are the event times, cohorts or periods; the last estimate is the overall one.
    ``cells`` (E, K) are the weights, NaN in the row of an undefined estimate; ``sizes`` (E, G) the derivatives by
    the share of each cohort in the population.
    """

    kind: str
    keys: Ints
    cells: csr_array
    sizes: Floats


def weighting(
    kind: str, grid: Cells, effect: Floats, cohorts: Ints, unit_weight: Floats, window: int | None
) -> Weighting:
    """The weights of one kind of aggregation; undefined cells carry none.

    ``window`` (event only) keeps the cohorts observed at least that many periods after opening, and event
    times up to it, so that all event times speak of the same cohorts.
    """
    usable = ~np.isnan(effect)
    post = grid.post & usable
    means = _Means(grid, effect, unit_weight / unit_weight.sum())
    if kind == "simple":
        return Weighting(
            kind, np.array([], dtype=np.int64), *means.of(np.zeros(grid.size, dtype=np.int64), post, 1)
        )
    if kind == "event":
        if window is not None:
            usable = usable & _observed_until(grid, window) & (grid.since <= window)
        return means.by(kind, grid.since, usable, lambda keys: keys >= 0)
    of = grid.group if kind == "group" else grid.time
    return means.by(kind, of, post, lambda keys: np.ones(len(keys), dtype=bool))


def by_level(grid: Cells, effect: Floats, levels: Ints, unit_weight: Floats) -> tuple[Weighting, Weighting]:
    """Means of the cells after exposure by level of an attribute (with the overall one), and differences to
    the first.

    ``levels`` (G,) is the level of each cohort × level group, negative for the never exposed.
    """
    means = _Means(grid, effect, unit_weight / unit_weight.sum())
    post = grid.post & ~np.isnan(effect)
    keys = np.unique(levels[grid.own[post]])
    cells, sizes = means.of(np.searchsorted(keys, levels[grid.own]), post, len(keys))
    overall = means.of(np.zeros_like(grid.own), post, 1)
    by = Weighting("by", keys, vstack([cells, overall[0]], format="csr"), np.vstack([sizes, overall[1]]))
    apart = csr_array(cells[1:] - cells[np.zeros(len(keys) - 1, dtype=np.int64)])
    return by, Weighting("differences", keys[1:], apart, sizes[1:] - sizes[0])


def _observed_until(grid: Cells, window: int) -> Bools:
    """(K,), true for the cells of cohorts observed ``window`` periods after opening."""
    last = np.zeros(grid.own.max(initial=-1) + 1, dtype=np.int64)
    np.maximum.at(last, grid.own, grid.since)
    return np.asarray(last[grid.own] >= window)


@dataclass(frozen=True, slots=True)
class _Means:
    """Means of cells weighted by the ``share`` (G,) of their cohorts, with their derivatives by these shares."""

    grid: Cells
    effect: Floats
    share: Floats

    def of(self, row: Ints, chosen: Bools, count: int) -> tuple[csr_array, Floats]:
        """Weights (count, K) and derivatives (count, G) of the means of the ``chosen`` cells of each ``row`` (K,)."""
        cell = np.flatnonzero(chosen)
        row, own = row[cell], self.grid.own[cell]
        mass, effect = self.share[own], self.effect[cell]
        total = np.bincount(row, mass, minlength=count)
        weight = mass / total[row]
        mean = np.bincount(row, weight * effect, minlength=count)
        groups = len(self.share)
        slope = np.bincount(row * groups + own, (effect - mean[row]) / total[row], minlength=count * groups)
        mix = csr_array((weight, (row, cell)), shape=(count, self.grid.size))
        return _without_empty(mix, np.asarray(slope, dtype=np.float64).reshape(count, groups), total == 0)

    def by(self, kind: str, of: Ints, usable: Bools, counts: Callable[[Ints], Bools]) -> Weighting:
        """The means by value of ``of`` (K,), and the mean of those that ``counts``: plain, by size for cohorts."""
        keys, row = np.unique(of[usable], return_inverse=True)
        every = np.zeros(len(of), dtype=np.int64)
        every[usable] = row
        cells, sizes = self.of(every, usable, len(keys))
        kept = counts(keys)
        mix: Floats = kept / max(int(kept.sum()), 1)
        extra: Floats = np.zeros(len(self.share))
        if kind == "group" and len(keys):
            which = np.zeros(len(keys), dtype=np.int64)
            which[row] = self.grid.own[usable]
            p, values = self.share[which], cells @ np.nan_to_num(self.effect)
            mix = p / p.sum()
            np.add.at(extra, which, (values - mix @ values) / p.sum())
        overall = _without_empty(
            csr_array((mix @ cells)[None]), (mix @ sizes + extra)[None], np.array([not kept.any()])
        )
        return Weighting(
            kind, keys, vstack([cells, overall[0]], format="csr"), np.vstack([sizes, overall[1]])
        )


def _without_empty(mix: csr_array, sizes: Floats, empty: Bools) -> tuple[csr_array, Floats]:
    """The same with NaN for the means of no cell."""
    if not empty.any():
        return mix, sizes
    row = np.flatnonzero(empty)
    nowhere = csr_array((np.full(len(row), np.nan), (row, np.zeros_like(row))), shape=mix.shape)
    return csr_array(mix + nowhere), np.where(empty[:, None], np.nan, sizes)
