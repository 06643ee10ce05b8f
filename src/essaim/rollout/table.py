"""Territories to draw, from a table: code, stratum, first (why it must open first), covariates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from essaim.opendata.values import BadCell, fold, to_boolean
from essaim.rollout.allocation import Territory
from essaim.rollout.errors import RolloutError
from essaim.words import told

#: How people write the columns that are known here, case, accents and punctuation apart.
HEADERS: Final = {
    "code": ("code", "code insee", "territoire"),
    "name": ("name", "nom", "libelle"),
    "stratum": ("stratum", "strate"),
    "first": ("first", "impose", "en premier", "premier"),
    "wave": ("wave", "vague"),
}
_NAMES: Final = {word: name for name, words in HEADERS.items() for word in words}


def named(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """The table with its known columns under the names of ``HEADERS``; ``where`` names it in errors."""
    found: dict[str, str] = {}
    for column in frame.columns:
        name = _NAMES.get(fold(column), column)
        if name in found:
            raise RolloutError(
                "%(where)s : les colonnes « %(one)s » et « %(other)s » disent la même chose. Gardez-en une.",
                where=where,
                one=found[name],
                other=column,
            )
        found[name] = column
    return frame.rename({column: name for name, column in found.items()})


def read_territories(
    frame: pl.DataFrame, covariates: Sequence[str], where: str, *, chosen: bool = False
) -> tuple[tuple[Territory, ...], Mapping[str, int]]:
    """The territories of a ``named`` table, and when waves are ``chosen`` that of each (column « wave »).

    ``where`` names the table in errors. Raises ``RolloutError`` with the line and the column.
    """
    for name in ["code", *covariates, *(["wave"] if chosen else [])]:
        if name not in frame.columns:
            raise RolloutError(
                "%(where)s : pas de colonne « %(name)s ». Colonnes lues : %(columns)s.",
                where=where,
                name=name,
                columns=", ".join(frame.columns),
            )
    rows: list[Territory] = []
    waves: dict[str, int] = {}
    for line, row in enumerate(frame.iter_rows(named=True), 2):
        code = str(row["code"] or "").strip()
        if not code:
            raise RolloutError(
                "%(where)s, ligne %(line)s, colonne « code » : vide. Donnez le code du territoire.",
                where=where,
                line=line,
            )
        values = {name: number(row[name], where, line, name) for name in covariates}
        stratum = str(row.get("stratum") or "").strip()
        rows.append(Territory(code, stratum, values, _first(row.get("first"), where, line)))
        if chosen:
            waves[code] = _wave(row["wave"], where, line)
    return tuple(rows), waves


def _first(cell: object, where: str, line: int) -> str:
    """Why the territory must open first; nothing when it need not. A mere « oui » gives no reason."""
    text = str(cell or "").strip()
    try:
        said = to_boolean(text)
    except BadCell:
        return text
    if said is True:
        raise RolloutError(
            "%(where)s, ligne %(line)s : « %(text)s » ne dit pas pourquoi ce territoire doit ouvrir en premier. "
            "Donnez la raison, ou laissez la case vide.",
            where=where,
            line=line,
            text=text,
        )
    return ""


def _wave(cell: object, where: str, line: int) -> int:
    value = number(cell, where, line, "wave")
    if not (value >= 1 and value.is_integer()):
        raise RolloutError(
            "%(where)s, ligne %(line)s : vague %(value)s. Donnez un nombre entier, à partir de 1.",
            where=where,
            line=line,
            value=value,
        )
    return int(value)


def number(value: object, where: str, line: int, column: str) -> float:
    """A number as people write it: decimal comma, spaces between thousands."""
    plain = str(value).strip().replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    try:
        return float(plain.replace(",", "."))
    except ValueError:
        shown = told("vide") if value is None else f"« {value} »"
        raise RolloutError(
            "%(where)s, ligne %(line)s, colonne « %(column)s » : %(shown)s n’est pas un nombre.",
            where=where,
            line=line,
            column=column,
            shown=shown,
        ) from None
