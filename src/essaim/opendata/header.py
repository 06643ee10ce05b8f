"""Find the header of a table: the row that names the columns, below any title rows."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from essaim.opendata.schema import Column, ColumnFamily, TableProblem
from essaim.opendata.values import Cell, Missing, fold, to_text


@dataclass(slots=True)
class Header:
    """Where each column is. ``places``: index → column; ``width``: header cells up to the last filled one."""

    row: int = 0
    width: int = 0
    places: dict[int, Column] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    problems: list[TableProblem] = field(default_factory=list)


def find_header(head: Sequence[Sequence[Cell]], columns: Sequence[Column | ColumnFamily]) -> Header:
    """The first row that names all required columns (of two such rows, labels then codes, the second)."""
    best = Header(row=1, problems=[_missing_column(column, []) for column in columns if column.required])
    for number, cells in enumerate(head, 1):
        header = _match_header(number, cells, columns)
        if header.places and not header.problems:
            if number < len(head):
                below = _match_header(number + 1, head[number], columns)
                header = below if below.places and not below.problems else header
            header.titles = [text for row in head[: header.row - 1] for text in _texts(row)]
            return header
        if len(header.places) > len(best.places):
            best = header
    return best


def _texts(cells: Sequence[Cell]) -> list[str]:
    return [text for text in map(to_text, cells) if isinstance(text, str)]


def _match_header(number: int, cells: Sequence[Cell], columns: Sequence[Column | ColumnFamily]) -> Header:
    header = Header(row=number)
    names = {fold(name): c for c in columns if isinstance(c, Column) for name in (c.name, *c.synonyms)}
    families = [column for column in columns if isinstance(column, ColumnFamily)]
    seen: dict[str, str] = {}
    for index, cell in enumerate(cells):
        text = to_text(cell)
        if isinstance(text, Missing):
            continue
        header.width = index + 1
        column = names.get(fold(text)) or _family_column(text, families)
        if column is None:
            header.unread.append(text)
        elif column.name in seen:
            header.problems.append(_duplicate_column(number, column, seen[column.name], text))
        else:
            seen[column.name] = text
            header.places[index] = column
    read = set(seen)
    texts = _texts(cells)
    for wanted in columns:
        if not wanted.required:
            continue
        found = (
            wanted.name in read
            if isinstance(wanted, Column)
            else any(re.fullmatch(wanted.pattern, t) for t in texts)
        )
        if not found:
            header.problems.append(_missing_column(wanted, header.unread))
    return header


def _family_column(text: str, families: Sequence[ColumnFamily]) -> Column | None:
    for family in families:
        if re.fullmatch(family.pattern, text):
            return Column(text, kind=family.kind, blank=True)
    return None


def _duplicate_column(row: int, column: Column, first: str, second: str) -> TableProblem:
    return TableProblem(
        f"Deux colonnes portent la même information : « {first} » et « {second} ».",
        "Gardez-en une seule.",
        row=row,
        column=column.name,
    )


def _missing_column(column: Column | ColumnFamily, others: Sequence[str]) -> TableProblem:
    if isinstance(column, ColumnFamily):
        return TableProblem(
            f"Aucune colonne n’a un nom de la forme attendue ({column.pattern}).",
            "Vérifiez la ligne des titres.",
        )
    accepted = ", ".join(f"« {name} »" for name in (column.name, *column.synonyms)[:4])
    close = difflib.get_close_matches(fold(column.name), [fold(text) for text in others], n=1, cutoff=0.6)
    near = next((text for text in others if close and fold(text) == close[0]), None)
    hint = f" La colonne « {near} » lui ressemble." if near else ""
    return TableProblem(
        f"La colonne « {column.name} » manque.",
        f"Ajoutez une colonne nommée {accepted}.{hint}",
        column=column.name,
    )
