"""ANCT: the quartiers prioritaires 2024, as a list (CSV) and as contours (GeoJSON, gzipped or not).

Codes of communes lose their leading zero in the list; a quartier may lie in several communes; codes of 2015
(``QPxxxxxx``) are not those of 2024 (``QNxxxyyZ``).
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from essaim.opendata.dataset import Dataset, commune_shape, dataset, find
from essaim.opendata.frames import BULK, ROW, read_frame
from essaim.opendata.geojson import Outlined, outlines_frame, read_outlines, written
from essaim.opendata.schema import Column, Table, TableProblem
from essaim.opendata.values import Value, to_code

_CODE = re.compile(r"Q[NP]\d[0-9AB][0-9A-Z]{4,5}")


def qpv_shape(value: Value) -> str | None:
    """A check for columns: None when the text has the shape of a QPV code."""
    return None if _CODE.fullmatch(str(value)) else "Ce n’est pas un code de quartier prioritaire (QN00101M)."


CONTOURS = Outlined("quartier", ("code_qp",), ("lib_qp",), qpv_shape)
LIST = (
    Column("code", "code", ("code_qp",), check=qpv_shape),
    Column("name", "text", ("lib_qp",)),
    Column("communes_text", "text", ("insee_com",)),
    Column("lon", "number", ("longitude",), required=False),
    Column("lat", "number", ("latitude",), required=False),
    Column("population", "integer", ("pop_mun", "population municipale"), required=False, minimum=0),
)


def read_list(path: Path, name: str = "") -> Dataset:
    """One row a quartier: ``code``, ``name``, ``communes``; ``lon``, ``lat`` and ``population`` where the file says."""
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
    empty = [column for column in ("lon", "lat", "population") if data[column].is_null().all()]
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
    found = read_outlines(path, CONTOURS, table)
    communes = [split_communes(written(contour.properties.get("insee_com"))) for contour in found]
    data = (
        outlines_frame(found)
        .with_columns(pl.Series("communes", communes, dtype=pl.List(pl.String)))
        .select("code", "name", "communes", "geometry")
    )
    return Dataset("anct_qpv_contours", "qpv", _vintage(data, name, path), {"anct_qpv_contours": data}, table)
