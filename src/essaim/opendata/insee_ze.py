"""INSEE: composition of the zones d'emploi 2020, their outlines and their localised unemployment rates.

The composition is republished each year on that year's communes; the sheet is found by its header, below
five title rows. 302 of 306 zones have an unemployment rate (Guyane and Mayotte have none).
"""

from __future__ import annotations

import re
from pathlib import Path

from essaim.opendata.dataset import Dataset, commune_column, dataset, find, long_format, member, period_range
from essaim.opendata.frames import read_frame
from essaim.opendata.geojson import Outlined, outlines_frame, read_outlines
from essaim.opendata.schema import Column, ColumnFamily, Table
from essaim.opendata.values import Missing, Value, to_period

COMPOSITION = (
    commune_column("CODGEO"),
    Column("name", "text", ("LIBGEO",)),
    Column("ze", "code", ("ZE2020",), width=4),
    Column("ze_name", "text", ("LIBZE2020",)),
    Column("departement", "code", ("DEP",), width=2, required=False),
    Column("region", "code", ("REG",), width=2, required=False),
)
UNEMPLOYMENT = (
    Column("code", "code", ("ZE2020",), width=4),
    Column("name", "text", ("LIBZE2020",)),
    ColumnFamily(r"\d{4}[-_ ]?T[1-4]|T[1-4][-_ ]?\d{4}"),
)


def zone_shape(value: Value) -> str | None:
    """A check: None when the text has the shape of a code of zone d'emploi 2020."""
    return None if re.fullmatch(r"\d{4}", str(value)) else "Ce n’est pas un code de zone d’emploi (0051)."


CONTOURS = Outlined(
    "zone d’emploi", ("ze2020", "code", "code_ze"), ("libze2020", "nom", "name"), zone_shape, 4
)


def read_contours(path: Path, name: str = "") -> Dataset:
    """One row a zone: ``code``, ``name``, ``geometry`` (GeoJSON text, WGS84 degrees)."""
    table = Table(format="geojson")
    data = outlines_frame(read_outlines(path, CONTOURS, table))
    return Dataset(
        "insee_ze_contours", "ze", "ZE2020" if data.height else "", {"insee_ze_contours": data}, table
    )


def read_composition(path: Path, name: str = "") -> Dataset:
    """One row a commune: ``code``, ``name``, ``ze``, ``ze_name``, ``departement``, ``region``."""
    with member(path, r"ZE2020.*\.xlsx?$") as found:
        frame = read_frame(found, COMPOSITION, key=("code",))
    titles = " ".join(frame.report.titles)
    year = find(r"g[ée]ographie au 01/01/(\d{4})", titles) or find(r"01-01-(\d{4})", name, path.name)
    return dataset("insee_ze", "commune", f"ZE2020, COG {year}" if year else "", frame)


def read_unemployment(path: Path, name: str = "") -> Dataset:
    """One row a zone and quarter: ``code``, ``name``, ``period`` (``2024-T4``), ``value`` (% of the active)."""
    with member(path, r"chomage.*\.xlsx?$") as found:
        frame = read_frame(found, UNEMPLOYMENT, key=("code",))
    data = long_format(frame.data, ("code", "name"), _period)
    note = "La Guyane et Mayotte n’ont pas de taux par zone d’emploi."
    return dataset("insee_chomage_ze", "ze", period_range(data), frame, data, [note])


def _period(header: str) -> str:
    period = to_period(header)
    return header if isinstance(period, Missing) else period
