"""Indicators that the shipped geography alone can compute, and the type of a territory.

Thresholds are published ones, applied to communes of the shipped vintage by rules of our own, named as such:

- *small commune*: fewer than 2,000 inhabitants, the threshold of INSEE's urban units (without their criterion of
  continuous building);
- *rural commune*: fewer than 150 inhabitants per km², the OECD's threshold for rural local units; a territory is
  *rural* when more than half of its people live in rural communes, *intermédiaire* from 15 to 50 %, else *urbain*
  (OECD Regional Typology, 2011, first step, without its adjustment for large cities);
- *far from a town*: more than 30 km as the crow flies from any commune of 20,000 inhabitants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Final, Literal

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from essaim.territory.codes import (
    Commune,
    Level,
    Territory,
    UnknownCode,
    communes,
    members,
    read_rows,
    territories,
    vintage,
)
from essaim.territory.projection import plane_of, project
from essaim.territory.table import Column, Measure, Table

SMALL_COMMUNE: Final = 2_000
RURAL_DENSITY: Final = 150.0
TOWN: Final = 20_000
FAR_M: Final = 30_000.0
TYPES: Final = {"rural": "rural", "intermediate": "intermédiaire", "urban": "urbain"}

COG: Final = "INSEE et DGCL, par @etalab/decoupage-administratif 6.0.0"
IGN: Final = f"{COG} ; contours IGN Admin Express"
CENSUS: Final = "recensement 2023 (Mayotte : 2017)"


def shipped_measures(level: Level) -> dict[str, Measure]:
    """The measures of ``shipped_table``, by key."""
    rows = (
        ("population", "Population", "habitants", COG, CENSUS, 0, "Population municipale."),
        ("communes", "Nombre de communes", "communes", COG, vintage()["cog"], 0, "Communes membres."),
        ("density", "Densité de population", "hab./km²", IGN, CENSUS, 1, "Habitants par km² du contour."),
        (
            "small_share",
            "Part de la population en petite commune",
            "%",
            COG,
            CENSUS,
            1,
            f"Communes de moins de {SMALL_COMMUNE} habitants (seuil des unités urbaines de l’INSEE).",
        ),
        (
            "rural_share",
            "Part de la population en commune rurale",
            "%",
            IGN,
            CENSUS,
            1,
            f"Communes de moins de {RURAL_DENSITY:g} hab./km² (seuil de l’OCDE).",
        ),
        (
            "far_share",
            "Part de la population loin d’une ville",
            "%",
            IGN,
            CENSUS,
            1,
            f"À plus de {FAR_M / 1000:g} km, à vol d’oiseau, de toute commune de {TOWN} habitants.",
        ),
    )
    return {
        key: Measure(key, label, unit, source, date, level, definition, decimals)
        for key, label, unit, source, date, decimals, definition in rows
    }


def shipped_table(level: Level, codes: Iterable[str] | None = None) -> Table:
    """Territories of a level (all those with a census and an outline by default) with the shipped measures."""
    places = territories(level)
    kept = [c for c, t in places.items() if t.population and t.area_km2] if codes is None else list(codes)
    for code in kept:
        if code not in places:
            raise UnknownCode(f"Code inconnu au niveau « {level} » : {code}.")
    columns = {
        key: Column(measure, np.array([_number(COMPUTE[key](places[c])) for c in kept]))
        for key, measure in shipped_measures(level).items()
    }
    return Table(level, tuple(kept), tuple(places[c].label for c in kept), columns)


def territory_type(level: Level, code: str) -> Literal["rural", "intermediate", "urban"] | None:
    """Type by the share of people in rural communes (thresholds above); None when it cannot be computed."""
    share = rural_share(territories(level)[code])
    if share is None:
        return None
    return "rural" if share > 50 else "intermediate" if share >= 15 else "urban"


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def density(place: Territory) -> float | None:
    if place.population is None or not place.area_km2:
        return None
    return place.population / place.area_km2


def rural_share(place: Territory) -> float | None:
    return _share(place, lambda c: None if c.area_km2 is None else _people(c) / c.area_km2 < RURAL_DENSITY)


def small_share(place: Territory) -> float | None:
    return _share(place, lambda c: None if c.population is None else c.population < SMALL_COMMUNE)


def far_share(place: Territory) -> float | None:
    far = _distance_to_town()
    return _share(place, lambda c: None if c.code not in far else far[c.code] > FAR_M)


def _share(place: Territory, holds: Callable[[Commune], bool | None]) -> float | None:
    """Percentage of people in the communes where a condition holds, among those where it can be told.

    None when it can be told for less than 95 % of the people: a few re-created communes lack an outline.
    """
    told = total = true = 0
    for code in members(place.level, place.code):
        c = communes()[code]
        total += _people(c)
        answer = holds(c)
        if answer is not None:
            told += _people(c)
            true += _people(c) if answer else 0
    return 100 * true / told if told and told >= 0.95 * total else None


def _people(place: Commune) -> int:
    return place.population or 0


@cache
def _distance_to_town() -> Mapping[str, float]:
    """Metres from each commune's point to the nearest commune of ``TOWN`` inhabitants in its part of France."""
    groups: dict[str, list[Commune]] = {}
    for c in communes().values():
        if c.lon is not None:
            groups.setdefault(plane_of(c.code), []).append(c)
    found: dict[str, float] = {}
    for plane, places in groups.items():
        points = np.column_stack(project([c.lon or 0 for c in places], [c.lat or 0 for c in places], plane))
        towns = points[[_people(c) >= TOWN for c in places]]
        if len(towns):
            metres, _ = cKDTree(towns).query(points)
            found |= dict(zip((c.code for c in places), metres.tolist(), strict=True))
    return found


@cache
def neighbours(level: Level) -> Mapping[str, tuple[str, ...]]:
    """Territories that share a border, for départements and EPCI; empty for the levels without shipped outlines."""
    name = {"departement": "departements", "epci": "epci"}.get(level)
    if name is None:
        return {}
    pairs: dict[str, list[str]] = {}
    for left, right in read_rows(f"neighbours_{name}.csv"):
        pairs.setdefault(left, []).append(right)
        pairs.setdefault(right, []).append(left)
    return {code: tuple(sorted(near)) for code, near in pairs.items()}


def shared_borders(codes: Iterable[str]) -> pl.DataFrame | None:
    """Columns ``unit`` and ``neighbour``: the pairs among these codes that share a border; None when it is not known.

    It is known for codes of départements and for codes of EPCI, written as INSEE writes them. Codes that could all be
    régions are not read as départements.

    >>> shared_borders(["29", "22", "974"]).rows()
    [('22', '29')]
    """
    given = frozenset(codes)
    levels: tuple[Level, ...] = ("departement", "epci")
    for level in levels:
        if given <= territories(level).keys() and not given <= territories("region").keys():
            near = neighbours(level)
            pairs = [(one, other) for one in sorted(given) for other in near.get(one, ()) if one < other]
            return pl.DataFrame(
                [pair for pair in pairs if pair[1] in given],
                schema={"unit": pl.String, "neighbour": pl.String},
                orient="row",
            )
    return None


COMPUTE: Final[dict[str, Callable[[Territory], float | None]]] = {
    "population": lambda t: t.population,
    "communes": lambda t: t.communes,
    "density": density,
    "small_share": small_share,
    "rural_share": rural_share,
    "far_share": far_share,
}
