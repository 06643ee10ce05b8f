"""INSEE codes of communes, EPCI, départements and régions, and who belongs to whom (COG of 1 January 2026).

Codes are strings, always: ``"01001"``, ``"2A004"``, ``"97411"``. Tables load on first use (about 0.1 s) and
stay. Sources, vintage and licences: ``vintage()`` and ``docs/sources.md``.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, get_args

from essaim.words import SaidError, told

DATA: Final = Path(__file__).parent / "data"
Level = Literal["commune", "epci", "departement", "region"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
LEVEL_LABELS: Final[dict[str, str]] = {
    "commune": "commune",
    "epci": "intercommunalité",
    "departement": "département",
    "region": "région",
}


class UnknownCode(SaidError):
    """A code that the reference of the shipped vintage does not hold."""


class Commune(NamedTuple):
    """A commune of the current COG. ``None`` is unknown: no polygon, or no census."""

    code: str
    name: str
    department: str
    epci: str | None
    population: int | None
    area_km2: float | None
    lon: float | None
    lat: float | None


class FormerCode(NamedTuple):
    """A code that is no commune today: ``kind`` is arrondissement, deleguee, associee or ancienne."""

    code: str
    name: str
    commune: str
    kind: str


@dataclass(frozen=True, slots=True)
class Territory:
    """A territory of any level, with what the reference knows of it.

    ``population``: municipal, or None when no member has one. ``area_km2``: None when a member has no
    outline.
    ``departments``: codes, the most populated first; ``region``: that of the first. ``kind``: CC, CA, CU or
    METRO for an EPCI, else empty.
    """

    level: Level
    code: str
    name: str
    population: int | None
    area_km2: float | None
    communes: int
    departments: tuple[str, ...]
    region: str
    kind: str = ""

    @property
    def label(self) -> str:
        """Name that tells homonyms apart: « Saint-Denis (974) »."""
        return f"{self.name} ({self.departments[0]})" if self.level in ("commune", "epci") else self.name

    @property
    def overseas(self) -> bool:
        return self.departments[0].startswith(("97", "98"))


def read_rows(name: str) -> Iterator[list[str]]:
    """Rows of a shipped table, without its header."""
    with (DATA / name).open(encoding="utf-8", newline="") as source:
        reader = csv.reader(source)
        next(reader)
        yield from reader


@cache
def vintage() -> dict[str, Any]:
    """Dates, sources and licences of the shipped geography."""
    content = (DATA / "vintage.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(content)
    return loaded


@cache
def communes() -> Mapping[str, Commune]:
    """The 34,969 communes by code, in the order of codes."""

    def number(text: str) -> float | None:
        return float(text) if text else None

    table = {
        r[0]: Commune(
            r[0],
            r[1],
            r[2],
            r[3] or None,
            int(r[4]) if r[4] else None,
            number(r[5]),
            number(r[6]),
            number(r[7]),
        )
        for r in read_rows("communes.csv")
    }
    return MappingProxyType(table)


@cache
def former_codes() -> Mapping[str, FormerCode]:
    """Arrondissements of Paris, Lyon and Marseille, delegated and associated communes, merged communes."""
    return MappingProxyType({r[0]: FormerCode(*r) for r in read_rows("former_codes.csv")})


@cache
def _names(level: str) -> Mapping[str, list[str]]:
    file = {"epci": "epci.csv", "departement": "departements.csv", "region": "regions.csv"}[level]
    return MappingProxyType({r[0]: r for r in read_rows(file)})


@cache
def region_of_department() -> Mapping[str, str]:
    return MappingProxyType({code: row[2] for code, row in _names("departement").items()})


def parent(commune_code: str, level: Level) -> str | None:
    """Code of the territory of ``level`` that holds a commune; None outside any EPCI (four islands, the
    COM).
    """
    place = commune(commune_code)
    if level == "commune":
        return place.code
    if level == "epci":
        return place.epci
    return place.department if level == "departement" else region_of_department()[place.department]


@cache
def _members(level: Level) -> Mapping[str, tuple[str, ...]]:
    regions = region_of_department()
    groups: dict[str, list[str]] = {}
    for c in communes().values():
        code = {"commune": c.code, "epci": c.epci, "departement": c.department}.get(
            level, regions[c.department]
        )
        if code is not None:
            groups.setdefault(code, []).append(c.code)
    return MappingProxyType({code: tuple(found) for code, found in groups.items()})


def members(level: Level, code: str) -> tuple[str, ...]:
    """Codes of the communes of a territory."""
    found = _members(level).get(code)
    if found is None:
        raise UnknownCode(_unknown(level, code))
    return found


@cache
def territories(level: Level) -> Mapping[str, Territory]:
    """Every territory of a level by code, in the order of codes."""
    return MappingProxyType({code: _build(level, code) for code in sorted(_members(level))})


def territory(level: Level, code: str) -> Territory:
    """The territory of this code, or ``UnknownCode`` with the way to mend it."""
    found = territories(level).get(code)
    if found is None:
        raise UnknownCode(_unknown(level, code))
    return found


def commune(code: str) -> Commune:
    """The commune of this current code.

    >>> commune("2A004").name
    'Ajaccio'
    """
    found = communes().get(code)
    if found is None:
        raise UnknownCode(_unknown("commune", code))
    return found


def departement(code: str) -> Territory:
    return territory("departement", code)


def region(code: str) -> Territory:
    return territory("region", code)


def epci(code: str) -> Territory:
    return territory("epci", code)


def population(level: Level, code: str) -> int | None:
    """Municipal population, or None where no census is known."""
    return territory(level, code).population


def fold(code: str) -> str:
    """The current commune of a code: arrondissements of Paris, Lyon and Marseille, merged and delegated
    communes.

    >>> fold("75112"), fold("01001")
    ('75056', '01001')
    """
    if code in communes():
        return code
    former = former_codes().get(code)
    if former is None:
        raise UnknownCode(_unknown("commune", code))
    return former.commune


def _build(level: Level, code: str) -> Territory:
    places = [communes()[c] for c in _members(level)[code]]
    counts = [p.population for p in places if p.population is not None]
    areas = [p.area_km2 for p in places if p.area_km2 is not None]
    lacking = [p for p in places if p.area_km2 is None and p.code not in SPLIT_FROM]
    weights: dict[str, int] = {}
    for p in places:
        weights[p.department] = weights.get(p.department, 0) + (p.population or 0)
    departments = tuple(sorted(weights, key=lambda d: (-weights[d], d)))
    row = [code, places[0].name] if level == "commune" else _names(level)[code]
    return Territory(
        level,
        code,
        row[1],
        sum(counts) if counts else None,
        round(sum(areas), 2) if areas and not lacking else None,
        len(places),
        departments,
        region_of_department()[departments[0]],
        row[2] if level == "epci" else "",
    )


# Communes re-created since the outlines' vintage; their area is still counted in the commune they left.
SPLIT_FROM: Final = {"15031": "15141", "15035": "15141", "15047": "15141", "15171": "15141"}


def _unknown(level: Level, code: str) -> str:
    what = told("Code %(level)s inconnu : « %(code)s ».", level=told(LEVEL_LABELS[level]), code=code)
    if level == "commune" and (former := former_codes().get(code)) is not None:
        now = communes()[former.commune]
        return told(
            "%(what)s Ce code n’est plus une commune ; aujourd’hui : %(name)s (%(code)s).",
            what=what,
            name=now.name,
            code=now.code,
        )
    if level == "departement" and code == "20":
        return told("%(what)s La Corse a deux départements : 2A et 2B.", what=what)
    shape = {
        "commune": told("cinq caractères, zéro initial compris (01001, 2A004, 97411)"),
        "epci": told("neuf chiffres (SIREN)"),
        "departement": told("deux ou trois caractères (01, 2A, 974)"),
        "region": told("deux chiffres (84, 11, 01)"),
    }[level]
    return told(
        "%(what)s Attendu : %(shape)s, du code officiel géographique %(vintage)s.",
        what=what,
        shape=shape,
        vintage=vintage()["cog"],
    )
