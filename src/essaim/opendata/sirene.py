"""INSEE SIRENE stock of establishments: counted where it lies by DuckDB, never held in memory (2 GB, 40 M rows).

Only active establishments are counted, by commune and activity (NAF). Names that are not public are ``[ND]``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from essaim.opendata.dataset import Dataset, failed, find
from essaim.opendata.safety import UnsafeFile
from essaim.opendata.schema import Table

if TYPE_CHECKING:
    import duckdb

_NEEDED = (
    "siret",
    "etatAdministratifEtablissement",
    "codeCommuneEtablissement",
    "activitePrincipaleEtablissement",
    "trancheEffectifsEtablissement",
    "enseigne1Etablissement",
    "denominationUsuelleEtablissement",
)
_NAF = re.compile(r"\d{2}(\.?\d{1,2}[A-Z]?)?")
MEMORY = "600MB"


def read(path: Path, name: str = "") -> Dataset:
    """One row a commune and activity: ``code``, ``naf``, ``establishments``, ``employers``."""
    query = """
        SELECT codeCommuneEtablissement AS code, activitePrincipaleEtablissement AS naf,
               count(*)::BIGINT AS establishments,
               count(*) FILTER (trancheEffectifsEtablissement NOT IN ('NN', '00'))::BIGINT AS employers
        FROM stock
        WHERE etatAdministratifEtablissement = 'A' AND regexp_matches(code, '^[0-9][0-9AB][0-9]{3}$')
        GROUP BY ALL ORDER BY ALL"""
    return _run(path, name, query, [])


def establishments(path: Path, naf: Sequence[str], communes: Sequence[str] = ()) -> Dataset:
    """Active establishments whose activity starts with one of ``naf`` ("88.99", "78"), in ``communes`` if given.

    Columns ``siret``, ``name``, ``code``, ``naf``, ``size`` (INSEE's bracket). Raises ``ValueError`` for an activity
    that is not a NAF code.
    """
    for activity in naf:
        if not _NAF.fullmatch(activity):
            raise ValueError(f"« {activity} » n’est pas un code NAF. Écrivez par exemple 88.99 ou 78.30Z.")
    starts = "|".join(re.escape(activity) for activity in naf)
    query = """
        SELECT siret, coalesce(nullif(enseigne1Etablissement, '[ND]'), nullif(denominationUsuelleEtablissement, '[ND]'))
               AS name, codeCommuneEtablissement AS code, activitePrincipaleEtablissement AS naf,
               trancheEffectifsEtablissement AS size
        FROM stock
        WHERE etatAdministratifEtablissement = 'A'
          AND regexp_matches(naf, ?)
          AND (len(?::VARCHAR[]) = 0 OR list_contains(?::VARCHAR[], code))
        ORDER BY siret"""
    return _run(path, "", query, [f"^({starts})", list(communes), list(communes)])


def _run(path: Path, name: str, query: str, parameters: list[object]) -> Dataset:
    import duckdb  # here, so that the other sources do not pay for loading it

    try:
        with duckdb.connect(config={"memory_limit": MEMORY, "threads": 2}) as connection:
            _open(connection, path)
            data = pl.DataFrame(connection.sql(query, params=parameters))
    except UnsafeFile as error:
        return failed("sirene", "commune", error)
    except duckdb.Error as error:
        message = "Le fichier SIRENE est abîmé, incomplet ou mal formé"
        return failed(
            "sirene",
            "commune",
            UnsafeFile(f"{message} ({_first_line(error)}).", "Téléchargez-le de nouveau."),
        )
    month = find(r"(\d{4}-\d{2})", name, path.name)
    note = "Établissements actifs ; un établissement sans salarié compte aussi."
    return Dataset("sirene", "commune", month, {"sirene": data}, Table(format="sirene"), (note,))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120]


def _open(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """A view ``stock`` on the file, columns found by name. Raises :class:`UnsafeFile` when one is missing."""
    with path.open("rb") as stream:
        parquet = stream.read(4) == b"PAR1"
    literal = str(path).replace("'", "''")
    reader = (
        f"read_parquet('{literal}')"
        if parquet
        else f"read_csv('{literal}', header = true, all_varchar = true)"
    )
    connection.execute(f"CREATE VIEW stock AS FROM {reader}")
    found = {row[0] for row in connection.execute("DESCRIBE stock").fetchall()}
    missing = [column for column in _NEEDED if column not in found]
    if missing:
        raise UnsafeFile(
            f"Colonne(s) absente(s) : {', '.join(missing)}.",
            "Envoyez « StockEtablissement » (Parquet) de la base Sirene.",
        )
