"""The wave that a study asks for, as written in its document, and the portfolio that answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_matrix

from essaim.territory.access import pairs_between
from essaim.territory.codes import LEVELS, Level, communes, members, territories
from essaim.territory.indicators import TYPES, neighbours, territory_type
from essaim.territory.places import Points, centres
from essaim.territory.portfolio import Budget, Coverage, PortfolioError, Quota, Wave
from essaim.territory.reading import codes, positive, unknown_keys, whole
from essaim.territory.table import Table

OBJECTIVES: Final = {
    "acceptability": "part des poids admis avec lesquels chaque territoire est parmi les premiers",
    "score": "score moyen de chaque territoire",
}


@dataclass(frozen=True, slots=True)
class PlanQuota:
    """At least and at most so many territories of these regions, départements, types or codes (any of them)."""

    name: str
    regions: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    at_least: int = 0
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class PlanBudget:
    """``indicator``: column of costs of the table."""

    name: str
    indicator: str
    limit: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A wave in the words of a committee; ``portfolio.Wave`` is the same in codes and metres.

    ``cover_share`` of the people of the ranked territories within ``cover_km`` of a site: both or neither.
    """

    size: int | None = None
    objective: str = "acceptability"
    budgets: tuple[PlanBudget, ...] = ()
    quotas: tuple[PlanQuota, ...] = ()
    apart_km: float | None = None
    least_near: int = 0
    most_near: int | None = None
    cover_km: float | None = None
    cover_share: float | None = None
    inside: tuple[tuple[str, str], ...] = ()
    outside: tuple[tuple[str, str], ...] = ()


def read_plan(raw: object) -> tuple[Plan | None, list[str]]:
    """The plan of a document's ``wave`` block, or every problem in it."""
    if raw is None:
        return None, []
    if not isinstance(raw, Mapping):
        return None, ["wave est un bloc à clés : size, objective, budgets, quotas, apart_km…"]
    bad = unknown_keys("wave", raw, Plan.__dataclass_fields__)
    size, e1 = whole("wave.size", raw.get("size"), 1)
    apart, e2 = positive("wave.apart_km", raw.get("apart_km"))
    least, e3 = whole("wave.least_near", raw.get("least_near"))
    most, e4 = whole("wave.most_near", raw.get("most_near"))
    budgets, e5 = _budgets(raw.get("budgets") or [])
    quotas, e6 = _quotas(raw.get("quotas") or [])
    inside, e7 = _reasons("wave.inside", raw.get("inside") or {})
    outside, e8 = _reasons("wave.outside", raw.get("outside") or {})
    cover_km, e9 = positive("wave.cover_km", raw.get("cover_km"))
    share, e10 = positive("wave.cover_share", raw.get("cover_share"))
    objective = str(raw.get("objective", "acceptability"))
    if objective not in OBJECTIVES:
        bad.append(f"wave.objective vaut « {objective} » ; choix possibles : {', '.join(OBJECTIVES)}.")
    if size is None and not budgets:
        bad.append("wave : donnez size (nombre de sites) ou au moins un budget.")
    bad += [*e1, *e2, *e3, *e4, *e5, *e6, *e7, *e8, *e9, *e10]
    if ((cover_km is None) != (share is None) and not e9 and not e10) or (share or 0) > 1:
        bad.append(
            "wave.cover_share (part de la population, de 0 à 1) et wave.cover_km (distance) vont ensemble."
        )
    plan = Plan(size, objective, budgets, quotas, apart, least or 0, most, cover_km, share, inside, outside)
    return (None if bad else plan), bad


def _budgets(raw: object) -> tuple[tuple[PlanBudget, ...], list[str]]:
    found: list[PlanBudget] = []
    bad: list[str] = []
    for where, item in _blocks("wave.budgets", raw, bad):
        bad += unknown_keys(where, item, PlanBudget.__dataclass_fields__)
        limit, wrong = positive(f"{where}, limit", item.get("limit"))
        bad += wrong
        if limit is None or "indicator" not in item:
            bad.append(f"{where} : indicator (colonne des coûts) et limit sont exigés.")
            continue
        found.append(PlanBudget(str(item.get("name", item["indicator"])), str(item["indicator"]), limit))
    return tuple(found), bad


def _quotas(raw: object) -> tuple[tuple[PlanQuota, ...], list[str]]:
    found: list[PlanQuota] = []
    bad: list[str] = []
    for where, item in _blocks("wave.quotas", raw, bad):
        bad += unknown_keys(where, item, PlanQuota.__dataclass_fields__)
        lists: dict[str, tuple[str, ...]] = {}
        for name in ("regions", "departments", "types", "codes"):
            lists[name], wrong = codes(f"{where}, {name}", item.get(name) or [])
            bad += wrong
        bad += [
            f"{where} : type inconnu « {t} » ; choix possibles : {', '.join(TYPES)}."
            for t in lists["types"]
            if t not in TYPES
        ]
        least, e1 = whole(f"{where}, at_least", item.get("at_least"))
        most, e2 = whole(f"{where}, at_most", item.get("at_most"))
        bad += [*e1, *e2]
        if least is None and most is None:
            bad.append(f"{where} : donnez at_least ou at_most.")
        found.append(PlanQuota(str(item.get("name", where)), **lists, at_least=least or 0, at_most=most))
    return tuple(found), bad


def _blocks(where: str, raw: object, bad: list[str]) -> list[tuple[str, Mapping[Any, Any]]]:
    if not isinstance(raw, (list, tuple)):
        bad.append(f"{where} doit être une liste.")
        return []
    named = [(f"{where} n° {i}", item) for i, item in enumerate(raw, 1)]
    bad += [f"{w} : attendu un bloc à clés." for w, item in named if not isinstance(item, Mapping)]
    return [(w, item) for w, item in named if isinstance(item, Mapping)]


def _reasons(where: str, raw: object) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    if isinstance(raw, (list, tuple)) and all(isinstance(p, (list, tuple)) and len(p) == 2 for p in raw):
        raw = dict(raw)
    if not isinstance(raw, Mapping):
        return (), [f"{where} est un bloc « code: raison »."]
    _, bad = codes(where, list(raw))
    return tuple((str(c), str(why or "")) for c, why in raw.items()), bad


def wave_of(plan: Plan, unit: str, kept: tuple[str, ...], table: Table) -> Wave:
    """The plan in codes and metres, for the territories ``kept`` of a ranking."""
    level = next((lv for lv in LEVELS if lv == unit), None)
    spatial = (plan.apart_km, plan.least_near or None, plan.most_near, plan.cover_km)
    if level is None and any(asked is not None for asked in spatial):
        raise PortfolioError(f"Distances et voisins ne sont pas connus pour l’unité « {unit} ».")
    return Wave(
        size=plan.size,
        budgets=tuple(Budget(b.name, _costs(table, b.indicator), b.limit) for b in plan.budgets),
        quotas=tuple(Quota(q.name, _of(q, level, kept), q.at_least, q.at_most) for q in plan.quotas),
        apart_m=None if plan.apart_km is None else 1_000 * plan.apart_km,
        points=centres(level, kept) if plan.apart_km is not None and level is not None else None,
        near=neighbours(level) if level is not None else {},
        least_near=plan.least_near,
        most_near=plan.most_near,
        coverage=_coverage(plan, level, kept) if level is not None else None,
        inside=dict(plan.inside),
        outside=dict(plan.outside),
    )


def _coverage(plan: Plan, level: Level, kept: tuple[str, ...]) -> Coverage | None:
    """The communes of the ranked territories within ``cover_km`` of the centre of each."""
    if plan.cover_km is None or plan.cover_share is None:
        return None
    parts = sorted({m for code in kept for m in members(level, code)})
    people = np.array([float(communes()[m].population or 0) for m in parts])
    sites, places = centres(level, kept), centres("commune", parts)
    here, there = np.flatnonzero(sites.known()), np.flatnonzero(places.known())
    pairs = pairs_between(Points(sites.xy[here]), Points(places.xy[there]), 1_000 * plan.cover_km)
    reach = csr_matrix(
        (np.ones(len(pairs.origin)), (here[pairs.origin], there[pairs.service])),
        shape=(len(kept), len(parts)),
    )
    share = f"{100 * plan.cover_share:g}\u00a0%"
    name = f"{share} de la population à moins de {plan.cover_km:g} km d’un site"
    return Coverage(name, reach, people, plan.cover_share * float(people.sum()))


def _costs(table: Table, indicator: str) -> dict[str, float]:
    return dict(zip(table.codes, table.column(indicator).values.tolist(), strict=True))


def _of(quota: PlanQuota, level: Level | None, kept: tuple[str, ...]) -> frozenset[str]:
    listed = set(quota.codes) & set(kept)
    if level is None:
        if quota.regions or quota.departments or quota.types:
            raise PortfolioError(f"Quota « {quota.name} » : donnez une liste de codes pour cette unité.")
        return frozenset(listed)
    places = territories(level)
    for code in kept:
        place = places[code]
        inside = place.region in quota.regions or place.departments[0] in quota.departments
        if inside or (quota.types and territory_type(level, code) in quota.types):
            listed.add(code)
    return frozenset(listed)
