"""The evaluation itself: from a panel to effects, uncertainty and warnings."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from essaim import __version__
from essaim.evaluation import aggregate, att, bands, covariance
from essaim.evaluation.aggregate import Weighting
from essaim.evaluation.att import Base, Cells, Control, Terms
from essaim.evaluation.cellwise import cell_effects
from essaim.evaluation.columns import Bools, Floats, Ints
from essaim.evaluation.covariance import Contributions, Spread
from essaim.evaluation.doubly_robust import Method
from essaim.evaluation.errors import EvaluationError
from essaim.evaluation.moments import Moments, moments
from essaim.evaluation.panel import Panel
from essaim.evaluation.periods import NEVER, Calendar
from essaim.evaluation.prepare import prepare
from essaim.evaluation.result import Aggregation, Cell, Estimate, Facts, Json, Result

Inference = Literal["cr2", "analytic"]

#: With fewer exposed units than this the reading says that little can be learnt whatever the method.
FEW_TREATED = 8

#: Effective number of regions holding the exposed units under which their errors cannot be told from the
#: effect.
FEW_REGIONS = 4.0

_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Options:
    """How to estimate; the defaults are those of the command line."""

    method: Method = "dr"
    control: Control = "nevertreated"
    base: Base = "varying"
    anticipation: int = 0
    inference: Inference = "cr2"
    level: float = 0.95
    aggregations: Sequence[str] = aggregate.KINDS
    window: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.anticipation < 0:
            raise EvaluationError("L’anticipation est un nombre de périodes, zéro ou plus.")
        if not 0.5 <= self.level < 1:
            raise EvaluationError("Le niveau de confiance est compris entre 0,5 et 1 (0,95 d’habitude).")
        unknown = [kind for kind in self.aggregations if kind not in aggregate.KINDS]
        if unknown:
            raise EvaluationError(
                f"Agrégation inconnue : {', '.join(unknown)}. Choisissez parmi {', '.join(aggregate.KINDS)}."
            )


@dataclass(frozen=True, slots=True)
class _Work:
    """Everything the aggregations share. ``table`` replaces the moments where they are not enough."""

    options: Options
    calendar: Calendar
    stats: Moments
    grid: Cells
    effect: Floats
    terms: Terms | None
    table: Contributions | None

    @property
    def small_sample(self) -> bool:
        """Whether CR2 is asked for and defined: balanced panels, without covariates."""
        return self.options.inference == "cr2" and self.table is None and not np.isnan(self.stats.trace).all()

    def spread(self, mix: Floats, sizes: Floats) -> Spread:
        """Uncertainty of combinations of cells; analytic where the chosen inference is undefined."""
        if self.table is not None:
            return self.table.analytic(mix, sizes)
        assert self.terms is not None
        if self.small_sample:
            return covariance.cr2(self.stats, self.terms, mix)
        return covariance.analytic(self.stats, self.terms, mix, sizes)

    def key(self, kind: str, key: int) -> int | str:
        """An event time, or the label of a cohort or period."""
        return int(key) if kind == "event" else self.calendar.key(int(key))


def estimate(panel: Panel, options: Options | None = None) -> Result:
    """Group-time effects, their aggregations and the test of the effects before exposure.

    Raises ``EvaluationError`` when nothing can be estimated.
    """
    options = options or Options()
    prepared = prepare(panel, options.control, options.anticipation)
    ready = prepared.panel
    stats = moments(ready)
    ordinals = np.array(ready.calendar.ordinals, dtype=np.int64)
    grid = att.cells(stats.cohorts, ordinals, options.base, options.anticipation)
    compared = att.comparison(grid, stats.cohorts, ordinals, options.control, options.anticipation)
    work, reasons = _effects(ready, options, stats, grid, compared)
    weightings = {
        kind: aggregate.weighting(kind, grid, work.effect, stats.cohorts, stats.unit_weight, options.window)
        for kind in dict.fromkeys((*options.aggregations, "event"))
    }
    found = {kind: _aggregation(work, weightings[kind]) for kind in weightings}
    pretest, warning = _pretest(work, weightings["event"])
    said = [*prepared.warnings, *([warning] if warning else []), *_warnings(work, ready, reasons)]
    return Result(
        cells=_cells(work, att.counts(stats, grid, compared)),
        aggregations={kind: found[kind] for kind in options.aggregations},
        pretest=pretest,
        warnings=tuple(said),
        facts=_facts(ready, stats),
        calendar=ready.calendar,
        event_covariance=_by_spread(work, weightings["event"]).covariance,
        level=options.level,
        provenance=_provenance(panel, options, work),
    )


def _effects(
    panel: Panel, options: Options, stats: Moments, grid: Cells, compared: Bools
) -> tuple[_Work, set[str]]:
    """The effects, by moments or cell by cell, and the reasons of the undefined ones."""
    if panel.covariates is None and (
        panel.balanced or panel.period is not None or np.isnan(panel.outcome).any()
    ):
        effect, terms = att.group_time(stats, grid, compared)
        return _Work(options, panel.calendar, stats, grid, effect, terms, None), set()
    found = cell_effects(panel, grid, stats.cohorts, compared, options.method)
    member = np.searchsorted(stats.cohorts, panel.cohort)
    table = Contributions(found.contribution, member, panel.unit_weight, panel.cluster)
    work = _Work(options, panel.calendar, stats, grid, found.effect, None, table)
    return work, set(found.reasons.values())


def _estimates(values: Floats, spread: Spread, level: float) -> list[Estimate]:
    se = np.where(np.isnan(values), np.nan, spread.se)
    se = np.where(se <= _TINY * np.abs(values).max(initial=0.0, where=~np.isnan(values)), np.nan, se)
    half = bands.critical(spread.df, level) * se
    return [
        Estimate(float(v), float(s), float(v - h), float(v + h), float(d))
        for v, s, h, d in zip(values, se, half, spread.df, strict=True)
    ]


def _by_spread(work: _Work, rows: Weighting) -> Spread:
    return work.spread(rows.cells[: len(rows.keys)], rows.sizes[: len(rows.keys)])


def _aggregation(work: _Work, rows: Weighting) -> Aggregation:
    """The estimates of one aggregation with pointwise intervals, and a band over its keys."""
    values = np.where(
        np.isnan(rows.cells).any(axis=1), np.nan, np.nan_to_num(rows.cells) @ np.nan_to_num(work.effect)
    )
    spread = work.spread(rows.cells, rows.sizes)
    shown = _estimates(values, spread, work.options.level)
    if rows.kind == "simple":
        return Aggregation("simple", shown[0])
    count = len(rows.keys)
    part = Spread(spread.covariance[:count, :count], spread.df[:count])
    c = bands.band_critical(part, work.options.level, work.options.seed)
    banded = [
        replace(e, band_low=e.estimate - float(c[i]) * e.se, band_high=e.estimate + float(c[i]) * e.se)
        for i, e in enumerate(shown[:count])
    ]
    keys = [work.key(rows.kind, int(key)) for key in rows.keys]
    return Aggregation(rows.kind, shown[-1], tuple(zip(keys, banded, strict=True)))


def _pretest(work: _Work, event: Weighting) -> tuple[bands.Pretest, str | None]:
    """Wald on all cells for the analytic inference; the largest |t| by event time for CR2."""
    if work.small_sample:
        early = event.keys < -work.options.anticipation
        mix, sizes = event.cells[:-1][early], event.sizes[:-1][early]
        effect = mix @ np.nan_to_num(work.effect)
        return bands.largest_t(effect, work.spread(mix, sizes), work.options.seed)
    chosen = np.flatnonzero(work.grid.pre & ~np.isnan(work.effect))
    mix = np.zeros((len(chosen), work.grid.size))
    mix[np.arange(len(chosen)), chosen] = 1.0
    spread = work.spread(mix, np.zeros((len(chosen), len(work.stats.cohorts))))
    return bands.wald(work.effect[chosen], spread)


def _cells(work: _Work, counts: tuple[Ints, Ints]) -> tuple[Cell, ...]:
    grid = work.grid
    spread = work.spread(np.eye(grid.size), np.zeros((grid.size, len(work.stats.cohorts))))
    shown = _estimates(work.effect, spread, work.options.level)
    nothing = Estimate(0.0, float("nan"), float("nan"), float("nan"))
    return tuple(
        Cell(
            work.calendar.key(int(grid.group[k])),
            work.calendar.key(int(grid.time[k])),
            int(grid.since[k]),
            nothing if grid.reference[k] else shown[k],
            int(counts[0][k]),
            int(counts[1][k]),
            bool(grid.reference[k]),
        )
        for k in range(grid.size)
    )


def _warnings(work: _Work, panel: Panel, reasons: set[str]) -> list[str]:
    """What the numbers alone would not say."""
    said: list[str] = []
    undefined = int(np.isnan(work.effect).sum())
    if work.options.inference == "cr2" and not work.small_sample:
        said.append(
            "L’inférence CR2 n’est pas définie ici (covariables, poids qui varient, panel incomplet ou "
            "coupes répétées) : "
            "les intervalles sont ceux de la théorie usuelle, trop étroits quand peu d’unités sont exposées."
        )
    if undefined:
        said.append(
            f"{undefined} effets par vague et période ne sont pas définis "
            f"({', '.join(sorted(reasons)) or 'personne à exposer ou à comparer'}) ; ils sont laissés hors "
            "des moyennes."
        )
    lone = [
        str(work.calendar.key(int(cohort)))
        for cohort, count in zip(work.stats.cohorts, work.stats.count.max(axis=1), strict=True)
        if count < 2 and cohort != NEVER
    ]
    if lone and work.small_sample:
        said.append(
            f"Vague d’une seule unité ({', '.join(lone)}) : l’incertitude de son effet ne peut pas être "
            "estimée, ni "
            "celle des moyennes qui la contiennent."
        )
    regions = _treated_regions(panel)
    if regions is not None and regions < FEW_REGIONS:
        said.append(
            f"Les unités exposées tiennent dans peu de régions (l’équivalent de {regions:.1f}) : un "
            "événement régional "
            "se confond avec l’effet, et aucun intervalle n’a ici le niveau annoncé. Essayez --cluster "
            "region ; avec "
            "si peu de régions il reste fragile."
        )
    treated = int((panel.cohort != NEVER).sum())
    if treated < FEW_TREATED:
        said.append(f"Seulement {treated} unités exposées : les intervalles sont larges et fragiles.")
    return said


def _treated_regions(panel: Panel) -> float | None:
    """Effective number of regions of the exposed units, 1 / Σ share²; ``None`` when regions are unknown.

    Five units in each of 8 regions count for 8; 38 in one region and 2 in others for little more than 1.
    """
    treated = panel.cohort != NEVER
    if panel.region is None or not treated.any():
        return None
    share = np.bincount(panel.region[treated]) / treated.sum()
    return float(1 / (share @ share))


def _facts(panel: Panel, stats: Moments) -> Facts:
    treated = panel.cohort != NEVER
    waves = tuple(
        (panel.calendar.key(int(c)), int(stats.count[g].max()))
        for g, c in enumerate(stats.cohorts)
        if c != NEVER
    )
    regions = _treated_regions(panel)
    return Facts(
        outcome_name=panel.outcome_name,
        units=panel.size,
        treated=int(treated.sum()),
        never=int((~treated).sum()),
        waves=waves,
        periods=len(panel.calendar.ordinals),
        first_period=panel.calendar.labels[0],
        last_period=panel.calendar.labels[-1],
        outcome_mean=float(np.nanmean(panel.outcome)),
        outcome_sd=float(np.nanstd(panel.outcome)),
        treated_regions=regions,
        concentrated=regions is not None and regions < FEW_REGIONS,
        simulated=panel.simulated,
    )


def _provenance(panel: Panel, options: Options, work: _Work) -> Json:
    """What is needed to replay the evaluation: fingerprint of the data, options, version."""
    digest = hashlib.sha256()
    for array in (panel.outcome, panel.cohort, panel.weight):
        digest.update(np.ascontiguousarray(array).tobytes())
    return {
        "essaim": __version__,
        "panel_sha256": digest.hexdigest(),
        "units": panel.size,
        "periods": list(panel.calendar.labels),
        "outcome": panel.outcome_name,
        "method": options.method if panel.covariates is not None else None,
        "covariates": list(panel.covariate_names),
        "control": options.control,
        "base": options.base,
        "anticipation": options.anticipation,
        "inference": "cr2" if work.small_sample else "analytic",
        "level": options.level,
        "seed": options.seed,
    }
