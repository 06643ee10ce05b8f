"""Cost-effectiveness with its uncertainty: cost for a unit of effect, its interval, the chance that it is worth it.

The ratio of two uncertain numbers has no mean and no useful standard error: its interval is Fieller's (1954), which
may be unbounded, and says so. The acceptability curve (van Hout et al. 1994) answers what a funder asks: if one unit of
effect is worth so much, how likely is it that the programme is worth its cost?
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm, t

from essaim.evaluation.errors import EvaluationError
from essaim.words import FRENCH, Words

Shape = Literal["interval", "outside", "everything"]
Direction = Literal["rise", "fall"]


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost for one territory and one period, in euros; ``low`` and ``high`` hold it nineteen times out of twenty."""

    mean: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not (np.isfinite([self.mean, self.low, self.high]).all() and self.low <= self.mean <= self.high):
            raise EvaluationError("Coût : donnez trois nombres dans l’ordre, bas, central, haut.")
        if self.mean <= 0:
            raise EvaluationError("Coût : donnez un montant positif pour un territoire et une période.")

    @property
    def se(self) -> float:
        return (self.high - self.low) / (2 * float(norm.isf(0.025)))


@dataclass(frozen=True, slots=True)
class Ratio:
    """Euros for one unit of favourable effect. ``shape``: ``interval`` from ``low`` to ``high``; ``outside`` when the
    data admit everything but what lies between them; ``everything`` when they exclude nothing. ``estimate`` is None
    when the effect is not favourable: no cost buys what does not happen."""

    estimate: float | None
    low: float | None
    high: float | None
    shape: Shape


@dataclass(frozen=True, slots=True)
class CostEffectiveness:
    """``curve``: (worth of one unit of effect in euros, chance that the programme is worth its cost)."""

    effect: float
    cost: Cost
    ratio: Ratio
    curve: tuple[tuple[float, float], ...]
    level: float

    def to_json(self) -> dict[str, Any]:
        curve = [{"worth": worth, "chance": chance} for worth, chance in self.curve]
        return {**asdict(self), "curve": curve, "reading": read_cost(self)}


def cost_effectiveness(
    effect: float,
    se: float,
    cost: Cost,
    worths: Sequence[float],
    *,
    df: float = float("inf"),
    direction: Direction = "rise",
    units: float = 1.0,
    level: float = 0.95,
) -> CostEffectiveness:
    """Cost for one unit of favourable effect, effect and cost independent.

    ``effect`` and ``se``: of one territory and period, ``df`` its degrees of freedom; ``direction``: which way is
    favourable; ``units``: what one unit of outcome makes in the units counted (1 point of 2,400 persons: 24 persons).

    >>> found = cost_effectiveness(-0.5, 0.1, Cost(1000, 900, 1100), [3000], direction="fall")
    >>> found.ratio.estimate, found.ratio.shape
    (2000.0, 'interval')

    Raises ``EvaluationError`` when the effect has no defined error.
    """
    if not (np.isfinite(effect) and np.isfinite(se) and se > 0 and units > 0):
        raise EvaluationError(
            "L’effet n’a pas d’incertitude définie : sans elle, aucun rapport coût-efficacité n’a de sens."
        )
    sign = 1.0 if direction == "rise" else -1.0
    gain, error = sign * effect * units, se * units
    curve = tuple((float(worth), _chance(worth, gain, error, df, cost)) for worth in sorted(worths))
    return CostEffectiveness(gain, cost, _fieller(gain, error, df, cost, level), curve, level)


def df_behind(se: float, conf_low: float, conf_high: float, level: float = 0.95) -> float:
    """Degrees of freedom of the Student law that makes an interval from its standard error; infinite for the normal.

    >>> round(df_behind(1.0, -2.228139, 2.228139), 3)
    10.0
    """
    critical = (conf_high - conf_low) / 2 / se
    tail = (1 - level) / 2
    if critical <= float(norm.isf(tail)) * (1 + 1e-9):
        return float("inf")
    return float(brentq(lambda df: t.isf(tail, df) - critical, 0.5, 1e7, xtol=1e-9))


def _chance(worth: float, gain: float, error: float, df: float, cost: Cost) -> float:
    """Chance that worth × gain exceeds the cost; Student's law for the whole, a little wide for the cost."""
    spread = float(np.hypot(worth * error, cost.se))
    return float(t.cdf((worth * gain - cost.mean) / spread, df))


def _fieller(gain: float, error: float, df: float, cost: Cost, level: float) -> Ratio:
    """The values r for which cost − r × gain is not distinct from 0."""
    critical = float(t.isf((1 - level) / 2, df))
    a, b = gain**2 - (critical * error) ** 2, gain * cost.mean
    c = cost.mean**2 - (critical * cost.se) ** 2
    estimate = cost.mean / gain if gain > 0 else None
    gap = b**2 - a * c
    if a > 0:
        low, high = (b - np.sqrt(max(gap, 0.0))) / a, (b + np.sqrt(max(gap, 0.0))) / a
        return Ratio(estimate, float(low), float(high), "interval")
    if gap <= 0:
        return Ratio(estimate, None, None, "everything")
    ends = sorted(((b - np.sqrt(gap)) / a, (b + np.sqrt(gap)) / a))
    return Ratio(estimate, float(ends[0]), float(ends[1]), "outside")


def read_cost(found: CostEffectiveness, words: Words = FRENCH) -> list[str]:
    """Sentences: what a unit of effect costs, with what certainty."""
    return [_price(found, words), *(_chances(worth, chance, words) for worth, chance in found.curve)]


def _price(found: CostEffectiveness, words: Words) -> str:
    ratio = found.ratio
    if ratio.estimate is None:
        return words.say("L’effet mesuré n’est pas favorable : aucun coût par unité d’effet ne se calcule.")
    price = _euros(ratio.estimate, words)
    if ratio.shape == "interval" and ratio.low is not None and ratio.high is not None:
        return words.say(
            "Une unité d’effet favorable coûte %(price)s (intervalle à %(level)s %% : %(low)s à %(high)s).",
            price=price,
            level=round(100 * found.level),
            low=_euros(ratio.low, words),
            high=_euros(ratio.high, words),
        )
    if ratio.high is None or ratio.high <= 0:
        return words.say(
            "Une unité d’effet favorable coûterait %(price)s, mais l’effet n’est pas distinct de zéro : ce "
            "coût n’a pas de borne haute.",
            price=price,
        )
    return words.say(
        "Une unité d’effet favorable coûterait %(price)s, mais l’effet n’est pas distinct de zéro : ce coût "
        "n’a pas de borne haute ; il ne descend pas sous %(floor)s.",
        price=price,
        floor=_euros(ratio.high, words),
    )


def _chances(worth: float, chance: float, words: Words) -> str:
    share = words.say("%(share)s %%", share=round(100 * chance))
    if chance > 0.995:
        share = words.say("plus de 99 %%")
    elif chance < 0.005:
        share = words.say("moins de 1 %%")
    return words.say(
        "Si une unité d’effet vaut %(worth)s, la chance que le programme vaille son coût est de %(share)s.",
        worth=_euros(worth, words),
        share=share,
    )


def _euros(value: float, words: Words) -> str:
    """
    >>> _euros(12345.6, FRENCH)
    '12 346 €'
    """
    shown = f"{value:,.0f}".replace("-", "−").replace(",", " " if words.decimal == "," else ",")
    return words.say("%(amount)s €", amount=shown)
