"""GeoJSON outlines of territories (gzipped, zipped or not), in WGS84 degrees: one polygon a code.

What cannot be read becomes a problem whose row is the rank of the feature, from 1; a file that is no GeoJSON, or is in
another projection, is refused as a whole.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from essaim.opendata.dataset import member
from essaim.opendata.frames import BULK
from essaim.opendata.safety import MEGABYTE, UnsafeFile
from essaim.opendata.schema import Table, TableProblem
from essaim.opendata.values import Value, to_code

MAX_GEOJSON = 300 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Outlined:
    """What a feature must hold. ``what``: its name in French; ``codes``, ``names``: properties, the first found wins.

    ``check``: None or what is wrong with a code. ``width``: digits of a code that lost its leading zeros.
    """

    what: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    check: Callable[[Value], str | None]
    width: int = 0


@dataclass(frozen=True, slots=True)
class Contour:
    code: str
    name: str
    geometry: Mapping[str, Any]
    properties: Mapping[str, Any]


def read_outlines(path: Path, spec: Outlined, table: Table) -> list[Contour]:
    """The readable outlines; problems go to ``table``. Raises :class:`UnsafeFile` for a file refused as a whole."""
    with member(path, r"\.(geo)?json$") as found:
        return list(_contours(_features(_load(found)), spec, table))


def outlines_frame(contours: list[Contour]) -> pl.DataFrame:
    """``code``, ``name`` and ``geometry`` as GeoJSON text."""
    rows = [(c.code, c.name, json.dumps(c.geometry, separators=(",", ":"))) for c in contours]
    return pl.DataFrame(
        rows, schema={"code": pl.String, "name": pl.String, "geometry": pl.String}, orient="row"
    )


def written(value: Any) -> str:
    """A property as text: several values are put side by side."""
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def _load(path: Path) -> Any:
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if zipped else path.open("rb") as stream:
            content = stream.read(MAX_GEOJSON + 1)
        if len(content) > MAX_GEOJSON:
            raise UnsafeFile("Le fichier de contours est démesuré.", "Envoyez des contours simplifiés.")
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, OSError, EOFError, RecursionError, zlib.error) as error:
        if isinstance(error, UnsafeFile):
            raise
        raise UnsafeFile("Le fichier n’est pas un GeoJSON lisible.", "Téléchargez-le de nouveau.") from error


def _features(document: Any) -> list[Any]:
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise UnsafeFile(
            "Le fichier GeoJSON n’a pas de liste « features ».", "Envoyez une FeatureCollection."
        )
    declared = document.get("crs")
    properties = declared.get("properties") if isinstance(declared, dict) else None
    crs = str(properties.get("name", "CRS84")) if isinstance(properties, dict) else "CRS84"
    if not re.search(r"CRS84|4326", crs):
        raise UnsafeFile(
            f"Les contours sont dans la projection {crs[:80]}.",
            "Convertissez-les en degrés WGS84 (EPSG:4326).",
        )
    return features


def _contours(features: list[Any], spec: Outlined, table: Table) -> Iterator[Contour]:
    seen: dict[str, int] = {}
    for number, feature in enumerate(features, 1):
        held = feature if isinstance(feature, dict) else {}
        stated = held.get("properties")
        properties: Mapping[str, Any] = stated if isinstance(stated, dict) else {}
        code = _code(properties, spec)
        wrong = _wrong(code, held.get("geometry"), spec, seen)
        if wrong:
            message, mend, column = wrong
            table.add(TableProblem(message, mend, number, column, code[:80]), BULK.problems)
            continue
        seen[code] = number
        yield Contour(code, written(_first(properties, spec.names)), held["geometry"], properties)


def _code(properties: Mapping[str, Any], spec: Outlined) -> str:
    code = to_code(written(_first(properties, spec.codes)), spec.width)
    return code if isinstance(code, str) else ""


def _first(properties: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    by_name = {name.casefold(): value for name, value in properties.items()}
    return next((by_name[name.casefold()] for name in names if name.casefold() in by_name), None)


def _wrong(code: str, geometry: Any, spec: Outlined, seen: Mapping[str, int]) -> tuple[str, str, str] | None:
    """What is wrong with a feature, how to mend it, and in which property; None when it is good."""
    named = spec.codes[0]
    if not code or spec.check(code):
        return f"Code de {spec.what} absent ou illisible.", f"Vérifiez « {named} ».", named
    if code in seen:
        return f"Ce code ({spec.what}) est déjà donné au rang {seen[code]}.", "Gardez un seul contour.", named
    if not _is_polygon(geometry):
        return "Le contour n’est pas un polygone en degrés.", "Vérifiez la géométrie.", "geometry"
    return None


def _is_polygon(geometry: Any) -> bool:
    """Whether the geometry is made of rings of positions on the globe."""
    if not isinstance(geometry, dict) or geometry.get("type") not in {"Polygon", "MultiPolygon"}:
        return False
    coordinates = geometry.get("coordinates")
    polygons = [coordinates] if geometry["type"] == "Polygon" else coordinates
    if not isinstance(polygons, list) or not polygons:
        return False
    return all(
        isinstance(polygon, list) and polygon and all(_is_ring(ring) for ring in polygon)
        for polygon in polygons
    )


def _is_ring(ring: Any) -> bool:
    return isinstance(ring, list) and len(ring) >= 4 and all(map(_is_position, ring))


def _is_position(point: Any) -> bool:
    return (
        isinstance(point, list)
        and len(point) >= 2
        and all(isinstance(axis, int | float) for axis in point[:2])
        and -180 <= point[0] <= 180
        and -90 <= point[1] <= 90
    )
