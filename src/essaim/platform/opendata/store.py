"""Where imported values lie: Parquet files in a folder a vintage, written once, never changed (docs/adr/0009).

A vintage's folder holds one file a table, and ``measures/<key>.parquet`` for each indicator (its components by code).
"""

import shutil
import time
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings

from essaim.opendata.dataset import Dataset
from essaim.opendata.indicator import Indicator, Published, Rate, Sum, WeightedMean
from essaim.opendata.measures import Given, given
from essaim.opendata.schema import Table

A_DAY = 86_400  # seconds
_AGGREGATIONS = {kind.__name__: kind for kind in (Sum, WeightedMean, Rate, Published)}


def write(dataset: Dataset, folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Write every table and every indicator; returns what the database keeps of them."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "measures").mkdir(parents=True)
    tables = {}
    for name, table in dataset.tables.items():
        table.write_parquet(folder / f"{name}.parquet")
        tables[name] = {"rows": table.height, "columns": table.columns}
    measures = []
    for measure in given(dataset):
        measure.indicator.data.write_parquet(folder / "measures" / f"{measure.key}.parquet")
        measures.append(_described(measure))
    return tables, measures


def _described(measure: Given) -> dict[str, Any]:
    aggregation = measure.indicator.aggregation
    return {
        "key": measure.key,
        "label": measure.label,
        "unit": measure.unit,
        "date": measure.date,
        "family": measure.family,
        "definition": measure.definition,
        "decimals": measure.decimals,
        "high": measure.high,
        "level": measure.indicator.level,
        "kind": type(aggregation).__name__,
        "scale": measure.indicator.scale,
        "territories": int(measure.indicator.values()["value"].count()),
    }


def kind_of(described: dict[str, Any]) -> type:
    """The aggregation of a described indicator."""
    return _AGGREGATIONS[described["kind"]]


def indicator(folder: Path, described: dict[str, Any]) -> Indicator:
    """An indicator as the core computes with it. Raises ``FileNotFoundError`` when its file is gone."""
    kind = kind_of(described)
    aggregation = Rate("", "", described["scale"]) if kind is Rate else kind("")
    data = pl.read_parquet(folder / "measures" / f"{described['key']}.parquet")
    return Indicator(described["level"], aggregation, data, 0, Table())


@lru_cache(maxsize=16)
def table(folder: Path, name: str) -> pl.DataFrame:
    """A table of a vintage, read once: folders are never written twice."""
    return pl.read_parquet(folder / f"{name}.parquet")


def scan(folder: Path, name: str) -> pl.LazyFrame:
    """A table as rows to page through, without holding it."""
    return pl.scan_parquet(folder / f"{name}.parquet")


def keep(staged: Path, folder: Path) -> None:
    """Give a staged folder its final name, on the same disk, in one move."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged.replace(folder)


def forget(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def sweep(kept: Iterable[str]) -> None:
    """Remove the folders that no row has named for a day: what a stop between two writes left behind."""
    named, limit = set(kept), time.time() - A_DAY
    for folder in (settings.OPENDATA_DIR / "vintages").glob("*"):
        if folder.name not in named and folder.stat().st_mtime < limit:
            forget(folder)
