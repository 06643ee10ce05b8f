"""Tables that a user brings to ``essaim territory``: indicators by code, and services with a position."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from essaim.opendata.values import BadCell, Missing, to_number
from essaim.opendata.whole_table import read_whole
from essaim.territory.access import Pairs
from essaim.territory.codes import LEVELS
from essaim.territory.indicators import shipped_table
from essaim.territory.lookup import recognise
from essaim.territory.places import Points, in_planes
from essaim.territory.projection import plane_at
from essaim.territory.table import Floats, Measure, Table, TableError

# What a column header ends with when its values are invented: « demandes [simulé] ».
SIMULATED = re.compile(r"\s*\[(?:simulée?s?|simulated)\]$", re.IGNORECASE)
NAME_COLUMNS = ("nom", "name", "libelle", "libellé")
PARTS = {
    "lon": ("lon", "longitude", "x"),
    "lat": ("lat", "latitude", "y"),
    "capacity": ("capacity", "capacite", "places"),
}


@dataclass(frozen=True, slots=True)
class Services:
    """Services read from a table: ``ids`` (row numbers when there is no id), positions and capacities."""

    ids: tuple[str, ...]
    points: Points
    capacity: Floats


def study_table(unit: str, files: tuple[Path, ...]) -> Table:
    """The shipped indicators of a unit and the columns of the user's tables; unknown units come from the latter."""
    level = next((lv for lv in LEVELS if lv == unit), None)
    if level is None and not files:
        raise TableError(f"Aucune donnée livrée pour l’unité « {unit} » : donnez une table avec --values.")
    table = shipped_table(level) if level is not None else None
    for path in files:
        table = _with_file(unit, table, path)
    assert table is not None
    return table


def _with_file(unit: str, table: Table | None, path: Path) -> Table:
    frame = read_whole(str(path))
    if frame.width < 2:
        raise TableError(f"{path.name} : attendu une colonne de codes puis au moins une colonne de valeurs.")
    codes = _codes(unit, frame, path)
    names = next((c for c in frame.columns if c.strip().lower() in NAME_COLUMNS), None)
    if table is None:
        labels = frame[names].fill_null("").to_list() if names else codes
        table = Table(unit, tuple(codes), tuple(str(v) for v in labels), {})
    known = set(table.codes)
    for column in frame.columns[1:]:
        if column != names:
            key = SIMULATED.sub("", column.strip())
            invented = key != column.strip()
            measure = Measure(key, key, "", path.name, "", unit, decimals=2, simulated=invented)
            values = {c: v for c, v in zip(codes, _numbers(frame, column, path), strict=True) if c in known}
            table = table.with_values(measure, values)
    return table


def _codes(unit: str, frame: pl.DataFrame, path: Path) -> list[str]:
    raw = frame[frame.columns[0]].to_list()
    if unit == "set":
        codes = [str(v or "").strip() for v in raw]
    else:
        found = recognise(raw, frame.columns[0])
        if found.bad:
            first = found.bad[0]
            raise TableError(
                f"{path.name}, ligne {first.row + 2}, colonne « {frame.columns[0]} » : {first.reason} "
                f"({len(found.bad)} code(s) à corriger)"
            )
        if found.kind != unit:
            raise TableError(
                f"{path.name} : les codes sont au niveau « {found.kind} », l’étude au niveau « {unit} »."
            )
        codes = [c or "" for c in found.codes]
    code, count = Counter(codes).most_common(1)[0] if codes else ("", 0)
    if count > 1:
        raise TableError(
            f"{path.name} : le code {code} figure {count} fois ; gardez une ligne par territoire."
        )
    return codes


def _numbers(frame: pl.DataFrame, column: str, path: Path) -> list[float | None]:
    found: list[float | None] = []
    for row, cell in enumerate(frame[column].to_list(), 2):
        try:
            value = to_number(cell)
        except BadCell as error:
            raise TableError(
                f"{path.name}, ligne {row}, colonne « {column} » : {error} (lu : « {cell} »)"
            ) from error
        found.append(None if isinstance(value, Missing) else value)
    return found


def read_services(path: Path, located: bool = True) -> Services:
    """Services with longitude, latitude (unless not ``located``) and, if given, a capacity (1 each otherwise)."""
    frame = read_whole(str(path))
    if not frame.height:
        raise TableError(f"{path.name} : aucun service sous la ligne d’en-tête.")
    lower = {c.strip().lower(): c for c in frame.columns}
    where = {part: next((lower[n] for n in names if n in lower), None) for part, names in PARTS.items()}
    capacity = _numbers(frame, where["capacity"], path) if where["capacity"] else [1.0] * frame.height
    ids = frame[lower["id"]].to_list() if "id" in lower else list(range(1, frame.height + 1))
    places = _positions(frame, where, path) if located else Points(np.full((frame.height, 2), math.nan))
    return Services(tuple(str(i) for i in ids), places, _array(capacity))


def _positions(frame: pl.DataFrame, where: Mapping[str, str | None], path: Path) -> Points:
    if where["lon"] is None or where["lat"] is None:
        raise TableError(
            f"{path.name} : colonnes « lon » et « lat » introuvables parmi : {', '.join(frame.columns)}."
        )
    lon, lat = (_numbers(frame, where[p] or "", path) for p in ("lon", "lat"))
    planes = [None if x is None or y is None else plane_at(x, y) for x, y in zip(lon, lat, strict=True)]
    for row, (x, y, plane) in enumerate(zip(lon, lat, planes, strict=True), 2):
        if plane is None and x is not None and y is not None:
            raise TableError(
                f"{path.name}, ligne {row} : la position ({x:g}, {y:g}) n’est pas en France. "
                "Longitude et latitude sont peut-être inversées."
            )
    return in_planes(_array(lon), _array(lat), planes)


def _array(values: Sequence[float | None]) -> Floats:
    return np.array([math.nan if v is None else v for v in values])


def read_journeys(path: Path, communes: Sequence[str], services: Sequence[str]) -> Pairs:
    """Travel times as pairs: a table with columns ``commune``, ``service`` (its id) and ``minutes``."""
    frame = read_whole(str(path))
    lower = {c.strip().lower(): c for c in frame.columns}
    if lacking := [c for c in ("commune", "service", "minutes") if c not in lower]:
        raise TableError(f"{path.name} : colonne(s) absente(s) : {', '.join(lacking)}.")
    ends = [
        _ranks(frame[lower[name]].to_list(), {c: i for i, c in enumerate(known)}, path, name)
        for name, known in (("commune", communes), ("service", services))
    ]
    minutes = _array(_numbers(frame, lower["minutes"], path))
    if len(blank := np.flatnonzero(np.isnan(minutes) | (minutes < 0))):
        raise TableError(
            f"{path.name}, ligne {blank[0] + 2} : durée absente ou négative. "
            "Corrigez-la, ou retirez la ligne si le trajet est impossible."
        )
    _, counts = np.unique(ends[0] * len(services) + ends[1], return_counts=True)
    if (counts > 1).any():
        raise TableError(
            f"{path.name} : {int((counts > 1).sum())} trajet(s) figurent plusieurs fois ; gardez une ligne par trajet."
        )
    return Pairs(ends[0], ends[1], minutes)


def _ranks(cells: Sequence[object], known: Mapping[str, int], path: Path, column: str) -> NDArray[np.int64]:
    found = np.array([known.get(str(c or "").strip(), -1) for c in cells], np.int64)
    if len(lost := np.flatnonzero(found < 0)):
        raise TableError(
            f"{path.name}, ligne {lost[0] + 2}, colonne « {column} » : « {cells[lost[0]]} » n’est pas connu "
            f"({len(lost)} ligne(s) à corriger)."
        )
    return found
