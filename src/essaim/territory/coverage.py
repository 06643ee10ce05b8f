"""Sites that cover the most people within a distance, under a budget and quotas, with a certified bound.

Maximal covering location (Church & ReVelle 1974) with a budget, a number of sites and group quotas. A first choice
comes from greedy gains and exchanges; the bound from the linear relaxation (``coverage_bound``), whose prices show
which sites may still matter. Those, few, are chosen exactly by HiGHS in growing cores; when every site left out of
the core is proven useless, so is the answer. Random rebuilding fills what time is left. Whatever was reached, the
gap shown is certified, not estimated.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from essaim.territory.coverage_bound import CoreProgram, Relaxation
from essaim.territory.coverage_problem import Cover, CoverError, Indices
from essaim.territory.coverage_search import ROUNDING, Choosing, greedy, restart, swap
from essaim.territory.solver import solve

__all__ = ["Cover", "CoverError", "Covering", "cover"]

FIRST_CORE: Final = 150


@dataclass(frozen=True, slots=True)
class Covering:
    """``sites`` chosen, ``covered`` people, and ``bound``: no choice covers more. ``gap`` is relative to it."""

    sites: Indices
    covered: float
    bound: float
    gap: float
    rounds: int = field(default=0, compare=False)


def cover(
    problem: Cover, seconds: float = 20.0, target: float = 0.005, seed: int = 1, rounds: int = 1_000
) -> Covering:
    """The best choice found and its certified gap; stops at ``target``, after ``seconds`` or after ``rounds`` of
    rebuilding.

    The same seed gives the same answer as long as the clock does not stop it.
    """
    problem.check()
    search = _Search(problem, time.monotonic() + seconds, target)
    search.relax()
    search.solve_cores()
    rng = np.random.default_rng(seed)
    done = 0
    while not search.over() and done < rounds:
        search.rebuild(rng)
        done += 1
    return Covering(np.sort(search.best), search.value, search.bound, search.gap(), done)


class _Search:
    """The ``best`` choice so far and its ``value``, the ``bound`` on any, and when to stop looking."""

    def __init__(self, problem: Cover, end: float, target: float) -> None:
        self.end, self.target = end, target
        self.state = Choosing(problem)
        self.state.add_minimum()
        greedy(self.state)
        swap(self.state, end)
        self.best, self.value = self.state.sites(), self.state.covered
        worth = (self.state.gains + ROUNDING) / self.state.costs
        self.relaxation = Relaxation(problem, np.r_[self.best, np.argsort(-worth)[:FIRST_CORE]])
        self.bound = self.relaxation.best.bound

    def gap(self) -> float:
        return max(0.0, (self.bound - self.value) / self.bound) if self.bound > 0 else 0.0

    def over(self) -> bool:
        return self.gap() <= max(self.target, ROUNDING) or time.monotonic() > self.end

    def relax(self) -> None:
        """Tighten the bound, then start again from what the relaxation itself takes."""
        if self.over():
            return
        self.relaxation.tighten(self.end)
        self.bound = min(self.bound, self.relaxation.best.bound)
        self.state.set_to(self.best)
        restart(self.state, np.flatnonzero(self.relaxation.fraction > 0.5), 1.0)
        self._improve()

    def solve_cores(self) -> None:
        """Exact choices in growing cores, until one holds every site that could matter (then its bound is everybody's)
        or the clock stops one."""
        size = FIRST_CORE
        while not self.over():
            gain = self.relaxation.best.gain
            left = self.relaxation.undecided(self.value)
            complete = len(left) <= size
            chosen = left if complete else left[np.argsort(-gain[left], kind="stable")[:size]]
            core = CoreProgram(self.relaxation, np.union1d(chosen, self.best))
            solution = solve(
                core.program(integer=True),
                (self.end - time.monotonic()) / (1 if complete else 3),
                start=core.values(self.best),
                gap=self.target / 2,
            )
            if solution.outcome not in ("optimal", "feasible"):
                return
            before = self.value
            self.state.set_to(core.sites[solution.values[: len(core.sites)] > 0.5])
            self._improve()
            if complete:
                self.bound = max(self.value, min(self.bound, -solution.bound))
            # A larger core is worth the time only while the cores themselves are solved or find better.
            if complete or (solution.outcome == "feasible" and self.value <= before):
                return
            size *= 2

    def rebuild(self, rng: np.random.Generator) -> None:
        """A choice rebuilt from a random part of the best: mostly a near one, else a far one with blurred gains."""
        near = len(self.best) > 20 and rng.random() < 0.75
        kept = int((0.85 if near else rng.uniform(0.3, 0.9)) * len(self.best))
        blur = 1.0 if near else rng.uniform(0.7, 1.3, len(self.state.costs))
        restart(self.state, rng.permutation(self.best)[:kept], blur)
        self._improve()

    def _improve(self) -> None:
        swap(self.state, self.end)
        if self.state.covered > self.value + ROUNDING:
            self.best, self.value = self.state.sites(), self.state.covered
