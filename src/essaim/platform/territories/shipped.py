"""The shipped measures at the units that the shipped geography does not hold: zones d'emploi and quartiers.

A zone adds up its communes; a quartier takes what is known of the communes that hold it, and is marked so.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import cast

import polars as pl

from essaim.opendata.indicator import Indicator, Sum, WeightedMean
from essaim.opendata.levels import Memberships, observed_at, reaches, translate
from essaim.opendata.schema import Table as ReadTable
from essaim.territory.indicators import shipped_measures, shipped_table
from essaim.territory.lookup import CodeKind
from essaim.territory.table import Measure, Table

_ADDED = ("population", "communes")
_SHARES = ("small_share", "rural_share", "far_share")


@lru_cache(maxsize=1)
def commune_table() -> Table:
    """The shipped table of communes (seconds to compute, once); nobody writes into it."""
    return shipped_table("commune")


def measures(unit: str, known: Memberships) -> dict[str, Measure]:
    """Shipped measures that have a value at ``unit`` (``ze`` or ``qpv``), without computing any."""
    observed = observed_at("commune", unit)
    kinds = {**dict.fromkeys(_ADDED, Sum), **dict.fromkeys(_SHARES, WeightedMean)}
    return {
        key: replace(shipped_measures("commune")[key], level=observed)
        for key, kind in kinds.items()
        if reaches("commune", unit, kind, known)
    }


def values(key: str, unit: str, known: Memberships) -> Mapping[str, float | None]:
    """A shipped measure at ``unit``, by code."""
    frame = translate(_indicator(key), cast(CodeKind, unit), known)
    return dict(zip(frame["code"].to_list(), frame["value"].to_list(), strict=True))


@lru_cache(maxsize=8)
def _indicator(key: str) -> Indicator:
    table = commune_table()
    data = pl.DataFrame(
        {"code": table.codes, "value": table.column(key).values, "people": table.column("population").values}
    ).with_columns(pl.col("value").fill_nan(None))
    if key in _ADDED:
        kept = data.select("code", amount="value", base=pl.lit(None, pl.Float64), counted=pl.lit(True))
        return Indicator("commune", Sum(key), kept, 0, ReadTable())
    kept = data.select(
        "code", amount=pl.col("value") * pl.col("people"), base="people", counted=pl.lit(False)
    )
    return Indicator("commune", WeightedMean(key), kept, 0, ReadTable())
