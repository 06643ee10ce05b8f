"""Where the values of a study come from: the shipped geography, declared interest, and the programme's own tables."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import polars as pl
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.opendata.indicator import Indicator as OwnTable
from essaim.opendata.indicator import Rate, Sum, WeightedMean, translate
from essaim.opendata.schema import Table as ReadTable
from essaim.platform.campaigns import services as campaigns
from essaim.platform.territories.models import Indicator
from essaim.territory import codes
from essaim.territory.codes import LEVELS, Level
from essaim.territory.criteria import FAMILIES
from essaim.territory.indicators import shipped_measures, shipped_table
from essaim.territory.table import Measure, Table

if TYPE_CHECKING:
    from essaim.opendata.indicator import Aggregation
    from essaim.platform.programmes.models import Programme
    from essaim.territory.lookup import CodeKind

INTEREST = "declared_interest"
UNITS = {
    "departement": gettext_lazy("département"),
    "epci": gettext_lazy("intercommunalité"),
    "commune": gettext_lazy("commune"),
    "ze": gettext_lazy("zone d’emploi"),
    "qpv": gettext_lazy("quartier prioritaire (QPV)"),
}
_AGGREGATIONS: dict[str, type] = {"sum": Sum, "mean": WeightedMean, "rate": Rate}


def measures_for(programme: "Programme", unit: str) -> dict[str, Measure]:
    """Every indicator that a study of this unit may use: key → measure, those of the person's tables last."""
    found: dict[str, Measure] = {}
    if unit in LEVELS:
        found |= shipped_measures(cast(Level, unit))
        found[INTEREST] = _interest(programme, unit)[0]
    for own in programme.indicators.defer("data", "names"):
        if _reaches(own.level, unit):
            found[own.key] = measure_of(own)
    return found


def reserved_keys() -> set[str]:
    """Keys that a person's indicator may not take: those of the shipped ones, and the names of families."""
    return {*shipped_measures("commune"), INTEREST, *FAMILIES}


def _reaches(level: str, unit: str) -> bool:
    """Whether a table at ``level`` can be read at ``unit`` with the shipped geography."""
    upward = {"commune": {"epci", "departement", "region"}, "departement": {"region", "commune"}}
    return level == unit or unit in upward.get(level, set()) or (level, unit) == ("epci", "commune")


def measure_of(own: Indicator) -> Measure:
    return Measure(
        own.key, own.label, own.unit, own.source, own.date, own.level, own.definition, own.decimals,
        simulated=own.simulated,
    )  # fmt: skip


def table_for(programme: "Programme", unit: str, keys: Iterable[str]) -> Table:
    """The table of a study: territories of its unit, and the columns of ``keys`` that exist.

    Zones d'emploi and QPV are not in the shipped reference: their list is that of the programme's own tables.
    """
    wanted = set(keys)
    own = list(programme.indicators.filter(key__in=wanted))
    if unit in LEVELS:
        table = _shipped(cast(Level, unit))
        kept = {key: column for key, column in table.columns.items() if key in wanted}
        table = Table(table.level, table.codes, table.names, kept)
    else:
        table = _listed(unit, own)
    if INTEREST in wanted and unit in LEVELS:
        table = table.with_values(*_within(table, *_interest(programme, unit)))
    for indicator in own:
        table = table.with_values(*_within(table, *_own_values(indicator, unit)))
    return table


@lru_cache(maxsize=4)
def _shipped(level: Level) -> Table:
    """The shipped table of a level, computed once (seconds for the communes); nobody writes into it."""
    return shipped_table(level)


def _within(
    table: Table, measure: Measure, values: Mapping[str, float | None]
) -> tuple[Measure, dict[str, Any]]:
    known = set(table.codes)
    return measure, {code: value for code, value in values.items() if code in known}


def _listed(unit: str, own: Iterable[Indicator]) -> Table:
    names: dict[str, str] = {}
    for indicator in own:
        for code, *_values in indicator.data:
            names[code] = indicator.names.get(code) or names.get(code) or code
    return Table(unit, tuple(sorted(names)), tuple(names[code] for code in sorted(names)), {})


def own_table(own: Indicator) -> OwnTable:
    """The indicator as ``essaim.opendata`` computes with it."""
    frame = pl.DataFrame(
        own.data,
        schema={"code": pl.String, "amount": pl.Float64, "base": pl.Float64, "counted": pl.Boolean},
        orient="row",
    )
    return OwnTable(cast("CodeKind", own.level), aggregation_of(own.aggregation), frame, 0, ReadTable())


def aggregation_of(declared: Mapping[str, Any]) -> "Aggregation":
    """``{"kind": "rate", "numerator": …}`` as the core's declaration."""
    fields = {name: value for name, value in declared.items() if name != "kind"}
    found: Aggregation = _AGGREGATIONS[declared["kind"]](**fields)
    return found


def _own_values(own: Indicator, unit: str) -> tuple[Measure, dict[str, float | None]]:
    frame = translate(own_table(own), cast("CodeKind", unit))
    return measure_of(own), dict(zip(frame["code"].to_list(), frame["value"].to_list(), strict=True))


def _interest(programme: "Programme", unit: str) -> tuple[Measure, dict[str, float | None]]:
    """Living applications by territory: none declared is a true zero. One simulated application marks them all."""
    living = campaigns.declared_interest(programme)
    counts: Counter[str] = Counter()
    for application in living:
        code = _container(application.territory_level, application.territory_code, unit)
        if code is not None:
            counts[code] += 1
    measure = Measure(
        INTEREST, _("Intérêt local déclaré"), _("candidatures"),
        _("campagnes du programme, candidatures en parcours, déposées ou confirmées"),
        date_format(timezone.localdate(), "j F Y"), unit,
        _("Candidatures de structures du territoire ; celles qui visent plus vaste que l’unité ne comptent pas."),
        simulated=any(application.simulated for application in living),
    )  # fmt: skip
    places = codes.territories(cast(Level, unit))
    return measure, {code: float(counts[code]) for code in places}


def _container(level: str, code: str, unit: str) -> str | None:
    """The territory of the study's unit that holds an application's territory, or None when it is larger."""
    if level == unit:
        return code
    if level == "commune":
        return codes.parent(code, cast(Level, unit))
    if level == "epci" and unit in ("departement", "region"):
        place = codes.territory("epci", code)
        return place.departments[0] if unit == "departement" else place.region
    if level == "departement" and unit == "region":
        return codes.territory("departement", code).region
    return None
