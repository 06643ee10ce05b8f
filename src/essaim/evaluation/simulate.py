"""A simulated panel, for those who have no data yet and for tests. It is labelled as simulated throughout."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from essaim.evaluation.errors import EvaluationError

MARK = "simulé"


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is drawn: sizes, effect in each period since opening, and what may go wrong.

    ``waves`` are the sizes of the waves; wave j opens in quarter ``before + j × gap``. ``trend`` is a drift,
    a quarter, of the exposed units relative to the others; ``region_noise`` the standard deviation of shocks
    shared by a region; with ``concentrated`` each wave is taken in one region.
    """

    units: int = 100
    periods: int = 17
    waves: tuple[int, ...] = (8, 8, 18)
    before: int = 10
    gap: int = 1
    effect: float = 0.0
    growth: float = 0.0
    noise: float = 0.3
    trend: float = 0.0
    regions: int = 12
    region_noise: float = 0.0
    concentrated: bool = False
    seed: int = 2007


def simulate(scenario: Scenario | None = None) -> pl.DataFrame:
    """Long frame ``unit, region, wave, cohort, time, outcome, simulated`` of quarters from 2005T1.

    The errors follow a random walk with noise, as unemployment rates do.
    """
    s = scenario or Scenario()
    if sum(s.waves) > s.units or any(size < 1 for size in s.waves):
        raise EvaluationError(
            "Simulation : les vagues comptent plus d’unités que le panel, ou une vague est vide."
        )
    if s.before < 1 or s.before + (len(s.waves) - 1) * s.gap >= s.periods:
        raise EvaluationError(
            "Simulation : chaque vague doit ouvrir après la première période et avant la fin."
        )
    rng = np.random.default_rng(s.seed)
    region = np.arange(s.units) % s.regions
    order = np.argsort(region, kind="stable") if s.concentrated else rng.permutation(s.units)
    opening = np.full(s.units, s.periods)
    wave = np.zeros(s.units, dtype=int)
    taken = 0
    for j, size in enumerate(s.waves):
        opening[order[taken : taken + size]] = s.before + j * s.gap
        wave[order[taken : taken + size]] = j + 1
        taken += size
    time = np.arange(s.periods)
    since = time[None, :] - opening[:, None]
    level = 8 + rng.normal(0, 1.5, (s.units, 1)) + np.sin(time / 4)[None, :]
    walk = np.cumsum(rng.normal(0, s.noise / 2, (s.units, s.periods)), axis=1)
    shocks = np.cumsum(rng.normal(0, s.region_noise, (s.regions, s.periods)), axis=1)[region]
    exposed = np.where(since >= 0, s.effect + s.growth * since, 0.0) + s.trend * time * (wave > 0)[:, None]
    outcome = level + walk + shocks + rng.normal(0, s.noise, walk.shape) + exposed
    labels = [f"{2005 + t // 4}T{t % 4 + 1}" for t in range(s.periods)]
    cohort = [labels[o] if o < s.periods else "" for o in opening]
    names = [f"S{i + 1:04d}" for i in range(s.units)]
    rows, columns = np.divmod(np.arange(outcome.size), s.periods)
    return pl.DataFrame(
        {
            "unit": [names[i] for i in rows],
            "region": [f"R{region[i] + 1:02d}" for i in rows],
            "wave": [str(wave[i]) if wave[i] else "" for i in rows],
            "cohort": [cohort[i] for i in rows],
            "time": [labels[t] for t in columns],
            "outcome": outcome.ravel().round(4),
            "simulated": [MARK] * outcome.size,
        }
    )
