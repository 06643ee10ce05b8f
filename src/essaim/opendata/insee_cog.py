"""INSEE code officiel géographique: the communes of a year (``v_commune_AAAA.csv``) and their movements.

The movements file (``v_mvt_commune_AAAA.csv``) lists every change since 1943; see
:mod:`essaim.opendata.passage` for what is made of it.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from essaim.opendata.dataset import Dataset, commune_shape, dataset, find, member
from essaim.opendata.frames import read_frame
from essaim.opendata.schema import Column

COMMUNES = (
    Column("type", "code", ("TYPECOM",)),
    Column("code", "code", ("COM",), width=5, check=commune_shape),
    Column("region", "code", ("REG",), blank=True, width=2),
    Column("departement", "code", ("DEP",), blank=True, width=2),
    Column("arrondissement", "code", ("ARR",), blank=True, required=False),
    Column("name", "text", ("LIBELLE",)),
    Column("parent", "code", ("COMPARENT",), blank=True, width=5),
)
MOVEMENTS = (
    Column("kind", "integer", ("MOD",)),
    Column("date", "date", ("DATE_EFF",)),
    Column("type_before", "code", ("TYPECOM_AV",)),
    Column("before", "code", ("COM_AV",), width=5, check=commune_shape),
    Column("type_after", "code", ("TYPECOM_AP",)),
    Column("after", "code", ("COM_AP",), width=5, check=commune_shape),
    Column("name_after", "text", ("LIBELLE_AP",), required=False),
)


def read_communes(path: Path, name: str = "") -> Dataset:
    """Columns ``type`` (COM, COMD, COMA, ARM), ``code``, ``name``, ``departement``, ``region``, ``parent``.

    A delegated commune often has the code of its commune: only ``type`` and ``code`` together are unique.
    """
    with member(path, r"v_commune_\d{4}\.csv$") as found:
        frame = read_frame(found, COMMUNES, key=("type", "code", "parent"))
    year = find(r"commune_?(\d{4})", name, path.name)
    data = frame.data
    # COMD and COMA rows leave their département empty: it is their parent's.
    missing = pl.col("departement").is_null()
    overseas = pl.col("code").str.starts_with("97") | pl.col("code").str.starts_with("98")
    derived = pl.col("code").str.head(pl.when(overseas).then(3).otherwise(2))
    data = data.with_columns(
        pl.when(missing).then(derived).otherwise(pl.col("departement")).alias("departement")
    )
    return dataset("insee_cog", "commune", f"COG {year}" if year else "", frame, data)


def read_movements(path: Path, name: str = "") -> Dataset:
    """Columns ``kind`` (INSEE's MOD), ``date``, ``type_before``, ``before``, ``type_after``, ``after``."""
    with member(path, r"mvt_?commune.*\.csv$") as found:
        frame = read_frame(found, MOVEMENTS)
    year = find(r"commune_?(\d{4})", name, path.name)
    return dataset("insee_mouvements", "commune", f"COG {year}" if year else "", frame)
