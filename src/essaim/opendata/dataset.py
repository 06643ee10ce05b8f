"""What a source's reader gives back, and the small tools that readers share."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from essaim.opendata.frames import BULK, ROW, Frame
from essaim.opendata.safety import UnsafeFile, check_archive
from essaim.opendata.schema import Column, Table, TableProblem
from essaim.opendata.values import Value
from essaim.territory.codes import former_codes

Level = Literal["commune", "epci", "ze", "departement", "qpv", "point", "nomenclature"]
_COMMUNE = re.compile(r"(\d\d|2[AB])\d{3}")


@dataclass(frozen=True, slots=True)
class Dataset:
    """Typed tables of one file of one source.

    ``tables``: the first one is the main one; codes are strings as published in the file's vintage.
    ``vintage``: read from the file, empty when it does not say. ``report``: problems, footnotes, rows left out.
    ``notes``: French cautions to show wherever the values are shown.
    """

    source: str
    level: Level
    vintage: str
    tables: Mapping[str, pl.DataFrame]
    report: Table
    notes: tuple[str, ...] = ()

    @property
    def frame(self) -> pl.DataFrame:
        """The main table."""
        return next(iter(self.tables.values()))

    def require(self) -> Dataset:
        """Itself when nothing blocks; raises :class:`~essaim.opendata.schema.TableError` otherwise."""
        self.report.require()
        return self


def dataset(
    source: str,
    level: Level,
    vintage: str,
    frame: Frame,
    data: pl.DataFrame | None = None,
    notes: Sequence[str] = (),
) -> Dataset:
    """A dataset of one table named as its source; ``data`` replaces the frame's own when it was reshaped."""
    main = (frame.data if data is None else data).drop(ROW, strict=False)
    return Dataset(source, level, vintage, {source: main}, frame.report, tuple(notes))


def commune_shape(value: Value) -> str | None:
    """A check for columns: None when the text has the shape of a commune code of any vintage.

    >>> commune_shape("2A004"), commune_shape("1A")
    (None, 'Ce n’est pas un code de commune (cinq caractères : 01001, 2A004, 97411).')
    """
    if _COMMUNE.fullmatch(str(value)):
        return None
    return "Ce n’est pas un code de commune (cinq caractères : 01001, 2A004, 97411)."


def commune_column(*synonyms: str, blank: bool = False) -> Column:
    """The usual column ``code`` of a file by commune."""
    return Column("code", "code", synonyms, width=5, check=commune_shape, blank=blank)


def arrondissements() -> dict[str, str]:
    """Codes of the arrondissements of Paris, Lyon and Marseille → code of their commune."""
    return {
        code: former.commune for code, former in former_codes().items() if former.kind == "arrondissement"
    }


def fold_arrondissements(
    data: pl.DataFrame, by: Sequence[str], sums: Sequence[str]
) -> tuple[pl.DataFrame, int]:
    """One row a commune and ``by``: arrondissements are dropped where their city is given too, else added up.

    Some files give Paris, Lyon and Marseille twice; adding everything would count their people twice. A sum
    with an absent term is absent. Returns the table and the number of arrondissement rows dropped.
    """
    parents = arrondissements()
    parts = data.filter(pl.col("code").is_in(list(parents)))
    if parts.is_empty():  # most files of one département
        return data, 0
    whole = data.filter(~pl.col("code").is_in(list(parents)))
    folded = parts.with_columns(pl.col("code").replace(parents))
    orphans = folded.join(whole, on=["code", *by], how="anti", nulls_equal=True)
    absent = [
        pl.when(pl.col(name).is_null().any()).then(None).otherwise(pl.col(name).sum()).alias(name)
        for name in sums
    ]
    others = [c for c in data.columns if c not in {"code", *by, *sums}]
    added = orphans.group_by(["code", *by], maintain_order=True).agg(
        *absent, *(pl.col(c).first() for c in others)
    )
    dropped = parts.height - orphans.height
    return pl.concat([whole, added.select(data.columns)], how="vertical_relaxed"), dropped


def long_format(data: pl.DataFrame, ids: Sequence[str], period: Callable[[str], str]) -> pl.DataFrame:
    """A wide table (one column a period) as ``ids``, ``period``, ``value``; absent cells stay null."""
    wide = [column for column in data.columns if column not in {ROW, *ids}]
    melted = data.unpivot(on=wide, index=list(ids), variable_name="period", value_name="value")
    return melted.with_columns(pl.col("period").replace({column: period(column) for column in wide}))


def period_range(data: pl.DataFrame) -> str:
    """The vintage of a series: « 2015-T4 à 2024-T4 », empty without rows."""
    periods = data["period"].unique().sort().to_list()
    return " à ".join(dict.fromkeys((periods[0], periods[-1]))) if periods else ""


def find(pattern: str, *texts: str) -> str:
    """The first group of ``pattern`` in the first text that holds it, or an empty string."""
    for text in texts:
        if match := re.search(pattern, text, re.I):
            return match[1]
    return ""


@contextmanager
def member(path: Path, pattern: str) -> Iterator[Path]:
    """The file itself, or the member of a zip archive whose name matches ``pattern``, safely extracted.

    Producers often publish a workbook or a CSV inside a zip. Raises :class:`UnsafeFile`.
    """
    with path.open("rb") as stream:
        if stream.read(4) != b"PK\x03\x04":
            yield path
            return
        stream.seek(0)
        names = check_archive(stream, BULK)
    if "xl/workbook.xml" in names or "mimetype" in names:
        yield path
        return
    wanted = next((name for name in names if re.search(pattern, name, re.I)), None)
    if wanted is None:
        raise UnsafeFile(
            f"L’archive ne contient pas le fichier attendu ({pattern}).",
            f"Elle contient : {', '.join(names[:8])}. Vérifiez que c’est la bonne archive.",
        )
    with tempfile.TemporaryDirectory(prefix="essaim-") as folder:
        target = Path(folder) / ("membre" + Path(wanted).suffix)
        with zipfile.ZipFile(path) as archive, archive.open(wanted) as content, target.open("wb") as copy:
            shutil.copyfileobj(content, copy)
        yield target


def failed(source: str, level: Level, error: UnsafeFile) -> Dataset:
    """A dataset without data for a file refused as a whole."""
    report = Table()
    report.add(TableProblem(error.message, error.mend, error.row), 1)
    return Dataset(source, level, "", {source: pl.DataFrame()}, report)
