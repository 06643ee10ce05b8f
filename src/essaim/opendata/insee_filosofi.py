"""INSEE Filosofi by commune: poverty rates, median standard of living, share of minimum social benefits.

Headers end with the year (``TP6019``, ``MED21``); the poverty file covers some 4,400 communes, the others are
under statistical secret, and within the file a cell may be empty, ``s`` or ``ns``: absent, never zero.
"""

from __future__ import annotations

import re
from pathlib import Path

from essaim.opendata.dataset import Dataset, commune_column, dataset, member
from essaim.opendata.frames import ROW, Frame, read_frame
from essaim.opendata.schema import Column, ColumnFamily, TableProblem

_NAMES = {
    "TP40": "poverty_rate_40",
    "TP50": "poverty_rate_50",
    "TP60": "poverty_rate_60",
    "MED": "median_income",
    "PPMINI": "minima_share",
    "NBPERSMENFISC": "persons",
    "NBMENFISC": "households",
}
_PATTERN = rf"({'|'.join(_NAMES)})(\d\d)"
COLUMNS = (
    commune_column("CODGEO"),
    Column("name", "text", ("LIBGEO",), required=False),
    ColumnFamily(_PATTERN),
)


def read(path: Path, name: str = "") -> Dataset:
    """One row a commune: ``code``, ``name`` and the measures the file holds (%, € a year, counts)."""
    with member(path, r"(FILO|filosofi).*(COM)\.(xlsx?|csv)$") as found:
        frame = read_frame(found, COLUMNS, key=("code",))
    headers = [column for column in frame.data.columns if re.fullmatch(_PATTERN, column)]
    years = sorted({header[-2:] for header in headers})
    if len(years) > 1:
        _two_years(frame, years)
    renamed = frame.data.rename(
        {header: _NAMES[header[:-2]] for header in headers} if len(years) == 1 else {}
    )
    note = (
        "Les communes absentes et les cellules vides sont sous secret statistique : ce ne sont pas des zéros."
    )
    return dataset(
        "insee_filosofi",
        "commune",
        f"Filosofi 20{years[0]}" if years else "",
        frame,
        renamed.drop(ROW),
        [note],
    )


def _two_years(frame: Frame, years: list[str]) -> None:
    problem = TableProblem(
        f"Le fichier mélange plusieurs années (20{', 20'.join(years)}).",
        "Gardez les colonnes d’une seule année.",
        row=frame.report.header_row,
    )
    frame.report.add(problem, limit=100)
