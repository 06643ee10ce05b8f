"""A whole table as a frame: CSV of any separator, XLSX, XLS, ODS or parquet, from a path, an address or
bytes.

Text stays text ("01" is not 1): whoever uses a column says what it is.
"""

from __future__ import annotations

import io
import itertools
from pathlib import Path

import polars as pl

from essaim.opendata import location
from essaim.opendata.raw import Candidate, candidates, detect_encoding, open_source
from essaim.opendata.safety import MEGABYTE, Limits, UnsafeFile
from essaim.opendata.values import Cell

#: A panel of a country may be large; it is read in one go, so its size is bounded all the same.
PANEL_LIMITS = Limits(bytes=2_000 * MEGABYTE, inflated_bytes=2_000 * MEGABYTE)

LONGEST_HEADER = 500_000  # characters

_PARQUET = b"PAR1"


def read_whole(source: str | bytes, limits: Limits = PANEL_LIMITS, *, private: bool = False) -> pl.DataFrame:
    """The first table of ``source`` (path, http(s) address or content); its first row holds the names.

    Lines of a CSV that begin with ``#`` are comments. ``private``: see ``location.read``. Raises ``UnsafeFile``.
    """
    content = source if isinstance(source, bytes) else location.read(source, limits, private=private)
    if content.startswith(_PARQUET):
        return _parquet(content)
    with open_source(content, limits) as opened:
        if opened.format == "csv":
            return _csv(opened.path)
        sheets = candidates(opened)  # kept while the rows are read: forgotten, it closes the workbook
        return _sheet(next(sheets))


def _parquet(content: bytes) -> pl.DataFrame:
    try:
        return pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnsafeFile("Le fichier parquet est abîmé.", "Produisez-le de nouveau.") from error


def _csv(path: Path) -> pl.DataFrame:
    with path.open("rb") as stream:
        encoding = detect_encoding(stream)
    separator = max(";,\t|", key=_header(path, encoding).count)
    content = path if encoding != "cp1252" else io.BytesIO(path.read_bytes().decode(encoding).encode())
    try:
        return pl.read_csv(
            content, separator=separator, infer_schema=False, comment_prefix="#", raise_if_empty=True
        )
    except pl.exceptions.PolarsError as error:
        raise UnsafeFile(
            f"Le fichier CSV ne se lit pas ({str(error).splitlines()[0][:200]}).",
            "Vérifiez que chaque ligne a autant de colonnes que la première.",
        ) from error


def _header(path: Path, encoding: str) -> str:
    """The first line that is neither blank nor a comment; one that never ends is refused."""
    with path.open(encoding=encoding, newline=None) as stream:
        while line := stream.readline(LONGEST_HEADER):
            if len(line) >= LONGEST_HEADER:
                raise UnsafeFile("La première ligne ne finit pas.", "Vérifiez que c’est bien un tableau.")
            if line.strip() and not line.startswith("#"):
                return line
    return ""


def _sheet(candidate: Candidate) -> pl.DataFrame:
    rows = itertools.dropwhile(lambda row: not any(_text(cell) for cell in row), candidate.rows)
    names = [_text(cell) for cell in next(rows, [])]
    width = max((i + 1 for i, name in enumerate(names) if name), default=0)
    if not width:
        raise UnsafeFile("Le classeur est vide.", "Vérifiez que vous envoyez le bon fichier.")
    body = [[_text(cell) for cell in row[:width]] + [""] * (width - len(row)) for row in rows]
    kept = [row for row in body if any(row)]
    return pl.DataFrame(kept, schema=[(name, pl.String) for name in names[:width]], orient="row")


def _text(cell: Cell) -> str:
    """A cell as text; whole numbers lose the ``.0`` that spreadsheets give them."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
