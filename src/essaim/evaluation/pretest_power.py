"""What the test before opening could not see (Roth 2022): the straight drift that it detects one time in two.

A test that is passed proves little when it was passed with a drift large enough to make the effect.
"""

from dataclasses import dataclass

import numpy as np

from essaim.evaluation import bands
from essaim.evaluation.columns import Floats
from essaim.evaluation.covariance import Spread
from essaim.evaluation.event_path import EventPath
from essaim.evaluation.result import Json

#: Chances of detection for which the drift is given.
CHANCES = (0.5, 0.8)

_DRAWS = 40_000
_BUDGET = 4_000_000
_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Undetected:
    """The drift, a period, that the test detects with probability ``chance``, and what it adds to the effect."""

    chance: float
    slope: float
    bias: float

    def to_json(self) -> Json:
        """``{"chance", "slope", "bias"}``."""
        return {"chance": self.chance, "slope": self.slope, "bias": self.bias}


def pretest_power(path: EventPath, level: float = 0.95, seed: int = 0) -> tuple[Undetected, ...]:
    """For each chance of detection, the straight drift and its bias in the effect of interest.

    The test rejects when the simultaneous band leaves zero out before opening.
    """
    before = path.covariance[: path.pre, : path.pre]
    spread = Spread(before, np.full(path.pre, path.df))
    limit = bands.band_critical(spread, level, seed)
    each = float(path.weights @ path.times[path.pre :])
    found = []
    for chance in CHANCES:
        slope = slope_for_power(before, path.times[: path.pre], limit, chance, seed)
        found.append(Undetected(chance, slope, slope * each))
    return tuple(found)


def slope_for_power(covariance: Floats, times: Floats, limit: Floats, chance: float, seed: int = 0) -> float:
    """Slope for which some |effect / error| exceeds ``limit`` (P,) with probability ``chance``.

    ``covariance`` (P, P) of the effects before opening, ``times`` (P,) their distances to the reference. By
    antithetic draws: to about 1 %.
    """
    values, vectors = np.linalg.eigh(covariance)
    count = max(2_000, min(_DRAWS, _BUDGET // len(values))) // 2
    half = np.random.default_rng(seed).standard_normal((count, len(values)))
    se = np.sqrt(np.diag(covariance))
    draws = (half * np.sqrt(np.clip(values, 0, None))) @ vectors.T / se
    both = np.vstack([draws, -draws])
    high = float((limit * se / np.abs(times)).min() * 10)
    low = 0.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        seen = (np.abs(both + middle * times / se) > limit).any(axis=1).mean()
        low, high = (low, middle) if seen >= chance else (middle, high)
        if high - low < 1e-4 * high:
            break
    return high
