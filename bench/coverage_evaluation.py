"""Does a 95 % interval cover 95 % of the time, with 10 to 60 exposed territories?

Monte-Carlo of the default inference (CR2, Satterthwaite, t-based band) and of the usual one (influence
function, normal): ``python bench/coverage_evaluation.py [replications]``. Two designs, 24 + 60 exposed of
300 and 10 + 50 of 1,000; 12 periods, waves in periods 6 and 9; unit effects that differ; autocorrelated
errors, normal or Student with 3 degrees of freedom, twice as large for exposed units in the heterogeneous
case. Two more have persons: each territory counts some 30 (unequally, other ones each period), to whose mean it adds
shocks of its own.
"""

import sys
from dataclasses import dataclass

import numpy as np

from essaim.evaluation import aggregate, att, bands, covariance
from essaim.evaluation.cell_cr2 import cell_forms
from essaim.evaluation.columns import Floats
from essaim.evaluation.moments import moments
from essaim.evaluation.panel import Panel
from essaim.evaluation.periods import NEVER, Calendar

PERIODS, OPENINGS = 12, (6, 9)
BAND_DRAWS = 4_000


@dataclass(frozen=True)
class Design:
    """Sizes of the two waves, of the whole, and the law of the errors."""

    waves: tuple[int, int]
    units: int
    heavy: bool
    persons: bool = False

    @property
    def name(self) -> str:
        """As printed."""
        law = "Student(3), heterogeneous" if self.heavy else "normal"
        return (
            f"{self.waves[0]} + {self.waves[1]} of {self.units}, {law}{', persons' if self.persons else ''}"
        )


SIZES = (((24, 60), 300), ((10, 50), 1000))
DESIGNS = [Design(w, n, heavy) for w, n in SIZES for heavy in (False, True)]
DESIGNS += [Design(w, n, False, persons=True) for w, n in SIZES]


def draw(design: Design, rng: np.random.Generator) -> Panel:
    """A panel whose true effects are all 0 on average, and differ from unit to unit."""
    n = design.units
    cohort = np.full(n, NEVER)
    cohort[: design.waves[0]] = OPENINGS[0]
    cohort[design.waves[0] : sum(design.waves)] = OPENINGS[1]
    shape = (n, PERIODS)
    shocks = rng.standard_t(3, shape) / np.sqrt(3) if design.heavy else rng.standard_normal(shape)
    error = shocks.copy()
    for t in range(1, PERIODS):
        error[:, t] = 0.5 * error[:, t - 1] + shocks[:, t]
    exposed = cohort != NEVER
    if design.heavy:
        error[exposed] *= 2
    own = rng.standard_t(3, n) / np.sqrt(3) if design.heavy else rng.standard_normal(n)
    on = np.arange(1, PERIODS + 1)[None, :] >= cohort[:, None]
    outcome = rng.standard_normal((n, 1)) + error + np.where(on, own[:, None], 0.0)
    calendar, units = Calendar.of(range(1, PERIODS + 1)), tuple(str(i) for i in range(n))
    if not design.persons:
        return Panel(calendar, units, outcome, cohort, np.ones(n))
    persons = 1 + rng.poisson(30 * rng.lognormal(-0.125, 0.5, (n, 1)), shape)
    outcome += 4 * rng.standard_normal(shape) / np.sqrt(persons)
    return Panel(calendar, units, outcome, cohort, persons.astype(float), persons=persons)


def covers(panel: Panel, seed: int) -> Floats:
    """Whether 0 is covered: (2, 3) for (usual, default) × (overall, wave 1, band by time since opening)."""
    stats = moments(panel)
    ordinals = np.array(panel.calendar.ordinals)
    grid = att.cells(stats.cohorts, ordinals, "varying", 0)
    compared = att.comparison(grid, stats.cohorts, ordinals, "nevertreated", 0)
    effect, terms = att.group_time(stats, grid, compared)
    forms = None if panel.persons is None else cell_forms(panel, stats)
    found = np.zeros((2, 3))
    for column, kind in enumerate(("simple", "group", "event")):
        rows = aggregate.weighting(kind, grid, effect, stats.cohorts, stats.unit_weight, None)
        chosen = rows.keys >= 0 if kind == "event" else np.arange(len(rows.cells)) == 0
        mix, sizes = rows.cells[: len(chosen)][chosen], rows.sizes[: len(chosen)][chosen]
        value = mix @ effect
        default = covariance.cr2(stats, terms, mix) if forms is None else forms.spread(stats, terms, mix)
        for line, spread in enumerate((covariance.analytic(stats, terms, mix, sizes), default)):
            c = (
                bands.band_critical(spread, 0.95, seed, BAND_DRAWS)
                if kind == "event"
                else bands.critical(spread.df, 0.95)
            )
            found[line, column] = bool((np.abs(value) <= c * spread.se).all())
    return found


def main(replications: int) -> None:
    """Print a table of coverages in percent."""
    print(
        f"{replications} replications; Monte-Carlo error of a 95 % coverage: "
        f"{100 * np.sqrt(0.95 * 0.05 / replications):.1f} points"
    )
    print(f"{'design':42} {'inference':10} overall  wave 1    band")
    for design in DESIGNS:
        rng = np.random.default_rng(2022)
        total = sum(covers(draw(design, rng), seed) for seed in range(replications))
        for name, row in zip(("usual", "default"), 100 * np.asarray(total) / replications, strict=True):
            print(f"{design.name:42} {name:10} {row[0]:6.1f}  {row[1]:6.1f}  {row[2]:6.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
