"""The wave chosen from a ranking: exact, under the committee's constraints, with what else was nearly as good."""

from collections.abc import Mapping
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from essaim.territory import codes
from essaim.territory.codes import LEVELS, Level
from essaim.territory.indicators import neighbours
from essaim.territory.places import centres
from essaim.territory.portfolio import Choice, PortfolioError, Quota, Wave, alternatives, choose
from essaim.territory.ranking import Ranking

CONTENDERS = 2_000
SECONDS = 10.0


def choose_wave(ranking: Ranking, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The wave of greatest total acceptability, as plain data, and up to three others within 1 % of it.

    Errors: ``ValidationError`` naming the constraints that cannot hold together.
    """
    values = _values(ranking, asked)
    wave = _wave(ranking.study.unit, values, asked)
    try:
        best = choose(values, wave, SECONDS)
        others = alternatives(values, wave, best, count=3, seconds=SECONDS / 2)
    except PortfolioError as error:
        raise ValidationError(str(error)) from error
    return {
        "codes": list(best.codes),
        "value": round(best.value, 6),
        "gap": round(best.gap, 6),
        "optimal": best.optimal,
        "others": [_difference(best, other) for other in others],
    }


def _values(ranking: Ranking, asked: Mapping[str, Any]) -> dict[str, float]:
    """Share of weights by code; the most likely ones, and those that are named, when there are too many.

    A small part of the point score tells apart territories that are in with the same share of weights.
    """
    named = {*asked.get("inside", {}), *asked.get("outside", {})}
    rows = [
        i for place, i in enumerate(ranking.order) if place < CONTENDERS or ranking.notes.codes[i] in named
    ]
    return {
        ranking.notes.codes[i]: float(ranking.accept.top[i]) + 1e-3 * float(ranking.point[i]) for i in rows
    }


def _wave(unit: str, values: Mapping[str, float], asked: Mapping[str, Any]) -> Wave:
    geographic = asked.get("apart_km") or asked.get("most_near") is not None
    by_region = asked.get("most_by_region") or asked.get("least_by_region")
    if unit not in LEVELS and (geographic or by_region):
        raise ValidationError(
            _("Pour cette unité, régions, distances et voisins ne sont pas connus : retirer ces contraintes.")
        )
    level = cast(Level, unit)
    apart = asked.get("apart_km")
    return Wave(
        size=asked["size"],
        quotas=_quotas(level, values, asked) if by_region else (),
        apart_m=1000 * apart if apart else None,
        points=centres(level, values) if apart else None,
        near=neighbours(level) if asked.get("most_near") is not None else {},
        most_near=asked.get("most_near"),
        inside=asked.get("inside", {}),
        outside=asked.get("outside", {}),
    )


def _quotas(level: Level, values: Mapping[str, float], asked: Mapping[str, Any]) -> tuple[Quota, ...]:
    places = codes.territories(level)
    groups: dict[str, set[str]] = {}
    for code in values:
        groups.setdefault(places[code].region, set()).add(code)
    return tuple(
        Quota(
            codes.region(region).name,
            frozenset(held),
            asked.get("least_by_region") or 0,
            asked.get("most_by_region"),
        )
        for region, held in sorted(groups.items())
    )


def _difference(best: Choice, other: Choice) -> dict[str, Any]:
    first, second = set(best.codes), set(other.codes)
    return {
        "out": [code for code in best.codes if code not in second],
        "in": [code for code in other.codes if code not in first],
        "value": round(other.value, 6),
    }
