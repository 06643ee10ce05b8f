"""Where a value comes from: source, address, vintage, date of import, hash and licence; what a refresh changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from essaim.opendata.fetch import hash_file


@dataclass(frozen=True, slots=True)
class Provenance:
    """Kept beside every imported value. ``vintage``: what the data describes ("2025-T3", "COG 2026")."""

    source: str
    title: str
    producer: str
    address: str
    vintage: str
    imported: datetime
    sha256: str
    licence: str

    @property
    def key(self) -> tuple[str, str]:
        """Two vintages of a source live side by side: this pair tells them apart."""
        return self.source, self.vintage

    def as_dict(self) -> dict[str, str]:
        """For JSON and for the cells of an export."""
        return {**asdict(self), "imported": self.imported.isoformat(timespec="seconds")}

    def mention(self) -> str:
        """The line that the open licences ask for, in French."""
        return f"Source : {self.producer}, {self.title}, {self.vintage} ({self.licence})."


def file_provenance(
    path: Path,
    *,
    source: str,
    title: str,
    producer: str,
    licence: str,
    vintage: str,
    address: str = "",
    imported: datetime | None = None,
) -> Provenance:
    """The provenance of a local file; ``address`` is where it was taken, its name when that is not known."""
    return Provenance(
        source=source,
        title=title,
        producer=producer,
        address=address or path.name,
        vintage=vintage,
        imported=imported or datetime.now(UTC),
        sha256=hash_file(path),
        licence=licence,
    )


@dataclass(frozen=True, slots=True)
class Changes:
    """What a refresh would change. ``changed`` has one row a key whose values differ, old and new side by side."""

    added: pl.DataFrame
    removed: pl.DataFrame
    changed: pl.DataFrame

    @property
    def none(self) -> bool:
        return self.added.is_empty() and self.removed.is_empty() and self.changed.is_empty()

    def summary(self) -> str:
        """One French line to show before the refresh replaces anything."""
        if self.none:
            return "Aucun changement."
        return (
            f"{self.added.height} ligne(s) ajoutée(s), {self.removed.height} retirée(s), "
            f"{self.changed.height} modifiée(s)."
        )


def compare(old: pl.DataFrame, new: pl.DataFrame, key: Sequence[str]) -> Changes:
    """Differences between two imports with the same columns; ``key`` names the columns that identify a row.

    In ``changed``, each value column ``v`` appears as ``v`` (new) and ``v_before`` (old).
    Raises ``ValueError`` when a key repeats in either table, for rows could not be told apart.
    """
    keys = list(key)
    for name, frame in (("ancienne", old), ("nouvelle", new)):
        if frame.select(pl.struct(keys).is_duplicated().any()).item():
            raise ValueError(
                f"La {name} table répète une clé ({', '.join(keys)}) : comparez sur une clé unique."
            )
    values = [column for column in new.columns if column not in keys and column in old.columns]
    both = new.join(old, on=keys, how="inner", suffix="_before", nulls_equal=True)
    differs = pl.any_horizontal(pl.col(value).ne_missing(pl.col(f"{value}_before")) for value in values)
    return Changes(
        added=new.join(old, on=keys, how="anti", nulls_equal=True),
        removed=old.join(new, on=keys, how="anti", nulls_equal=True),
        changed=both.filter(differs) if values else both.clear(),
    )
