"""Where the values of a study come from: the shipped geography, declared interest, imported sources, own tables."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import polars as pl
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.opendata.indicator import COMPONENTS, Count, Published, Rate, Sum, WeightedMean
from essaim.opendata.indicator import Indicator as OwnTable
from essaim.opendata.levels import Memberships, observed_at, reaches, translate
from essaim.opendata.schema import Table as ReadTable
from essaim.platform.campaigns import services as campaigns
from essaim.platform.opendata import services as opendata
from essaim.platform.territories import shipped
from essaim.platform.territories.models import Indicator
from essaim.territory import codes
from essaim.territory.codes import LEVELS, Level
from essaim.territory.criteria import FAMILIES
from essaim.territory.indicators import shipped_measures, shipped_table
from essaim.territory.map import Outlines
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
_AGGREGATIONS: dict[str, type] = {
    "sum": Sum,
    "mean": WeightedMean,
    "rate": Rate,
    "published": Published,
    "count": Count,
}


def measures_for(programme: "Programme", unit: str) -> dict[str, Measure]:
    """Every indicator that a study of this unit may use: key → measure; shipped, official, then the person's own."""
    found: dict[str, Measure] = {}
    available = opendata.Available(programme)
    if unit in LEVELS:
        found |= shipped_measures(cast(Level, unit))
        found[INTEREST] = _interest(programme, unit)[0]
    else:
        found |= shipped.measures(unit, available.known())
    found |= {key: official.measure for key, official in available.official(unit).items()}
    for own in programme.indicators.defer("data", "names"):
        if reaches(own.level, unit, _AGGREGATIONS[own.aggregation["kind"]], available.known()):
            found[own.key] = measure_of(own, unit)
    return found


def reserved_keys() -> set[str]:
    """Keys that a person's indicator may not take: those of the shipped ones, and the names of families."""
    return {*shipped_measures("commune"), INTEREST, *FAMILIES}


def measure_of(own: Indicator, unit: str) -> Measure:
    """The measure of a person's table, read at ``unit``."""
    level = observed_at(own.level, unit)
    return Measure(
        own.key, own.label, own.unit, own.source, own.date, level, own.definition, own.decimals,
        simulated=own.simulated,
    )  # fmt: skip


def table_for(programme: "Programme", unit: str, keys: Iterable[str]) -> Table:
    """The table of a study: territories of its unit, and the columns of ``keys`` that exist.

    Zones d'emploi and QPV are not in the shipped reference: their list is that of the imported source, else of the
    programme's own tables.
    """
    wanted, available = set(keys), opendata.Available(programme)
    own = list(programme.indicators.filter(key__in=wanted))
    if unit in LEVELS:
        table = _shipped(cast(Level, unit))
        kept = {key: column for key, column in table.columns.items() if key in wanted}
        table = Table(table.level, table.codes, table.names, kept)
    else:
        table = _listed(unit, own, available.places(unit))
    if INTEREST in wanted and unit in LEVELS:
        table = table.with_values(*_within(table, *_interest(programme, unit)))
    known = available.known()
    if unit not in LEVELS:
        for key, measure in shipped.measures(unit, known).items():
            if key in wanted:
                table = table.with_values(*_within(table, measure, shipped.values(key, unit, known)))
    for key, official in available.official(unit).items():
        if key in wanted:
            table = table.with_values(*_within(table, official.measure, opendata.values(official, known)))
    for indicator in own:
        table = table.with_values(*_within(table, *_own_values(indicator, unit, known)))
    return table


def origins_of(programme: "Programme", unit: str, keys: Iterable[str]) -> list[dict[str, str]]:
    """Where the official and own indicators among ``keys`` come from: address, vintage, import, hash, licence."""
    wanted = set(keys)
    officials = opendata.Available(programme).official(unit)
    found = [officials[key].origin() for key in sorted(wanted & officials.keys())]
    for own in programme.indicators.filter(key__in=wanted).defer("data", "names"):
        found.append(
            {
                "key": own.key,
                "source": own.source,
                "address": own.file_name,
                "vintage": own.date,
                "imported": own.imported_at.isoformat(timespec="seconds"),
                "sha256": own.sha256,
                "licence": own.licence,
            }
        )
    return found


def outlines_for(programme: "Programme", unit: str) -> Outlines | None:
    """Imported outlines of zones d'emploi and quartiers, in the plane of the shipped maps; None when there are none."""
    return opendata.Available(programme).outlines(unit)


@lru_cache(maxsize=4)
def _shipped(level: Level) -> Table:
    """The shipped table of a level, computed once; nobody writes into it."""
    return shipped.commune_table() if level == "commune" else shipped_table(level)


def _within(
    table: Table, measure: Measure, values: Mapping[str, float | None]
) -> tuple[Measure, dict[str, Any]]:
    known = set(table.codes)
    return measure, {code: value for code, value in values.items() if code in known}


def _listed(unit: str, own: Iterable[Indicator], places: Mapping[str, tuple[str, str]]) -> Table:
    names = {code: name for code, (name, _departement) in places.items()}
    for indicator in own if not places else ():
        for code, *_values in indicator.data:
            names[code] = indicator.names.get(code) or names.get(code) or code
    within = {code: departement for code, (_name, departement) in places.items()}
    return Table(unit, tuple(sorted(names)), tuple(names[code] for code in sorted(names)), {}, within)


def own_table(own: Indicator) -> OwnTable:
    """The indicator as ``essaim.opendata`` computes with it."""
    frame = pl.DataFrame(own.data, schema=COMPONENTS, orient="row")
    return OwnTable(cast("CodeKind", own.level), aggregation_of(own.aggregation), frame, 0, ReadTable())


def aggregation_of(declared: Mapping[str, Any]) -> "Aggregation":
    """``{"kind": "rate", "numerator": …}`` as the core's declaration."""
    fields = {name: value for name, value in declared.items() if name != "kind"}
    found: Aggregation = _AGGREGATIONS[declared["kind"]](**fields)
    return found


def _own_values(own: Indicator, unit: str, known: Memberships) -> tuple[Measure, dict[str, float | None]]:
    frame = translate(own_table(own), cast("CodeKind", unit), known)
    return measure_of(own, unit), dict(zip(frame["code"].to_list(), frame["value"].to_list(), strict=True))


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
