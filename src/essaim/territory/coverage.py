"""Sites that cover the most people within a distance, under a budget and quotas, with a certified bound.

Maximal covering location (Church & ReVelle 1974) with a budget, a number of sites and group quotas. A solution comes
from lazy greedy gains (Minoux 1978), then swaps and repeated destroy-and-repair; the bound from the Lagrangian
relaxation of coverage and budget, improved by subgradient steps. Whatever the multipliers, the bound holds: the gap
shown is certified, not estimated.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix

from essaim.territory.table import Floats

Indices = NDArray[np.int64]
ROUNDING: Final = 1e-9
# Subgradient steps this short no longer move the bound.
CONVERGED: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Cover:
    """The problem. ``reach`` (sites, places): which places each candidate covers; ``people`` (places,).

    ``costs`` (sites,) with ``budget``; ``size``: at most so many sites; ``group`` (sites,) from 0 with
    ``group_most`` (groups,) and ``group_least`` (groups,).
    """

    reach: csr_matrix
    people: Floats
    costs: Floats | None = None
    budget: float | None = None
    size: int | None = None
    group: Indices | None = None
    group_most: Indices | None = None
    group_least: Indices | None = None


@dataclass(frozen=True, slots=True)
class Covering:
    """``sites`` chosen, ``covered`` people, and ``bound``: no choice covers more. ``gap`` is relative to it."""

    sites: Indices
    covered: float
    bound: float
    gap: float
    rounds: int = field(default=0, compare=False)


class CoverError(ValueError):
    """A covering problem that no choice of sites satisfies."""


def cover(
    problem: Cover, seconds: float = 20.0, target: float = 0.005, seed: int = 1, rounds: int = 1_000
) -> Covering:
    """The best choice found and its certified gap; stops at ``target``, after ``seconds`` or after ``rounds``.

    The same seed gives the same answer as long as the clock does not stop it.
    """
    _check(problem)
    end = time.monotonic() + seconds
    state = _State(problem)
    state.add_minimum()
    _greedy(state)
    _swap(state, end)
    best, best_value = state.sites(), state.covered
    bound = _Bound(problem)
    rng = np.random.default_rng(seed)
    done = 0
    while True:
        bound.improve(best_value, steps=120, end=end)
        if best_value >= bound.value * (1 - target) or time.monotonic() > end or done >= rounds:
            break
        for attempt in range(3):
            # One repair in three starts from what the relaxation itself would choose.
            start = np.flatnonzero(bound.choice > 0.5) if attempt == 0 else best
            _restart(state, start, rng)
            _swap(state, end)
            if state.covered > best_value + ROUNDING:
                best, best_value = state.sites(), state.covered
        done += 1
    gap = max(0.0, (bound.value - best_value) / bound.value) if bound.value > 0 else 0.0
    return Covering(np.sort(best), best_value, bound.value, gap, done)


def _check(problem: Cover) -> None:
    if (problem.people < 0).any() or (problem.costs is not None and (problem.costs <= 0).any()):
        raise CoverError("Les populations ne peuvent être négatives, ni les coûts négatifs ou nuls.")
    if (problem.group_most is not None or problem.group_least is not None) and problem.group is None:
        raise CoverError("Des quotas sont donnés sans dire à quel groupe appartient chaque site.")
    if problem.group is not None and problem.group_least is not None:
        have = np.bincount(problem.group, minlength=len(problem.group_least))
        if (have < problem.group_least).any():
            short = int(np.flatnonzero(have < problem.group_least)[0])
            raise CoverError(
                f"Le groupe {short} n’a que {have[short]} candidats pour un minimum de {problem.group_least[short]}."
            )


class _State:
    """A choice of sites in the making, with what each other site would still add (``gains``), kept up to date."""

    def __init__(self, problem: Cover) -> None:
        self.problem = problem
        self.rows, self.columns = problem.reach, csc_matrix(problem.reach)
        n = problem.reach.shape[0]
        self.costs = np.ones(n) if problem.costs is None else problem.costs
        self.group = np.zeros(n, np.int64) if problem.group is None else problem.group
        self.most = (
            np.full(int(self.group.max()) + 1, n) if problem.group_most is None else problem.group_most
        )
        self.least = (
            np.zeros(len(self.most), np.int64) if problem.group_least is None else problem.group_least
        )
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

    def add_minimum(self) -> None:
        """Meet the least quotas, each with its most useful sites for their cost; refuse when they do not fit."""
        for g in np.flatnonzero(self.groups < self.least):
            while self.groups[g] < self.least[g]:
                free = self.fits() & (self.group == g)
                if not free.any():
                    raise CoverError(
                        f"Le minimum du groupe {g} ne tient pas dans le budget ou le nombre de sites."
                    )
                self.add(int(np.argmax(np.where(free, (self.gains + ROUNDING) / self.costs, -1.0))))


def _greedy(state: _State, blur: Floats | float = 1.0) -> None:
    """Add the site of best gain per cost (per site when there is no budget) while one fits and is useful."""
    taste = blur / state.costs if state.problem.budget is not None else blur
    while True:
        worth = np.where(state.fits(), state.gains * taste, 0.0)
        site = int(np.argmax(worth))
        if worth[site] <= ROUNDING:
            return
        state.add(site)


def _swap(state: _State, end: float) -> None:
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
            _greedy(state)
            if state.covered > before + ROUNDING:
                improved = True
            else:
                _restore(state, kept)


def _restore(state: _State, sites: Indices) -> None:
    wanted = np.zeros(len(state.inside), bool)
    wanted[sites] = True
    for i in np.flatnonzero(state.inside & ~wanted):
        state.remove(int(i))
    for i in np.flatnonzero(wanted & ~state.inside):
        state.add(int(i))


def _restart(state: _State, start: Indices, rng: np.random.Generator) -> None:
    """A choice rebuilt from a random part of ``start``: mostly a near one, else a far one with blurred gains."""
    near = len(start) > 20 and rng.random() < 0.75
    state.clear()
    for site in rng.permutation(start)[: int((0.85 if near else rng.uniform(0.3, 0.9)) * len(start))]:
        if state.fits()[site]:
            state.add(int(site))
    try:
        state.add_minimum()
    except CoverError:
        # What was kept leaves no room for the least quotas: these first, then.
        state.clear()
        state.add_minimum()
    _greedy(state, 1.0 if near else rng.uniform(0.7, 1.3, len(state.costs)))


def _count(problem: Cover) -> int:
    """Number of groups: those that sites name, and those that quotas name."""
    quotas = [len(q) for q in (problem.group_most, problem.group_least) if q is not None]
    named = 0 if problem.group is None else int(problem.group.max()) + 1
    return max([named, *quotas])


class _Bound:
    """Lagrangian bound: multipliers ``u`` on « covered only if a site reaches it » and ``price`` on the budget.

    L(u, price) = sum (people - u)+ + max over sites within quotas of sum (reach u - price cost) + price budget,
    minimised over price exactly for each u (it is convex and piecewise linear), and over u by subgradient.
    """

    def __init__(self, problem: Cover) -> None:
        self.p = problem
        self.rows = csr_matrix(problem.reach)
        reached = np.bincount(problem.reach.indices, minlength=problem.reach.shape[1])
        self.people = np.where(reached > 0, problem.people, 0.0)
        self.u = self.best_u = self.people / np.maximum(reached, 1)
        self.price = 0.0
        self.groups = (
            []
            if problem.group is None
            else [np.flatnonzero(problem.group == g) for g in range(_count(problem))]
        )
        self.costs = np.zeros(problem.reach.shape[0]) if problem.costs is None else problem.costs
        self.value = float(self.people.sum())
        self.choice = np.zeros(len(self.costs))
        self.scale, self.stale = 1.0, 0

    def improve(self, known: float, steps: int, end: float) -> None:
        """Subgradient steps of Polyak's length towards ``known``, shortened when the bound stops falling."""
        for _ in range(steps):
            if time.monotonic() > end or self.scale <= CONVERGED:
                return
            value, chosen, open_places = self._evaluate(self.u)
            if value < self.value * (1 - 1e-6):
                self.value, self.best_u, self.choice, self.stale = value, self.u, chosen, 0
            else:
                self.stale += 1
            if self.stale >= 15:
                self.scale, self.stale, self.u = self.scale * 0.6, 0, self.best_u
                continue
            taken = np.flatnonzero(chosen)
            slack = np.asarray(chosen[taken] @ self.rows[taken]) - open_places
            slack = np.where((self.u <= 0) & (slack > 0), 0.0, slack)
            norm = float(slack @ slack)
            if norm <= 0:
                return
            self.u = np.clip(self.u - self.scale * max(value - known, 0.0) / norm * slack, 0.0, self.people)

    def _evaluate(self, u: Floats) -> tuple[float, Floats, NDArray[np.bool_]]:
        """L at the best price, a choice of sites (a mix at the price where the budget tips), places left open."""
        worth, gains = self.rows @ u, self.people - u
        base = float(np.maximum(gains, 0.0).sum())
        if self.p.budget is None:
            chosen = self._take(worth)
            return base + float(worth[chosen].sum()), chosen.astype(float), gains > 0
        under, over, price = self._tipping_price(worth, self.p.budget)
        value = base + float((worth - price * self.costs)[under].sum()) + price * self.p.budget
        low, high = float(self.costs[under].sum()), float(self.costs[over].sum())
        mix = 0.0 if high <= low else float(np.clip((self.p.budget - low) / (high - low), 0.0, 1.0))
        return value, (1 - mix) * under + mix * over, gains > 0

    def _tipping_price(
        self, worth: Floats, budget: float
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], float]:
        """Sites taken just under and just over the budget, and the price between them (0 when all fits)."""

        def taken(price: float) -> tuple[NDArray[np.bool_], bool]:
            chosen = self._take(worth - price * self.costs)
            return chosen, float(self.costs[chosen].sum()) <= budget

        over, fits = taken(0.0)
        if fits:
            return over, over, 0.0
        low, high = 0.0, float((worth / self.costs).max()) + 1.0
        under = taken(high)[0]
        # The price hardly moves between steps: try a narrow bracket around the last one first.
        for guess in (self.price * 0.999, self.price * 1.001):
            if low < guess < high:
                chosen, fits = taken(guess)
                low, high, under, over = (low, guess, chosen, over) if fits else (guess, high, under, chosen)
        while high - low > 3e-4 * high:
            middle = (low + high) / 2
            chosen, fits = taken(middle)
            low, high, under, over = (low, middle, chosen, over) if fits else (middle, high, under, chosen)
        self.price = high
        return under, over, high

    def _take(self, worth: Floats) -> NDArray[np.bool_]:
        """The sites of greatest worth within quotas: the least of each group, then whatever is worth something."""
        p = self.p
        chosen, take = np.zeros(len(worth), bool), worth > 0
        for g, sites in enumerate(self.groups):
            least = 0 if p.group_least is None else int(p.group_least[g])
            most = len(sites) if p.group_most is None else int(p.group_most[g])
            useful = int(take[sites].sum())
            if not least and useful <= most:
                continue
            ends = [e for e in (least, most) if 0 < e < len(sites)]
            best_first = sites[np.argpartition(-worth[sites], ends)] if ends else sites
            chosen[best_first[:least]] = True
            take[best_first[most:]] = False
        extra = np.flatnonzero(take & ~chosen)
        if p.size is not None:
            extra = extra[np.argsort(-worth[extra], kind="stable")][: max(p.size - int(chosen.sum()), 0)]
        chosen[extra] = True
        return chosen
