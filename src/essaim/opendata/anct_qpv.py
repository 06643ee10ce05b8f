"""ANCT: the quartiers prioritaires 2024, as a list (CSV) and as contours (GeoJSON, gzipped or not).

Codes of communes lose their leading zero in the list; a quartier may lie in several communes; codes of 2015
(``QPxxxxxx``) are not those of 2024 (``QNxxxyyZ``).
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from essaim.opendata.dataset import Dataset, commune_shape, dataset, find, member
from essaim.opendata.frames import BULK, ROW, read_frame
from essaim.opendata.safety import MEGABYTE, UnsafeFile
from essaim.opendata.schema import Column, Table, TableProblem
from essaim.opendata.values import Value, to_code

MAX_GEOJSON = 300 * MEGABYTE
_CODE = re.compile(r"Q[NP]\d[0-9AB][0-9A-Z]{4,5}")


def qpv_shape(value: Value) -> str | None:
    """A check for columns: None when the text has the shape of a QPV code."""
    return None if _CODE.fullmatch(str(value)) else "Ce n’est pas un code de quartier prioritaire (QN00101M)."


LIST = (
    Column("code", "code", ("code_qp",), check=qpv_shape),
    Column("name", "text", ("lib_qp",)),
    Column("communes_text", "text", ("insee_com",)),
    Column("lon", "number", ("longitude",), required=False),
    Column("lat", "number", ("latitude",), required=False),
)


def read_list(path: Path, name: str = "") -> Dataset:
    """One row a quartier: ``code``, ``name``, ``communes`` (list of codes)."""
    frame = read_frame(path, LIST, key=("code",))
    communes = [split_communes(text) for text in frame.data["communes_text"]]
    for row, text, codes in zip(frame.data[ROW], frame.data["communes_text"], communes, strict=True):
        if not codes or any(commune_shape(code) for code in codes):
            frame.report.add(
                TableProblem(
                    "Code de commune illisible.",
                    "Écrivez des codes à cinq caractères.",
                    row,
                    "insee_com",
                    text,
                ),
                BULK.problems,
            )
    data = frame.data.with_columns(pl.Series("communes", communes, dtype=pl.List(pl.String))).drop(
        "communes_text"
    )
    empty = [column for column in ("lon", "lat") if data[column].is_null().all()]
    return dataset("anct_qpv", "qpv", _vintage(data, name, path), frame, data.drop(empty))


def split_communes(text: str) -> list[str]:
    """Codes of communes written in one cell, leading zeros given back.

    >>> split_communes("1053"), split_communes("30051|30132, 30307")
    (['01053'], ['30051', '30132', '30307'])
    """
    parts = re.findall(r"[0-9A-Za-z]+", text)
    return [code for code in (to_code(part, 5) for part in parts) if isinstance(code, str)]


def _vintage(data: pl.DataFrame, name: str, path: Path) -> str:
    year = find(r"(?:qp|qpv)_?(20\d\d)", name, path.name)
    if not year and data.height:
        year = "2024" if data["code"].str.starts_with("QN").all() else "2015"
    return f"QPV {year}" if year else ""


def read_contours(path: Path, name: str = "") -> Dataset:
    """One row a quartier: ``code``, ``name``, ``communes``, ``geometry`` (GeoJSON text, WGS84 degrees)."""
    table = Table(format="geojson")
    with member(path, r"\.(geo)?json$") as found:
        features = _features(_load(found))
        rows = list(_contours(features, table))
    data = pl.DataFrame(
        rows,
        schema={"code": pl.String, "name": pl.String, "communes": pl.List(pl.String), "geometry": pl.String},
        orient="row",
    )
    vintage = _vintage(data, name, path)
    return Dataset("anct_qpv_contours", "qpv", vintage, {"anct_qpv_contours": data}, table)


def _load(path: Path) -> Any:
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if zipped else path.open("rb") as stream:
            content = stream.read(MAX_GEOJSON + 1)
        if len(content) > MAX_GEOJSON:
            raise UnsafeFile(
                "Le fichier de contours est démesuré.", "Envoyez le fichier officiel des quartiers."
            )
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, OSError, EOFError, RecursionError, zlib.error) as error:
        if isinstance(error, UnsafeFile):
            raise
        raise UnsafeFile("Le fichier n’est pas un GeoJSON lisible.", "Téléchargez-le de nouveau.") from error


def _features(document: Any) -> list[Any]:
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise UnsafeFile(
            "Le fichier GeoJSON n’a pas de liste « features ».", "Envoyez une FeatureCollection."
        )
    crs = str(((document.get("crs") or {}).get("properties") or {}).get("name", "CRS84"))
    if not re.search(r"CRS84|4326", crs):
        raise UnsafeFile(
            f"Les contours sont dans la projection {crs}.", "Convertissez-les en degrés WGS84 (EPSG:4326)."
        )
    return features


def _contours(features: list[Any], table: Table) -> Iterator[tuple[str, str, list[str], str]]:
    """Readable features; the others become problems, whose row is the rank of the feature from 1."""
    seen: dict[str, int] = {}
    for number, feature in enumerate(features, 1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        code = str((properties or {}).get("code_qp", "")).strip().upper()
        if qpv_shape(code):
            problem = TableProblem(
                "Code de quartier absent ou illisible.", "Vérifiez « code_qp ».", number, "code_qp", code
            )
        elif code in seen:
            problem = TableProblem(
                f"Le quartier est déjà donné au rang {seen[code]}.",
                "Gardez un seul contour.",
                number,
                "code_qp",
                code,
            )
        elif not isinstance(geometry, dict) or geometry.get("type") not in {"Polygon", "MultiPolygon"}:
            problem = TableProblem(
                "Le contour n’est pas un polygone.", "Vérifiez la géométrie.", number, "geometry", code
            )
        else:
            seen[code] = number
            assert properties is not None
            communes = properties.get("insee_com") or ""
            text = " ".join(map(str, communes)) if isinstance(communes, list) else str(communes)
            yield code, str(properties.get("lib_qp") or ""), split_communes(text), json.dumps(geometry)
            continue
        table.add(problem, BULK.problems)
