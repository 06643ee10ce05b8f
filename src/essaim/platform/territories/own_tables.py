"""A person's table becomes an indicator: looked at, declared, checked; written only at the end."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from django.utils.text import slugify

from essaim.opendata.indicator import POPULATION, read_indicator
from essaim.opendata.indicator import Indicator as OwnTable
from essaim.opendata.levels import Memberships, reaches, translate
from essaim.opendata.preview import Preview, preview
from essaim.opendata.tables import Column, TableProblem, read_table
from essaim.platform.opendata import services as opendata
from essaim.platform.territories.sources import UNITS, aggregation_of
from essaim.territory.codes import UnknownCode
from essaim.territory.lookup import normalise

if TYPE_CHECKING:
    from essaim.platform.territories.models import Upload
    from essaim.territory.lookup import CodeKind

SHOWN_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Check:
    """What a declared table holds: ``reach`` gives, for each level, how many territories get a value."""

    table: OwnTable
    names: dict[str, str]
    problems: tuple[str, ...]
    problem_count: int
    reach: tuple[tuple[str, int], ...]

    @property
    def values(self) -> int:
        return int(self.table.values()["value"].count())

    @property
    def ready(self) -> bool:
        return self.values > 0


def look(upload: "Upload") -> Preview:
    """Header, first rows, columns of codes and of figures."""
    return preview(BytesIO(bytes(upload.content)))


def declared_aggregation(data: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration of the form as it is stored."""
    if data["kind"] == "count":
        return {"kind": "count"}
    if data["kind"] in ("sum", "published"):
        return {"kind": data["kind"], "value": data["value"]}
    if data["kind"] == "mean":
        return {"kind": "mean", "value": data["value"], "weight": data["weight"] or POPULATION}
    return {
        "kind": "rate",
        "numerator": data["value"],
        "denominator": data["weight"],
        "per": data["per"] or 100.0,
    }


def check(upload: "Upload", data: Mapping[str, Any]) -> Check:
    """Read the whole table as declared; what is wrong is listed with row and column, nothing is written."""
    content = bytes(upload.content)
    sheet = look(upload).sheet or None
    aggregation = aggregation_of(declared_aggregation(data))
    table = read_indicator(BytesIO(content), data["code"], aggregation, sheet=sheet)
    names = _names(content, data, table.level, sheet) if data.get("name") else {}
    problems: list[TableProblem] = table.report.problems
    return Check(
        table, names, tuple(str(problem) for problem in problems[:SHOWN_PROBLEMS]), table.report.problem_count,
        tuple(_reach(table, opendata.Available(upload.programme).known())),
    )  # fmt: skip


def _names(content: bytes, data: Mapping[str, Any], level: "CodeKind", sheet: str | None) -> dict[str, str]:
    """Names of territories that the shipped reference does not hold (QPV, zones d'emploi)."""
    read = read_table(
        BytesIO(content),
        [Column(data["code"], "text"), Column(data["name"], "text", blank=True)],
        sheet=sheet,
    )
    found = {}
    for row in read.rows:
        try:
            found[normalise(row[data["code"]], level)] = str(row[data["name"]] or "")[:200]
        except UnknownCode:
            continue
    return found


def _reach(table: OwnTable, known: Memberships) -> Iterable[tuple[str, int]]:
    for unit, label in UNITS.items():
        if reaches(table.level, unit, type(table.aggregation), known):
            yield str(label), int(translate(table, cast("CodeKind", unit), known)["value"].count())


def key_for(label: str, taken: Iterable[str]) -> str:
    """An identifier for the study's document, made from the label and not used yet."""
    stem = re.sub(r"[^a-z0-9_]", "", slugify(label).replace("-", "_"))[:30].strip("_")
    stem = stem if stem[:1].isalpha() else f"i_{stem}".rstrip("_")
    held, found, number = set(taken), stem, 2
    while found in held:
        found, number = f"{stem}_{number}", number + 1
    return found


def sha256(upload: "Upload") -> str:
    return hashlib.sha256(bytes(upload.content)).hexdigest()
