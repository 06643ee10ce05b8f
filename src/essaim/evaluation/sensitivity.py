"""How far the conclusion stands when the trends were not quite parallel (Rambachan & Roth 2023).

Two ways to bound what cannot be seen: by what was seen before opening (relative magnitudes), or by how bent a
drift may be (smoothness). For each bound an interval that holds whatever the trends within it; and the
*breakdown value*, the smallest bound under which the conclusion falls.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from essaim.evaluation.bands import critical
from essaim.evaluation.errors import EvaluationError
from essaim.evaluation.event_path import EventPath
from essaim.evaluation.relative_magnitudes import BEYOND, RelativeMagnitudes
from essaim.evaluation.result import Json, null_if_undefined
from essaim.evaluation.smoothness import Smoothness
from essaim.evaluation.threads import single_thread
from essaim.words import FRENCH, Words

RELATIVE_BOUNDS = (0.0, 0.5, 1.0, 1.5, 2.0)
#: Bounds on the change of slope, as multiples of the largest one seen before opening (or of the error of the effect).
SMOOTH_STEPS = (0.0, 0.25, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Bounded:
    """The interval of the effect of interest under one bound."""

    bound: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether it leaves zero out."""
        return self.low > 0 or self.high < 0

    def to_json(self, name: str) -> Json:
        """``{name, "conf_low", "conf_high"}``."""
        return {
            name: self.bound,
            "conf_low": null_if_undefined(self.low),
            "conf_high": null_if_undefined(self.high),
        }


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Intervals of one effect by bound, and the bounds under which they reach zero.

    ``largest_before`` is the largest estimated change of trend before opening, a period: the unit of the
    relative bounds. A breakdown value is infinite when it was not met (relative magnitudes: above 10).

    ``threshold`` is the smallest effect that matters, if it was given. Where the interval holds zero, ``within`` is
    the relative bound under which it reaches ± ``threshold``: how far the absence of an effect that matters stands.
    """

    estimate: float
    original: Bounded
    relative: tuple[Bounded, ...]
    relative_breakdown: float
    smooth: tuple[Bounded, ...]
    smooth_breakdown: float
    largest_before: float
    level: float
    df: float
    threshold: float | None = None
    within: float | None = None

    def to_json(self) -> Json:
        """The object that ``essaim sensitivity --json`` prints."""
        original = self.original.to_json("bound")
        return {
            "estimate": self.estimate,
            "original": {name: original[name] for name in ("conf_low", "conf_high")},
            "relative_magnitudes": {
                "by": [b.to_json("mbar") for b in self.relative],
                "breakdown": null_if_undefined(self.relative_breakdown),
            },
            "smoothness": {
                "by": [b.to_json("m") for b in self.smooth],
                "breakdown": null_if_undefined(self.smooth_breakdown),
            },
            "largest_before": self.largest_before,
            "level": self.level,
            "df": null_if_undefined(self.df),
            **self._null(),
        }

    def _null(self) -> Json:
        if self.within is None:
            return {}
        return {"threshold": self.threshold, "within": null_if_undefined(self.within)}


def sensitivity(
    path: EventPath,
    *,
    relative: Sequence[float] = RELATIVE_BOUNDS,
    smooth: Sequence[float] | None = None,
    threshold: float | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Sensitivity:
    """Intervals under each bound. ``smooth`` is in units of the outcome a period, by period; ``threshold`` is the
    smallest effect that matters.

    The article's intervals are normal. With few exposed units the covariance is first multiplied by
    (t / z)², where t is Student's critical value at ``path.df``: without violation the interval is then the
    one that the evaluation reports.

    >>> found = sensitivity(EventPath(np.array([0.1, 1.0]), np.eye(2) / 100, 1, np.array([-1.0, 1.0]), np.ones(1)))
    >>> round(found.relative_breakdown, 1)
    3.7
    """
    if not 0.5 <= level < 1:
        raise EvaluationError("Le niveau de confiance est compris entre 0,5 et 1 (0,95 d’habitude).")
    t = float(critical(np.array([path.df]), level)[0])
    wide = replace(path, covariance=path.covariance * (t / float(special.ndtri(0.5 + level / 2))) ** 2)
    half = t * math.sqrt(float(path.weights @ path.covariance[path.pre :, path.pre :] @ path.weights))
    with single_thread():
        rm, sd = RelativeMagnitudes(wide, level, seed), Smoothness(wide, level)
        bounds = smooth if smooth is not None else _smooth_bounds(path, half / t)
        original = Bounded(0.0, path.effect - half, path.effect + half)
        within = None
        if threshold is not None and not original.excludes_zero:
            within = min(rm.breakdown(threshold), rm.breakdown(-threshold))
        return Sensitivity(
            estimate=path.effect,
            original=original,
            relative=tuple(Bounded(m, *rm.interval(m)) for m in relative),
            relative_breakdown=rm.breakdown(),
            smooth=tuple(Bounded(m, *sd.interval(m).interval) for m in bounds),
            smooth_breakdown=sd.breakdown(),
            largest_before=rm.largest_before,
            level=level,
            df=path.df,
            threshold=threshold,
            within=within,
        )


def _smooth_bounds(path: EventPath, se: float) -> tuple[float, ...]:
    """Bounds up to the largest change of slope seen before opening, or the error of the effect if there is none."""
    slopes = path.slopes()[: path.pre] @ path.estimates
    bent = np.abs(np.diff(slopes))
    unit = float(bent.max()) if len(bent) and bent.max() > 0 else se
    return tuple(step * unit for step in SMOOTH_STEPS)


def read_sensitivity(found: Sensitivity, words: Words = FRENCH) -> list[str]:
    """Sentences, French unless ``words`` says otherwise: how far the conclusion stands when trends diverge."""
    said = [_stands(found, words) if found.original.excludes_zero else _null_stands(found, words)]
    same = next((b for b in found.relative if b.bound == 1), None)
    if same is not None and same.low == same.low:
        said.append(
            words.say(
                "Si l’écart entre les courbes pouvait changer, d’une période à l’autre, autant qu’il l’a fait au plus "
                "avant l’ouverture (%(largest)s), l’effet serait entre %(low)s et %(high)s.",
                largest=words.number(found.largest_before, digits=3),
                low=words.number(same.low, True, 3),
                high=words.number(same.high, True, 3),
            )
        )
    straight = next((b for b in found.smooth if b.bound == 0), None)
    if straight is not None:
        said.append(
            words.say(
                "Si les courbes s’écartaient déjà en ligne droite, et continuaient ainsi, l’effet serait entre "
                "%(low)s et %(high)s.",
                low=words.number(straight.low, True, 3),
                high=words.number(straight.high, True, 3),
            )
        )
    return said


def _stands(found: Sensitivity, words: Words) -> str:
    value = found.relative_breakdown
    if value == math.inf:
        return words.say(
            "La conclusion est solide : elle tient même si l’écart entre les courbes change après l’ouverture "
            "%(times)s fois plus qu’il ne l’a fait avant.",
            times=words.number(BEYOND, digits=0),
        )
    if value < 0.1:
        return words.say(
            "La conclusion est fragile : elle ne tient que si les courbes étaient restées parallèles ; un petit "
            "écart après l’ouverture suffit à la renverser."
        )
    return words.say(
        "La conclusion tient, sauf si l’écart entre les courbes change après l’ouverture, d’une période à l’autre, "
        "plus de %(times)s fois autant que le plus grand changement vu avant.",
        times=words.number(value, digits=1),
    )


def _null_stands(found: Sensitivity, words: Words) -> str:
    """How far the absence of an effect that matters stands."""
    if found.threshold is None or found.within is None:
        return words.say(
            "L’intervalle contient déjà zéro si les courbes sont parallèles ; sous chaque écart admis, il dit quels "
            "effets restent possibles."
        )
    limit = words.number(found.threshold)
    if max(-found.original.low, found.original.high) > found.threshold:
        return words.say(
            "L’intervalle contient déjà zéro si les courbes sont parallèles, et dépasse déjà le seuil d’un effet qui "
            "compte (%(limit)s) : quoi que l’on admette, un tel effet n’est pas écarté.",
            limit=limit,
        )
    if found.within == math.inf:
        return words.say(
            "L’absence d’effet notable est solide : l’intervalle reste en deçà du seuil d’un effet qui compte "
            "(%(limit)s) même si l’écart entre les courbes change après l’ouverture %(times)s fois plus qu’il ne l’a "
            "fait avant.",
            limit=limit,
            times=words.number(BEYOND, digits=0),
        )
    if found.within < 0.1:
        return words.say(
            "L’absence d’effet notable est fragile : elle ne tient que si les courbes étaient restées parallèles ; "
            "un petit écart après l’ouverture suffit pour qu’un effet qui compte (%(limit)s) redevienne possible.",
            limit=limit,
        )
    return words.say(
        "L’absence d’effet notable tient, sauf si l’écart entre les courbes change après l’ouverture, d’une période à "
        "l’autre, plus de %(times)s fois autant que le plus grand changement vu avant : jusque-là, l’intervalle reste "
        "en deçà du seuil d’un effet qui compte (%(limit)s).",
        limit=limit,
        times=words.number(found.within, digits=1),
    )
