"""The territories of a wave chosen together: as many as asked, within budgets, quotas and distances. Exact.

One binary a territory, solved by HiGHS to a proven optimum; when the constraints cannot hold together, a smallest
conflicting set is named. Values are what the caller wants to add up: acceptabilities or mean scores of a ranking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix, eye_array, hstack, vstack

from essaim.territory.coverage_problem import merge_places
from essaim.territory.places import Points, pairs_within
from essaim.territory.solver import Program, Solution, solve, solve_by_core
from essaim.territory.table import Floats
from essaim.words import SaidError, together, told

MOST_PAIRS: Final = 3_000_000
# Relative gap under which an optimum is called proven: what floating point lets a solver prove.
EXACT: Final = 1e-6
# Above this many territories the last thousandth of a percent costs minutes: HiGHS's usual 0.01 % is proven instead.
SMALL: Final = 5_000
USUAL_GAP: Final = 1e-4


class PortfolioError(SaidError):
    """A wave that cannot be stated or chosen; ``conflict`` names constraints that cannot hold together."""

    def __init__(self, text: str, /, conflict: tuple[str, ...] = (), **values: object) -> None:
        super().__init__(text, **values)
        self.conflict = conflict


@dataclass(frozen=True, slots=True)
class Quota:
    """At least and at most so many among ``codes``; ``name`` is what the explanation calls it."""

    name: str
    codes: frozenset[str]
    at_least: int = 0
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """The ``costs`` by code (all needed) of the chosen may not exceed ``limit``."""

    name: str
    costs: Mapping[str, float]
    limit: float

    def of(self, codes: tuple[str, ...]) -> Floats:
        """The costs (codes,); ``PortfolioError`` when one is not known."""
        costs = np.array([self.costs.get(code, np.nan) for code in codes], float)
        lacking = np.flatnonzero(~np.isfinite(costs))
        if len(lacking):
            raise PortfolioError(
                "Budget « %(name)s » : coût inconnu pour %(lacking)s territoires, dont %(codes)s. "
                "Complétez la colonne ou écartez-les avec une raison.",
                name=self.name,
                lacking=len(lacking),
                codes=codes[lacking[0]],
            )
        return costs


@dataclass(frozen=True, slots=True)
class Coverage:
    """At least ``least`` people within reach of a site: ``reach`` (territories, places), ``people`` (places,)."""

    name: str
    reach: csr_matrix
    people: Floats
    least: float


@dataclass(frozen=True, slots=True)
class Wave:
    """What is asked of a wave.

    ``size`` sites exactly (None: as many as pay); ``apart_m``: least distance between two sites (``points`` in the
    order of codes); ``near``: neighbours by code; each chosen site has at least ``least_near`` and at most
    ``most_near`` chosen neighbours; ``coverage``: people to have within reach; ``inside`` and ``outside``: codes
    forced, each with its reason.
    """

    size: int | None = None
    budgets: tuple[Budget, ...] = ()
    quotas: tuple[Quota, ...] = ()
    apart_m: float | None = None
    points: Points | None = None
    near: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    least_near: int = 0
    most_near: int | None = None
    coverage: Coverage | None = None
    inside: Mapping[str, str] = field(default_factory=dict)
    outside: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """``codes`` chosen, their total ``value``, and the proven relative ``gap`` to the best possible.

    ``used``: spent of each budget; ``covered``: people within reach, when the wave asks for some.
    """

    codes: tuple[str, ...]
    value: float
    bound: float
    gap: float
    used: Mapping[str, float] = field(default_factory=dict)
    covered: float | None = None

    @property
    def optimal(self) -> bool:
        return self.gap <= EXACT


@dataclass(frozen=True, slots=True)
class Forced:
    """What it costs to impose a territory: the best wave with it, the value lost, who leaves and who comes."""

    code: str
    choice: Choice
    loss: float
    leaving: tuple[str, ...]
    coming: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """Rows of the program that stand or fall together under one name. Columns beyond the territories are shares."""

    name: str
    matrix: csr_matrix
    low: Floats
    high: Floats


def choose(values: Mapping[str, float], wave: Wave, seconds: float = 30.0) -> Choice:
    """The wave of greatest total value. Raises ``PortfolioError`` when none exists, with the conflict."""
    codes = tuple(values)
    rows = _rows(codes, wave)
    solution = _solve(_program(codes, values, rows), seconds)
    if solution.outcome == "infeasible":
        _explain_conflict(codes, values, rows, seconds)
    if solution.outcome == "unknown":
        raise PortfolioError(
            "Aucune vague trouvée en %(seconds)s secondes. Donnez plus de temps ou simplifiez.",
            seconds=seconds,
        )
    return _choice(codes, values, wave, solution)


def alternatives(
    values: Mapping[str, float],
    wave: Wave,
    best: Choice,
    count: int = 5,
    within: float = 0.01,
    seconds: float = 10.0,
) -> list[Choice]:
    """Other waves whose value is at most ``within`` (relative) below the best, the best first."""
    codes, found = tuple(values), [best]
    rows = _rows(codes, wave)
    while len(found) <= count:
        rows.append(_different(codes, found[-1], told("autre que la solution %(found)s", found=len(found))))
        solution = _solve(_program(codes, values, rows), seconds)
        if solution.outcome not in ("optimal", "feasible"):
            break
        other = _choice(codes, values, wave, solution)
        if other.value < best.value - within * abs(best.value):
            break
        found.append(other)
    return found[1:]


def cost_of_forcing(
    values: Mapping[str, float], wave: Wave, best: Choice, code: str, seconds: float = 30.0
) -> Forced:
    """Solve again with one more territory imposed. Raises ``PortfolioError`` when no wave can hold it."""
    reason = {**wave.inside, code: "imposé pour en mesurer le coût"}
    found = choose(values, replace(wave, inside=reason), seconds)
    before, after = set(best.codes), set(found.codes)
    return Forced(
        code,
        found,
        best.value - found.value,
        tuple(c for c in best.codes if c not in after),
        tuple(c for c in found.codes if c not in before),
    )


def _solve(program: Program, seconds: float) -> Solution:
    if len(program.cost) <= SMALL:
        return solve(program, seconds, gap=EXACT / 2)
    if program.integer.all():
        return solve_by_core(program, seconds, USUAL_GAP)
    return solve(program, seconds, gap=USUAL_GAP)


# --- the program -------------------------------------------------------------------------------------------


def _program(codes: tuple[str, ...], values: Mapping[str, float], rows: list[_Row]) -> Program:
    """One binary a territory, then the shares in [0, 1] that a coverage needs."""
    n = len(codes)
    width = max([n, *(r.matrix.shape[1] for r in rows)])
    matrices = [_widened(r.matrix, width) for r in rows]
    return Program(
        cost=np.r_[-np.array([values[c] for c in codes], float), np.zeros(width - n)],
        rows=csr_matrix(vstack(matrices)) if rows else csr_matrix((0, width)),
        row_low=np.concatenate([r.low for r in rows]) if rows else np.empty(0),
        row_high=np.concatenate([r.high for r in rows]) if rows else np.empty(0),
        low=np.zeros(width),
        high=np.ones(width),
        integer=np.arange(width) < n,
    )


def _widened(matrix: csr_matrix, width: int) -> csr_matrix:
    return csr_matrix((matrix.data, matrix.indices, matrix.indptr), shape=(matrix.shape[0], width))


def _rows(codes: tuple[str, ...], wave: Wave) -> list[_Row]:
    _check(codes, wave)
    index = {c: i for i, c in enumerate(codes)}
    n = len(codes)
    rows: list[_Row] = []
    if wave.size is not None:
        rows.append(
            _line(told("taille de la vague : %(size)s", size=wave.size), n, range(n), wave.size, wave.size)
        )
    for quota in wave.quotas:
        inside = [index[c] for c in quota.codes if c in index]
        high = np.inf if quota.at_most is None else quota.at_most
        rows.append(_line(told("quota « %(name)s »", name=quota.name), n, inside, quota.at_least, high))
    for budget in wave.budgets:
        matrix = csr_matrix(budget.of(codes)[None, :])
        rows.append(
            _Row(
                told("budget « %(name)s »", name=budget.name),
                matrix,
                np.array([-np.inf]),
                np.array([budget.limit]),
            )
        )
    rows += [
        _line(told("%(code)s imposé (%(why)s)", code=c, why=why), n, [index[c]], 1, 1)
        for c, why in wave.inside.items()
    ]
    rows += [
        _line(told("%(code)s écarté (%(why)s)", code=c, why=why), n, [index[c]], 0, 0)
        for c, why in wave.outside.items()
    ]
    if wave.apart_m is not None and wave.points is not None:
        rows.append(_apart(n, wave.points, wave.apart_m))
    if wave.least_near or wave.most_near is not None:
        rows += _near_rows(codes, index, wave)
    if wave.coverage is not None:
        rows.append(_coverage(n, wave.coverage))
    return rows


def _line(name: str, n: int, columns: Iterable[int], low: float, high: float) -> _Row:
    listed = np.fromiter(columns, int)
    matrix = csr_matrix((np.ones(len(listed)), (np.zeros(len(listed), int), listed)), shape=(1, n))
    return _Row(name, matrix, np.array([float(low)]), np.array([float(high)]))


def _apart(n: int, here: Points, metres: float) -> _Row:
    pairs = pairs_within(here, metres)
    if len(pairs) > MOST_PAIRS:
        raise PortfolioError(
            "%(pairs)s couples de territoires sont à moins de %(metres)s km : réduisez la distance "
            "ou le nombre de candidats.",
            pairs=len(pairs),
            metres=metres / 1000,
        )
    rows = np.repeat(np.arange(len(pairs)), 2)
    matrix = csr_matrix((np.ones(2 * len(pairs)), (rows, pairs.ravel())), shape=(len(pairs), n))
    name = told("au moins %(metres)s km entre deux sites", metres=metres / 1000)
    return _Row(name, matrix, np.full(len(pairs), -np.inf), np.ones(len(pairs)))


def _near_rows(codes: tuple[str, ...], index: Mapping[str, int], wave: Wave) -> list[_Row]:
    """sum of chosen neighbours >= least x_i, and <= most + (degree - most)(1 - x_i)."""
    n = len(codes)
    links = [(i, index[v]) for i, c in enumerate(codes) for v in wave.near.get(c, ()) if v in index]
    left, right = np.array(links, int).reshape(-1, 2).T
    around = csr_matrix((np.ones(len(left)), (left, right)), shape=(n, n))
    degree = np.asarray(around.sum(axis=1)).ravel()
    rows: list[_Row] = []
    if wave.least_near:
        matrix = around - wave.least_near * eye_array(n, format="csr")
        name = told("au moins %(least_near)s voisins retenus par site", least_near=wave.least_near)
        rows.append(_Row(name, csr_matrix(matrix), np.zeros(n), np.full(n, np.inf)))
    if wave.most_near is not None:
        slack = np.maximum(degree - wave.most_near, 0.0)
        matrix = around + csr_matrix((slack, (np.arange(n), np.arange(n))), shape=(n, n))
        name = told("au plus %(most_near)s voisins retenus par site", most_near=wave.most_near)
        rows.append(_Row(name, csr_matrix(matrix), np.full(n, -np.inf), wave.most_near + slack))
    return rows


def _coverage(n: int, asked: Coverage) -> _Row:
    """share_c <= sum of the sites that reach c, for each class c of places that the same sites reach; and
    sum of people_c share_c >= least."""
    classes = merge_places(asked.reach, asked.people)
    count = len(classes.people)
    covered = hstack([-csr_matrix(classes.reach.T), eye_array(count)])
    total = hstack([csr_matrix((1, n)), csr_matrix(classes.people[None, :])])
    return _Row(
        asked.name,
        csr_matrix(vstack([covered, total])),
        np.r_[np.full(count, -np.inf), asked.least],
        np.r_[np.zeros(count), np.inf],
    )


def _different(codes: tuple[str, ...], choice: Choice, name: str) -> _Row:
    """At least one territory differs from a choice: sum of its x minus sum of the others <= size - 1."""
    chosen = set(choice.codes)
    signs = np.array([1.0 if c in chosen else -1.0 for c in codes])
    return _Row(name, csr_matrix(signs[None, :]), np.array([-np.inf]), np.array([len(chosen) - 1.0]))


def _check(codes: tuple[str, ...], wave: Wave) -> None:
    known = set(codes)
    for what, listed in ((told("imposés"), wave.inside), (told("écartés"), wave.outside)):
        unknown = [c for c in listed if c not in known]
        if unknown:
            raise PortfolioError(
                "Territoires %(what)s absents du classement : %(unknown)s.",
                what=what,
                unknown=", ".join(unknown[:5]),
            )
        if silent := [c for c, why in listed.items() if not why.strip()]:
            raise PortfolioError(
                "Territoires %(what)s sans raison : %(silent)s. Écrivez pourquoi.",
                what=what,
                silent=", ".join(silent[:5]),
            )
    for budget in wave.budgets:
        budget.of(codes)
    if wave.apart_m is not None and (wave.points is None or not wave.points.known().all()):
        raise PortfolioError("Une distance est exigée mais des territoires n’ont pas de position connue.")


# --- reading the answer ------------------------------------------------------------------------------------


def _choice(codes: tuple[str, ...], values: Mapping[str, float], wave: Wave, solution: Solution) -> Choice:
    inside = solution.values[: len(codes)] > 0.5
    chosen = tuple(c for c, yes in zip(codes, inside, strict=True) if yes)
    asked = wave.coverage
    covered = None if asked is None else float((asked.reach.T @ inside > 0) @ asked.people)
    value, bound = float(sum(values[c] for c in chosen)), -solution.bound
    gap = max(0.0, (bound - value) / max(abs(value), 1e-12))
    used = {b.name: float(sum(b.costs[c] for c in chosen)) for b in wave.budgets}
    return Choice(
        tuple(sorted(chosen, key=lambda c: (-values[c], c))), value, max(bound, value), gap, used, covered
    )


def _explain_conflict(
    codes: tuple[str, ...], values: Mapping[str, float], rows: list[_Row], seconds: float
) -> None:
    """Raise with a minimal set of named constraints that cannot hold together (deletion filter)."""
    kept = list(rows)
    for row in rows:
        others = [r for r in kept if r is not row]
        nothing = dict.fromkeys(values, 0.0)
        if solve(_program(codes, nothing, others), seconds).outcome == "infeasible":
            kept = others
    names = tuple(r.name for r in kept)
    raise PortfolioError(
        "Aucune vague ne respecte à la fois : %(names)s. Retirez ou assouplissez l’une de ces contraintes.",
        conflict=names,
        names=together(names, " ; "),
    )
