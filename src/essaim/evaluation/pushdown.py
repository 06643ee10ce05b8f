"""Rows of persons, reduced where they lie to exact territory × period statistics.

What comes back is one row a territory and period: number of persons, weight, mean. No statistic of fewer than
``at_least`` persons does. Rows stay in their engine; those of parquet files that a kernel counts (``tally``) pass by in
batches, of which nothing is kept.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from essaim import kernels
from essaim.evaluation import tally
from essaim.evaluation.engines import Engine, is_database, opened, quoted
from essaim.evaluation.errors import PanelError, some
from essaim.evaluation.panel import Panel
from essaim.opendata.whole_table import read_whole
from essaim.words import marked, told, told_count

#: Fewest persons behind a statistic that leaves the engine: as for INSEE's fiscal data (11 households).
AT_LEAST = 11


@dataclass(frozen=True, slots=True)
class PersonColumns:
    """Columns of the rows of persons; ``fixed`` ones (cluster, region…) do not vary within a territory."""

    unit: str = "unit"
    time: str = "time"
    cohort: str = "cohort"
    outcome: str = "outcome"
    weights: str | None = None
    fixed: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """What the statistics are by."""
        return tuple(dict.fromkeys((self.unit, self.time, self.cohort, *self.fixed)))

    @property
    def numbers(self) -> tuple[str, ...]:
        """The outcome, and the weight if any."""
        return (self.outcome,) if self.weights is None else (self.outcome, self.weights)


def panel_of_persons(
    engine: Engine,
    columns: PersonColumns,
    *,
    at_least: int = AT_LEAST,
    region: str | None = None,
    region_asked: bool = True,
    **given: Any,
) -> Panel:
    """The panel of the territories, each period weighted by its persons, errors clustered by territory.

    Effects and errors are those of the rows taken as repeated cross-sections clustered by territory.
    ``region`` and ``given`` go to ``Panel.from_frame`` (``cluster``, ``by``, ``stratum``). A region that nobody
    asked for is given up where it would hide statistics or differs within a territory.
    """
    cells = None
    if region and not region_asked:
        cells = _whole_or_none(engine, columns, at_least, region)
        if cells is None:
            columns = replace(columns, fixed=tuple(name for name in columns.fixed if name != region))
            region = None
    if cells is None:
        cells = _one_cohort_each(reduced(engine, columns, at_least=at_least), columns)
    notes = _notes(cells, at_least)
    cells = cells.filter(pl.col("persons").is_not_null())
    if cells["pooled"].any():
        cells = cells.with_columns(_pooled_name(columns).alias(columns.unit))
    return Panel.from_frame(
        cells,
        unit=columns.unit,
        time=columns.time,
        cohort=columns.cohort,
        outcome=columns.outcome,
        weights="weight",
        persons="persons",
        notes=notes,
        region=region,
        **given,
    )


def _whole_or_none(engine: Engine, columns: PersonColumns, at_least: int, region: str) -> pl.DataFrame | None:
    """The cells, unless the ``region`` splits them so that some are hidden, or is not one for each territory."""
    try:
        cells = _one_cohort_each(reduced(engine, columns, at_least=at_least), columns)
    except PanelError:
        return None
    return None if cells["persons"].null_count() or cells[region].null_count() else cells


def read_panel(
    place: str, columns: Mapping[str, Any], *, table: str | None = None, at_least: int | None = None
) -> Panel:
    """The panel of a file, a web address or a ``table`` of an engine; ``columns`` go to ``Panel.from_frame``.

    With ``at_least`` its rows are persons, reduced where they lie. A column « region » is used where there is one.
    """
    given = dict(columns)
    if at_least is None and not is_database(place):
        return _panel_with_region(read_whole(place, private=True), given)
    fixed = [given[name] for name in ("cluster", "region", "stratum", "by")]
    names = [given[name] for name in ("unit", "time", "cohort")]
    engine = opened(place, table, [*names, *(name for name in fixed if name)])
    asked, given["region"] = (
        given["region"],
        given["region"] or ("region" if "region" in engine.kinds else None),
    )
    fixed = [given[name] for name in ("cluster", "region", "stratum", "by") if given[name]]
    simulated = ["simulated"] if "simulated" in engine.kinds else []
    if at_least is None:
        wanted = [*names, *fixed, *simulated, given["outcome"], *given["covariates"], given["weights"]]
        frame = read_table(engine, [name for name in dict.fromkeys(wanted) if name])
        return _panel_with_region(frame, {**given, "region": asked})
    if given["covariates"] or given["cross_sections"]:
        raise PanelError(
            "Des lignes de personnes, agrégées là où elles sont, ne se combinent ni avec des covariables ni avec des "
            "coupes répétées. Retirez-les.",
            option="--covariates, --cross-sections",
        )
    unit, time, cohort = names
    person = PersonColumns(unit, time, cohort, given["outcome"], given["weights"], (*fixed, *simulated))
    kept = {name: given[name] for name in ("cluster", "region", "stratum", "by")}
    return panel_of_persons(engine, person, at_least=at_least, region_asked=bool(asked), **kept)


def _panel_with_region(frame: pl.DataFrame, given: dict[str, Any]) -> Panel:
    """The panel, with the column « region » nobody asked for where each unit has one and the same all along."""
    if not given["region"] and {"region", given["unit"]} <= set(frame.columns):
        found = frame.select(given["unit"], "region").unique()
        blank = found["region"].cast(pl.String).str.strip_chars().fill_null("") == ""
        if not blank.any() and found[given["unit"]].is_unique().all():
            given = {**given, "region": "region"}
    return Panel.from_frame(frame, **given)


def read_table(engine: Engine, columns: list[str]) -> pl.DataFrame:
    """Columns of a table that already holds one row a territory and period."""
    _require(engine, columns)
    listed = ", ".join(quoted(name, whole=True) for name in columns)
    return engine.run(f"SELECT {listed} FROM {engine.rows}", dict.fromkeys(columns))  # noqa: S608


def reduced(engine: Engine, columns: PersonColumns, *, at_least: int = AT_LEAST) -> pl.DataFrame:
    """One row a territory and period: keys, mean outcome, ``persons``, ``weight``, ``territories``, ``pooled``.

    Persons without a finite outcome are not counted. Territories where some period has fewer than ``at_least``
    persons leave the engine pooled by cohort, without a name: effects do not change, their errors are counted
    together. What is still under the threshold then comes out empty. Sums are exact, hence the same in any order
    and in any engine (see ``_Sum``). Raises ``PanelError``.
    """
    _require(engine, [*columns.keys, *columns.numbers])
    for name in columns.numbers:
        if engine.kinds[name] == "other":
            raise PanelError(
                "Colonne « %(name)s » : des nombres sont attendus. Convertissez-la dans la base.", name=name
            )
    cells = _cells(engine, columns, at_least)
    if cells.is_empty():
        raise PanelError("Aucune personne n’a de résultat : vérifiez la colonne du résultat.")
    if cells.filter(pl.col(columns.unit).is_null() & ~pl.col("pooled")).height:
        raise PanelError(
            "Colonne « %(unit)s » : des personnes n’ont pas de territoire. Complétez-la.", unit=columns.unit
        )
    if cells["persons"].is_null().all():
        raise PanelError(
            "Aucun territoire n’a %(at_least)s personnes par période : rien ne peut sortir sans les montrer. "
            "Prenez des périodes ou des territoires plus grands.",
            at_least=at_least,
        )
    return cells


def _cells(engine: Engine, columns: PersonColumns, at_least: int) -> pl.DataFrame:
    """What ``reduced`` returns, unchecked: counted by a compiled kernel where that can be, or by a query."""
    sums = _sums(engine, columns)
    made = {"pooled": "boolean", "territories": "int64", "persons": "int64", "weight": "float64"}
    shown = dict.fromkeys(columns.keys) | made | {columns.outcome: "float64"}
    unit, time, *fixed = columns.keys
    floating = [each.floating for each in sums]
    found = None
    if kernels.AVAILABLE and engine.parquet:
        found = tally.counted(engine.parquet, unit, time, fixed, columns.numbers, floating)
    if found is None:
        return engine.run(_query(columns, sums, at_least, *_by_query(engine, columns, sums)), shown)
    if found.cells["persons"].min() >= at_least and found.places["entries"].max() == 1:  # type: ignore[operator]
        weight, mean = _weight_and_mean(sums)
        return found.cells.join(found.places, on=unit, how="left").select(
            *columns.keys,
            pl.lit(False).alias("pooled"),
            pl.lit(1, pl.Int64).alias("territories"),
            "persons",
            pl.sql_expr(weight).alias("weight"),
            pl.sql_expr(mean).alias(columns.outcome),
        )
    with tempfile.TemporaryDirectory(prefix="essaim-") as folder:
        files = [Path(folder) / name for name in ("cells.parquet", "places.parquet")]
        for frame, path in zip((found.cells, found.places), files, strict=True):
            frame.write_parquet(path)
        sources = (f"SELECT * FROM read_parquet('{path}')" for path in files)  # noqa: S608
        return engine.run(_query(columns, sums, at_least, *sources), shown)


@dataclass(frozen=True, slots=True)
class _Sum:
    """A sum in the engine that is the same whatever the order of the rows: whole numbers are added.

    A floating-point number is cut in 4,096ths, and the rest in 2⁻⁴⁰ of a 4,096th: each person counts to 2⁻⁵²
    of the unit, and engines refuse to overflow (beyond 2⁵¹ in all).
    """

    name: str
    value: str
    floating: bool

    @property
    def inner(self) -> str:
        """The sums over persons."""
        if not self.floating:
            return f"SUM({self.value}) AS {self.name}"
        scaled = f"({self.value}) * 4096"
        return (
            f"SUM(CAST(FLOOR({scaled}) AS BIGINT)) AS {self.name}, "
            f"SUM(CAST(({scaled} - FLOOR({scaled})) * {2**40} AS BIGINT)) AS {self.name}_rest"
        )

    @property
    def outer(self) -> str:
        """The sums over pooled territories."""
        rest = f", SUM({self.name}_rest) AS {self.name}_rest" if self.floating else ""
        return f"SUM({self.name}) AS {self.name}{rest}"

    @property
    def columns(self) -> str:
        """The columns that hold the sum."""
        return f"{self.name}, {self.name}_rest" if self.floating else self.name

    @property
    def number(self) -> str:
        """The sum as a floating-point number."""
        if not self.floating:
            return f"CAST({self.name} AS DOUBLE)"
        return f"(CAST({self.name} AS DOUBLE) / 4096 + CAST({self.name}_rest AS DOUBLE) / {2**52})"


def _sums(engine: Engine, columns: PersonColumns) -> list[_Sum]:
    """Weighted total of the outcome, then the weight where there are weights (otherwise it is the count)."""
    values = [_summand(name, engine.kinds[name], columns) for name in columns.numbers]
    floats = [engine.kinds[name] == "float" for name in columns.numbers]
    total = _Sum("total", " * ".join(values), any(floats))
    return [total, *(_Sum("weight", values[1], floats[1]) for _ in values[1:])]


def _weight_and_mean(sums: list[_Sum]) -> tuple[str, str]:
    """The weight of a cell, and the mean of its outcomes."""
    weight = sums[1].number if len(sums) > 1 else "CAST(persons AS DOUBLE)"
    return weight, f"{sums[0].number} / NULLIF({weight}, 0)"


def _by_query(engine: Engine, columns: PersonColumns, sums: list[_Sum]) -> tuple[str, str]:
    """The cells and the places, from the rows.

    The persons are grouped by territory and period alone, which an engine does fastest; the wave and other fixed
    values are joined to the cells. A territory with two of them has two ``entries``: it comes out twice, to be
    refused.
    """
    unit, time, *others = (quoted(key, whole=True) for key in columns.keys)
    fixed, inner = ", ".join(others), ", ".join(each.inner for each in sums)
    persons = f"FROM {engine.rows} WHERE {' AND '.join(_known(engine, name) for name in columns.numbers)}"
    return (
        f"SELECT {unit}, {time}, COUNT(*) AS persons, {inner} {persons} GROUP BY 1, 2",
        f"SELECT *, COUNT(*) OVER (PARTITION BY {unit}) AS entries "  # noqa: S608
        f"FROM (SELECT {unit}, {fixed} {persons} GROUP BY {_places(1 + len(others))}) AS found",
    )


def _query(columns: PersonColumns, sums: list[_Sum], at_least: int, cells: str, places: str) -> str:
    """The reduction, in DuckDB's SQL: statistics of each territory, pooled where under the threshold."""
    unit, time, *others = (quoted(key, whole=True) for key in columns.keys)
    keys, fixed = ", ".join((unit, time, *others)), ", ".join(others)
    outer, kept = ", ".join(each.outer for each in sums), ", ".join(each.columns for each in sums)
    enough = f"CASE WHEN persons >= {int(at_least)} THEN"
    weight, mean = _weight_and_mean(sums)
    return f"""
WITH cells AS ({cells}
), places AS ({places}
), small AS (
  SELECT {unit} AS lonely FROM cells GROUP BY 1 HAVING MIN(persons) < {int(at_least)}
), marked AS (
  SELECT cells.*, {", ".join(f"places.{each}" for each in others)},
         (small.lonely IS NOT NULL AND places.entries = 1) AS pooled
  FROM cells LEFT JOIN places ON cells.{unit} = places.{unit} LEFT JOIN small ON cells.{unit} = small.lonely
), kept AS (
  SELECT {keys}, pooled, 1 AS territories, persons, {kept} FROM marked WHERE NOT pooled
  UNION ALL
  SELECT NULL AS {unit}, {time}, {fixed}, pooled, COUNT(*) AS territories, SUM(persons) AS persons, {outer}
  FROM marked WHERE pooled GROUP BY {_places(3 + len(others), since=2)}
)
SELECT {keys}, pooled, CAST(territories AS BIGINT) AS territories,
       {enough} CAST(persons AS BIGINT) END AS persons, {enough} {weight} END AS weight,
       {enough} {mean} END AS {quoted(columns.outcome, whole=True)}
FROM kept"""  # noqa: S608


def _places(last: int, since: int = 1) -> str:
    return ", ".join(str(place) for place in range(since, last + 1))


def _summand(name: str, kind: str, columns: PersonColumns) -> str:
    """A column as it is summed: products of small integers would overflow."""
    column = quoted(name, whole=True)
    if kind == "boolean" or (kind == "integer" and columns.weights):
        return f"CAST({column} AS BIGINT)"
    return column


def _known(engine: Engine, name: str) -> str:
    column = quoted(name, whole=True)
    return engine.finite.format(column) if engine.kinds[name] == "float" else f"{column} IS NOT NULL"


def _pooled_name(columns: PersonColumns) -> pl.Expr:
    """The name of each territory, or of its group when it left the engine without one."""
    others = [key for key in columns.keys if key not in (columns.unit, columns.time)]
    group = pl.concat_str([pl.col(key).cast(pl.String).fill_null("jamais") for key in others], separator=", ")
    named = pl.format("regroupés ({})", group)
    return pl.when("pooled").then(named).otherwise(pl.col(columns.unit).cast(pl.String))


def _one_cohort_each(cells: pl.DataFrame, columns: PersonColumns) -> pl.DataFrame:
    """The cells, refused where a territory that has its name has two cohorts, or two of another fixed value."""
    fixed = (
        cells.filter(~pl.col("pooled")).select([key for key in columns.keys if key != columns.time]).unique()
    )
    twice = fixed[columns.unit].is_duplicated()
    if twice.any():
        names = fixed.filter(twice)[columns.unit].unique().sort()
        raise PanelError(
            "Des personnes d’un même territoire n’ont pas la même cohorte « %(cohort)s » (ou la même "
            "grappe, région ou valeur) : %(names)s. C’est le territoire qui est exposé : corrigez la colonne.",
            cohort=columns.cohort,
            names=some(names),
        )
    return cells


def _notes(cells: pl.DataFrame, at_least: int) -> tuple[str, ...]:
    """French sentences on what the threshold changed."""
    notes: list[str] = []
    pooled = cells.filter("pooled")["territories"].to_list()
    hidden = int(cells["persons"].is_null().sum())
    if pooled:
        notes.append(
            told(
                "Les territoires qui ont moins de %(least)s personnes à une période sont regroupés par vague "
                "(jusqu’à %(most)s ensemble) ; leurs erreurs sont comptées ensemble.",
                least=at_least,
                most=max(pooled),
            )
        )
        if not hidden:
            notes.append(marked("Ce regroupement ne change pas les effets."))
    if hidden:
        notes.append(
            told_count(
                "%(count)s groupe d’une vague et d’une période compte moins de %(least)s personnes, même après "
                "regroupement : il est laissé de côté, et les effets peuvent en changer.",
                "%(count)s groupes d’une vague et d’une période comptent moins de %(least)s personnes, même "
                "regroupés : ils sont laissés de côté, et les effets peuvent en changer.",
                hidden,
                least=at_least,
            )
        )
    return tuple(notes)


def _require(engine: Engine, names: list[str]) -> None:
    missing = [name for name in names if name not in engine.kinds]
    if missing:
        raise PanelError(
            "Colonne absente : %(names)s. La table contient : %(columns)s. "
            "Nommez celles de l’unité, de la période, de la première exposition et du résultat.",
            option="--unit, --time, --cohort, --outcome",
            names=some(missing),
            columns=some(engine.kinds, limit=20),
        )
