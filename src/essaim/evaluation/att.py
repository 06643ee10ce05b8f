"""Group-time average effects ATT(g, t) of Callaway & Sant'Anna (2021), without covariates.

ATT(g, t) = (mean_g,t − mean_g,b) − (mean_C,t − mean_C,b), where b is the base period and C the comparison
units: the never exposed, or those not yet exposed in t (equation 2.4 and section 2.2 of the article).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from essaim.evaluation.columns import Bools, Floats, Ints
from essaim.evaluation.moments import Moments
from essaim.evaluation.periods import NEVER

Control = Literal["nevertreated", "notyettreated"]
Base = Literal["varying", "universal"]


@dataclass(frozen=True, slots=True)
class Cells:
    """The K pairs (cohort, period) to be estimated.

    ``own`` (K,) is the index of the cohort; ``group`` and ``time`` (K,) are ordinals; ``period`` and
    ``base`` (K,) indices in the calendar; ``reference`` (K,) is true for the base period of a universal
    base, whose effect is 0 by construction; ``post`` (K,) for t ≥ g, ``pre`` (K,) for periods before any
    anticipation.
    """

    own: Ints
    group: Ints
    time: Ints
    period: Ints
    base: Ints
    reference: Bools
    post: Bools
    pre: Bools

    @property
    def size(self) -> int:
        """Number K of cells."""
        return len(self.group)

    @property
    def since(self) -> Ints:
        """(K,) periods since the first exposure, in units of the calendar."""
        return np.asarray(self.time - self.group)


def cells(cohorts: Ints, ordinals: Ints, base: Base, anticipation: int) -> Cells:
    """All pairs of an exposed cohort and a period; cohorts without a base period are left out."""
    rows: list[tuple[int, int, int, int, bool, int]] = []
    for own, g in enumerate(int(c) for c in cohorts if c != NEVER):
        before = np.flatnonzero(ordinals + anticipation < g)
        if not len(before):
            continue
        last = int(before[-1])
        for t, when in enumerate(ordinals):
            if base == "universal" or t > last:
                rows.append((g, int(when), t, last, t == last, own))
            elif t > 0:
                rows.append((g, int(when), t, t - 1, False, own))
    table = np.array(rows, dtype=np.int64).reshape(-1, 6)
    group, time = table[:, 0], table[:, 1]
    reference = table[:, 4].astype(bool)
    pre = (time + anticipation < group) & ~reference
    return Cells(table[:, 5], group, time, table[:, 2], table[:, 3], reference, time >= group, pre)


def comparison(grid: Cells, cohorts: Ints, ordinals: Ints, control: Control, anticipation: int) -> Bools:
    """(K, G), true where a cohort serves as comparison for a cell."""
    never = cohorts == NEVER
    if control == "nevertreated":
        return np.broadcast_to(never, (grid.size, len(cohorts))).copy()
    latest = ordinals[np.maximum(grid.period, grid.base)]
    untouched = cohorts[None, :] > latest[:, None] + anticipation
    return np.asarray((untouched | never) & (cohorts[None, :] != grid.group[:, None]))


@dataclass(frozen=True, slots=True)
class Terms:
    """Influence functions of the cells as a sparse list: cell × cohort × period.

    The influence of a unit of cohort ``cohort`` on the cell is the sum over its terms of
    ``slope``·w·(y_t − mean) + ``constant``·w·1_t, with t = ``period``. The first half is of the cells' own
    periods, the second half, in the same order of cells and cohorts, of their base periods.
    """

    cell: Ints
    cohort: Ints
    period: Ints
    slope: Floats
    constant: Floats


def group_time(stats: Moments, grid: Cells, compared: Bools) -> tuple[Floats, Terms]:
    """Effects (K,), NaN where a side is empty, and their influence functions."""
    own, active = grid.own, ~grid.reference
    sides: list[tuple[Ints, Ints, Ints, float]] = []
    at, who = np.nonzero(compared & active[:, None])
    k = np.flatnonzero(active)
    for period, sign in ((grid.period, 1.0), (grid.base, -1.0)):
        sides.append((k, own[k], period[k], sign))
        sides.append((at, who, period[at], -sign))
    effect = np.zeros(grid.size)
    parts = [_side(stats, effect, grid.size, *side) for side in sides]
    effect[active & ~compared.any(axis=1)] = np.nan
    return effect, Terms(*(np.concatenate(field) for field in zip(*parts, strict=True)))


def _side(
    stats: Moments, effect: Floats, size: int, cell: Ints, cohort: Ints, period: Ints, sign: float
) -> tuple[Ints, Ints, Ints, Floats, Floats]:
    """Add one of the four pooled means to ``effect`` (in place) and return its terms."""
    weight = stats.weight[cohort, period]
    total = np.bincount(cell, weight, minlength=size)
    level = np.where(weight > 0, stats.mean[cohort, period], 0.0)
    pooled = np.divide(
        np.bincount(cell, weight * level, minlength=size), total, out=np.full(size, np.nan), where=total > 0
    )
    concerned = np.zeros(size, dtype=bool)
    concerned[cell] = True
    effect[concerned] += sign * pooled[concerned]
    slope = np.divide(sign, total[cell], out=np.zeros(len(cell)), where=total[cell] > 0)
    return cell, cohort, period, slope, slope * (level - pooled[cell])


def counts(stats: Moments, grid: Cells, compared: Bools) -> tuple[Ints, Ints]:
    """(K,) number of exposed and of comparison units observed in the cell's period."""
    treated = stats.count[grid.own, grid.period]
    control = (compared * stats.count.T[grid.period]).sum(axis=1)
    return treated, control
