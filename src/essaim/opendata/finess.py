"""FINESS: health and social establishments (extraction ``etalab-cs1100502`` or ``cs1100507``, with coordinates).

The file has no header: the first line is ``finess;etalab;NN;AAAA-MM-JJ``, then lines ``structureet;…`` whose fields
come in the order of :data:`FIELDS`, then (cs1100507) lines ``geolocalisation;…``. The commune is three digits
beside the département; overseas départements are written 9A to 9F.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from essaim.opendata.dataset import Dataset, failed, member
from essaim.opendata.frames import BULK
from essaim.opendata.raw import csv_rows, open_source
from essaim.opendata.safety import UnsafeFile
from essaim.opendata.schema import Table, TableProblem
from essaim.opendata.values import BadCell, Cell, Missing, to_code, to_date, to_number

FIELDS = (
    "section", "nofinesset", "nofinessej", "rs", "rslongue", "complrs", "compldistrib", "numvoie", "typvoie", "voie",
    "compvoie", "lieuditbp", "commune", "departement", "libdepartement", "ligneacheminement", "telephone",
    "telecopie", "categetab", "libcategetab", "categagretab", "libcategagretab", "siret", "codeape", "codemft",
    "libmft", "codesph", "libsph", "dateouv", "dateautor", "datemaj", "numuai",
)  # fmt: skip
_AT = {name: index for index, name in enumerate(FIELDS)}
_OVERSEAS = {"9A": "971", "9B": "972", "9C": "973", "9D": "974", "9E": "975", "9F": "976"}
_SCHEMA = {
    "finess": pl.String,
    "finess_ej": pl.String,
    "name": pl.String,
    "code": pl.String,
    "category": pl.String,
    "category_name": pl.String,
    "siret": pl.String,
    "opened": pl.Date,
    "updated": pl.Date,
}
_WHERE = "Téléchargez « etalab-cs1100502 » ou « etalab-cs1100507 » sur data.gouv.fr."
_POINTS = {"finess": pl.String, "x": pl.Float64, "y": pl.Float64}


def read(path: Path, name: str = "") -> Dataset:
    """Main table: one row an establishment; ``points``: ``finess``, ``x``, ``y`` in metres (overseas: own grid)."""
    table = Table(format="csv", separator=";")
    try:
        with member(path, r"etalab.*\.csv$") as found, open_source(found, BULK) as opened:
            if opened.format != "csv":
                raise UnsafeFile("Le fichier est un classeur, pas l’extraction FINESS en CSV.", _WHERE)
            table.encoding = opened.encoding.removesuffix("-sig")
            lines = enumerate(csv_rows(opened, ";"), 1)
            vintage = _first_line(next(lines)[1])
            establishments: list[tuple[object, ...]] = []
            points: list[tuple[object, ...]] = []
            for kind, values in _records(lines, table):
                (establishments if kind == "structureet" else points).append(values)
    except UnsafeFile as error:
        return failed("finess", "point", error)
    main = pl.DataFrame(establishments, schema=_SCHEMA, orient="row")
    tables = {"finess": main, "points": pl.DataFrame(points, schema=_POINTS, orient="row")}
    return Dataset("finess", "point", vintage, tables, table)


def _first_line(cells: list[Cell]) -> str:
    if len(cells) < 4 or cells[0] != "finess" or cells[1] != "etalab":
        raise UnsafeFile(
            "La première ligne n’est pas « finess;etalab;… » : ce n’est pas l’extraction FINESS attendue.",
            _WHERE,
            row=1,
        )
    return str(cells[3])


def _records(
    lines: Iterator[tuple[int, list[Cell]]], table: Table
) -> Iterator[tuple[str, tuple[object, ...]]]:
    seen: dict[str, int] = {}
    for number, cells in lines:
        kind = str(cells[0]) if cells else ""
        try:
            if kind == "structureet":
                values = _establishment(cells)
                first = seen.setdefault(str(values[0]), number)
                if first != number:
                    raise BadCell(
                        f"L’établissement répète la ligne {first}.", "Gardez une seule des deux lignes."
                    )
                yield kind, values
            elif kind == "geolocalisation":
                yield kind, _point(cells)
            elif kind:
                table.ignored += 1
        except BadCell as error:
            table.add(
                TableProblem(error.message, error.mend, number, None, ";".join(map(str, cells))[:80]),
                BULK.problems,
            )


def _establishment(cells: list[Cell]) -> tuple[object, ...]:
    if len(cells) != len(FIELDS):
        raise BadCell(
            f"La ligne a {len(cells)} champs au lieu de {len(FIELDS)}.",
            "Le format a changé ou la ligne est coupée : téléchargez le fichier de nouveau.",
        )
    finess = to_code(cells[_AT["nofinesset"]], 9)
    if isinstance(finess, Missing) or len(finess) != 9:
        raise BadCell("Le numéro FINESS est absent ou mal formé.", "Il compte neuf caractères.")
    return (
        finess,
        _code(cells, "nofinessej", 9),
        _text(cells, "rslongue") or _text(cells, "rs"),
        commune_code(str(cells[_AT["departement"]]), str(cells[_AT["commune"]])),
        _code(cells, "categetab", 3),
        _text(cells, "libcategetab"),
        _code(cells, "siret", 14),
        _date(cells, "dateouv"),
        _date(cells, "datemaj"),
    )


def commune_code(department: str, commune: str) -> str | None:
    """INSEE code from FINESS's département and three-digit commune; None when the commune is not given.

    >>> commune_code("01", "53"), commune_code("2A", "004"), commune_code("9D", "411"), commune_code("974", "11")
    ('01053', '2A004', '97411', '97411')
    """
    department, commune = department.strip().upper(), commune.strip()
    if not department or not commune:
        return None
    if not commune.isdigit() or len(commune) > 3:
        raise BadCell(
            f"Le code de commune « {commune} » n’a pas trois chiffres.", "Téléchargez le fichier de nouveau."
        )
    overseas = _OVERSEAS.get(department, department if len(department) == 3 else "")
    if overseas:  # the third digit of the département is the first of the commune: 974 + 411 is 97411
        return overseas + commune.zfill(3)[-2:]
    return department.zfill(2) + commune.zfill(3)


def _point(cells: list[Cell]) -> tuple[object, ...]:
    if len(cells) < 4:
        raise BadCell("La ligne de coordonnées est coupée.", "Téléchargez le fichier de nouveau.")
    x, y = to_number(cells[2]), to_number(cells[3])
    return (
        str(cells[1]).strip().zfill(9),
        None if isinstance(x, Missing) else x,
        None if isinstance(y, Missing) else y,
    )


def _text(cells: list[Cell], name: str) -> str | None:
    return str(cells[_AT[name]]).strip() or None


def _code(cells: list[Cell], name: str, width: int) -> str | None:
    code = to_code(cells[_AT[name]], width)
    return None if isinstance(code, Missing) else code


def _date(cells: list[Cell], name: str) -> object:
    day = to_date(cells[_AT[name]])
    return None if isinstance(day, Missing) else day
