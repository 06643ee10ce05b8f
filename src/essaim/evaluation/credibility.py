"""Checks that put the conclusion in doubt on purpose: false openings, one wave less, neighbours apart.

Each gives an estimate to be set beside the main one, or says why it cannot be made (``EvaluationError``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from essaim.evaluation import aggregate, att, bands, covariance, resampling
from essaim.evaluation.columns import Floats, Ints
from essaim.evaluation.errors import EvaluationError, PanelError, some
from essaim.evaluation.estimation import estimate, mean_effect
from essaim.evaluation.moments import moments
from essaim.evaluation.options import Options
from essaim.evaluation.panel import Panel
from essaim.evaluation.periods import NEVER
from essaim.evaluation.prepare import prepare
from essaim.evaluation.result import Estimate
from essaim.evaluation.threads import single_thread
from essaim.words import marked

#: Periods by which a false opening comes before the true one, where the past is long enough.
PLACEBO_PERIODS = 4
PLACEBO_DRAWS = 199
#: Above this number of waves, none weighs enough to be left out in turn.
MANY_WAVES = 20
#: With fewer never-exposed units for each of those drawn, a false deployment has nobody to be compared to.
_COMPARISON_RATIO = 2


def _plain(options: Options, **changes: object) -> Options:
    """The options of a check: intervals from a law, the mean effect alone."""
    inference = "analytic" if options.inference == "analytic" else "cr2"
    fields: dict[str, object] = {
        "inference": inference,
        "aggregations": ("simple",),
        "drawn": False,
        **changes,
    }
    return replace(options, **fields)  # type: ignore[arg-type]


def _mean(panel: Panel, options: Options) -> Estimate:
    return mean_effect(panel, _plain(options))


def placebo_in_time(panel: Panel, options: Options) -> tuple[Estimate, int]:
    """Effect of a false opening some periods before the true one, on the periods in between; and how many.

    It should be near zero: nothing had opened yet. It is the mean effect on the periods set apart as
    anticipation.
    """
    first = int(panel.cohort[panel.cohort > panel.calendar.ordinals[0]].min(initial=NEVER))
    before = sum(n < first for n in panel.calendar.ordinals) - options.anticipation
    count = min(PLACEBO_PERIODS, before // 2)
    if count < 1:
        raise EvaluationError(marked("Il faut au moins deux périodes avant la première vague."))
    far = options.anticipation + count
    found = estimate(panel, _plain(options, anticipation=far, aggregations=("event",), base="varying"))
    event = found.aggregations["event"].by
    chosen = np.array([-far <= int(key) < -options.anticipation and e.se == e.se for key, e in event])
    if not chosen.any():
        raise EvaluationError(marked("Aucune période d’avant l’ouverture ne porte d’effet estimable."))
    mix = chosen / chosen.sum()
    se = float(np.sqrt(mix[chosen] @ found.event_covariance[np.ix_(chosen, chosen)] @ mix[chosen]))
    value = sum(e.estimate for keep, (_, e) in zip(chosen, event, strict=True) if keep) / int(chosen.sum())
    df = min(e.df for keep, (_, e) in zip(chosen, event, strict=True) if keep)
    half = float(bands.critical(np.array([df]), options.level)[0]) * se
    return Estimate(value, se, value - half, value + half, df), count


@dataclass(frozen=True, slots=True)
class SpacePlacebo:
    """False deployments among units that never opened: the share in which the method would see an effect.

    ``units`` opened falsely in each; ``share`` should be near one minus the level, 5 % as a rule. ``together``
    says that they were drawn region by region, as the true ones stand.
    """

    share: float
    draws: int
    units: int
    together: bool


def placebo_in_space(panel: Panel, options: Options, *, together: bool = False) -> SpacePlacebo:
    """Draw the waves among the never-exposed units, many times, and count the effects that would be seen."""
    ready = prepare(panel, options.control, options.anticipation).panel
    if ready.covariates is not None or not ready.balanced or np.ptp(ready.weight):
        raise EvaluationError(marked("Il faut un panel complet, sans covariables, de poids égaux."))
    never = replace(ready.keep(ready.cohort == NEVER), cluster=None, stratum=None, level=None)
    cohorts, sizes = _false_waves(ready, never.size)
    rng = np.random.default_rng(options.seed)
    by_region = together and never.region is not None
    fake = np.repeat([*cohorts, NEVER], [*sizes, never.size - sum(sizes)])
    with single_thread():
        t, df = _statistics(replace(never, cohort=fake), options, _assignments(never, fake, by_region, rng))
    limit = float(bands.critical(np.array([df]), options.level)[0])
    return SpacePlacebo(float(np.mean(np.abs(t) > limit)), len(t), int(sum(sizes)), by_region)


def _false_waves(ready: Panel, never: int) -> tuple[list[int], list[int]]:
    """Cohorts and sizes of the false waves: the true ones, smaller if too few units never opened."""
    cohorts, sizes = np.unique(ready.cohort[ready.cohort != NEVER], return_counts=True)
    room = never // (1 + _COMPARISON_RATIO)
    kept = np.floor(sizes * min(1.0, room / sizes.sum())).astype(int)
    if (kept < 2).any():
        raise EvaluationError(
            "Trop peu d’unités jamais exposées (%(never)s) pour y placer de fausses vagues de deux unités au moins "
            "et garder de quoi comparer.",
            never=never,
        )
    return [int(c) for c in cohorts], [int(s) for s in kept]


def _assignments(never: Panel, fake: Ints, by_region: bool, rng: np.random.Generator) -> Iterator[Ints]:
    """False cohorts of the units, drawn one by one, or whole regions after whole regions."""
    for _ in range(PLACEBO_DRAWS):
        if by_region and never.region is not None:
            place = rng.permutation(int(never.region.max()) + 1)[never.region]
            order = np.lexsort((rng.random(never.size), place))
        else:
            order = rng.permutation(never.size)
        drawn = np.empty_like(fake)
        drawn[order] = fake
        yield drawn


def _statistics(fake: Panel, options: Options, assignments: Iterator[Ints]) -> tuple[Floats, float]:
    """t-statistics (B,) of the mean effect under each false deployment, and their degrees of freedom."""
    stats = moments(fake)
    ordinals = np.array(fake.calendar.ordinals, dtype=np.int64)
    grid = att.cells(stats.cohorts, ordinals, "varying", options.anticipation)
    compared = att.comparison(grid, stats.cohorts, ordinals, "nevertreated", options.anticipation)
    effect, terms = att.group_time(stats, grid, compared)
    mix = aggregate.weighting("simple", grid, effect, stats.cohorts, stats.unit_weight, None).cells
    df = float(covariance.cr2(stats, terms, mix).df[0])
    return resampling.randomisation(fake, stats, terms, mix, assignments).t[:, 0], df


def leave_one_wave_out(panel: Panel, options: Options) -> tuple[tuple[int | str, Estimate], ...]:
    """The mean effect without each wave in turn."""
    ready = prepare(panel, options.control, options.anticipation).panel
    cohorts = np.unique(ready.cohort[ready.cohort != NEVER])
    if len(cohorts) < 2:
        raise EvaluationError(marked("Il n’y a qu’une vague."))
    if len(cohorts) > MANY_WAVES:
        raise EvaluationError(
            "Avec %(count)s vagues, aucune ne porte l’effet à elle seule.", count=len(cohorts)
        )
    return tuple(
        (ready.calendar.key(int(cohort)), _mean(ready.keep(ready.cohort != cohort), options))
        for cohort in cohorts
    )


def clustered_by_region(panel: Panel, options: Options) -> Estimate:
    """The mean effect with errors clustered by region."""
    if panel.region is None:
        raise EvaluationError(marked("Les régions des unités ne sont pas connues."))
    found = _mean(replace(panel, cluster=panel.region), options)
    if found.se != found.se:
        raise EvaluationError(
            marked("Une vague tient dans une seule région : l’incertitude par région n’est pas calculable.")
        )
    return found


@dataclass(frozen=True, slots=True)
class Spillover:
    """What changes when the neighbours of exposed units are set apart, and what is seen on them.

    ``apart`` is the mean effect without the ``units`` never exposed that have an exposed neighbour; ``on_them`` the
    effect, on them, of the opening next door.
    """

    units: int
    apart: Estimate
    on_them: Estimate


def spillover(panel: Panel, neighbours: pl.DataFrame, options: Options) -> Spillover:
    """Compare with units far from any opening, and look for an effect next door.

    ``neighbours`` has two columns of names of units; a pair counts both ways.
    """
    opened = _opened_next_door(panel, neighbours)
    near = (panel.cohort == NEVER) & (opened != NEVER)
    if not near.any():
        raise EvaluationError(marked("Aucune unité jamais exposée n’a de voisine exposée."))
    if near.sum() == (panel.cohort == NEVER).sum():
        raise EvaluationError(
            marked(
                "Toutes les unités jamais exposées ont une voisine exposée : il ne reste personne à comparer."
            )
        )
    never = panel.cohort == NEVER
    next_door = replace(panel.keep(never), cohort=opened[never])
    return Spillover(int(near.sum()), _mean(panel.keep(~near), options), _mean(next_door, options))


def _opened_next_door(panel: Panel, neighbours: pl.DataFrame) -> Ints:
    """(n,) first period in which a neighbour of each unit opened; ``NEVER`` where none did."""
    if neighbours.width < 2:
        raise PanelError("La table des voisines a deux colonnes : une unité, sa voisine.")
    place = {str(unit): i for i, unit in enumerate(panel.units)}
    pairs = neighbours.select(pl.nth(0, 1).cast(pl.String).str.strip_chars()).rows()
    known = np.array([(place[a], place[b]) for a, b in pairs if a in place and b in place], dtype=np.int64)
    known = known.reshape(-1, 2)
    if pairs and not len(known):
        raise PanelError(
            "Aucune voisine du panel dans la table (%(names)s) : les noms des unités "
            "y sont-ils écrits comme dans le panel ?",
            names=some(sorted({a for a, _ in pairs}), 3),
        )
    opened = np.full(panel.size, NEVER, dtype=np.int64)
    for one, other in (known.T, known.T[::-1]):
        np.minimum.at(opened, one, panel.cohort[other])
    return opened


__all__ = [
    "SpacePlacebo",
    "Spillover",
    "clustered_by_region",
    "leave_one_wave_out",
    "placebo_in_space",
    "placebo_in_time",
    "spillover",
]
