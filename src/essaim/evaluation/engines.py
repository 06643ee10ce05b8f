"""Where rows of persons lie: DuckDB, which comes with Essaim, or any engine that Ibis knows.

Queries are written once, in DuckDB's SQL: DuckDB runs them as they are, Ibis translates them for the others.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import duckdb
import polars as pl

from essaim.evaluation.errors import EvaluationError

Kind = Literal["float", "integer", "decimal", "boolean", "other"]

_READERS = {".parquet": "read_parquet", ".csv": "read_csv", ".tsv": "read_csv", ".gz": "read_csv"}
#: NaN is larger than every number in PostgreSQL and in Spark.
_FINITE = "{0} < CAST('Infinity' AS DOUBLE) AND {0} > CAST('-Infinity' AS DOUBLE)"
_DATABASES = (".duckdb", ".ddb")


class Engine(Protocol):
    """A table in its engine."""

    @property
    def rows(self) -> str:
        """The table as written after FROM."""

    @property
    def finite(self) -> str:
        """How the engine says that a floating-point number ``{0}`` is neither NaN nor infinite."""

    @property
    def parquet(self) -> str | None:
        """The files of the table (``*`` for several), where it is parquet files of this machine."""

    @property
    def kinds(self) -> dict[str, Kind]:
        """The columns and the kind of their values."""

    def run(self, query: str, shown: Mapping[str, str | None]) -> pl.DataFrame:
        """The rows of a query in DuckDB's SQL.

        ``shown`` names its columns in order, with their type, or ``None`` for a column of the table as it is.
        Raises ``EvaluationError``.
        """


def is_engine(source: str) -> bool:
    """Whether a source is the address of an engine rather than of a file.

    >>> is_engine("postgresql://localhost/base"), is_engine("https://exemple.fr/panel.csv"), is_engine("p.csv")
    (True, False, False)
    """
    scheme, found, _ = source.partition("://")
    return bool(found) and scheme.lower() not in ("http", "https", "duckdb")


def is_database(source: str) -> bool:
    """Whether a source holds tables: the address of an engine, or a DuckDB file."""
    return is_engine(source) or source.startswith("duckdb://") or Path(source).suffix.lower() in _DATABASES


def without_secret(source: str) -> str:
    """The address of a source as it may be shown: no password.

    >>> without_secret("postgresql://ana:secret@localhost/base")
    'postgresql://ana@localhost/base'
    """
    scheme, found, rest = source.partition("://")
    user, at, place = rest.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}@{place}" if found and at else source


def opened(source: str, table: str | None = None, keys: Sequence[str] = ()) -> Engine:
    """The engine of a source: a parquet or CSV file (``*`` for several), a DuckDB database, an address.

    Addresses are Ibis's (``postgresql://host/base``, ``pyspark://?spark.master=local[2]``). ``table`` is a
    table of the database (``schema.table``) or, for Spark, a parquet path. ``keys`` are read as text in a CSV, so
    that « 01 » stays « 01 ». Raises ``EvaluationError``.
    """
    if is_database(source) and not table:
        raise EvaluationError(
            "« %(value)s » est une base : nommez la table à y lire, avec son schéma au besoin.",
            option="--table schema.table",
            value=without_secret(source),
        )
    if is_engine(source):
        return _IbisTable.of(source, str(table))
    suffix = Path(source).suffix.lower()
    if is_database(source):
        return _DuckdbTable.of(quoted(str(table)), source.removeprefix("duckdb://"))
    if suffix not in _READERS or "://" in source:
        raise EvaluationError(
            "« %(source)s » : les lignes de personnes se lisent dans un fichier parquet ou CSV de cette machine, "
            "une base DuckDB (.duckdb) ou un moteur (postgresql://…, pyspark://…). Convertissez le fichier en "
            "parquet.",
            source=source,
        )
    place = "'" + source.replace("'", "''") + "'"
    parquet = source if suffix == ".parquet" else None
    table_of_file = _DuckdbTable.of(f"{_READERS[suffix]}({place})", parquet=parquet)
    if _READERS[suffix] == "read_csv":
        text = ", ".join(f"'{_escaped(key)}': 'VARCHAR'" for key in keys if key in table_of_file.kinds)
        return _DuckdbTable.of(f"read_csv({place}, types = {{{text}}})")
    return table_of_file


def quoted(name: str, *, whole: bool = False) -> str:
    """A name in SQL; ``schema.table`` is two names unless ``whole``.

    >>> quoted("public.personnes"), quoted("a.b", whole=True)
    ('"public"."personnes"', '"a.b"')
    """
    parts = [name] if whole else name.split(".")
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def _escaped(text: str) -> str:
    return text.replace("'", "''")


@dataclass(frozen=True, slots=True)
class _DuckdbTable:
    """A table that the embedded DuckDB reads."""

    connection: duckdb.DuckDBPyConnection
    rows: str
    kinds: dict[str, Kind]
    parquet: str | None = None
    # A comparison with infinity lets NaN through: DuckDB 2.0 drops it by the statistics of the parquet file.
    finite: str = "ISFINITE({0})"

    @classmethod
    def of(cls, rows: str, database: str | None = None, parquet: str | None = None) -> "_DuckdbTable":
        try:
            connection = duckdb.connect(database, read_only=True) if database else duckdb.connect()
            # The order of the rows means nothing here: keeping it would cost memory.
            connection.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
            # Cells of whole-number keys are found by their place in a table of 2²² and not by a hash: twice as fast.
            connection.execute("SET perfect_ht_threshold = 22")
            # A count over a window would be rewritten as a join, and the rows under it read twice.
            connection.execute("SET disabled_optimizers = 'window_self_join'")
            described = connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()  # noqa: S608
        except duckdb.Error as error:
            raise _unreadable(error) from error
        return cls(connection, rows, {name: _duckdb_kind(str(kind)) for name, kind, *_ in described}, parquet)

    def run(self, query: str, shown: Mapping[str, str | None]) -> pl.DataFrame:
        # Through a file: handed over in memory, DuckDB 2.0 ends the process with warnings of leaks.
        with tempfile.TemporaryDirectory(prefix="essaim-") as folder:
            path = Path(folder) / "cells.parquet"
            try:
                self.connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION lz4)")
            except duckdb.Error as error:
                raise _unreadable(error) from error
            return pl.read_parquet(path, memory_map=False)


def _duckdb_kind(name: str) -> Kind:
    if name in ("DOUBLE", "FLOAT"):
        return "float"
    if name.endswith(("INT", "INTEGER")):
        return "integer"
    if name.startswith("DECIMAL"):
        return "decimal"
    return "boolean" if name == "BOOLEAN" else "other"


@dataclass(frozen=True, slots=True)
class _IbisTable:
    """A table of an engine that Ibis speaks to."""

    backend: Any
    rows: str
    types: dict[str, Any]
    kinds: dict[str, Kind]
    parquet: None = None
    finite: str = _FINITE

    @classmethod
    def of(cls, address: str, table: str) -> "_IbisTable":
        try:
            import ibis
        except ImportError as error:
            raise EvaluationError(
                "Les bases et moteurs extérieurs se lisent à travers Ibis, qui n’est pas installé : « pip install "
                "'essaim[engines]' » (PostgreSQL) ou « pip install 'essaim[spark]' »."
            ) from error
        # SQLite would make an empty file.
        if address.startswith("sqlite://") and not Path(address.removeprefix("sqlite://")).is_file():
            raise _unreadable(FileNotFoundError(f"{address.removeprefix('sqlite://')} : fichier absent"))
        # Spark looks for the address of the machine's name, which may have none.
        if "spark.master=local" in address:
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        try:
            backend = ibis.connect(address)
            if table.endswith(".parquet"):
                found, name = backend.read_parquet(table, table_name="essaim_rows"), "essaim_rows"
            else:
                schema, _, short = table.rpartition(".")
                found, name = backend.table(short, database=schema or None), table
            types = dict(found.schema().items())
        except Exception as error:  # each engine has errors of its own
            raise _unreadable(error) from error
        return cls(backend, quoted(name), types, {name: _ibis_kind(kind) for name, kind in types.items()})

    def run(self, query: str, shown: Mapping[str, str | None]) -> pl.DataFrame:
        schema = {name: kind or self.types[name] for name, kind in shown.items()}
        try:
            arrow = self.backend.sql(query, schema=schema, dialect="duckdb").to_pyarrow()
        except Exception as error:  # each engine has errors of its own
            raise _unreadable(error) from error
        frame = pl.from_arrow(arrow)
        assert isinstance(frame, pl.DataFrame)
        return frame


def _ibis_kind(kind: Any) -> Kind:
    if kind.is_floating():
        return "float"
    if kind.is_integer():
        return "integer"
    if kind.is_decimal():
        return "decimal"
    return "boolean" if kind.is_boolean() else "other"


def _unreadable(error: Exception) -> EvaluationError:
    said = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return EvaluationError(
        "La source ne se lit pas (%(value)s). Vérifiez l’adresse, le nom de la table et vos droits.",
        value=without_secret(said)[:300],
    )
