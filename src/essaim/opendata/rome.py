"""France Travail ROME 4.0: the zip of CSV files ``unix_<name>_vNNN_utf8.csv`` (NNN is the version).

The JSON and XML exports are in ISO-8859-15 and are not read. One header is misspelt by the producer
(``code_domaine_professionel``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from essaim.opendata.dataset import Dataset, failed, find, member
from essaim.opendata.frames import BULK, ROW, read_frame
from essaim.opendata.safety import UnsafeFile, check_archive
from essaim.opendata.schema import Column, Table

TABLES: Mapping[str, tuple[str, tuple[Column, ...], tuple[str, ...]]] = {
    # table: (name in the archive, columns, key)
    "occupations": (
        "referentiel_code_rome",
        (
            Column("code", "code", ("code_rome",)),
            Column("name", "text", ("libelle_rome",)),
            Column("green", "text", ("transition_eco",), required=False),
            Column("digital", "text", ("transition_num",), required=False),
            Column("parent", "code", ("code_rome_parent",), required=False),
        ),
        ("code",),
    ),
    "job_titles": (
        "referentiel_appellation",
        (
            Column("ogr", "code", ("code_ogr",)),
            Column("name", "text", ("libelle_appellation_long",)),
            Column("short_name", "text", ("libelle_appellation_court",), required=False),
            Column("code", "code", ("code_rome",)),
        ),
        ("ogr",),
    ),
    "skills": (
        "referentiel_competence",
        (
            Column("ogr", "code", ("code_ogr",)),
            Column("nature", "text"),
            Column("name", "text", ("libelle_competence",)),
            Column("macro_skill", "code", ("code_macro_comp",), required=False),
            Column("category", "text", ("cat_comp",), required=False),
            Column("subcategory", "text", ("sous_cat_comp",), required=False),
        ),
        (),
    ),
    "links": (
        "liens_rome_referentiels",
        (
            Column("code", "code", ("code_rome",)),
            Column("block", "code", ("code_compo_bloc",)),
            Column("heading", "code", ("code_rubrique",), blank=True),
            Column("ogr", "code", ("code_ogr",)),
        ),
        (),
    ),
    "mobility": (
        "rubrique_mobilite",
        (
            Column("code", "code", ("code_rome",)),
            Column("target", "code", ("code_rome_cible",)),
            Column("rank", "integer", ("numero_ordre",), blank=True),
        ),
        (),
    ),
    "domains": (
        "cr_gd_dp",
        (
            Column("code", "code", ("code_rome",)),
            Column("major_code", "code", ("code_grand_domaine",)),
            Column("major_name", "text", ("libelle_grand_domaine",)),
            Column("domain_code", "code", ("code_domaine_professionel", "code_domaine_professionnel")),
            Column("domain_name", "text", ("libelle_domaine_professionel", "libelle_domaine_professionnel")),
        ),
        ("code",),
    ),
}


def read(path: Path, name: str = "") -> Dataset:
    """Tables ``occupations`` (main), ``job_titles``, ``skills``, ``links``, ``mobility`` and ``domains``."""
    try:
        with path.open("rb") as stream:
            names = check_archive(stream, BULK)
        report, tables = Table(format="zip"), {}
        for table, (file, columns, key) in TABLES.items():
            with member(path, rf"unix_{file}_v\d+_utf8\.csv$") as found:
                frame = read_frame(found, columns, key=key)
            for problem in frame.report.problems:
                placed = replace(problem, message=f"[{file}] {problem.message}")
                report.add(placed, BULK.problems)
            tables[table] = frame.data.drop(ROW)
    except UnsafeFile as error:
        return failed("rome", "nomenclature", error)
    version = find(r"_v(\d+)_utf8", *names)
    _check_links(tables, report)
    return Dataset("rome", "nomenclature", f"ROME 4.0 v{version}" if version else "", tables, report)


def _check_links(tables: Mapping[str, pl.DataFrame], report: Table) -> None:
    """Every job title and link must name a known occupation: a torn archive shows here."""
    known = tables["occupations"]["code"].implode()
    lost = sum(int((~tables[name]["code"].is_in(known)).sum()) for name in ("job_titles", "links", "domains"))
    if lost:
        report.notes.append(f"{lost} ligne(s) renvoient à un code ROME absent du référentiel.")
