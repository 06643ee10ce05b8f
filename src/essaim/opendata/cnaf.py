"""CNAF: households receiving the RSA and the prime d'activité, by commune, each December.

Counts are rounded to 5; amounts are those of the month of December; the MSA's recipients are not in it. Paris is
given by arrondissement only; rows without commune are recipients whose commune is not known: left out, counted.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from essaim.opendata.dataset import Dataset, commune_column, dataset, fold_arrondissements, period_range
from essaim.opendata.frames import read_frame
from essaim.opendata.schema import Column

VALUES = ("rsa_households", "rsa_amount", "ppa_households", "ppa_amount")
_REASONS = tuple(f"{value}_reason" for value in VALUES)
COLUMNS = (
    Column("period", "period", ("dtreffre", "date de référence")),
    commune_column("numcomdo", "code commune", blank=True),
    Column("name", "text", ("nomcom", "nom commune"), blank=True),
    Column("rsa_households", "number", ("indfoy_rsa",), blank=True, minimum=0),
    Column("rsa_amount", "number", ("indmtt_rsa",), blank=True, minimum=0),
    Column("ppa_households", "number", ("indfoy_ppa",), blank=True, minimum=0),
    Column("ppa_amount", "number", ("indmtt_ppa",), blank=True, minimum=0),
)
NOTES = (
    "Foyers arrondis à 5 par le producteur ; montants du seul mois de décembre, en euros.",
    "Les allocataires du régime agricole (MSA) ne sont pas comptés.",
)


def read(path: Path, name: str = "") -> Dataset:
    """``code``, ``name``, ``period`` (``2024-12``), households and amounts, each with its ``_reason``."""
    frame = read_frame(path, COLUMNS, key=("code", "period"), reasons=VALUES)
    placed = frame.data.filter(pl.col("code").is_not_null())
    data, dropped = fold_arrondissements(placed, ("period",), VALUES)
    frame.report.ignored += dropped + frame.data.height - placed.height
    vintage = period_range(data)
    return dataset(
        "cnaf", "commune", vintage, frame, data.select("code", "name", "period", *VALUES, *_REASONS), NOTES
    )
