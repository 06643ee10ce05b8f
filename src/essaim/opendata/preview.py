"""A table nobody described yet: its header, its first rows, and which columns hold codes or figures.

What a screen shows after an upload, before the person says what the table is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from essaim.opendata.raw import Candidate, Source, candidates, open_source
from essaim.opendata.safety import Limits, UnsafeFile
from essaim.opendata.schema import TableProblem
from essaim.opendata.values import BadCell, Cell, Missing, is_blank, to_number, to_text
from essaim.territory.lookup import CodeKind, recognise

SAMPLE = 2_000
GOOD_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class CodeColumn:
    """A column that looks like codes: their kind, and the share of its cells that are good codes."""

    header: str
    kind: CodeKind
    share: float


@dataclass(frozen=True, slots=True)
class Preview:
    """``rows``: first rows as text. ``codes``: best first. ``numbers``: headers of columns of figures.

    ``problem``: why the file cannot be read, None otherwise.
    """

    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    codes: tuple[CodeColumn, ...] = ()
    numbers: tuple[str, ...] = ()
    sheet: str = ""
    problem: TableProblem | None = None


def preview(source: Source, shown: int = 10, limits: Limits | None = None) -> Preview:
    """Look at the first rows of a table (path, bytes or file object); never raises on what a person sends."""
    limits = limits or Limits()
    try:
        with open_source(source, limits) as opened:
            widest = max(candidates(opened), key=_width, default=None)
            if widest is None or _width(widest) == 0:
                raise UnsafeFile("Le tableau est vide.", "Vérifiez que vous envoyez le bon fichier.")
            sample = list(islice(widest.rows, SAMPLE)) if opened.format == "csv" else widest.head
            return _describe(widest.sheet, sample, shown)
    except UnsafeFile as error:
        return Preview(problem=TableProblem(error.message, error.mend, error.row))


def _width(candidate: Candidate) -> int:
    """Columns that most rows fill: the right separator and the right sheet have most of them."""
    counts = sorted(sum(not is_blank(cell) for cell in row) for row in candidate.head)
    filled = [count for count in counts if count]
    return filled[len(filled) // 2] if filled else 0


def _describe(sheet: str, rows: Sequence[Sequence[Cell]], shown: int) -> Preview:
    at = _header_index(rows)
    headers = tuple(_text(cell) for cell in rows[at])
    if not any(character.isalnum() for header in headers for character in header):
        raise UnsafeFile("Le tableau est vide.", "Vérifiez que vous envoyez le bon fichier.")
    body = [row for row in rows[at + 1 :] if any(not is_blank(cell) for cell in row)]
    columns = {
        header: [row[index] for row in body if index < len(row)]
        for index, header in enumerate(headers)
        if header
    }
    codes = [found for header, cells in columns.items() if (found := _codes(header, cells))]
    held = {found.header for found in codes}
    return Preview(
        headers=headers,
        rows=tuple(tuple(_text(cell) for cell in row) for row in body[:shown]),
        codes=tuple(sorted(codes, key=lambda found: -found.share)),
        numbers=tuple(h for h, cells in columns.items() if h not in held and _are_numbers(cells)),
        sheet=sheet,
    )


def _header_index(rows: Sequence[Sequence[Cell]]) -> int:
    """The first row of distinct texts that fills most of the width; titles above fill one cell or two."""
    widths = [sum(not is_blank(cell) for cell in row) for row in rows]
    enough = max(widths) * 0.6
    for index, row in enumerate(rows):
        texts = [_text(cell) for cell in row if not is_blank(cell)]
        if widths[index] >= enough and len(set(texts)) == len(texts) and not any(map(_is_number, row)):
            return index
    return next(index for index, width in enumerate(widths) if width)


def _codes(header: str, cells: Sequence[Cell]) -> CodeColumn | None:
    values = [cell for cell in cells if not is_blank(cell)]
    found = recognise(values, header)
    if found.kind is None or found.share < GOOD_SHARE:
        return None
    return CodeColumn(header, found.kind, found.share)


def _are_numbers(cells: Sequence[Cell]) -> bool:
    filled = [cell for cell in cells if not is_blank(cell)]
    return bool(filled) and sum(map(_is_number, filled)) >= GOOD_SHARE * len(filled)


def _is_number(cell: Cell) -> bool:
    """A figure, or a mark that a figure is missing."""
    if is_blank(cell):
        return False
    try:
        number = to_number(cell)
    except BadCell:
        return False
    return not isinstance(number, Missing) or number.reason == "secret statistique"


def _text(cell: Cell) -> str:
    text = to_text(cell)
    return text if isinstance(text, str) else ""
