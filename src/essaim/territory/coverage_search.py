"""Choices of sites in the making: greedy additions, exchanges of one site, rebuilding from a part of a choice."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from essaim.territory.coverage_problem import Cover, CoverError, Indices
from essaim.territory.table import Floats

ROUNDING: Final = 1e-9


class Choosing:
    """A choice of sites in the making, with what each other site would still add (``gains``), kept up to date."""

    def __init__(self, problem: Cover) -> None:
        self.problem = problem
        self.rows, self.columns = problem.reach, csc_matrix(problem.reach)
        n = problem.reach.shape[0]
        self.costs = np.ones(n) if problem.costs is None else problem.costs
        self.group = np.zeros(n, np.int64) if problem.group is None else problem.group
        groups = problem.groups()
        self.most = np.full(groups, n) if problem.group_most is None else problem.group_most
        self.least = np.zeros(groups, np.int64) if problem.group_least is None else problem.group_least
        self.clear()

    def clear(self) -> None:
        self.inside = np.zeros(self.rows.shape[0], bool)
        self.times = np.zeros(self.rows.shape[1], np.int64)
        self.gains = np.asarray(self.rows @ self.problem.people)
        self.covered, self.spent, self.count = 0.0, 0.0, 0
        self.groups = np.zeros(len(self.most), np.int64)

    def places(self, site: int) -> Indices:
        return np.asarray(self.rows.indices[self.rows.indptr[site] : self.rows.indptr[site + 1]])

    def fits(self) -> NDArray[np.bool_]:
        """Which sites could be added now without breaking a limit."""
        p = self.problem
        if p.size is not None and self.count >= p.size:
            return np.zeros(len(self.inside), bool)
        free = ~self.inside & (self.groups < self.most)[self.group]
        if p.budget is not None:
            free &= self.costs <= p.budget * (1 + ROUNDING) - self.spent
        return np.asarray(free)

    def add(self, site: int) -> None:
        found = self.places(site)
        fresh = found[self.times[found] == 0]
        self.times[found] += 1
        self._move(site, 1, fresh)

    def remove(self, site: int) -> None:
        found = self.places(site)
        self.times[found] -= 1
        self._move(site, -1, found[self.times[found] == 0])

    def _move(self, site: int, sign: int, changed: Indices) -> None:
        people = self.problem.people[changed]
        self.covered += sign * float(people.sum())
        self.gains -= sign * (self.columns[:, changed] @ people)
        self.inside[site] = sign > 0
        self.spent += sign * float(self.costs[site])
        self.count += sign
        self.groups[self.group[site]] += sign

    def loss(self, site: int) -> float:
        """People that only this site of the choice covers."""
        found = self.places(site)
        return float(self.problem.people[found[self.times[found] == 1]].sum())

    def sites(self) -> Indices:
        return np.flatnonzero(self.inside)

    def set_to(self, sites: Indices) -> None:
        wanted = np.zeros(len(self.inside), bool)
        wanted[sites] = True
        for i in np.flatnonzero(self.inside & ~wanted):
            self.remove(int(i))
        for i in np.flatnonzero(wanted & ~self.inside):
            self.add(int(i))

    def add_minimum(self) -> None:
        """Meet the least quotas: each with its most useful sites for their cost, else with its cheapest.

        The cheapest are the surest test: when they do not fit, nothing does, and ``CoverError`` says so.
        """
        if self._add_least((self.gains + ROUNDING) / self.costs) is None:
            return
        self.clear()
        short = self._add_least(-self.costs)
        if short is not None:
            raise CoverError(
                "Le minimum du groupe %(group)s ne tient pas dans le budget ou le nombre de sites.",
                group=self.problem.called(short),
            )

    def _add_least(self, worth: Floats) -> int | None:
        """Fill each group to its minimum, greatest worth first; the group that does not fit, if any."""
        for g in np.flatnonzero(self.groups < self.least):
            while self.groups[g] < self.least[g]:
                free = self.fits() & (self.group == g)
                if not free.any():
                    return int(g)
                self.add(int(np.argmax(np.where(free, worth, -np.inf))))
        return None


def greedy(state: Choosing, blur: Floats | float = 1.0) -> None:
    """Add the site of best gain per cost (per site when there is no budget) while one fits and is useful."""
    taste = blur / state.costs if state.problem.budget is not None else blur
    while True:
        worth = np.where(state.fits(), state.gains * taste, 0.0)
        site = int(np.argmax(worth))
        if worth[site] <= ROUNDING:
            return
        state.add(site)


def swap(state: Choosing, end: float) -> None:
    """Take out one site and refill, least useful first, until no such exchange covers more people."""
    improved = True
    while improved and time.monotonic() < end:
        improved = False
        chosen = state.sites()
        losses = np.array([state.loss(int(i)) for i in chosen]) / state.costs[chosen]
        for site in chosen[np.argsort(losses)]:
            if state.groups[state.group[site]] <= state.least[state.group[site]] or not state.inside[site]:
                continue
            before, kept = state.covered, state.sites()
            state.remove(int(site))
            greedy(state)
            if state.covered > before + ROUNDING:
                improved = True
            else:
                state.set_to(kept)


def restart(state: Choosing, kept: Indices, blur: Floats | float) -> None:
    """A choice rebuilt from the sites ``kept``, as far as limits allow, and filled greedily by blurred gains."""
    state.clear()
    for site in kept:
        if state.fits()[site]:
            state.add(int(site))
    try:
        state.add_minimum()
    except CoverError:
        # What was kept leaves no room for the least quotas: these first, then.
        state.clear()
        state.add_minimum()
    greedy(state, blur)
