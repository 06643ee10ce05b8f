"""The evaluation itself: from a panel to effects, uncertainty and warnings."""

import math
from dataclasses import replace

import numpy as np
from scipy.sparse import eye_array, vstack

from essaim.evaluation import aggregate, att, bands, covariance, joint_test
from essaim.evaluation.account import TINY, facts_of, provenance_of, warnings_of
from essaim.evaluation.aggregate import Weighting
from essaim.evaluation.columns import Floats, Ints
from essaim.evaluation.covariance import Spread
from essaim.evaluation.errors import EvaluationError
from essaim.evaluation.moments import Moments, moments
from essaim.evaluation.options import Options
from essaim.evaluation.panel import Panel
from essaim.evaluation.prepare import Prepared, prepare
from essaim.evaluation.redraw import RecordedDraw
from essaim.evaluation.resampling import Draws, assignments
from essaim.evaluation.result import Aggregation, Cell, Estimate, Result
from essaim.evaluation.threads import single_thread
from essaim.evaluation.work import Work, effects, forms_of, grid_of, weights_change
from essaim.words import marked, told, told_count


def estimate(panel: Panel, options: Options | None = None, draw: RecordedDraw | None = None) -> Result:
    """Group-time effects, their aggregations and the test of the effects before exposure.

    With the recorded ``draw`` of the waves, the units that had to open first are set aside, and randomisation
    inference replays it; where the panel is not the draw as made, intervals are CR2 and a warning names why.
    Raises ``EvaluationError`` when nothing can be estimated.
    """
    options = options or Options()
    prepared = prepare(draw.without_first(panel) if draw else panel, options.control, options.anticipation)
    if draw is not None:
        prepared, options, draw = _as_drawn(prepared, options, draw)
    with single_thread():
        return _estimate(panel, prepared, moments(prepared.panel), options, draw)


def mean_effect(panel: Panel, options: Options) -> Estimate:
    """The mean effect alone, equal to that of ``estimate``: what checks made many times need."""
    ready = prepare(panel, options.control, options.anticipation).panel
    with single_thread():
        stats = moments(ready)
        grid, compared = grid_of(ready, stats, options)
        work, _ = effects(ready, options, stats, grid, compared)
        simple = aggregate.weighting("simple", grid, work.effect, stats.cohorts, stats.unit_weight, None)
        return _aggregations(work, [simple], [work.spread(simple.cells, simple.sizes)])["simple"].overall


def _as_drawn(
    prepared: Prepared, options: Options, draw: RecordedDraw
) -> tuple[Prepared, Options, RecordedDraw | None]:
    """Whether the draw can be replayed on the prepared panel; if not, intervals are CR2 and it is said."""
    why = draw.departure(prepared.panel)
    if why is None:
        return prepared, replace(options, drawn=True), draw
    said = told(
        "Le tirage enregistré ne peut pas être rejoué sur ce panel : %(why)s. Les intervalles sont ceux de vagues "
        "choisies (CR2).",
        why=why,
    )
    plain = "cr2" if options.inference == "randomisation" else options.inference
    options = replace(options, drawn=False, inference=plain)
    return Prepared(prepared.panel, (*prepared.warnings, said)), options, None


def _estimate(
    panel: Panel, prepared: Prepared, stats: Moments, options: Options, draw: RecordedDraw | None
) -> Result:
    ready = prepared.panel
    said = list(prepared.warnings)
    if options.inference == "randomisation" and weights_change(ready):
        options, draw = replace(options, inference="cr2"), None
        said.append(
            marked(
                "L’inférence par nouveau tirage demande des unités de même poids, observées à toutes les périodes : "
                "les intervalles sont ceux de vagues choisies (CR2)."
            )
        )
    if options.inference == "randomisation":
        possible = len(draw.schemes) + 1 if draw else assignments(ready)
        if possible * (1 - options.level) < 1 - TINY:
            options, draw = replace(options, inference="cr2"), None
            said.append(
                told_count(
                    "Le tirage ne pouvait donner que %(count)s répartition : trop peu pour un intervalle de ce niveau. "
                    "Les intervalles sont ceux de vagues choisies (CR2).",
                    "Le tirage ne pouvait donner que %(count)s répartitions : trop peu pour un intervalle de ce "
                    "niveau. Les intervalles sont ceux de vagues choisies (CR2).",
                    round(possible),
                )
            )
    grid, compared = grid_of(ready, stats, options)
    work, reasons = effects(ready, options, stats, grid, compared)
    work = replace(work, draw=draw)
    asked = list(dict.fromkeys(options.aggregations))
    weightings = [_weighting(work, kind, options.window) for kind in asked]
    spreads = _spreads(work, weightings)
    found = _aggregations(work, weightings, spreads)
    by_event = spreads[asked.index("event")].part(slice(0, -1)) if "event" in asked else None
    pretest, warning = _pretest(work)
    said += [*([warning] if warning else []), *warnings_of(work, ready, reasons)]
    if "event" in found and not found["event"].by:
        said.append(
            told(
                "Aucune vague n’est suivie %(window)s périodes après son ouverture : il n’y a rien à maturité égale. "
                "Demandez une fenêtre plus courte.",
                window=options.window,
            )
        )
    return Result(
        cells=_cells(work, att.counts(stats, grid, compared)),
        aggregations=found | _by_attribute(ready, options),
        pretest=pretest,
        warnings=tuple(said),
        facts=facts_of(work),
        calendar=ready.calendar,
        event_covariance=by_event.covariance if by_event else np.zeros((0, 0)),
        level=options.level,
        traced=provenance_of(panel, options, work, found.get("simple")),
    )


def _weighting(work: Work, kind: str, window: int | None) -> Weighting:
    """How the cells make an aggregation."""
    stats = work.stats
    return aggregate.weighting(kind, work.grid, work.effect, stats.cohorts, stats.unit_weight, window)


def _estimates(
    values: Floats, se: Floats, df: Floats, level: float, critical: Floats | None = None
) -> list[Estimate]:
    """Estimates with intervals, from ``critical`` values (E,) or from Student's law."""
    se = np.where(np.isnan(values), np.nan, se)
    se = np.where(se <= TINY * np.abs(values).max(initial=0.0, where=~np.isnan(values)), np.nan, se)
    half = (bands.critical(df, level) if critical is None else critical) * se
    columns = (values, se, values - half, values + half, df)
    return list(map(Estimate, *(column.tolist() for column in columns)))


def _spreads(work: Work, every: list[Weighting]) -> list[Spread]:
    """The uncertainty of each aggregation; their loadings, where there are some, are computed together."""
    if work.table is not None or work.forms is not None or work.terms is None:
        return [work.spread(rows.cells, rows.sizes) for rows in every]
    small = work.small_sample
    sizes = None if small else np.vstack([rows.sizes for rows in every])
    cells = vstack([rows.cells for rows in every], format="csr")
    load = covariance.loadings(work.stats, work.terms, cells, sizes)
    ends = np.cumsum([len(rows.sizes) for rows in every])[:-1]
    of = covariance.cr2_of if small else covariance.analytic_of
    return [of(work.stats, part) for part in np.split(load, ends, axis=1)]


def _aggregations(work: Work, every: list[Weighting], spreads: list[Spread]) -> dict[str, Aggregation]:
    """The estimates of each aggregation, by kind."""
    if not every:
        return {}
    drawn = work.redrawn(every, spreads)
    parts = zip(every, spreads, drawn, strict=True)
    return {rows.kind: _aggregation(work, rows, spread, again) for rows, spread, again in parts}


def _aggregation(work: Work, rows: Weighting, spread: Spread, redrawn: Draws | None) -> Aggregation:
    """The estimates of one aggregation with pointwise intervals, and a band over its keys."""
    values = rows.cells @ np.nan_to_num(work.effect)
    critical = redrawn.critical(work.options.level) if redrawn else None
    shown = _estimates(values, spread.se, spread.df, work.options.level, critical)
    if rows.kind == "simple":
        known = redrawn is not None and bool(shown[0].se > 0)
        p_value = float(redrawn.p_values(values / spread.se)[0]) if redrawn and known else None
        return Aggregation("simple", shown[0], p_value=p_value)
    count = len(rows.keys)
    if redrawn:
        c = np.full(count, Draws(redrawn.t[:, :count]).band_critical(work.options.level))
    else:
        c = bands.band_critical(spread.part(slice(0, count)), work.options.level, work.options.seed)
    banded = [
        e._replace(band_low=e.estimate - width * e.se, band_high=e.estimate + width * e.se)
        for e, width in zip(shown[:count], c.tolist(), strict=True)
    ]
    keys = [work.key(rows.kind, int(key)) for key in rows.keys]
    return Aggregation(rows.kind, shown[-1], tuple(zip(keys, banded, strict=True)))


def _by_attribute(panel: Panel, options: Options) -> dict[str, Aggregation]:
    """Mean effect by level of the attribute, with differences to the first; empty without attribute."""
    if panel.level is None:
        return {}
    if panel.covariates is not None or (panel.weight.ndim == 2 and panel.persons is None):
        raise EvaluationError(
            "L’effet par valeur d’un attribut ne se combine pas avec des covariables ni des poids qui varient. "
            "Retirez-les.",
            option="--covariates, --weights",
        )
    stats = moments(panel, panel.level)
    assert stats.levels is not None
    grid, compared = grid_of(panel, stats, options)
    compared &= stats.cohorts[None, :] != grid.group[:, None]
    effect, terms = att.group_time(stats, grid, compared)
    work = Work(options, panel, stats, grid, effect, terms, None, forms_of(options, panel, stats))
    means, differences = aggregate.by_level(grid, effect, stats.levels, stats.unit_weight)
    shown, apart = (
        _estimates(rows.cells @ np.nan_to_num(effect), spread.se, spread.df, options.level)
        for rows in (means, differences)
        for spread in (work.spread(rows.cells, rows.sizes),)
    )
    names = [panel.level_names[int(key)] for key in means.keys]
    pairs = tuple((name, names[0], e) for name, e in zip(names[1:], apart, strict=True))
    return {"by": Aggregation("by", shown[-1], tuple(zip(names, shown[:-1], strict=True)), None, pairs)}


def _pretest(work: Work) -> tuple[bands.Pretest, str | None]:
    """Wald on all cells for the analytic inference; the largest |t| by time to opening for CR2.

    The second one looks at distances to the last period before opening, whatever the base of the effects shown: a
    drift adds up in them, where changes from one period to the next would each stay small (Roth 2022).
    """
    if work.small_sample:
        if work.options.base != "universal":
            options = replace(work.options, base="universal")
            work, _ = effects(work.panel, options, work.stats, *grid_of(work.panel, work.stats, options))
        event = _weighting(work, "event", None)
        early = np.flatnonzero(event.keys < -1 - work.options.anticipation)
        if not len(early):
            return bands.Pretest(None, None, None, "max-t"), bands.NOTHING_BEFORE
        effect = event.cells[early] @ np.nan_to_num(work.effect)
        by_event = work.spread(event.cells[early], event.sizes[early])
        return bands.largest_t(effect, by_event, work.options.seed)
    chosen = np.flatnonzero(work.grid.pre & ~np.isnan(work.effect))
    if work.terms is not None and len(chosen):
        known = joint_test.statistic(work.stats, work.grid, work.terms, work.effect, chosen)
        if known is not None:
            return bands.chi_square(known, len(chosen)), None
    mix = eye_array(work.grid.size, format="csr")[chosen]
    spread = work.spread(mix, np.zeros((len(chosen), len(work.stats.cohorts))))
    return bands.wald(work.effect[chosen], spread)


def _cells(work: Work, counts: tuple[Ints, Ints]) -> tuple[Cell, ...]:
    grid, key = work.grid, work.panel.calendar.key
    shown = _estimates(work.effect, *work.of_cells(), work.options.level)
    for k in np.flatnonzero(grid.reference):
        shown[k] = Estimate(0.0, math.nan, math.nan, math.nan)
    group, time = (
        np.array([key(one) for one in ordinals.tolist()], dtype=object)[row].tolist()
        for ordinals, row in (np.unique(each, return_inverse=True) for each in (grid.group, grid.time))
    )
    rest = (grid.since, shown, *counts, grid.reference)
    columns = (each if isinstance(each, list) else each.tolist() for each in rest)
    return tuple(map(Cell, group, time, *columns))
