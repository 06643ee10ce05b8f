"""data.inclusion: structures and services of the inclusion offer, open dataset, schema v1 (v0 accepted).

Parquet is preferred: in the CSV, columns that hold several codes are written as lists in text. Personal e-mails
and telephones are not read.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from essaim.opendata.dataset import Dataset, dataset, find, member
from essaim.opendata.frames import ROW, Frame, read_frame
from essaim.opendata.schema import Column

_PLACE = (
    Column("commune_name", "text", ("commune",), blank=True, required=False),
    Column("code", "code", ("code_insee",), blank=True, width=5),
    Column("postcode", "code", ("code_postal",), blank=True, width=5, required=False),
    Column("lon", "number", ("longitude",), blank=True),
    Column("lat", "number", ("latitude",), blank=True),
    Column("updated", "date", ("date_maj",), blank=True),
)
STRUCTURES = (
    Column("id", "text"),
    Column("source", "text", blank=True),
    Column("name", "text", ("nom",)),
    Column("siret", "code", blank=True, width=14),
    *_PLACE,
    Column("networks", "text", ("reseaux_porteurs", "labels_nationaux"), required=False),
    Column("kind", "text", ("typologie",), required=False),
    Column("themes", "text", ("thematiques",), required=False),
    Column("antenne", "boolean", required=False),
)
SERVICES = (
    Column("id", "text"),
    Column("structure_id", "text"),
    Column("source", "text", blank=True),
    Column("name", "text", ("nom",)),
    Column("kind", "text", ("type", "types"), blank=True),
    Column("themes", "text", ("thematiques",), blank=True),
    Column("publics", "text", ("profils",), blank=True, required=False),
    Column("fees", "text", ("frais",), required=False),
    Column("modes", "text", ("modes_accueil",), required=False),
    *_PLACE,
    Column("weekly_hours", "number", ("volume_horaire_hebdomadaire",), required=False),
    Column("weeks", "number", ("nombre_semaines",), required=False),
    Column("suspended", "date", ("date_suspension",), required=False),
)
_LISTS = ("networks", "themes", "publics", "modes", "kind", "fees")
_V0_ONLY = {
    "labels_nationaux",
    "typologie",
    "antenne",
    "profils",
    "types",
    "date_suspension",
    "presentation_resume",
}
_CODE = r"[^\[\]{}()'\",;|\s]+"


def read_structures(path: Path, name: str = "") -> Dataset:
    """One row a structure; ``networks`` and ``themes`` are lists of codes; ``lon`` and ``lat`` in degrees."""
    return _read("data_inclusion_structures", path, name, STRUCTURES)


def read_services(path: Path, name: str = "") -> Dataset:
    """One row a service; ``kind`` (one code in v1, several in v0), ``themes``, ``publics``… are lists of codes."""
    return _read("data_inclusion_services", path, name, SERVICES)


def _read(source: str, path: Path, name: str, columns: tuple[Column, ...]) -> Dataset:
    with member(path, r"(structures|services).*\.(csv|parquet)$") as found:
        frame = read_frame(found, columns, key=("id",))
    data = _clean_points(_lists(frame.data))
    day = find(r"(\d{4}-\d{2}-\d{2})", name, path.name)
    version = "v0" if _V0_ONLY & set(frame.report.unread) or _read_v0(frame) else "v1"
    notes = _notes(data, version)
    return dataset(source, "point", day, frame, data, notes)


def _read_v0(frame: Frame) -> bool:
    """``typologie`` and ``antenne`` exist in v0 only; every v1 export has neither."""
    return "antenne" in frame.report.columns or "suspended" in frame.report.columns


def _lists(data: pl.DataFrame) -> pl.DataFrame:
    """Texts such as ``["a", "b"]``, ``['a' 'b']`` or ``{a,b}`` as lists of codes."""
    return data.with_columns(pl.col(name).str.extract_all(_CODE) for name in _LISTS if name in data.columns)


def _clean_points(data: pl.DataFrame) -> pl.DataFrame:
    """A point outside the globe, or at (0, 0), is absent."""
    good = pl.col("lon").is_between(-180, 180) & pl.col("lat").is_between(-90, 90)
    nowhere = (pl.col("lon") == 0) & (pl.col("lat") == 0)
    kept = [
        pl.when(good & ~nowhere).then(pl.col(axis)).otherwise(None).alias(axis) for axis in ("lon", "lat")
    ]
    return data.with_columns(kept).drop(ROW, strict=False)


def _notes(data: pl.DataFrame, version: str) -> list[str]:
    no_point = data["lon"].is_null().sum()
    no_code = data["code"].is_null().sum()
    notes = [
        f"Schéma {version} de data.inclusion.",
        "Les sources soliguide et agefiph ne sont pas dans l’export ouvert.",
    ]
    if no_point:
        notes.append(f"{no_point} ligne(s) sans position utilisable.")
    if no_code:
        notes.append(f"{no_code} ligne(s) sans code de commune.")
    return notes
