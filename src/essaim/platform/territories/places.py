"""What is known of one territory: its facts with their sources, where it lies, what it holds."""

import math
from typing import Any

from essaim.territory import codes
from essaim.territory.codes import LEVEL_LABELS, Level, Territory, UnknownCode
from essaim.territory.indicators import neighbours, shipped_table, territory_type

TYPE_LABELS = {"rural": "rural", "intermediate": "intermédiaire", "urban": "urbain"}


def find(level: Level, code: str) -> Territory | None:
    """The territory of this code; a former commune leads to today's."""
    try:
        return codes.territory(level, codes.fold(code) if level == "commune" else code)
    except UnknownCode:
        return None


def facts(place: Territory) -> dict[str, Any]:
    """Facts (measure and value, ``None`` when unknown), wholes that hold it, neighbours, largest communes."""
    table = shipped_table(place.level, [place.code])
    values = [(column.measure, float(column.values[0])) for column in table.columns.values()]
    kind = territory_type(place.level, place.code)
    return {
        "level": LEVEL_LABELS[place.level],
        "type": TYPE_LABELS.get(kind or "", ""),
        "facts": [(measure, None if math.isnan(value) else value) for measure, value in values],
        "holders": _holders(place),
        "neighbours": [codes.territory(place.level, c) for c in neighbours(place.level).get(place.code, ())],
        "members": _members(place),
        "vintage": codes.vintage(),
    }


def _holders(place: Territory) -> list[Territory]:
    found = []
    if place.level == "commune":
        epci = codes.parent(place.code, "epci")
        found += [codes.epci(epci)] if epci else []
    if place.level in ("commune", "epci"):
        found += [codes.departement(code) for code in place.departments]
    return [*found, codes.region(place.region)] if place.level != "region" else found


def _members(place: Territory) -> list[Territory]:
    """The most populated communes, twenty at most."""
    if place.level == "commune":
        return []
    held = [codes.territory("commune", code) for code in codes.members(place.level, place.code)]
    return sorted(held, key=lambda p: -(p.population or 0))[:20]
