"""A user's own table becomes an indicator: codes recognised, aggregation declared, levels translated.

A count adds up. A mean or a rate is never averaged without its weight: it travels with its components (value and
weight, numerator and denominator), and only they are added. What a larger territory says of a commune is carried
down and marked so. What is not known is null, never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from essaim.opendata.raw import Source
from essaim.opendata.schema import Column, Row, Table, TableProblem
from essaim.opendata.tables import read_table
from essaim.territory.codes import communes, parent, region_of_department, territories
from essaim.territory.lookup import CodeKind, recognise

POPULATION = "population"
PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Sum:
    """A count: the value of a territory is the sum of those of its parts."""

    value: str


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


Aggregation = Sum | WeightedMean | Rate
# Share of the population that must be known: a count short of one part is wrong, a mean bears some absence.
MIN_COVERAGE: Mapping[type, float] = {Sum: 0.999, WeightedMean: 0.5, Rate: 0.5}


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
        return self.data.select("code", _value(self.scale))


def _value(scale: float) -> pl.Expr:
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
    kept = _without_repeats(rows, recognised.codes, code, table)
    return Indicator(kind, aggregation, _grouped(_frame(kept, aggregation)), recognised.folded, table)


def _needed(aggregation: Aggregation) -> list[str]:
    if isinstance(aggregation, Sum):
        return [aggregation.value]
    if isinstance(aggregation, Rate):
        return [aggregation.numerator, aggregation.denominator]
    return [aggregation.value] + [aggregation.weight] * (aggregation.weight != POPULATION)


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
        [(code, *_components(code, row, aggregation)) for code, row in rows],
        schema={"code": pl.String, "amount": pl.Float64, "base": pl.Float64, "counted": pl.Boolean},
        orient="row",
    )


def _components(code: str, row: Row, aggregation: Aggregation) -> tuple[float | None, float | None, bool]:
    def number(name: str) -> float | None:
        value = row[name]
        return float(value) if isinstance(value, int | float) else None

    if isinstance(aggregation, Sum):
        return number(aggregation.value), None, True
    if isinstance(aggregation, Rate):
        return number(aggregation.numerator), number(aggregation.denominator), False
    weight = _population(code) if aggregation.weight == POPULATION else number(aggregation.weight)
    value = number(aggregation.value)
    return (None if value is None or weight is None else value * weight), weight, False


def _population(code: str) -> float | None:
    """Population of a territory of the reference, whatever its level; None for zones d'emploi and QPV."""
    if code in communes():
        return communes()[code].population
    for level in ("epci", "departement"):
        found = territories(level).get(code)
        if found is not None:
            return found.population
    return None


def _grouped(data: pl.DataFrame) -> pl.DataFrame:
    """One row a code: components added, unknown when one is."""
    added = [
        pl.when(pl.col(name).is_null().any()).then(None).otherwise(pl.col(name).sum()).alias(name)
        for name in ("amount", "base")
    ]
    return data.group_by("code", maintain_order=True).agg(*added, pl.col("counted").first())


def translate(
    indicator: Indicator,
    level: CodeKind,
    *,
    zones: Mapping[str, str] | None = None,
    min_coverage: float | None = None,
) -> pl.DataFrame:
    """The indicator at another level: ``code``, ``value``, ``coverage``, ``carried_from``.

    Up (commune → EPCI, zone, département, région): components are added over the parts that are known;
    ``coverage`` is their share of the population, and below ``min_coverage`` the value is null. Down (to the
    communes of a larger territory): the value is repeated and ``carried_from`` names its level; a count cannot be.
    ``zones``: commune → zone d'emploi, from :mod:`essaim.opendata.insee_ze`. Raises ``ValueError`` (French).
    """
    if level == indicator.level:
        same = indicator.values().with_columns(
            pl.lit(1.0).alias("coverage"), pl.lit(None, pl.String).alias("carried_from")
        )
        return same
    above = _parents(indicator.level, level, zones)
    if above is not None:
        least = MIN_COVERAGE[type(indicator.aggregation)] if min_coverage is None else min_coverage
        return _up(indicator, above, least)
    below = _parents(level, indicator.level, zones)
    if below is None:
        raise ValueError(
            f"Un indicateur par {indicator.level} ne se traduit pas directement par {level} : ces découpages ne "
            "s’emboîtent pas. Partez de données par commune."
        )
    return _down(indicator, below)


def _parents(part: CodeKind, whole: CodeKind, zones: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """Code of each part → code of the whole it lies in, or None when the levels do not nest."""
    if part == "departement" and whole == "region":
        return region_of_department()
    if part != "commune":
        return None
    if whole == "ze":
        if zones is None:
            raise ValueError(
                "La composition des zones d’emploi n’est pas importée : importez la source « insee_ze »."
            )
        return zones
    if whole in ("epci", "departement", "region"):
        found = {code: parent(code, whole) for code in communes()}
        return {code: above for code, above in found.items() if above is not None}
    return None


def _up(indicator: Indicator, above: Mapping[str, str], least: float) -> pl.DataFrame:
    people = _people(indicator.level)
    parts = pl.DataFrame(
        [(code, whole, people(code)) for code, whole in above.items()],
        schema={"code": pl.String, "whole": pl.String, "people": pl.Float64},
        orient="row",
    )
    joined = parts.join(indicator.data, on="code", how="left")
    known = pl.col("amount").is_not_null() & (pl.col("base").is_not_null() | pl.col("counted"))
    grouped = joined.group_by("whole", maintain_order=True).agg(
        pl.col("amount").filter(known).sum(),
        pl.when(pl.col("counted").any())
        .then(None)
        .otherwise(pl.col("base").filter(known).sum())
        .alias("base"),
        pl.lit(isinstance(indicator.aggregation, Sum)).first().alias("counted"),
        (pl.col("people").filter(known).sum() / pl.col("people").sum()).alias("coverage"),
        known.sum().alias("parts"),
    )
    enough = (pl.col("coverage") >= least) & (pl.col("parts") > 0)
    return (
        grouped.with_columns(_value(indicator.scale))
        .select(
            pl.col("whole").alias("code"),
            pl.when(enough).then(pl.col("value")).alias("value"),
            "coverage",
            pl.lit(None, pl.String).alias("carried_from"),
        )
        .sort("code")
    )


def _people(level: CodeKind) -> Callable[[str], float]:
    """Population of a part, zero where no census counts anybody (six villages of Meuse, the COM)."""
    if level == "commune":
        return lambda code: float((communes()[code].population if code in communes() else None) or 0)
    return lambda code: float(territories("departement")[code].population or 0)


def _down(indicator: Indicator, below: Mapping[str, str]) -> pl.DataFrame:
    if isinstance(indicator.aggregation, Sum):
        raise ValueError(
            "Un effectif ne se répète pas dans chaque commune : il serait compté plusieurs fois. "
            "Déclarez un taux, ou donnez les effectifs par commune."
        )
    parts = pl.DataFrame(list(below.items()), schema={"code": pl.String, "whole": pl.String}, orient="row")
    values = indicator.values().rename({"code": "whole"})
    return parts.join(values, on="whole", how="left").select(
        "code", "value", pl.lit(1.0).alias("coverage"), pl.lit(indicator.level).alias("carried_from")
    )
