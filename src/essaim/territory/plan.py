"""The wave that a study asks for, as written in its document; ``composition`` answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from essaim.territory.indicators import TYPES
from essaim.territory.reading import codes, positive, unknown_keys, whole
from essaim.words import told

OBJECTIVES: Final = {
    "acceptability": "part des poids admis avec lesquels chaque territoire est parmi les premiers, "
    "les ex æquo "
    "départagés par un millième de leur score moyen",
    "score": "score moyen de chaque territoire",
    "coverage": "population à moins de cover_km d’un site",
}
# What the search for the greatest coverage does not take: it would no longer be certified.
NOT_WITH_COVERAGE: Final = ("apart_km", "least_near", "most_near", "cover_share", "inside")


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

    ``least_by_region`` and ``most_by_region``: the same quota for each region that has candidates.
    ``cover_share`` of the people of the ranked territories within ``cover_km`` of a site: both or neither, unless
    the objective is the coverage itself, which takes the distance alone.
    """

    size: int | None = None
    objective: str = "acceptability"
    budgets: tuple[PlanBudget, ...] = ()
    quotas: tuple[PlanQuota, ...] = ()
    least_by_region: int = 0
    most_by_region: int | None = None
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
        return None, [told("wave est un bloc à clés : size, objective, budgets, quotas, apart_km…")]
    bad = unknown_keys("wave", raw, Plan.__dataclass_fields__)
    numbers: dict[str, Any] = {}
    for name, read in _NUMBERS.items():
        numbers[name], wrong = read(f"wave.{name}", raw.get(name))
        bad += wrong
    budgets, wrong_budgets = _budgets(raw.get("budgets") or [])
    quotas, wrong_quotas = _quotas(raw.get("quotas") or [])
    inside, wrong_inside = _reasons("wave.inside", raw.get("inside") or {})
    outside, wrong_outside = _reasons("wave.outside", raw.get("outside") or {})
    bad += [*wrong_budgets, *wrong_quotas, *wrong_inside, *wrong_outside]
    objective = str(raw.get("objective") or "acceptability")
    if objective not in OBJECTIVES:
        bad.append(
            told(
                "wave.objective vaut « %(objective)s » ; choix possibles : %(objectives)s.",
                objective=objective,
                objectives=", ".join(OBJECTIVES),
            )
        )
    if raw.get("size") is None and not budgets and not wrong_budgets:
        bad.append(told("wave : donnez size (nombre de sites) ou au moins un budget."))
    if not bad:
        bad = _coverage_problems(objective, raw)
    for name in ("least_by_region", "least_near"):
        numbers[name] = numbers[name] or 0
    plan = Plan(
        objective=objective, budgets=budgets, quotas=quotas, inside=inside, outside=outside, **numbers
    )
    return (None if bad else plan), bad


_NUMBERS: Final[Mapping[str, Callable[[str, object], tuple[float | None, list[str]]]]] = {
    "size": partial(whole, least=1),
    "least_by_region": whole,
    "most_by_region": whole,
    "apart_km": positive,
    "least_near": whole,
    "most_near": whole,
    "cover_km": positive,
    "cover_share": positive,
}


def _coverage_problems(objective: str, raw: Mapping[Any, Any]) -> list[str]:
    reach, share = raw.get("cover_km"), raw.get("cover_share")
    if objective != "coverage":
        if (reach is None) == (share is None) and (share or 0) <= 1:
            return []
        return [
            told(
                "wave.cover_share (part de la population, de 0 à 1) et wave.cover_km (distance) vont ensemble."
            )
        ]
    bad: list[str] = [
        told(
            "wave.%(name)s ne se combine pas avec l’objectif « coverage » : retirez l’un des deux.", name=name
        )
        for name in NOT_WITH_COVERAGE
        if raw.get(name)
    ]
    if reach is None:
        bad.append(told("L’objectif « coverage » demande wave.cover_km, la distance à un site."))
    if len(raw.get("budgets") or []) > 1:
        bad.append(told("L’objectif « coverage » prend un seul budget."))
    return bad


def _budgets(raw: object) -> tuple[tuple[PlanBudget, ...], list[str]]:
    found: list[PlanBudget] = []
    bad: list[str] = []
    for where, item in _blocks("wave.budgets", raw, bad):
        bad += unknown_keys(where, item, PlanBudget.__dataclass_fields__)
        limit, wrong = positive(f"{where}, limit", item.get("limit"))
        bad += wrong
        if limit is None or "indicator" not in item:
            bad.append(told("%(where)s : indicator (colonne des coûts) et limit sont exigés.", where=where))
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
            told(
                "%(where)s : type inconnu « %(type)s » ; choix possibles : %(types)s.",
                where=where,
                type=t,
                types=", ".join(TYPES),
            )
            for t in lists["types"]
            if t not in TYPES
        ]
        least, e1 = whole(f"{where}, at_least", item.get("at_least"))
        most, e2 = whole(f"{where}, at_most", item.get("at_most"))
        bad += [*e1, *e2]
        if least is None and most is None:
            bad.append(told("%(where)s : donnez at_least ou at_most.", where=where))
        found.append(PlanQuota(str(item.get("name", where)), **lists, at_least=least or 0, at_most=most))
    return tuple(found), bad


def _blocks(where: str, raw: object, bad: list[str]) -> list[tuple[str, Mapping[Any, Any]]]:
    if not isinstance(raw, (list, tuple)):
        bad.append(told("%(where)s doit être une liste.", where=where))
        return []
    named = [(told("%(where)s n° %(number)s", where=where, number=i), item) for i, item in enumerate(raw, 1)]
    bad += [
        told("%(where)s : attendu un bloc à clés.", where=w)
        for w, item in named
        if not isinstance(item, Mapping)
    ]
    return [(w, item) for w, item in named if isinstance(item, Mapping)]


def _reasons(where: str, raw: object) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    if isinstance(raw, (list, tuple)) and all(isinstance(p, (list, tuple)) and len(p) == 2 for p in raw):
        raw = dict(raw)
    if not isinstance(raw, Mapping):
        return (), [told("%(where)s est un bloc « code: raison ».", where=where)]
    _, bad = codes(where, list(raw))
    return tuple((str(c), str(why or "")) for c, why in raw.items()), bad
