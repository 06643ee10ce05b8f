"""Territories to draw, from a table: code, stratum, first (why it must open first), covariates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from essaim.rollout.allocation import Territory
from essaim.rollout.errors import RolloutError
from essaim.words import told


def read_territories(
    frame: pl.DataFrame, covariates: Sequence[str], where: str, *, chosen: bool = False
) -> tuple[tuple[Territory, ...], Mapping[str, int]]:
    """The territories of a table, and when waves are ``chosen`` that of each (column « wave »).

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
        stratum, first = (str(row.get(name) or "").strip() for name in ("stratum", "first"))
        rows.append(Territory(code, stratum, values, first))
        if chosen:
            waves[code] = int(number(row["wave"], where, line, "wave"))
    return tuple(rows), waves


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
