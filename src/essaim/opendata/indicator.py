"""A user's own table becomes an indicator: codes recognised, aggregation declared (levels: :mod:`.levels`).

A count adds up. A mean or a rate is never averaged without its weight: it travels with its components (value and
weight, numerator and denominator), and only they are added. What a larger territory says of a commune is carried
down and marked so. What is not known is null, never zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from essaim.opendata.raw import Source
from essaim.opendata.schema import Column, Row, Table, TableProblem
from essaim.opendata.tables import read_table
from essaim.territory.codes import LEVELS, communes, territories
from essaim.territory.lookup import CodeKind, recognise

POPULATION = "population"
PROBLEMS = 100
COMPONENTS = {"code": pl.String, "amount": pl.Float64, "base": pl.Float64, "counted": pl.Boolean}


@dataclass(frozen=True, slots=True)
class Sum:
    """A count: the value of a territory is the sum of those of its parts."""

    value: str


@dataclass(frozen=True, slots=True)
class Count(Sum):
    """A list, one row a structure: how many a territory has. One that the list does not name has none."""

    value: str = "lignes"


@dataclass(frozen=True, slots=True)
class WeightedMean:
    """A mean or a published rate: Σ value · weight / Σ weight. ``weight``: a column, or ``"population"``."""

    value: str
    weight: str = POPULATION


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate: ``per`` · Σ numerator / Σ denominator (``per`` = 100 for a percentage)."""

    numerator: str
    denominator: str
    per: float = 100.0


@dataclass(frozen=True, slots=True)
class Published:
    """A rate or a median whose weight is not published: kept at its level or carried down, never averaged upward."""

    value: str


Aggregation = Sum | WeightedMean | Rate | Published


@dataclass(frozen=True, slots=True)
class Indicator:
    """Values by current code. ``data``: ``code``, ``amount``, ``base``: the value is ``scale`` · amount / base.

    ``base`` is null for a count, whose value is ``amount``. ``folded``: rows whose former code was replaced by
    today's. ``report``: bad codes and cells, with rows.
    """

    level: CodeKind
    aggregation: Aggregation
    data: pl.DataFrame
    folded: int
    report: Table

    @property
    def scale(self) -> float:
        return self.aggregation.per if isinstance(self.aggregation, Rate) else 1.0

    def values(self) -> pl.DataFrame:
        """``code``, ``value``: null where an amount is unknown or a base is zero."""
        return self.data.select("code", value_of(self.scale))


def value_of(scale: float) -> pl.Expr:
    """The value of components ``amount``, ``base`` and ``counted``; null where the base is zero or unknown."""
    ratio = pl.when(pl.col("base") > 0).then(scale * pl.col("amount") / pl.col("base"))
    return (
        pl.when(pl.col("base").is_null() & pl.col("counted"))
        .then(pl.col("amount"))
        .otherwise(ratio)
        .alias("value")
    )


def read_indicator(
    source: Source,
    code: str,
    aggregation: Aggregation,
    *,
    level: CodeKind | None = None,
    sheet: str | None = None,
) -> Indicator:
    """Read a table (path, bytes or file object) with a column of codes, named by its header ``code``.

    ``level``: the kind of the codes, recognised when not given. Former codes are folded to today's communes, whose
    values are aggregated as declared. Bad codes and cells are in ``report``; their rows are left out.
    """
    columns = [Column(code, "text"), *(Column(name, "number", blank=True) for name in _needed(aggregation))]
    table = read_table(source, columns, sheet=sheet)
    rows, table.rows = table.rows, []
    recognised = recognise([row[code] for row in rows], code)
    kind = level or recognised.kind
    if kind is None or (level and level != recognised.kind):
        recognised_as = recognised.kind or "aucun"
        problem = TableProblem(
            f"Les codes de la colonne ne sont pas du niveau attendu (reconnu : {recognised_as}).",
            "Choisissez la colonne des codes INSEE, ou un autre niveau.",
            column=code,
        )
        if rows:
            table.add(problem, PROBLEMS)
        return Indicator(kind or "commune", aggregation, _frame([], aggregation), 0, table)
    for bad in recognised.bad:
        row = rows[bad.row].number
        table.add(
            TableProblem(bad.reason, "Corrigez le code ou retirez la ligne.", row, code, bad.value), PROBLEMS
        )
    if isinstance(aggregation, Count):
        return Indicator(kind, aggregation, _counted(recognised.codes, kind), recognised.folded, table)
    kept = _without_repeats(rows, recognised.codes, code, table)
    return Indicator(kind, aggregation, grouped(_frame(kept, aggregation)), recognised.folded, table)


def _needed(aggregation: Aggregation) -> list[str]:
    if isinstance(aggregation, Count):
        return []
    if isinstance(aggregation, Sum | Published):
        return [aggregation.value]
    if isinstance(aggregation, Rate):
        return [aggregation.numerator, aggregation.denominator]
    return [aggregation.value] + [aggregation.weight] * (aggregation.weight != POPULATION)


def _counted(codes: Iterable[str | None], level: CodeKind) -> pl.DataFrame:
    """How many rows name each territory, zero included where the shipped geography knows them all."""
    counts = Counter(code for code in codes if code is not None)
    every = communes() if level == "commune" else territories(level) if level in LEVELS else counts
    rows = [(code, float(counts[code]), None, True) for code in every]
    return pl.DataFrame(rows, schema=COMPONENTS, orient="row")


def _without_repeats(
    rows: list[Row], codes: tuple[str | None, ...], column: str, table: Table
) -> list[tuple[str, Row]]:
    """Rows with a good code; a code written twice is a problem, two former codes of one commune are not."""
    seen: dict[str, int] = {}
    kept: list[tuple[str, Row]] = []
    for row, code in zip(rows, codes, strict=True):
        if code is None:
            continue
        written = str(row[column]).strip().upper().lstrip("0")
        first = seen.setdefault(written, row.number)
        if first == row.number:
            kept.append((code, row))
        else:
            problem = TableProblem(
                f"Le code est déjà donné à la ligne {first}.", "Gardez une seule ligne par territoire.", row.number,
                column, str(row[column]),
            )  # fmt: skip
            table.add(problem, PROBLEMS)
    return kept


def _frame(rows: list[tuple[str, Row]], aggregation: Aggregation) -> pl.DataFrame:
    """``code``, ``amount``, ``base``, ``counted`` of each row."""
    return pl.DataFrame(
        [(code, *_components(code, row, aggregation)) for code, row in rows], schema=COMPONENTS, orient="row"
    )


def _components(code: str, row: Row, aggregation: Aggregation) -> tuple[float | None, float | None, bool]:
    def number(name: str) -> float | None:
        value = row[name]
        return float(value) if isinstance(value, int | float) else None

    if isinstance(aggregation, Sum):
        return number(aggregation.value), None, True
    if isinstance(aggregation, Rate):
        return number(aggregation.numerator), number(aggregation.denominator), False
    if isinstance(aggregation, Published):
        return number(aggregation.value), 1.0, False
    weight = population(code) if aggregation.weight == POPULATION else number(aggregation.weight)
    value = number(aggregation.value)
    return (None if value is None or weight is None else value * weight), weight, False


def population(code: str) -> float | None:
    """Population of a territory of the reference, whatever its level; None for zones d'emploi and QPV."""
    if code in communes():
        return communes()[code].population
    for level in ("epci", "departement"):
        found = territories(level).get(code)
        if found is not None:
            return found.population
    return None


def grouped(data: pl.DataFrame) -> pl.DataFrame:
    """One row a code: components added, unknown when one is."""
    added = [
        pl.when(pl.col(name).is_null().any()).then(None).otherwise(pl.col(name).sum()).alias(name)
        for name in ("amount", "base")
    ]
    return data.group_by("code", maintain_order=True).agg(*added, pl.col("counted").first())
