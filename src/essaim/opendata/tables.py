"""The one reader of people's tables: CSV, XLSX, XLS or ODS in, typed rows and French problems out.

>>> table = read_table("Code commune;Places\\n01001;12\\n".encode(),
...                    [Column("code", synonyms=("code commune",), kind="code", width=5),
...                     Column("places", kind="integer")])
>>> table.rows[0]["code"], table.rows[0]["places"], table.ok
('01001', 12, True)

Nothing a person sends makes :func:`read_table` raise: what is wrong is listed, with row and column as their
spreadsheet shows them, and how to mend it. :meth:`Table.require` raises for callers who want all or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from essaim.opendata.header import Header, find_header
from essaim.opendata.raw import Candidate, OpenedFile, Source, candidates, open_source
from essaim.opendata.safety import Limits, UnsafeFile, looks_like_formula
from essaim.opendata.schema import Column, ColumnFamily, Row, Table, TableError, TableProblem
from essaim.opendata.values import PARSERS, BadCell, Cell, Missing, Value, fold, is_blank, to_code, to_text

__all__ = [
    "Column",
    "ColumnFamily",
    "Limits",
    "Row",
    "Source",
    "Table",
    "TableError",
    "TableProblem",
    "parse_cell",
    "read_table",
]


def read_table(
    source: Source,
    columns: Sequence[Column | ColumnFamily],
    *,
    key: Collection[str] = (),
    sheet: str | None = None,
    ignore: Mapping[str, Collection[str]] | None = None,
    limits: Limits | None = None,
) -> Table:
    """Read a table from a path, bytes or a binary file object.

    ``key``: columns whose values together may occur once. ``ignore``: rows left out when a column holds one
    of these words (``{"code": {"Total"}}``). Content decides the format, never the name. Without ``sheet``,
    the first visible sheet that has the required columns is read.
    """
    limits = limits or Limits()
    table = Table()
    try:
        with open_source(source, limits) as opened:
            table.format = opened.format
            table.encoding = {"utf-8-sig": "utf-8"}.get(opened.encoding, opened.encoding)
            _read(table, opened, columns, tuple(key), sheet, ignore or {})
    except UnsafeFile as error:
        table.add(TableProblem(error.message, error.mend, error.row), limits.problems)
    return table


def _read(
    table: Table,
    opened: OpenedFile,
    columns: Sequence[Column | ColumnFamily],
    key: tuple[str, ...],
    sheet: str | None,
    ignore: Mapping[str, Collection[str]],
) -> None:
    best: Header | None = None
    for candidate in candidates(opened, sheet):
        header = find_header(candidate.head, columns)
        if not header.problems:
            table.sheet, table.separator, table.header_row = candidate.sheet, candidate.separator, header.row
            _RowReader(table, opened.limits, header, key, ignore).read(candidate)
            return
        if best is None or len(header.places) > len(best.places):
            best = header
            table.sheet, table.separator = candidate.sheet, candidate.separator
    for problem in best.problems if best else ():
        table.add(problem, opened.limits.problems)


def parse_cell(column: Column, cell: Cell, max_characters: int = 32_767) -> Value | Missing:
    """The typed value of a cell under its column's rules. Raises :class:`BadCell`."""
    if isinstance(cell, str) and len(cell) > max_characters:
        raise BadCell("La cellule est démesurée.", f"Restez sous {max_characters} caractères.")
    value = to_code(cell, column.width) if column.kind == "code" else PARSERS[column.kind](cell)
    if isinstance(value, Missing):
        return value
    if column.choices is not None:
        value = _choose(str(value), column.choices)
    _check_bounds(column, value)
    wrong = column.check(value) if column.check else None
    if wrong:
        raise BadCell(wrong, "Corrigez cette valeur.")
    return value


_NOTE = re.compile(
    r"(sources?|notes?|nb|champ|lecture|avertissement|légende|s|n\.?d\.?)\s*[:=]|source\b|[*©@]|\(\d\)", re.I
)


class _RowReader:
    """Reads the rows under a header into a table."""

    def __init__(
        self,
        table: Table,
        limits: Limits,
        header: Header,
        key: tuple[str, ...],
        ignore: Mapping[str, Collection[str]],
    ) -> None:
        self.table, self.limits, self.header, self.key = table, limits, header, key
        self.ignore = {name: {fold(word) for word in words} for name, words in ignore.items()}
        self.seen: dict[tuple[Value | None, ...], int] = {}
        self.text_file = table.format == "csv"
        self.last_place = max(header.places)
        table.columns = [column.name for column in header.places.values()]
        table.unread, table.titles = header.unread, header.titles

    def read(self, candidate: Candidate) -> None:
        filled = 0
        for number, cells in enumerate(candidate.rows, 1):
            blank = all(map(is_blank, cells)) and not self.is_marked(number, candidate)
            if blank or number <= self.header.row:
                continue
            filled += 1
            if filled > self.limits.rows:
                message = f"Le tableau dépasse {self.limits.rows} lignes ; la suite n’a pas été lue."
                self.problem(number, message, "Découpez-le en plusieurs fichiers.")
                return
            self.read_row(number, cells, candidate.marks)

    def is_marked(self, number: int, candidate: Candidate) -> bool:
        """Whether a wanted cell of this row holds a formula without value, or an error."""
        return any((number, index + 1) in candidate.marks for index in self.header.places)

    def problem(self, row: int, message: str, mend: str, column: str | None = None, value: str = "") -> None:
        self.table.add(TableProblem(message, mend, row, column, value[:80]), self.limits.problems)

    def read_row(self, number: int, cells: Sequence[Cell], marks: Mapping[tuple[int, int], str]) -> None:
        filled = [index for index, cell in enumerate(cells) if not is_blank(cell)]
        if self.is_note(cells, filled):
            self.table.notes.append(str(cells[filled[0]]).strip())
            return
        if self.is_ignored(cells):
            self.table.ignored += 1
            return
        before = self.table.problem_count
        self.check_shape(number, cells, filled)
        row = Row(number)
        for index, column in self.header.places.items():
            cell = cells[index] if index < len(cells) else None
            self.read_cell(row, column, cell, marks.get((number, index + 1)))
        if self.table.problem_count == before and self.is_new(row):
            self.table.rows.append(row)

    def is_note(self, cells: Sequence[Cell], filled: Sequence[int]) -> bool:
        """A lone text under the data ("Source : Insee…") where the schema expects several filled cells."""
        wanted = sum(column.required and not column.blank for column in self.header.places.values())
        if len(filled) != 1 or len(self.header.places) < 2:
            return False
        text = cells[filled[0]]
        if not isinstance(text, str):
            return False
        text = text.strip()
        return (bool(_NOTE.match(text)) and len(text) > 8) or (wanted > 1 and len(text) > 40)

    def is_ignored(self, cells: Sequence[Cell]) -> bool:
        for index, column in self.header.places.items():
            words = self.ignore.get(column.name)
            if words and index < len(cells):
                text = to_text(cells[index])
                if isinstance(text, str) and fold(text) in words:
                    return True
        return False

    def check_shape(self, number: int, cells: Sequence[Cell], filled: Sequence[int]) -> None:
        if not self.text_file:
            return
        if filled and filled[-1] >= self.header.width:
            self.problem(
                number,
                f"La ligne a {filled[-1] + 1} cellules pour {self.header.width} colonnes.",
                "Une cellule contient sans doute le séparateur : mettez-la entre guillemets.",
            )
        elif len(cells) <= self.last_place:
            self.problem(
                number,
                f"La ligne a {len(cells)} cellules pour {self.header.width} colonnes.",
                "Complétez la ligne, avec des cellules vides s’il le faut.",
            )

    def read_cell(self, row: Row, column: Column, cell: Cell, mark: str | None) -> None:
        """Put the value of a cell into the row, None with its reason when it is missing, or add a problem."""
        empty = cell is None or cell == ""
        if mark is not None and empty:
            self.report_mark(row, column, mark)
            return
        if isinstance(cell, str) and cell.startswith("#") and cell in _EXCEL_ERRORS:
            self.report_mark(row, column, cell)
            return
        if isinstance(cell, str) and self.text_file and looks_like_formula(cell):
            message, mend = "La cellule contient une formule.", "Remplacez la formule par sa valeur."
            self.problem(row.number, message, mend, column.name, cell)
            return
        try:
            value = parse_cell(column, cell, self.limits.cell_characters)
        except BadCell as error:
            self.problem(row.number, error.message, error.mend, column.name, _shown(cell))
            return
        if isinstance(value, Missing):
            row[column.name] = None
            row.missing[column.name] = value.reason
            if column.required and not column.blank:
                message, mend = "La cellule est vide ou sans valeur.", "Donnez une valeur."
                self.problem(row.number, message, mend, column.name, _shown(cell))
            return
        row[column.name] = value

    def report_mark(self, row: Row, column: Column, mark: str) -> None:
        what = "une formule sans résultat enregistré" if mark.startswith("=") else "une erreur du tableur"
        mend = "Corrigez-la, ou remplacez-la par sa valeur, puis enregistrez le classeur."
        self.problem(row.number, f"La cellule contient {what}.", mend, column.name, mark)

    def is_new(self, row: Row) -> bool:
        if not self.key:
            return True
        values = tuple(row.get(name) for name in self.key)
        first = self.seen.setdefault(values, row.number)
        if first == row.number:
            return True
        shown = " / ".join(str(value) for value in values)
        message, mend = f"La ligne répète la ligne {first}.", "Gardez une seule des deux lignes."
        self.problem(row.number, message, mend, " + ".join(self.key), shown)
        return False


_EXCEL_ERRORS = {
    "#DIV/0!",
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "#NUM!",
    "#NULL!",
    "#VALEUR!",
    "#NOM?",
    "#NOMBRE!",
    "#NUL!",
}


def _shown(cell: Cell) -> str:
    text = to_text(cell)
    return text if isinstance(text, str) else ""


def _choose(text: str, choices: Mapping[str, str]) -> str:
    for word, stored in choices.items():
        if fold(word) == fold(text):
            return stored
    known = ", ".join(f"« {word} »" for word in list(choices)[:12])
    raise BadCell("Cette valeur n’est pas dans la liste.", f"Écrivez l’une de : {known}.")


def _check_bounds(column: Column, value: Value) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if column.minimum is not None and value < column.minimum:
        raise BadCell(
            f"La valeur est sous le minimum ({column.minimum:g}).", "Vérifiez la valeur et son unité."
        )
    if column.maximum is not None and value > column.maximum:
        raise BadCell(
            f"La valeur dépasse le maximum ({column.maximum:g}).", "Vérifiez la valeur et son unité."
        )
