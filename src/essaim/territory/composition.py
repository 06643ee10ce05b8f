"""From a ranking and the wave that a committee asks for to the territories chosen together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix

from essaim.territory.access import pairs_between
from essaim.territory.codes import (
    LEVELS,
    Level,
    communes,
    members,
    region,
    region_of_department,
    territories,
)
from essaim.territory.coverage import Cover, CoverError, cover
from essaim.territory.indicators import neighbours, territory_type
from essaim.territory.places import Points, centres
from essaim.territory.plan import Plan, PlanQuota
from essaim.territory.portfolio import (
    Budget,
    Choice,
    Coverage,
    Forced,
    PortfolioError,
    Quota,
    Wave,
    alternatives,
    choose,
    cost_of_forcing,
)
from essaim.territory.ranking import Ranking
from essaim.territory.table import Table
from essaim.words import told

TIE_BREAK: Final = 1e-3
"""Part of the mean score added to acceptabilities: territories in with the same share of weights are told apart."""


MOST_IMPOSED: Final = 10


@dataclass(frozen=True, slots=True)
class Composition:
    """The ``best`` wave, ``others`` nearly as good, and what it costs to force some in.

    ``forced``: what forcing one more would cost; ``imposed``: what each one that the plan imposes costs (the first
    ``MOST_IMPOSED`` of them).
    ``values``: what each candidate brings; ``simulated``: labels of the invented values that the choice rests on.
    """

    best: Choice
    others: tuple[Choice, ...]
    forced: tuple[Forced, ...]
    imposed: tuple[Forced, ...]
    values: Mapping[str, float]
    simulated: tuple[str, ...]


def compose(
    ranking: Ranking,
    plan: Plan,
    table: Table,
    seconds: float = 30.0,
    *,
    most: int | None = None,
    others: int = 5,
    forcing: Iterable[str] = (),
) -> Composition:
    """The wave that ``plan`` asks of this ranking, ``table`` holding the columns of its budgets.

    ``most``: candidates kept, the first of the ranking and those that the plan names (all of them when a coverage is
    sought); ``others``: at most so many alternatives. ``seconds`` bounds the search, its half each alternative.
    Errors: ``PortfolioError``, with the constraints that cannot hold together when there are some.
    """
    values = _values(ranking, plan, None if plan.objective == "coverage" else most)
    invented = [table.column(b.indicator).measure for b in plan.budgets]
    simulated = (*ranking.simulated, *(m.label for m in invented if m.simulated))
    wave = wave_of(plan, ranking.study.unit, tuple(values), table, ranking.notes.codes)
    if plan.objective == "coverage":
        if list(forcing):
            raise PortfolioError(
                "Ce que coûterait d’imposer un territoire ne se calcule pas sur une couverture."
            )
        return Composition(_most_covering(tuple(values), wave, seconds), (), (), (), values, simulated)
    best = choose(values, wave, seconds)
    near = alternatives(values, wave, best, count=others, seconds=seconds / 2)
    forced = tuple(cost_of_forcing(values, wave, best, code, seconds) for code in forcing)
    imposed = tuple(_cost_of(values, wave, code, seconds / 4) for code in tuple(wave.inside)[:MOST_IMPOSED])
    return Composition(best, tuple(near), forced, imposed, values, simulated)


def _cost_of(values: Mapping[str, float], wave: Wave, code: str, seconds: float) -> Forced:
    """What a wave loses to a territory that it imposes, from the best one that does not."""
    free = replace(wave, inside={other: why for other, why in wave.inside.items() if other != code})
    return cost_of_forcing(values, free, choose(values, free, seconds), code, seconds)


def _values(ranking: Ranking, plan: Plan, most: int | None) -> dict[str, float]:
    worth = ranking.point if plan.objective == "score" else ranking.accept.top + TIE_BREAK * ranking.point
    named = {code for code, _ in (*plan.inside, *plan.outside)}
    rows = [
        row
        for place, row in enumerate(ranking.order)
        if most is None or place < most or ranking.notes.codes[row] in named
    ]
    return {ranking.notes.codes[row]: round(float(worth[row]), 9) for row in rows}


def wave_of(
    plan: Plan, unit: str, kept: tuple[str, ...], table: Table, ranked: tuple[str, ...] | None = None
) -> Wave:
    """The plan in codes and metres, for the candidates ``kept``; people to cover are those of ``ranked``."""
    level = next((lv for lv in LEVELS if lv == unit), None)
    spatial = (plan.apart_km, plan.least_near or None, plan.most_near, plan.cover_km)
    if level is None and any(asked is not None for asked in spatial):
        raise PortfolioError("Distances et voisins ne sont pas connus pour l’unité « %(unit)s ».", unit=unit)
    return Wave(
        size=plan.size,
        budgets=tuple(Budget(b.name, _costs(table, b.indicator), b.limit) for b in plan.budgets),
        quotas=tuple(_quotas(plan, level, kept, table)),
        apart_m=None if plan.apart_km is None else 1_000 * plan.apart_km,
        points=centres(level, kept) if plan.apart_km is not None and level is not None else None,
        near=neighbours(level) if level is not None else {},
        least_near=plan.least_near,
        most_near=plan.most_near,
        coverage=_coverage(plan, level, kept, ranked or kept) if level is not None else None,
        inside=dict(plan.inside),
        outside=dict(plan.outside),
    )


def _coverage(plan: Plan, level: Level, kept: tuple[str, ...], ranked: tuple[str, ...]) -> Coverage | None:
    """The communes of the ranked territories within ``cover_km`` of the centre of each candidate."""
    if plan.cover_km is None:
        return None
    parts = sorted({m for code in ranked for m in members(level, code)})
    people = np.array([float(communes()[m].population or 0) for m in parts])
    sites, places = centres(level, kept), centres("commune", parts)
    here, there = np.flatnonzero(sites.known()), np.flatnonzero(places.known())
    pairs = pairs_between(Points(sites.xy[here]), Points(places.xy[there]), 1_000 * plan.cover_km)
    reach = csr_matrix(
        (np.ones(len(pairs.origin)), (here[pairs.origin], there[pairs.service])),
        shape=(len(kept), len(parts)),
    )
    least = plan.cover_share or 0.0
    name = told(
        "%(percent)s\u00a0%% de la population à moins de %(km)s km d’un site",
        percent=100 * least,
        km=plan.cover_km,
    )
    return Coverage(name, reach, people, least * float(people.sum()))


def _costs(table: Table, indicator: str) -> dict[str, float]:
    return dict(zip(table.codes, table.column(indicator).values.tolist(), strict=True))


def _quotas(plan: Plan, level: Level | None, kept: tuple[str, ...], table: Table) -> list[Quota]:
    found = [Quota(q.name, _of(q, level, kept, table), q.at_least, q.at_most) for q in plan.quotas]
    if not plan.least_by_region and plan.most_by_region is None:
        return found
    where = _departments(level, kept, table)
    if not where:
        raise PortfolioError(
            "Les régions de ces territoires ne sont pas connues : retirez la limite par région."
        )
    groups: dict[str, set[str]] = {}
    for code, department in where.items():
        groups.setdefault(region_of_department()[department], set()).add(code)
    return found + [
        Quota(region(code).name, frozenset(held), plan.least_by_region, plan.most_by_region)
        for code, held in sorted(groups.items())
    ]


def _departments(level: Level | None, kept: tuple[str, ...], table: Table) -> dict[str, str]:
    """The département of each candidate, where it is known."""
    if level is None:
        return {code: table.departments[code] for code in kept if code in table.departments}
    places = territories(level)
    return {code: places[code].departments[0] for code in kept}


def _of(quota: PlanQuota, level: Level | None, kept: tuple[str, ...], table: Table) -> frozenset[str]:
    listed = set(quota.codes) & set(kept)
    if not (quota.regions or quota.departments or quota.types):
        return frozenset(listed)
    where = _departments(level, kept, table)
    if not where or (quota.types and level is None):
        raise PortfolioError(
            "Quota « %(name)s » : donnez une liste de codes pour cette unité.", name=quota.name
        )
    regions = region_of_department()
    for code, department in where.items():
        inside = regions[department] in quota.regions or department in quota.departments
        if inside or (quota.types and level is not None and territory_type(level, code) in quota.types):
            listed.add(code)
    return frozenset(listed)


def _most_covering(kept: tuple[str, ...], wave: Wave, seconds: float) -> Choice:
    """The candidates that cover the most people, with a certified gap; ``outside`` are no candidates."""
    asked = wave.coverage
    if asked is None:
        raise PortfolioError("Donnez la distance à un site pour chercher la plus grande couverture.")
    rows = [i for i, code in enumerate(kept) if code not in wave.outside]
    sites = tuple(kept[i] for i in rows)
    budget = wave.budgets[0] if wave.budgets else None
    problem = Cover(
        reach=csr_matrix(asked.reach[rows]),
        people=asked.people,
        costs=budget.of(sites) if budget else None,
        budget=budget.limit if budget else None,
        size=wave.size,
    )
    try:
        found = cover(_grouped(problem, sites, wave.quotas) if wave.quotas else problem, seconds)
    except CoverError as error:
        raise PortfolioError(error.said) from error
    chosen = tuple(sites[i] for i in found.sites.tolist())
    used = {budget.name: float(sum(budget.costs[c] for c in chosen))} if budget else {}
    return Choice(chosen, found.covered, found.bound, found.gap, used, found.covered)


def _grouped(problem: Cover, sites: tuple[str, ...], quotas: tuple[Quota, ...]) -> Cover:
    """The quotas as groups, the last one holding the sites without a quota: a site is in one group only."""
    group = np.full(len(sites), len(quotas), np.int64)
    for number, quota in enumerate(quotas):
        held = np.array([code in quota.codes for code in sites], bool)
        if (group[held] < len(quotas)).any():
            raise PortfolioError(
                "Quota « %(name)s » : avec l’objectif « coverage », un territoire ne compte que dans "
                "un quota.",
                name=quota.name,
            )
        group[held] = number
    free = len(sites)
    return replace(
        problem,
        group=group,
        group_least=np.array([*(q.at_least for q in quotas), 0]),
        group_most=np.array([*(free if q.at_most is None else q.at_most for q in quotas), free]),
        group_names=(*(q.name for q in quotas), "sans quota"),
    )
