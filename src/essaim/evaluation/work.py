"""The numbers of an evaluation before they are aggregated: cells, effects, the uncertainty of any mean of them."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, eye_array, vstack

from essaim.evaluation import att, covariance, resampling
from essaim.evaluation.aggregate import Weighting
from essaim.evaluation.att import Cells, Terms
from essaim.evaluation.cell_cr2 import CellForms, cell_forms
from essaim.evaluation.cellwise import cell_effects
from essaim.evaluation.columns import Bools, Floats
from essaim.evaluation.covariance import Contributions, Spread
from essaim.evaluation.moments import Moments
from essaim.evaluation.options import Options
from essaim.evaluation.panel import Panel
from essaim.evaluation.redraw import RecordedDraw
from essaim.evaluation.resampling import Draws


@dataclass(frozen=True, slots=True)
class Work:
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
        if not self.options.small_sample or self.table is not None:
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


def grid_of(panel: Panel, stats: Moments, options: Options) -> tuple[Cells, Bools]:
    """The cells, and which cohorts each is compared to."""
    ordinals = np.array(panel.calendar.ordinals, dtype=np.int64)
    grid = att.cells(stats.cohorts, ordinals, options.base, options.anticipation)
    return grid, att.comparison(grid, stats.cohorts, ordinals, options.control, options.anticipation)


def weights_change(panel: Panel) -> bool:
    """Whether the weight of a unit changes with the period in a panel that moments describe: persons, or holes."""
    if panel.covariates is not None or panel.period is not None or panel.balanced:
        return False
    return panel.persons is not None or bool(np.isnan(panel.outcome).any())


def forms_of(options: Options, panel: Panel, stats: Moments) -> CellForms | None:
    """What CR2 needs where weights change with the period; ``None`` elsewhere, or where no cell has one."""
    if not options.small_sample or not weights_change(panel):
        return None
    forms = cell_forms(panel, stats)
    return forms if forms.defined else None


def effects(
    panel: Panel, options: Options, stats: Moments, grid: Cells, compared: Bools
) -> tuple[Work, set[str]]:
    """The effects, by moments or cell by cell, and the reasons of the undefined ones."""
    if panel.covariates is None and (
        stats.width == stats.periods + 1
        or panel.period is not None
        or panel.persons is not None
        or np.isnan(panel.outcome).any()
    ):
        effect, terms = att.group_time(stats, grid, compared)
        return Work(options, panel, stats, grid, effect, terms, None, forms_of(options, panel, stats)), set()
    found = cell_effects(panel, grid, stats.cohorts, compared, options.method)
    table = Contributions.of(found.blocks, grid.size, panel.unit_weight, panel.cluster)
    work = Work(options, panel, stats, grid, found.effect, None, table)
    return work, set(found.reasons.values())
