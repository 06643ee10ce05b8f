"""INSEE, localised unemployment rates by département and quarter (``sl_etc_AAAATQ.xls``).

Page: https://www.insee.fr/fr/statistiques/2012804 (Licence Ouverte 2.0, mention of INSEE). One sheet
« Département »: three rows of title, a header ``Code, Libellé, T1_1982, …, T3_2025``, one row a
département, then notes. Rates are in percent, seasonally adjusted, averaged over the quarter.
Overseas départements start in 2014; Mayotte is absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from essaim.opendata import location
from essaim.opendata.raw import candidates, open_source
from essaim.opendata.safety import Limits, UnsafeFile
from essaim.opendata.values import Cell, to_code
from essaim.territory.codes import region_of_department

PAGE = "https://www.insee.fr/fr/statistiques/2012804"
SOURCE = "Insee, taux de chômage localisés, par département (CVS, en %)"
LICENCE = "Licence Ouverte 2.0"

_QUARTER = re.compile(r"T([1-4])_(\d{4})")
_DEPARTEMENT = re.compile(r"\d{2}|2[AB]|97\d")
_HEADER_WITHIN = 15
#: First bytes of an XLS and of an XLSX or ODS.
_WORKBOOKS = (b"\xd0\xcf\x11\xe0", b"PK")


def recognises(content: bytes, limits: Limits | None = None) -> bool:
    """Whether these bytes are a workbook that has the header of INSEE's. Raises ``UnsafeFile``."""
    if not content.startswith(_WORKBOOKS):
        return False
    with open_source(content, limits or Limits()) as opened:
        return any(_header(candidate.head) is not None for candidate in candidates(opened))


def read(source: str | bytes, limits: Limits | None = None) -> pl.DataFrame:
    """Long frame ``unit, name, region, time, outcome`` of the rates, empty cells left out.

    ``source`` is a path, an http(s) address or the content. Raises ``UnsafeFile``.
    """
    limits = limits or Limits()
    content = source if isinstance(source, bytes) else location.read(source, limits)
    with open_source(content, limits) as opened:
        for candidate in candidates(opened):
            header = _header(candidate.head)
            if header is not None:
                return _long(candidate.rows, header)
    raise UnsafeFile(
        "Le fichier n’est pas celui de l’Insee : aucune feuille n’a d’en-tête « Code, Libellé, T1_1982… ».",
        f"Téléchargez « sl_etc_AAAATQ.xls » sur la page {PAGE}.",
    )


def _header(head: list[list[Cell]]) -> int | None:
    """Index of the row of names, or ``None``."""
    for number, row in enumerate(head[:_HEADER_WITHIN]):
        if len(row) > 2 and row[0] == "Code" and _QUARTER.fullmatch(str(row[2])):
            return number
    return None


def _long(rows: Iterator[list[Cell]], header: int) -> pl.DataFrame:
    for _ in range(header):
        next(rows)
    names = next(rows)
    quarters = [
        (column, f"{match[2]}T{match[1]}")
        for column, name in enumerate(names)
        if (match := _QUARTER.fullmatch(str(name)))
    ]
    regions = region_of_department()
    found: list[tuple[str, str, str, str, float]] = []
    for number, row in enumerate(rows, header + 2):
        code = _code(row[0] if row else None)
        if code is None:
            continue
        for column, quarter in quarters:
            value = row[column] if column < len(row) else None
            if value in (None, ""):
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise UnsafeFile(
                    f"Le taux de {code} en {quarter} n’est pas un nombre (« {value} »).",
                    f"Téléchargez de nouveau le fichier sur la page {PAGE}.",
                    number,
                )
            found.append((code, str(row[1]), regions.get(code, ""), quarter, float(value)))
    return pl.DataFrame(found, schema=["unit", "name", "region", "time", "outcome"], orient="row")


def _code(cell: Cell) -> str | None:
    """The code of a département ("01", "2A", "974"; the file stores some as numbers), or ``None`` for a note."""
    code = to_code(cell, width=2)
    return code if isinstance(code, str) and _DEPARTEMENT.fullmatch(code) else None
