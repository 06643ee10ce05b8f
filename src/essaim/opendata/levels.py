"""An indicator read at another level: added upward, carried down, shared out where divisions cross.

Up (commune → EPCI, zone, département, région): components are added over the parts that are known. Down (to the
communes of a larger territory, to the quartiers of a commune): the value is repeated. Across (zone → EPCI…): each
commune is given the value of the territory that holds it, then the communes are averaged with their population as
weight. Down and across, ``carried_from`` names the level of observation, so that the reader is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from essaim.opendata.indicator import Indicator, Published, Sum, population, value_of
from essaim.territory.codes import communes, parent, region_of_department, territories
from essaim.territory.lookup import CodeKind

# Share of the population that must be known: a count short of one part is wrong, a mean bears some absence.
MIN_COVERAGE_COUNT, MIN_COVERAGE_MEAN = 0.999, 0.5
_NAMES = {
    "commune": "commune", "epci": "intercommunalité", "ze": "zone d’emploi", "departement": "département",
    "region": "région", "qpv": "quartier prioritaire",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Memberships:
    """What the shipped geography does not hold, from imported sources.

    ``zones``: commune → zone d'emploi (:mod:`essaim.opendata.insee_ze`). ``quarters``: QPV → communes that hold it
    (:mod:`essaim.opendata.anct_qpv`).
    """

    zones: Mapping[str, str] = field(default_factory=dict)
    quarters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


SHIPPED = Memberships()


def reaches(level: str, unit: str, aggregation: type, known: Memberships = SHIPPED) -> bool:
    """Whether an indicator at ``level`` has a value at ``unit``: same level, nested or shared out, never invented."""
    if level == unit:
        return True
    if "qpv" in (level, unit):
        return (
            unit == "qpv"
            and bool(known.quarters)
            and not issubclass(aggregation, Sum)
            and _placed(level, known)
        )
    if not _placed(level, known) or not _placed(unit, known):
        return False
    if level == "commune":
        return aggregation is not Published
    if (level, unit) == ("departement", "region"):
        return aggregation is not Published
    return unit != "region" and not issubclass(aggregation, Sum)


def observed_at(level: str, unit: str) -> str:
    """The level to show beside a value at ``unit``: the unit itself where parts were added up, else the observed one.

    >>> observed_at("commune", "epci"), observed_at("ze", "epci"), observed_at("commune", "qpv")
    ('epci', 'ze', 'commune')
    """
    added_up = (level == "commune" and unit != "qpv") or (level, unit) == ("departement", "region")
    return unit if added_up else level


def _placed(level: str, known: Memberships) -> bool:
    """Whether it is known which communes a territory of this level holds."""
    return level != "ze" or bool(known.zones)


def translate(
    indicator: Indicator,
    level: CodeKind,
    known: Memberships = SHIPPED,
    *,
    min_coverage: float | None = None,
) -> pl.DataFrame:
    """The indicator at another level: ``code``, ``value``, ``coverage``, ``carried_from``.

    ``coverage`` is the share of the population whose value is known; below ``min_coverage`` the value is null.
    Raises ``ValueError`` (French) where the levels do not meet, or where the aggregation forbids it.
    """
    if level == indicator.level:
        same = indicator.values().with_columns(
            pl.lit(1.0).alias("coverage"), pl.lit(None, pl.String).alias("carried_from")
        )
        return same
    _refuse(indicator, level, known)
    least = MIN_COVERAGE_COUNT if isinstance(indicator.aggregation, Sum) else MIN_COVERAGE_MEAN
    least = least if min_coverage is None else min_coverage
    if level == "qpv":
        return _around(indicator, known)
    if indicator.level == "commune" or (indicator.level, level) == ("departement", "region"):
        return _up(indicator, dict(_parents(indicator.level, level, known)), least)
    carried = _down(indicator, dict(_parents("commune", indicator.level, known)))
    return carried if level == "commune" else _across(carried, dict(_parents("commune", level, known)), least)


def _refuse(indicator: Indicator, level: CodeKind, known: Memberships) -> None:
    """Say why a translation is not possible, and what would make it so."""
    kind = type(indicator.aggregation)
    if reaches(indicator.level, level, kind, known):
        return
    there, here = _NAMES[level], _NAMES[indicator.level]
    if not _placed(level, known) or not _placed(indicator.level, known):
        raise ValueError(
            "La composition des zones d’emploi n’est pas importée : importez la source « insee_ze »."
        )
    if level == "qpv" and not known.quarters:
        raise ValueError("La liste des quartiers n’est pas importée : importez la source « anct_qpv ».")
    if issubclass(kind, Sum):
        raise ValueError(
            f"Un effectif par {here} ne se répète pas par {there} : il serait compté plusieurs fois. "
            "Déclarez un taux, ou donnez les effectifs par commune."
        )
    if kind is Published:
        raise ValueError(
            f"Un taux publié par {here} sans son poids ne se moyenne pas par {there}. "
            "Donnez le poids (ou numérateur et dénominateur), ou étudiez ce niveau-là."
        )
    raise ValueError(
        f"Un indicateur par {here} ne se traduit pas par {there}. Partez de données par commune."
    )


def _parents(part: CodeKind, whole: CodeKind, known: Memberships) -> Iterator[tuple[str, str]]:
    """Each part with the whole it lies in: communes in anything, départements in régions."""
    if part == "departement":
        yield from region_of_department().items()
    elif whole == "ze":
        yield from known.zones.items()
    elif whole in ("epci", "departement", "region"):
        for code in communes():
            above = parent(code, whole)
            if above is not None:
                yield code, above


def _up(indicator: Indicator, above: Mapping[str, str], least: float) -> pl.DataFrame:
    people = _people(indicator.level)
    parts = pl.DataFrame(
        [(code, whole, people(code)) for code, whole in above.items()],
        schema={"code": pl.String, "whole": pl.String, "people": pl.Float64},
        orient="row",
    )
    joined = parts.join(indicator.data, on="code", how="left")
    known = pl.col("amount").is_not_null() & (pl.col("base").is_not_null() | pl.col("counted"))
    summed = joined.group_by("whole", maintain_order=True).agg(
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
        summed.with_columns(value_of(indicator.scale))
        .select(
            pl.col("whole").alias("code"),
            pl.when(enough).then(pl.col("value")).alias("value"),
            "coverage",
            pl.lit(None, pl.String).alias("carried_from"),
        )
        .sort("code")
    )


def holders(level: CodeKind, known: Memberships = SHIPPED) -> dict[str, str]:
    """Commune → the territory of ``level`` (not ``qpv``) that holds it; communes that none holds are left out.

    >>> holders("departement")["2A004"]
    '2A'
    """
    return (
        {code: code for code in communes()} if level == "commune" else dict(_parents("commune", level, known))
    )


def _people(level: CodeKind) -> Callable[[str], float]:
    """Population of a part, zero where no census counts anybody (six villages of Meuse, the COM)."""
    if level == "commune":
        return lambda code: float((communes()[code].population if code in communes() else None) or 0)
    return lambda code: float(territories("departement")[code].population or 0)


def _down(indicator: Indicator, below: Mapping[str, str]) -> pl.DataFrame:
    parts = pl.DataFrame(list(below.items()), schema={"code": pl.String, "whole": pl.String}, orient="row")
    values = indicator.values().rename({"code": "whole"})
    return parts.join(values, on="whole", how="left").select(
        "code", "value", pl.lit(1.0).alias("coverage"), pl.lit(indicator.level).alias("carried_from")
    )


def _across(carried: pl.DataFrame, above: Mapping[str, str], least: float) -> pl.DataFrame:
    """Communes' carried values averaged over the territories of another division, weighted by their people."""
    people = _people("commune")
    parts = pl.DataFrame(
        [(code, whole, people(code)) for code, whole in above.items()],
        schema={"code": pl.String, "whole": pl.String, "people": pl.Float64},
        orient="row",
    )
    told = pl.col("value").is_not_null()
    joined = parts.join(carried.select("code", "value", "carried_from"), on="code", how="left")
    summed = joined.group_by("whole", maintain_order=True).agg(
        (pl.col("value") * pl.col("people")).filter(told).sum().alias("total"),
        pl.col("people").filter(told).sum().alias("told"),
        pl.col("people").sum(),
        pl.col("carried_from").drop_nulls().first(),
    )
    coverage = pl.col("told") / pl.col("people")
    enough = (coverage >= least) & (pl.col("told") > 0)
    return summed.select(
        pl.col("whole").alias("code"),
        pl.when(enough).then(pl.col("total") / pl.col("told")).alias("value"),
        coverage.alias("coverage"),
        "carried_from",
    ).sort("code")


def _around(indicator: Indicator, known: Memberships) -> pl.DataFrame:
    """What is known of the commune, or of the communes, that hold each quartier.

    Of several communes, components are added; a published rate is averaged with their population as weight.
    """
    if indicator.level == "commune":
        values = indicator.data
    else:
        carried = _down(indicator, dict(_parents("commune", indicator.level, known)))
        values = carried.select(
            "code", pl.col("value").alias("amount"), pl.lit(1.0).alias("base"), pl.lit(False).alias("counted")
        )
    pairs = [(quarter, code) for quarter, held in known.quarters.items() for code in held]
    joined = pl.DataFrame(
        [(quarter, code, float(population(code) or 0)) for quarter, code in pairs],
        schema={"quarter": pl.String, "code": pl.String, "people": pl.Float64},
        orient="row",
    ).join(values, on="code", how="left")
    shared = indicator.level != "commune" or isinstance(indicator.aggregation, Published)
    weight = pl.col("people") if shared else pl.lit(1.0)
    scale = indicator.scale if indicator.level == "commune" else 1.0
    held = joined.group_by("quarter", maintain_order=True).agg(
        pl.when((pl.col("amount").is_null() | pl.col("base").is_null()).any())
        .then(None)
        .otherwise((pl.col("amount") * weight).sum())
        .alias("amount"),
        (pl.col("base") * weight).sum().alias("base"),
        pl.lit(False).first().alias("counted"),
    )
    return held.with_columns(value_of(scale)).select(
        pl.col("quarter").alias("code"),
        "value",
        pl.lit(1.0).alias("coverage"),
        pl.lit(indicator.level).alias("carried_from"),
    )
