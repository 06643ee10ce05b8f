"""ANCT: communes of Action cœur de ville, Petites villes de demain and the ORT, with the date of signature.

One file a programme (``insee_com``, ``lib_com``, ``id_acv`` or ``id_pvd``, ``date_signature``). A signature may be
absent (not signed yet) or in the future (planned): both are kept and told apart.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from essaim.opendata.dataset import Dataset, commune_column, dataset, find
from essaim.opendata.frames import read_frame
from essaim.opendata.schema import Column

COLUMNS = (
    commune_column("insee_com", "code_insee", "codgeo"),
    Column("name", "text", ("lib_com", "libgeo", "label"), blank=True),
    Column("programme_id", "code", ("id_acv", "id_pvd", "id_ort", "id_programme"), required=False),
    Column("signed", "date", ("date_signature", "date de signature", "date_signature_ort"), blank=True),
)


def read(path: Path, name: str = "", today: date | None = None) -> Dataset:
    """``code``, ``name``, ``programme_id``, ``signed`` and ``planned`` (signature after ``today``)."""
    frame = read_frame(path, COLUMNS, key=("code", "programme_id"))
    data = frame.data.with_columns((pl.col("signed") > pl.lit(today or date.today())).alias("planned"))
    year = find(r"com_?(20\d\d)", name, path.name)
    label = {"acv": "ACV", "pvd": "PVD", "ort": "ORT"}.get(
        find(r"(acv|pvd|ort)", name, path.name).lower(), ""
    )
    return dataset(
        "anct_programmes", "commune", " ".join(filter(None, (label, year and f"COG {year}"))), frame, data
    )
