"""Dares / France Travail: job-seekers registered by commune (categories A, B, C), fourth quarters since 2015.

Two million rows. Traps: counts are rounded to 5; Paris, Lyon and Marseille are given twice (city and
arrondissements); rows whose commune is "Total" are sums; from 2025 the registration of RSA recipients is
automatic, which breaks the series.
"""

from __future__ import annotations

from pathlib import Path

from essaim.opendata.dataset import Dataset, commune_column, dataset, fold_arrondissements, period_range
from essaim.opendata.frames import read_frame
from essaim.opendata.schema import Column

KEY = ("code", "period", "category", "sex", "age")
COLUMNS = (
    Column("period", "period", ("Date", "Trimestre")),
    commune_column("Code commune"),
    Column("category", "text", ("Catégorie",)),
    Column("sex", "text", ("Sexe",)),
    Column("age", "text", ("Tranche d'âge", "Tranche age")),
    Column("value", "integer", ("Nombre de demandeurs d'emploi", "Nombre DE"), blank=True, minimum=0),
)
NOTES = (
    "Effectifs arrondis à 5 par le producteur.",
    "En 2025 l’inscription des bénéficiaires du RSA devient automatique : la série est rompue.",
)


def read(path: Path, name: str = "") -> Dataset:
    """``code``, ``period``, ``category``, ``sex``, ``age``, ``value``, ``value_reason``; one row a :data:`KEY`."""
    frame = read_frame(path, COLUMNS, key=KEY, ignore={"code": {"Total"}}, reasons=("value",))
    data, dropped = fold_arrondissements(frame.data, KEY[1:], ("value",))
    frame.report.ignored += dropped
    return dataset(
        "dares_defm", "commune", period_range(data), frame, data.select(*KEY, "value", "value_reason"), NOTES
    )
