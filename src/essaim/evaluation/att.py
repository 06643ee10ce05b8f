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
    last = np.searchsorted(ordinals + anticipation, cohorts) - 1
    kept = np.flatnonzero((cohorts != NEVER) & (last >= 0))
    own, period = np.repeat(kept, len(ordinals)), np.tile(np.arange(len(ordinals)), len(kept))
    there = (period > 0) | (base == "universal")
    own, period = own[there], period[there]
    fixed = (period > last[own]) | (base == "universal")
    group, time = cohorts[own], ordinals[period]
    reference = fixed & (period == last[own])
    pre = (time + anticipation < group) & ~reference
    before = np.where(fixed, last[own], period - 1)
    return Cells(own, group, time, period, before, reference, time >= group, pre)


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
    """Influence functions of the K cells, by layers: table of cells × cohorts, each at one entry of the score.

    The influence of a unit of cohort g with score z (``Moments``) on the cell k is Σ ``values[l, k, g]``·z at
    ``places[l, k]``. ``places`` is (L, K), ``values`` (L, K, G). The first two layers are the residuals in the
    cell's period and in its base period; the others, through the weights of the units, how those of the
    comparison change its means.
    """

    places: Ints
    values: Floats


def group_time(stats: Moments, grid: Cells, compared: Bools) -> tuple[Floats, Terms]:
    """Effects (K,), NaN where a side is empty, and their influence functions."""
    among = compared & ~grid.reference[:, None]
    late = _side(stats, grid, among, grid.period)
    early = _side(stats, grid, among, grid.base)
    effect = np.where(grid.reference, 0.0, late[0] - early[0])
    places = [grid.period, grid.base]
    values = [late[1], -early[1]]
    if stats.width == stats.periods + 1:  # one entry for the weight of a unit in all periods
        places.append(np.full(grid.size, stats.unit))
        values.append(late[2] - early[2])
    else:
        places += [stats.indicator[grid.period], stats.indicator[grid.base]]
        values += [late[2], -early[2]]
    return effect, Terms(np.stack(places), np.stack(values))


def _side(stats: Moments, grid: Cells, among: Bools, period: Ints) -> tuple[Floats, Floats, Floats]:
    """In ``period`` (K,), the mean of the cohort minus that of the comparison (K,), and their derivatives (K, G).

    The derivatives are by the residual of a unit, and by its presence in the comparison.
    """
    row, own = np.arange(grid.size), grid.own
    weight = stats.weight.T[period]
    level = np.where(stats.weight > 0, stats.mean, 0.0).T[period]
    mine, other = weight[row, own], np.where(among, weight, 0.0)
    total = other.sum(axis=1)
    share = np.divide(1, total, out=np.zeros(grid.size), where=total > 0)
    pooled = np.einsum("kg,kg->k", other, level) * share
    slope = np.where(among, -share[:, None], 0.0)
    constant = slope * (level - pooled[:, None])
    active = np.flatnonzero(~grid.reference & (mine > 0))
    slope[active, own[active]] = 1 / mine[active]
    return np.where((total > 0) & (mine > 0), level[row, own] - pooled, np.nan), slope, constant


def counts(stats: Moments, grid: Cells, compared: Bools) -> tuple[Ints, Ints]:
    """(K,) number of exposed and of comparison units observed in the cell's period."""
    treated = stats.count[grid.own, grid.period]
    control = (compared * stats.count.T[grid.period]).sum(axis=1)
    return treated, control
