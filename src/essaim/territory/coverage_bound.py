"""How much any choice can cover at most: the linear relaxation of a covering problem, by column generation.

Few of thousands of candidates matter: the relaxation is solved on a *core* of them, where places that the same sites
reach are one, and candidates that its prices call worthwhile join until none is left. Whatever the prices, the
Lagrangian bound that they give over **all** candidates holds (Fisher 1981)::

    L(u, p) = sum_j (people_j - u_j) + sum_i max(0, sum_j reach_ij u_j - p · limits_i) + max_l p · l,
    0 <= u_j <= people_j

Prices are mixed with the best ones so far, which keeps them from swinging (Wentges 1997).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix, eye_array, hstack, vstack

from essaim.territory.coverage_problem import Cover, Indices, merge_places
from essaim.territory.solver import Program, Solution, solve
from essaim.territory.table import Floats

# The relaxation is solved when its value is this near (relative) to the bound.
CONVERGED: Final = 1e-4
JOINING: Final = 100
MIX: Final = 0.5
ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Prices:
    """``places`` (places,): worth of covering each; ``limits``: price of each limit; the ``bound`` that they prove
    and the reduced ``gain`` (sites,) of each site at these prices."""

    places: Floats
    limits: Floats
    bound: float
    gain: Floats


class Relaxation:
    """The relaxation in the making: ``best`` prices so far; ``fraction`` (sites,): last solution of its core."""

    def __init__(self, problem: Cover, start: Indices) -> None:
        self.rows = csr_matrix(problem.reach)
        self.limits = problem.limits()
        reached = np.bincount(self.rows.indices, minlength=self.rows.shape[1]) > 0
        self.people = np.where(reached, problem.people, 0.0)
        self.core = np.unique(start)
        self.fraction = np.zeros(self.rows.shape[0])
        self.fraction[self.core] = 1.0
        # Covering is free: everybody in reach is covered.
        self.best = self._prices(np.zeros_like(self.people), np.zeros(len(self.limits.low)))

    def tighten(self, end: float) -> None:
        """Rounds of the core until the bound meets the relaxation's value or the clock stops them."""
        while time.monotonic() < end:
            core = CoreProgram(self, self.core)
            solution = solve(core.program(integer=False), end - time.monotonic())
            if solution.outcome != "optimal":
                return
            self.fraction = np.zeros(self.rows.shape[0])
            self.fraction[self.core] = solution.values[: len(self.core)]
            now = self._prices(*core.prices(solution))
            mixed = self._prices(
                MIX * self.best.places + (1 - MIX) * now.places,
                MIX * self.best.limits + (1 - MIX) * now.limits,
            )
            self.best = min(self.best, now, mixed, key=lambda p: p.bound)
            joining = np.union1d(self._joining(now.gain), self._joining(mixed.gain))
            if self.best.bound <= -solution.objective * (1 + CONVERGED) or not len(joining):
                return
            self.core = np.union1d(self.core, joining)

    def undecided(self, known: float) -> Indices:
        """Sites that a choice better than ``known`` may hold: the gain of the others loses more than is left."""
        return np.flatnonzero(self.best.gain >= known - self.best.bound - ROUNDING * self.best.bound)

    def _joining(self, gain: Floats) -> Indices:
        """The sites outside the core that these prices call most worthwhile."""
        outside = np.setdiff1d(np.flatnonzero(gain > ROUNDING), self.core)
        return outside[np.argsort(-gain[outside], kind="stable")[:JOINING]]

    def _prices(self, places: Floats, limits: Floats) -> Prices:
        low, high = self.limits.low, self.limits.high
        # A price on a side that has no limit would prove nothing.
        limits = np.where(np.isinf(np.where(limits > 0, high, low)), 0.0, limits)
        gain = self.rows @ places - self.limits.rows.T @ limits
        paid = np.where(limits > 0, high, np.where(limits < 0, low, 0.0))
        bound = (self.people - places).sum() + np.maximum(gain, 0.0).sum() + limits @ paid
        return Prices(places, limits, float(bound), np.asarray(gain))


class CoreProgram:
    """The covering problem on a core of sites: one 0-1 variable a site, one share in [0, 1] a class of places that
    the same sites reach."""

    def __init__(self, whole: Relaxation, sites: Indices) -> None:
        self.whole, self.sites = whole, sites
        self.classes = merge_places(whole.rows[sites], whole.people)

    def program(self, integer: bool) -> Program:
        limits, sites, count = self.whole.limits, len(self.sites), len(self.classes.people)
        covered = hstack([-self.classes.reach.T, eye_array(count)])
        bounded = hstack([limits.rows[:, self.sites], csr_matrix((len(limits.low), count))])
        return Program(
            cost=np.r_[np.zeros(sites), -self.classes.people],
            rows=csr_matrix(vstack([covered, bounded])),
            row_low=np.r_[np.full(count, -np.inf), limits.low],
            row_high=np.r_[np.zeros(count), limits.high],
            low=np.zeros(sites + count),
            high=np.ones(sites + count),
            integer=np.arange(sites + count) < (sites if integer else 0),
        )

    def values(self, chosen: Indices) -> Floats:
        """The variables of a choice of sites, all in the core."""
        sites = np.isin(self.sites, chosen).astype(float)
        return np.concatenate([sites, np.minimum(self.classes.reach.T @ sites, 1.0)])

    def prices(self, solution: Solution) -> tuple[Floats, Floats]:
        """Prices of all places and of the limits: a class's price is shared among its places by their people; a place
        that the core leaves out is worth all its people."""
        count = len(self.classes.people)
        share = np.clip(-solution.duals[:count] / self.classes.people, 0.0, 1.0)
        return self.whole.people * np.append(share, 1.0)[self.classes.of_place], -solution.duals[count:]
