"""Indicators that imported vintages hold at several periods: what an evaluation may take as its outcome."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from essaim.evaluation.periods import paced
from essaim.opendata.dataset import Dataset
from essaim.opendata.indicator import Indicator, Rate, Sum
from essaim.opendata.levels import Memberships, observed_at, reaches, translate
from essaim.opendata.measures import OUTCOMES, base_key, over_time
from essaim.opendata.schema import Table
from essaim.platform.opendata import store
from essaim.platform.opendata.models import Vintage
from essaim.platform.opendata.official import Available
from essaim.territory.lookup import CodeKind

UNITS: tuple[CodeKind, ...] = ("departement", "ze", "epci", "commune", "region")


@dataclass(frozen=True, slots=True)
class Series:
    """One indicator at two periods or more.

    ``vintages``: a file that holds every period, or one a period (the last period first). ``described``: the indicator
    of the first, as its vintage keeps it. ``periods``: as the sources write them, in order. ``units``: the levels at
    which it is observed or added up; a value carried down to smaller territories would repeat the same measure.
    """

    vintages: tuple[Vintage, ...]
    base: str
    described: Mapping[str, Any]
    periods: tuple[str, ...]
    units: tuple[CodeKind, ...]

    @property
    def id(self) -> str:
        return f"{self.vintages[0].pk}-{self.base}"

    @property
    def label(self) -> str:
        return str(self.described["label"])

    @property
    def labels(self) -> dict[str, str]:
        """Period → its label at the pace of the series."""
        return paced(self.periods)

    @property
    def counts_persons(self) -> bool:
        """Whether a value is itself a number of persons or households."""
        return issubclass(store.kind_of(dict(self.described)), Sum)

    def origins(self) -> list[dict[str, str]]:
        """Where the values come from, a vintage an item: what a panel keeps of its inputs."""
        return [
            {
                "name": f"{v.producer}, {v.title}, {v.vintage}",
                "sha256": v.sha256,
                "licence": v.licence,
                "address": v.address,
                "imported": v.imported_at.isoformat(timespec="seconds"),
            }
            for v in self.vintages
        ]


def series_for(available: Available) -> list[Series]:
    """Every series that a programme may use, by label; of one file a period, the network's own files before those
    for all."""
    known, found = available.known(), list[Series]()
    alone: dict[str, dict[str, tuple[Vintage, Mapping[str, Any]]]] = {}
    for vintage in available.vintages:
        if vintage.source not in OUTCOMES:
            continue
        periods = _periods(vintage.path, vintage.source)
        for described in vintage.measures:
            base = base_key(described["key"], described["date"])
            if len(periods) > 1:
                found.append(Series((vintage,), base, described, periods, tuple(_units(described, known))))
            else:
                alone.setdefault(base, {}).setdefault(described["date"], (vintage, described))
    for base, dated in alone.items():
        if len(dated) > 1:
            last = sorted(dated, reverse=True)
            described = dated[last[0]][1]
            found.append(
                Series(
                    tuple(dated[date][0] for date in last),
                    base,
                    described,
                    tuple(reversed(last)),
                    tuple(_units(described, known)),
                )
            )
    return sorted(found, key=lambda series: (series.label, -series.vintages[0].pk))


def _units(described: Mapping[str, Any], known: Memberships) -> Iterator[CodeKind]:
    for unit in UNITS:
        if (
            reaches(described["level"], unit, store.kind_of(dict(described)), known)
            and observed_at(described["level"], unit) == unit
        ):
            yield unit


@lru_cache(maxsize=64)
def _periods(folder: Path, source: str) -> tuple[str, ...]:
    table = store.scan(folder, source)
    if "period" not in table.collect_schema().names():
        return ()
    return tuple(table.select(pl.col("period").drop_nulls().unique().sort()).collect()["period"].to_list())


def values(series: Series, unit: CodeKind, known: Memberships) -> pl.DataFrame:
    """``unit``, ``time`` (paced label), ``outcome``, and ``persons`` where a rate is known by the persons counted.

    Values that are not known are left out.
    """
    labels = series.labels
    frames = [_at(labels[period], made, unit, known) for period, made in _indicators(series)]
    return pl.concat(frames).drop_nulls("outcome").sort("unit", "time")


def _indicators(series: Series) -> Iterator[tuple[str, Indicator]]:
    first = series.vintages[0]
    if len(series.vintages) > 1:
        for vintage, period in zip(series.vintages, reversed(series.periods), strict=True):
            same = (d for d in vintage.measures if d["date"] == period)
            described = next(d for d in same if base_key(d["key"], d["date"]) == series.base)
            yield period, store.indicator(vintage.path, described)
        return
    table = store.table(first.path, first.source)
    data = Dataset(first.source, first.about.level, first.vintage, {first.source: table}, Table())
    yield from over_time(data, series.base).items()


def _at(label: str, made: Indicator, unit: CodeKind, known: Memberships) -> pl.DataFrame:
    """One period of the series at ``unit``."""
    frame = translate(made, unit, known).select(
        unit="code", time=pl.lit(label), outcome=pl.col("value").cast(pl.Float64)
    )
    if not isinstance(made.aggregation, Rate):
        return frame
    counted = made.data.with_columns(base=pl.lit(None, pl.Float64), counted=pl.lit(True))
    persons = translate(replace(made, aggregation=Sum(""), data=counted), unit, known)
    return frame.join(persons.select(unit="code", persons="value"), on="unit", how="left")
