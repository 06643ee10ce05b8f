"""The evaluation itself: from a panel to effects, uncertainty and warnings."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.sparse import csr_array, eye_array, vstack

from essaim import __version__
from essaim.evaluation import aggregate, att, bands, covariance, joint_test, resampling
from essaim.evaluation.aggregate import Weighting
from essaim.evaluation.att import Base, Cells, Control, Terms
from essaim.evaluation.cell_cr2 import CellForms, cell_forms
from essaim.evaluation.cellwise import cell_effects
from essaim.evaluation.columns import Bools, Floats, Ints
from essaim.evaluation.concentration import concentration
from essaim.evaluation.covariance import Contributions, Spread
from essaim.evaluation.doubly_robust import Method
from essaim.evaluation.errors import EvaluationError
from essaim.evaluation.moments import Moments, moments
from essaim.evaluation.panel import Panel
from essaim.evaluation.periods import NEVER
from essaim.evaluation.prepare import Prepared, prepare
from essaim.evaluation.redraw import RecordedDraw
from essaim.evaluation.resampling import Draws, Multiplier
from essaim.evaluation.result import Aggregation, Cell, Estimate, Facts, Json, Result
from essaim.evaluation.threads import meanwhile, single_thread
from essaim.words import marked, together, told, told_count

Inference = Literal["cr2", "analytic", "bootstrap", "wild", "randomisation"]

#: With fewer exposed units than this the reading says that little can be learnt whatever the method.
FEW_TREATED = 8

MIN_DRAWS, MAX_DRAWS = 99, 100_000

_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Options:
    """How to estimate; the defaults are those of the command line.

    ``draws`` and ``multiplier`` serve the resampling inferences. ``drawn`` says that the order of the waves
    was drawn at random (within ``Panel.stratum`` if given), so that randomisation inference replays a draw
    that took place.
    """

    method: Method = "dr"
    control: Control = "nevertreated"
    base: Base = "varying"
    anticipation: int = 0
    inference: Inference = "cr2"
    level: float = 0.95
    aggregations: Sequence[str] = aggregate.KINDS
    window: int | None = None
    draws: int = 999
    multiplier: Multiplier = "rademacher"
    seed: int = 0
    drawn: bool = False

    def __post_init__(self) -> None:
        if self.anticipation < 0:
            raise EvaluationError("L’anticipation est un nombre de périodes, zéro ou plus.")
        if self.seed < 0:
            raise EvaluationError("La graine est un nombre entier, zéro ou plus.")
        if not 0.5 <= self.level < 1:
            raise EvaluationError("Le niveau de confiance est compris entre 0,5 et 1 (0,95 d’habitude).")
        if not MIN_DRAWS <= self.draws <= MAX_DRAWS:
            raise EvaluationError(
                "Il faut de %(least)s à %(most)s tirages pour un intervalle ; 999 d’habitude.",
                least=MIN_DRAWS,
                most=MAX_DRAWS,
            )
        unknown = [kind for kind in self.aggregations if kind not in aggregate.KINDS]
        if unknown:
            raise EvaluationError(
                "Agrégation inconnue : %(names)s. Choisissez parmi %(known)s.",
                names=", ".join(unknown),
                known=", ".join(aggregate.KINDS),
            )


@dataclass(frozen=True, slots=True)
class _Work:
    """Everything the aggregations share. ``table`` replaces the moments where they are not enough, ``forms`` their CR2
    where weights change with the period."""

    options: Options
    panel: Panel
    stats: Moments
    grid: Cells
    effect: Floats
    terms: Terms | None
    table: Contributions | None
    forms: CellForms | None = None
    draw: RecordedDraw | None = None

    @property
    def small_sample(self) -> bool:
        """Whether errors are CR2: asked for, and defined (units followed, without covariates)."""
        if not _wants_small_sample(self.options) or self.table is not None:
            return False
        return self.forms is not None or not np.isnan(self.stats.trace).all()

    def spread(self, mix: Floats | csr_array, sizes: Floats) -> Spread:
        """Uncertainty of combinations of cells; analytic where the chosen inference is undefined."""
        if self.table is not None:
            return self.table.analytic(mix, sizes)
        assert self.terms is not None
        if self.forms is not None:
            return self.forms.spread(self.stats, self.terms, mix)
        if self.small_sample:
            return covariance.cr2(self.stats, self.terms, mix)
        return covariance.analytic(self.stats, self.terms, mix, sizes)

    def of_cells(self) -> tuple[Floats, Floats]:
        """Standard errors and degrees of freedom (K,) of the cells."""
        count = self.grid.size
        if self.table is not None:
            return self.table.of_cells(), np.full(count, np.inf)
        assert self.terms is not None
        if self.forms is not None:
            return self.forms.each(self.stats, self.terms, count)
        if self.stats.clusters is None:
            return covariance.of_cells(self.stats, self.terms, unbiased=self.small_sample)
        spread = self.spread(eye_array(count, format="csr"), np.zeros((count, len(self.stats.cohorts))))
        return spread.se, spread.df

    def redrawn(self, every: list[Weighting], spreads: list[Spread]) -> list[Draws | None]:
        """Studentised draws of each aggregation, the same for all; ``None`` where intervals come from a law."""
        options = self.options
        if options.inference == "bootstrap" and options.multiplier == "gaussian":
            rngs = (np.random.default_rng(options.seed) for _ in spreads)
            return [
                resampling.gaussian(each, options.draws, rng) for each, rng in zip(spreads, rngs, strict=True)
            ]
        mix = vstack([rows.cells for rows in every], format="csr")
        sizes = np.vstack([rows.sizes for rows in every])
        drawn = self._drawn(mix, sizes, np.concatenate([spread.se for spread in spreads]))
        if drawn is None:
            return [None] * len(every)
        ends = np.cumsum([len(rows.sizes) for rows in every])[:-1]
        return [Draws(part) for part in np.split(drawn.t, ends, axis=1)]

    def _drawn(self, mix: csr_array, sizes: Floats, se: Floats) -> Draws | None:
        options, count = self.options, self.options.draws
        rng = np.random.default_rng(options.seed)
        if options.inference == "bootstrap":
            law = options.multiplier
            if self.table is not None:
                return resampling.bootstrap_table(self.table, mix, sizes, se, law, count, rng)
            assert self.terms is not None
            load = covariance.loadings(self.stats, self.terms, mix, sizes)
            return resampling.bootstrap_moments(self.panel, self.stats, load, se, law, count, rng)
        if options.inference in ("wild", "randomisation") and self.small_sample:
            assert self.terms is not None
            if self.forms is not None:
                return self.forms.wild(self.panel, self.stats, self.terms, mix, count, rng)
            if options.inference == "wild":
                return resampling.wild(self.panel, self.stats, self.terms, mix, count, rng)
            again = (
                resampling.permuted(self.panel, count, rng)
                if self.draw is None
                else resampling.replayed(self.panel, *self.draw.cohorts(self.panel))
            )
            return resampling.randomisation(self.panel, self.stats, self.terms, mix, again)
        return None

    def key(self, kind: str, key: int) -> int | str:
        """An event time, or the label of a cohort or period."""
        return int(key) if kind == "event" else self.panel.calendar.key(int(key))


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
        digest = meanwhile(lambda: _fingerprint(panel), panel.outcome.size)
        found = _estimate(panel, prepared, moments(prepared.panel), options, draw)
        found.provenance["panel_sha256"] = digest()
        return found


def mean_effect(panel: Panel, options: Options) -> Estimate:
    """The mean effect alone, equal to that of ``estimate``: what checks made many times need."""
    ready = prepare(panel, options.control, options.anticipation).panel
    with single_thread():
        stats = moments(ready)
        grid, compared = _grid(ready, stats, options)
        work, _ = _effects(ready, options, stats, grid, compared)
        simple = aggregate.weighting("simple", grid, work.effect, stats.cohorts, stats.unit_weight, None)
        return _aggregations(work, [simple], [work.spread(simple.cells, simple.sizes)])["simple"].overall


def _grid(panel: Panel, stats: Moments, options: Options) -> tuple[Cells, Bools]:
    """The cells, and which cohorts each is compared to."""
    ordinals = np.array(panel.calendar.ordinals, dtype=np.int64)
    grid = att.cells(stats.cohorts, ordinals, options.base, options.anticipation)
    return grid, att.comparison(grid, stats.cohorts, ordinals, options.control, options.anticipation)


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
    if options.inference == "randomisation" and _weights_change(ready):
        options, draw = replace(options, inference="cr2"), None
        said.append(
            marked(
                "L’inférence par nouveau tirage demande des unités de même poids, observées à toutes les périodes : "
                "les intervalles sont ceux de vagues choisies (CR2)."
            )
        )
    grid, compared = _grid(ready, stats, options)
    work, reasons = _effects(ready, options, stats, grid, compared)
    work = replace(work, draw=draw)
    kinds = dict.fromkeys(
        (*options.aggregations, *(("event",) if work.small_sample else ()))
    )  # for its pre-test
    weightings = {
        kind: aggregate.weighting(kind, grid, work.effect, stats.cohorts, stats.unit_weight, options.window)
        for kind in kinds
    }
    spreads = dict(zip(weightings, _spreads(work, list(weightings.values())), strict=True))
    asked = list(dict.fromkeys(options.aggregations))
    found = _aggregations(work, [weightings[kind] for kind in asked], [spreads[kind] for kind in asked])
    by_event = spreads["event"].part(slice(0, -1)) if "event" in spreads else None
    pretest, warning = _pretest(work, weightings.get("event"), by_event)
    said += [*([warning] if warning else []), *_warnings(work, ready, reasons)]
    return Result(
        cells=_cells(work, att.counts(stats, grid, compared)),
        aggregations=found | _by_attribute(ready, options),
        pretest=pretest,
        warnings=tuple(said),
        facts=_facts(work),
        calendar=ready.calendar,
        event_covariance=by_event.covariance if by_event else np.zeros((0, 0)),
        level=options.level,
        provenance=_provenance(panel, options, work, found.get("simple")),
    )


def _wants_small_sample(options: Options) -> bool:
    return options.inference in ("cr2", "wild", "randomisation")


def _weights_change(panel: Panel) -> bool:
    """Whether the weight of a unit changes with the period in a panel that moments describe: persons, or holes."""
    if panel.covariates is not None or panel.period is not None or panel.balanced:
        return False
    return panel.persons is not None or bool(np.isnan(panel.outcome).any())


def _forms(options: Options, panel: Panel, stats: Moments) -> CellForms | None:
    """What CR2 needs where weights change with the period; ``None`` elsewhere, or where no cell has one."""
    if not _wants_small_sample(options) or not _weights_change(panel):
        return None
    forms = cell_forms(panel, stats)
    return forms if forms.defined else None


def _effects(
    panel: Panel, options: Options, stats: Moments, grid: Cells, compared: Bools
) -> tuple[_Work, set[str]]:
    """The effects, by moments or cell by cell, and the reasons of the undefined ones."""
    if panel.covariates is None and (
        stats.width == stats.periods + 1
        or panel.period is not None
        or panel.persons is not None
        or np.isnan(panel.outcome).any()
    ):
        effect, terms = att.group_time(stats, grid, compared)
        return _Work(options, panel, stats, grid, effect, terms, None, _forms(options, panel, stats)), set()
    found = cell_effects(panel, grid, stats.cohorts, compared, options.method)
    member = np.searchsorted(stats.cohorts, panel.cohort)
    touched = compared | (grid.own[:, None] == np.arange(len(stats.cohorts)))
    table = Contributions.of(found.contribution, member, panel.unit_weight, panel.cluster, touched.T)
    work = _Work(options, panel, stats, grid, found.effect, None, table)
    return work, set(found.reasons.values())


def _estimates(
    values: Floats, se: Floats, df: Floats, level: float, critical: Floats | None = None
) -> list[Estimate]:
    """Estimates with intervals, from ``critical`` values (E,) or from Student's law."""
    se = np.where(np.isnan(values), np.nan, se)
    se = np.where(se <= _TINY * np.abs(values).max(initial=0.0, where=~np.isnan(values)), np.nan, se)
    half = (bands.critical(df, level) if critical is None else critical) * se
    columns = (values, se, values - half, values + half, df)
    return list(map(Estimate, *(column.tolist() for column in columns)))


def _spreads(work: _Work, every: list[Weighting]) -> list[Spread]:
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


def _aggregations(work: _Work, every: list[Weighting], spreads: list[Spread]) -> dict[str, Aggregation]:
    """The estimates of each aggregation, by kind."""
    if not every:
        return {}
    drawn = work.redrawn(every, spreads)
    parts = zip(every, spreads, drawn, strict=True)
    return {rows.kind: _aggregation(work, rows, spread, again) for rows, spread, again in parts}


def _aggregation(work: _Work, rows: Weighting, spread: Spread, redrawn: Draws | None) -> Aggregation:
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
            "--by ne se combine pas avec des covariables ni des poids qui varient. Retirez-les."
        )
    stats = moments(panel, panel.level)
    assert stats.levels is not None
    grid, compared = _grid(panel, stats, options)
    compared &= stats.cohorts[None, :] != grid.group[:, None]
    effect, terms = att.group_time(stats, grid, compared)
    work = _Work(options, panel, stats, grid, effect, terms, None, _forms(options, panel, stats))
    means, differences = aggregate.by_level(grid, effect, stats.levels, stats.unit_weight)
    shown, apart = (
        _estimates(rows.cells @ np.nan_to_num(effect), spread.se, spread.df, options.level)
        for rows in (means, differences)
        for spread in (work.spread(rows.cells, rows.sizes),)
    )
    names = [panel.level_names[int(key)] for key in means.keys]
    pairs = tuple((name, names[0], e) for name, e in zip(names[1:], apart, strict=True))
    return {"by": Aggregation("by", shown[-1], tuple(zip(names, shown[:-1], strict=True)), None, pairs)}


def _pretest(
    work: _Work, event: Weighting | None, by_event: Spread | None
) -> tuple[bands.Pretest, str | None]:
    """Wald on all cells for the analytic inference; the largest |t| by event time for CR2."""
    if work.small_sample:
        assert event is not None and by_event is not None
        early = np.flatnonzero(event.keys < -work.options.anticipation)
        effect = event.cells[early] @ np.nan_to_num(work.effect)
        return bands.largest_t(effect, by_event.part(early), work.options.seed)
    chosen = np.flatnonzero(work.grid.pre & ~np.isnan(work.effect))
    if work.terms is not None and len(chosen):
        known = joint_test.statistic(work.stats, work.grid, work.terms, work.effect, chosen)
        if known is not None:
            return bands.chi_square(known, len(chosen)), None
    mix = eye_array(work.grid.size, format="csr")[chosen]
    spread = work.spread(mix, np.zeros((len(chosen), len(work.stats.cohorts))))
    return bands.wald(work.effect[chosen], spread)


def _cells(work: _Work, counts: tuple[Ints, Ints]) -> tuple[Cell, ...]:
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


def _warnings(work: _Work, panel: Panel, reasons: set[str]) -> list[str]:
    """What the numbers alone would not say."""
    said: list[str] = []
    if work.options.inference == "randomisation" and work.small_sample and not work.options.drawn:
        said.append(
            marked(
                "Les vagues n’ont pas été tirées au sort : l’inférence par nouveau tirage n’est ici qu’un diagnostic, "
                "pas une preuve."
            )
        )
    undefined = int(np.isnan(work.effect).sum())
    if work.options.inference not in ("analytic", "bootstrap") and not work.small_sample:
        said.append(
            told(
                "L’inférence %(inference)s n’est pas définie ici (covariables, poids qui varient, coupes répétées, ou "
                "une seule unité par vague) : les intervalles sont ceux de la théorie usuelle, trop étroits quand peu "
                "d’unités sont exposées.",
                inference=work.options.inference,
            )
        )
    if not _varies(work.stats):
        said.append(marked("Le résultat est le même partout et à toutes les périodes : est-il bien mesuré ?"))
    if undefined:
        said.append(
            told_count(
                "%(count)s effet par vague et période n’est pas défini (%(why)s) ; il est laissé hors des moyennes.",
                "%(count)s effets par vague et période ne sont pas définis (%(why)s) ; ils sont laissés hors des "
                "moyennes.",
                undefined,
                why=together(sorted(reasons)) if reasons else told("personne à exposer ou à comparer"),
            )
        )
    alone: Bools = np.asarray(work.stats.count.max(axis=1) < 2)
    if work.forms is not None:
        alone = np.asarray(work.forms.lone.any(axis=1))
    lone = [
        str(work.panel.calendar.key(int(cohort)))
        for cohort, single in zip(work.stats.cohorts, alone, strict=True)
        if single and cohort != NEVER
    ]
    if work.small_sample and bool(alone[work.stats.cohorts == NEVER].any()):
        said.append(
            marked(
                "Une seule unité sert de comparaison, à une période au moins : l’incertitude des effets ne peut pas "
                "être estimée."
            )
        )
    if lone and work.small_sample:
        said.append(
            told(
                "Vague d’une seule unité (%(waves)s) : l’incertitude de son effet ne peut pas être estimée, ni celle "
                "des moyennes qui la contiennent.",
                waves=", ".join(lone),
            )
        )
    stands = concentration(panel)
    narrow = stands.warning() if stands else None
    if narrow:
        said.append(narrow)
    treated = int((panel.cohort != NEVER).sum())
    if treated < FEW_TREATED:
        said.append(
            told_count(
                "Une seule unité exposée : les intervalles sont larges et fragiles.",
                "Seulement %(count)s unités exposées : les intervalles sont larges et fragiles.",
                treated,
            )
        )
    return said


def _varies(stats: Moments) -> bool:
    """Whether the outcome is not one constant."""
    mean, spread = _scale(stats)
    return bool(spread > _TINY * abs(mean))


def _scale(stats: Moments) -> tuple[float, float]:
    """Mean and standard deviation of the outcome over all observations, from the statistics."""
    weight = stats.weight
    mean = float(np.nansum(weight * stats.mean) / weight.sum())
    between = np.nansum(weight * (stats.mean - mean) ** 2)
    squares = sum(np.diag(second)[: stats.periods].sum() for second in stats.second)
    # Scores carry their weight, so that their squares carry it twice.
    heaviness = sum(np.diag(second)[stats.indicator].sum() for second in stats.second) / weight.sum()
    return mean, float(np.sqrt((between + squares / heaviness) / weight.sum()))


def _facts(work: _Work) -> Facts:
    panel, stats = work.panel, work.stats
    treated = panel.cohort != NEVER
    waves = tuple(
        (panel.calendar.key(int(c)), int((panel.cohort == c).sum())) for c in stats.cohorts if c != NEVER
    )
    stands = concentration(panel)
    mean, spread = _scale(stats)
    return Facts(
        outcome_name=panel.outcome_name,
        units=panel.size,
        treated=int(treated.sum()),
        never=int((~treated).sum()),
        waves=waves,
        periods=len(panel.calendar.ordinals),
        first_period=panel.calendar.labels[0],
        last_period=panel.calendar.labels[-1],
        outcome_mean=mean,
        outcome_sd=spread,
        treated_regions=stands.regions if stands else None,
        concentrated=stands is not None and stands.concentrated,
        simulated=panel.simulated,
        drawn=work.options.drawn,
    )


def _inference_done(work: _Work) -> str:
    wanted = work.options.inference
    return wanted if wanted in ("analytic", "bootstrap") or work.small_sample else "analytic"


def _draws_done(work: _Work) -> int | None:
    done = _inference_done(work)
    if done == "randomisation" and work.draw is not None:
        return len(work.draw.schemes)
    return work.options.draws if done in ("bootstrap", "wild", "randomisation") else None


def _fingerprint(panel: Panel) -> str:
    digest = hashlib.sha256()
    for array in (panel.outcome, panel.cohort, panel.weight):
        digest.update(np.ascontiguousarray(array).data.cast("B"))
    return digest.hexdigest()


def _provenance(panel: Panel, options: Options, work: _Work, simple: Aggregation | None) -> Json:
    """What is needed to replay the evaluation: fingerprint of the data, options, version."""
    return {
        "essaim": __version__,
        "panel_sha256": None,  # computed meanwhile: see ``estimate``
        "units": panel.size,
        "periods": list(panel.calendar.labels),
        "outcome": panel.outcome_name,
        "method": options.method if panel.covariates is not None else None,
        "covariates": list(panel.covariate_names),
        "control": options.control,
        "base": options.base,
        "anticipation": options.anticipation,
        "inference": _inference_done(work),
        "draws": _draws_done(work),
        "multiplier": options.multiplier if options.inference == "bootstrap" else None,
        "waves_drawn": options.drawn,
        "draw": {"fingerprint": work.draw.fingerprint, "seed": work.draw.seed} if work.draw else None,
        "p_value": simple.p_value if simple else None,
        "level": options.level,
        "seed": options.seed,
    }
