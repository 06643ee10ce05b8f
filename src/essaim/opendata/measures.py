"""What the sources measure: the indicators that each dataset gives to targeting studies, as visible tables.

Counts keep their components; a rate per inhabitant takes the shipped population as its denominator; a rate published
without its weight is kept as such. An exhaustive list (quartiers, establishments) says zero where it names nobody; any
other absence stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from essaim.opendata.dataset import Dataset
from essaim.opendata.indicator import (
    Aggregation,
    Indicator,
    Published,
    Rate,
    Sum,
    WeightedMean,
    grouped,
    population,
)
from essaim.opendata.levels import Memberships
from essaim.opendata.schema import Table
from essaim.territory.codes import communes, former_codes
from essaim.territory.lookup import CodeKind


@dataclass(frozen=True, slots=True)
class Given:
    """One indicator of one vintage. ``key`` holds the period, so that two vintages stay apart in a study.

    ``family``: need, resources or offer, where committees most often put it. ``high``: whether more is more need
    (or more resource), as a first proposal.
    """

    key: str
    label: str
    unit: str
    date: str
    family: str
    definition: str
    decimals: int
    indicator: Indicator
    high: bool = True


def given(dataset: Dataset) -> list[Given]:
    """The indicators of a dataset, none for a reference, a nomenclature or outlines."""
    maker = _MAKERS.get(dataset.source)
    return [] if maker is None or dataset.frame.is_empty() else list(maker(dataset))


# Sources whose indicators may be the outcome of an evaluation once several periods of them are known; the others list
# what exists at a date.
OUTCOMES: Final = frozenset(
    ("insee_chomage_departement", "insee_chomage_ze", "insee_filosofi", "dares_defm", "cnaf")
)


def base_key(key: str, date: str) -> str:
    """The key of an indicator without its period: the same in every vintage and period.

    >>> base_key("chomage_ze_2024_t4", "2024-T4")
    'chomage_ze'
    """
    return key.removesuffix(f"_{_slug(date)}")


def over_time(dataset: Dataset, key: str) -> dict[str, Indicator]:
    """The indicator named ``key`` (without its period: :func:`base_key`) in each period of a dataset that has any."""
    frame, found = dataset.frame, dict[str, Indicator]()
    for period in sorted(frame["period"].drop_nulls().unique().to_list()):
        rows = frame.filter(pl.col("period") == period)
        one = replace(dataset, tables={dataset.source: rows})
        same = (made for made in given(one) if base_key(made.key, made.date) == key)
        measured = next(same, None)
        if measured is not None and not measured.indicator.data.is_empty():
            found[period] = measured.indicator
    return found


def zones(composition: pl.DataFrame) -> dict[str, str]:
    """Current commune → zone d'emploi, from the table of :func:`essaim.opendata.insee_ze.read_composition`."""
    return {_today(code): zone for code, zone in composition.select("code", "ze").iter_rows() if _today(code)}


def quarters(listed: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """QPV → current communes that hold it, from either reader of :mod:`essaim.opendata.anct_qpv`."""
    found = {}
    for code, held in listed.select("code", "communes").iter_rows():
        found[code] = tuple(dict.fromkeys(filter(None, map(_today, held))))
    return found


def memberships(composition: pl.DataFrame | None, listed: pl.DataFrame | None) -> Memberships:
    return Memberships(
        zones(composition) if composition is not None else {}, quarters(listed) if listed is not None else {}
    )


def _today(code: str) -> str:
    """Today's commune of a code, empty when it is none."""
    if code in communes():
        return code
    former = former_codes().get(code)
    return former.commune if former else ""


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _indicator(level: CodeKind, aggregation: Aggregation, data: pl.DataFrame) -> Indicator:
    kept = data.select("code", "amount", "base", "counted").filter(pl.col("code") != "")
    return Indicator(level, aggregation, grouped(kept), 0, Table())


def _folded(frame: pl.DataFrame, value: str) -> pl.DataFrame:
    """``code`` of today's communes and ``amount``."""
    today = {code: _today(code) for code in frame["code"].unique().drop_nulls().to_list()}
    return frame.select(
        pl.col("code").replace_strict(today, default="", return_dtype=pl.String),
        pl.col(value).cast(pl.Float64).alias("amount"),
    )


def _count(frame: pl.DataFrame, value: str) -> Indicator:
    counted = _folded(frame, value).with_columns(base=pl.lit(None, pl.Float64), counted=pl.lit(True))
    return _indicator("commune", Sum(value), counted)


def _per_inhabitants(frame: pl.DataFrame, value: str, per: float) -> Indicator:
    """``per`` × the count / the municipal population, whose components add upward."""
    folded = grouped(_folded(frame, value).with_columns(base=pl.lit(0.0), counted=pl.lit(False)))
    people = {code: population(code) for code in folded["code"].to_list()}
    rated = folded.with_columns(
        base=pl.col("code").replace_strict(people, default=None, return_dtype=pl.Float64)
    )
    return _indicator("commune", Rate(value, "population", per), rated)


def _mean(frame: pl.DataFrame, value: str) -> Indicator:
    """A published rate averaged upward with the municipal population as its weight."""
    folded = _folded(frame, value)
    people = {code: population(code) for code in folded["code"].unique().to_list()}
    weighted = folded.with_columns(
        base=pl.col("code").replace_strict(people, default=None, return_dtype=pl.Float64)
    )
    return _indicator(
        "commune",
        WeightedMean(value),
        weighted.with_columns(amount=pl.col("amount") * pl.col("base"), counted=pl.lit(False)),
    )


def _published(level: CodeKind, frame: pl.DataFrame, value: str) -> Indicator:
    named = _folded(frame, value) if level == "commune" else frame.rename({value: "amount"})
    told = named.select("code", pl.col("amount").cast(pl.Float64), base=pl.lit(1.0), counted=pl.lit(False))
    return _indicator(level, Published(value), told)


def _everywhere(codes: Iterable[str]) -> pl.DataFrame:
    """How often each commune of today is named, zero included: for lists that are exhaustive."""
    counts = dict.fromkeys(communes(), 0)
    for code in codes:
        today = _today(code)
        if today:
            counts[today] += 1
    return pl.DataFrame(list(counts.items()), schema={"code": pl.String, "value": pl.Int64}, orient="row")


def _last(frame: pl.DataFrame) -> tuple[str, pl.DataFrame]:
    """The last period of a series, and its rows."""
    last = str(frame["period"].max())
    return last, frame.filter(pl.col("period") == last)


# --- one maker a source ----------------------------------------------------------------------------------------


def _unemployment(level: CodeKind, key: str, where: str) -> Callable[[Dataset], Iterator[Given]]:
    def make(dataset: Dataset) -> Iterator[Given]:
        period, rows = _last(dataset.frame.filter(pl.col("value").is_not_null()))
        yield Given(
            f"{key}_{_slug(period)}", f"Taux de chômage ({where})", "%", period, "need",
            "Taux de chômage localisé au sens du BIT, corrigé des variations saisonnières.", 1,
            _published(level, rows, "value"),
        )  # fmt: skip

    return make


def _filosofi(dataset: Dataset) -> Iterator[Given]:
    year, frame = dataset.vintage.removeprefix("Filosofi "), dataset.frame
    weighted = "Hors du niveau communal : moyenne pondérée par la population municipale."
    rows = (
        ("poverty_rate_60", "pauvrete_60", "Taux de pauvreté (seuil de 60 %)", "%", weighted, 1, _mean),
        ("minima_share", "minima_sociaux", "Part des minima sociaux dans le revenu", "%", weighted, 1, _mean),
        ("median_income", "niveau_de_vie_median", "Niveau de vie médian", "€/an",
         "Une médiane ne se moyenne pas : lisible par commune seulement.", 0, None),
    )  # fmt: skip
    for column, key, label, unit, definition, decimals, build in rows:
        if column in frame.columns:
            kept = frame.filter(pl.col(column).is_not_null())
            made = build(kept, column) if build else _published("commune", kept, column)
            yield Given(
                f"{key}_{year}", label, unit, year, "need", definition, decimals, made, high=column != "median_income"
            )  # fmt: skip


def _job_seekers(dataset: Dataset) -> Iterator[Given]:
    whole = dataset.frame.filter(pl.col("sex") == "Total", pl.col("age") == "Total")
    period, rows = _last(whole)
    for category in sorted(rows["category"].unique().to_list()):
        held, key = rows.filter(pl.col("category") == category), f"inscrits_{_slug(category)}"
        label = f"Inscrits à France Travail, catégories {', '.join(category)}"
        yield Given(
            f"{key}_{_slug(period)}", label, "personnes", period, "need", "Effectifs arrondis à 5 par le producteur.",
            0, _count(held, "value"),
        )  # fmt: skip
        yield Given(
            f"{key}_pour_mille_{_slug(period)}", f"{label}, pour 1 000 habitants", "‰", period, "need",
            "Rapportés à la population municipale de tous âges.", 1, _per_inhabitants(held, "value", 1000.0),
        )  # fmt: skip


def _rsa(dataset: Dataset) -> Iterator[Given]:
    period, rows = _last(dataset.frame)
    yield Given(
        f"foyers_rsa_{_slug(period)}", "Foyers allocataires du RSA", "foyers", period, "need",
        "Caf seule : les allocataires de la MSA n’y sont pas.", 0, _count(rows, "rsa_households"),
    )  # fmt: skip
    yield Given(
        f"foyers_rsa_pour_mille_{_slug(period)}", "Foyers allocataires du RSA, pour 1 000 habitants", "‰", period,
        "need", "Caf seule ; rapportés à la population municipale.", 1,
        _per_inhabitants(rows, "rsa_households", 1000.0),
    )  # fmt: skip


def _quartiers(dataset: Dataset) -> Iterator[Given]:
    frame, year = dataset.frame, dataset.vintage.removeprefix("QPV ")
    named = _everywhere(code for held in frame["communes"].to_list() for code in held)
    yield Given(
        f"qpv_{_slug(year)}", "Quartiers prioritaires", "quartiers", year, "need",
        "Nombre de quartiers dont une part est dans le territoire ; un quartier sur deux communes compte dans chacune.",
        0, _count(named, "value"),
    )  # fmt: skip
    if "population" in frame.columns:
        people = frame.select("code", pl.col("population").cast(pl.Float64).alias("amount"))
        counted = people.with_columns(base=pl.lit(None, pl.Float64), counted=pl.lit(True))
        yield Given(
            f"population_qpv_{_slug(year)}", "Habitants du quartier", "habitants", year, "need",
            "Population du quartier, telle que le fichier la donne.", 0,
            _indicator("qpv", Sum("population"), counted),
        )  # fmt: skip


def _programmes(dataset: Dataset) -> Iterator[Given]:
    label = dataset.vintage.split(" ")[0] or "ANCT"
    signed = dataset.frame.filter(pl.col("signed").is_not_null(), ~pl.col("planned"))
    year = str(signed["signed"].max())[:4] if signed.height else ""
    yield Given(
        f"programme_{_slug(dataset.vintage)}", f"Communes du programme {label}", "communes", year, "resources",
        "Communes dont la convention est signée ; une signature prévue ne compte pas.", 0,
        _count(_everywhere(signed["code"].unique().to_list()), "value"),
    )  # fmt: skip


def _offer(what: str, key: str) -> Callable[[Dataset], Iterator[Given]]:
    def make(dataset: Dataset) -> Iterator[Given]:
        day, named = dataset.vintage, _everywhere(dataset.frame["code"].drop_nulls().to_list())
        note = (
            "Ce que data.inclusion recense : une commune à zéro peut avoir une offre qui n’y est pas décrite."
        )
        yield Given(
            f"{key}_{_slug(day)}", f"{what} de l’offre d’insertion", what.lower(), day, "offer", note, 0,
            _count(named, "value"), high=False,
        )  # fmt: skip
        yield Given(
            f"{key}_pour_10000_{_slug(day)}", f"{what} de l’offre d’insertion, pour 10 000 habitants", "p. 10 000",
            day, "offer", note, 1, _per_inhabitants(named, "value", 10_000.0), high=False,
        )  # fmt: skip

    return make


# Establishments of FINESS by what their category's label says: codes alone have changed over the years.
ESTABLISHMENTS: Final[Mapping[str, tuple[str, str]]] = {
    "csapa_caarud": ("CSAPA et CAARUD", r"\b(CSAPA|CAARUD)\b"),
    "esat": ("ESAT", r"E\.?S\.?A\.?T\b"),
    "chrs": ("Centres d’hébergement et de réinsertion sociale", r"C\.?H\.?R\.?S\b"),
}


def _establishments(dataset: Dataset) -> Iterator[Given]:
    for key, (label, pattern) in ESTABLISHMENTS.items():
        held = dataset.frame.filter(
            pl.col("category_name").str.contains(f"(?i){pattern}"), pl.col("code").is_not_null()
        )
        yield Given(
            f"finess_{key}_{_slug(dataset.vintage)}", label, "établissements", dataset.vintage, "resources",
            "Établissements du répertoire FINESS.", 0, _count(_everywhere(held["code"].to_list()), "value"),
        )  # fmt: skip


def _firms(dataset: Dataset) -> Iterator[Given]:
    by_commune = dataset.frame.group_by("code", maintain_order=True).agg(
        pl.col("establishments", "employers").sum()
    )
    day = dataset.vintage
    yield Given(
        f"etablissements_employeurs_{_slug(day)}", "Établissements employeurs, pour 1 000 habitants", "‰", day,
        "resources", "Établissements actifs de Sirene qui emploient au moins un salarié.", 1,
        _per_inhabitants(by_commune, "employers", 1000.0),
    )  # fmt: skip


_MAKERS: Final[Mapping[str, Callable[[Dataset], Iterator[Given]]]] = {
    "insee_chomage_ze": _unemployment("ze", "chomage_ze", "zone d’emploi"),
    "insee_chomage_departement": _unemployment("departement", "chomage_dep", "département"),
    "insee_filosofi": _filosofi,
    "dares_defm": _job_seekers,
    "cnaf": _rsa,
    "anct_qpv": _quartiers,
    "anct_programmes": _programmes,
    "data_inclusion_structures": _offer("Structures", "structures_insertion"),
    "data_inclusion_services": _offer("Services", "services_insertion"),
    "finess": _establishments,
    "sirene": _firms,
}
