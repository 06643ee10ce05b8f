"""Effect of one cell with covariates: regression, inverse probability, doubly robust.

Formulas of Sant'Anna & Zhao (2020), for panels (two outcomes a unit: their equations 2.2, 3.1) and for
repeated cross-sections (their locally efficient estimator, equation 3.4). Influence functions come from the
delta method: the term of each mean, plus the gradient of the effect by each estimated coefficient times its
influence.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from essaim.evaluation.columns import Bools, Floats, Ints
from essaim.evaluation.nuisance import (
    Propensity,
    inverse_of,
    least_squares,
    least_squares_influence,
    propensity,
    propensity_influence,
)

Method = Literal["dr", "reg", "ipw"]


@dataclass(slots=True)
class _Ratio:
    """E[a·v] / E[a] with its influence function (n,)."""

    value: float
    influence: Floats
    weight: Floats

    @classmethod
    def of(cls, a: Floats, v: Floats) -> "_Ratio":
        mean = float(a.mean())
        value = float(a @ v) / len(a) / mean
        return cls(value, a * (v - value) / mean, a / mean)

    def gradient(self, x: Floats) -> Floats:
        """(k,) derivative by coefficients c when v depends on them through +x·c."""
        return np.asarray(self.weight @ x / len(x))


@dataclass(frozen=True, slots=True)
class Side:
    """Units on one side of a comparison: outcomes (T, n), covariates (k, n) with the constant first, weights (n,)."""

    outcome: Floats
    x: Floats
    weight: Floats

    def change(self, period: Ints, base: Ints) -> Floats:
        """(m, n) changes of outcome between m pairs of periods."""
        return np.asarray(self.outcome[period] - self.outcome[base])


@dataclass(frozen=True, slots=True)
class PanelSample:
    """A cohort and the units that it is compared to, seen in the same periods.

    The logit and the inverse of the Gram matrix of the comparison are computed once for all the cells. A unit enters
    the contributions of a cell by its change of outcome Δ times a number of its own, and by its covariates x times
    coefficients of the cell. With weights d of one side and c of the other (c: odds of exposure), β the regression
    among the others, τ and γ the means of Δ − xβ on both sides, the contribution of an exposed unit is
    d(Δ − xβ − τ)/Σd, that of another −s(Δ − xβ) + cγ/Σc, where s = c/Σc + w·x·(Σ w x xᵗ)⁻¹(x̄_d − x̄_c); the
    estimated probabilities add to both.
    """

    own: Side
    others: Side
    score: Propensity | None
    inverse: Floats | None

    @classmethod
    def of(cls, own: Side, others: Side, method: Method) -> "PanelSample":
        """Fit what the method needs. Raises ``Undefined``."""
        score = inverse = None
        if method != "reg":
            treated = np.repeat([True, False], [len(own.weight), len(others.weight)])
            weight = np.concatenate([own.weight, others.weight])
            score = propensity(np.hstack([own.x, others.x]).T, treated, weight / weight.mean())
        if method != "ipw":
            inverse = inverse_of((others.weight * others.x) @ others.x.T)
        return cls(own, others, score, inverse)

    def effects(self, period: Ints, base: Ints) -> tuple[Floats, Floats, Floats]:
        """Effects (m,) between pairs of periods; contributions of the cohort (m, n) and of the others (m, n')."""
        own, others, exposed = self.own, self.others, len(self.own.weight)
        mine, theirs = own.change(period, base), others.change(period, base)
        total = own.weight.sum()
        slopes, gradient = np.zeros((len(own.x), len(period))), own.x @ own.weight / total
        if self.inverse is not None:
            slopes = self.inverse @ ((others.weight * others.x) @ theirs.T)
        effect = mine @ own.weight / total - gradient @ slopes
        shift = -slopes / total
        shift[0] -= effect / total  # along the constant
        parts, loads = [own.weight * own.x], [shift]
        scale, other_parts, other_loads = np.zeros(len(others.weight)), [], []
        if self.score is not None:
            odds = self.score.odds[exposed:]
            scale, weighed = odds / odds.sum(), odds / odds.sum() * others.x
            mean = weighed.sum(axis=1)
            compared = scale @ theirs.T - mean @ slopes
            moved = weighed @ theirs.T - weighed @ others.x.T @ slopes - np.outer(mean, compared)
            # The logit was fitted on weights of mean one: the coefficients do not change, their information does.
            size = own.weight.sum() + others.weight.sum()
            estimated = self.score.inverse @ moved / size
            probability = self.score.probability
            parts.append(own.weight * (1 - probability[:exposed]) * own.x)
            loads.append(-estimated)
            other_parts = [others.weight * probability[exposed:] * others.x, scale[None, :]]
            other_loads = [estimated, compared[None, :]]
            effect, gradient = effect - compared, gradient - mean
        if self.inverse is not None:
            scale = scale + others.weight * (gradient @ self.inverse @ others.x)
            other_parts.append(scale * others.x)
            other_loads.append(slopes)
        mine *= own.weight / total
        mine += np.vstack(loads).T @ np.vstack(parts)
        theirs *= -scale
        theirs += np.vstack(other_loads).T @ np.vstack(other_parts)
        return effect, mine, theirs


def cross_section_effect(
    y: Floats, post: Bools, treated: Bools, x: Floats, weight: Floats, method: Method
) -> tuple[float, Floats]:
    """Effect and influence functions (n,) from rows of two periods. Raises ``Undefined``."""
    w = weight / weight.mean()
    score = propensity(x, treated, w) if method != "reg" else None
    if method == "ipw":
        assert score is not None
        return _cross_weighted(y, post, treated, x, w, score)
    if method == "reg":
        return _cross_regression(y, post, treated, x, w)
    assert score is not None
    return _cross_doubly_robust(y, post, treated, x, w, score)


def _cross_weighted(
    y: Floats, post: Bools, treated: Bools, x: Floats, w: Floats, score: Propensity
) -> tuple[float, Floats]:
    effect, influence = 0.0, np.zeros(len(y))
    for period, sign in ((post, 1.0), (~post, -1.0)):
        exposed = _Ratio.of(w * (treated & period), y)
        compared = _Ratio.of(score.odds * period, y)
        effect += sign * (exposed.value - compared.value)
        estimated = propensity_influence(x, treated, w, score) @ (x.T @ compared.influence / len(y))
        influence += sign * (exposed.influence - compared.influence - estimated)
    return effect, influence


def _cross_regression(y: Floats, post: Bools, treated: Bools, x: Floats, w: Floats) -> tuple[float, Floats]:
    """The comparison is predicted for all the exposed rows, of both periods."""
    effect, influence = 0.0, np.zeros(len(y))
    for period, sign in ((post, 1.0), (~post, -1.0)):
        sample = w * (~treated & period)
        fit = least_squares(x, y, sample)
        exposed = _Ratio.of(w * (treated & period), y)
        predicted = _Ratio.of(w * treated, fit.fitted)
        effect += sign * (exposed.value - predicted.value)
        estimated = least_squares_influence(x, y, sample, fit) @ predicted.gradient(x)
        influence += sign * (exposed.influence - predicted.influence - estimated)
    return effect, influence


def _cross_doubly_robust(
    y: Floats, post: Bools, treated: Bools, x: Floats, w: Floats, score: Propensity
) -> tuple[float, Floats]:
    effect, influence = 0.0, np.zeros(len(y))
    for period, sign in ((post, 1.0), (~post, -1.0)):
        control_rows, treated_rows = w * (~treated & period), w * (treated & period)
        control, own = least_squares(x, y, control_rows), least_squares(x, y, treated_rows)
        gap, difference = y - control.fitted, own.fitted - control.fitted
        exposed = _Ratio.of(treated_rows, gap)
        compared = _Ratio.of(score.odds * period, gap)
        everyone, here = _Ratio.of(w * treated, difference), _Ratio.of(treated_rows, difference)
        effect += sign * (exposed.value - compared.value + everyone.value - here.value)
        by_difference = everyone.gradient(x) - here.gradient(x)
        by_control = -exposed.gradient(x) + compared.gradient(x) - by_difference
        estimated = (
            least_squares_influence(x, y, control_rows, control) @ by_control
            + least_squares_influence(x, y, treated_rows, own) @ by_difference
            - propensity_influence(x, treated, w, score) @ (x.T @ compared.influence / len(y))
        )
        own_terms = exposed.influence - compared.influence + everyone.influence - here.influence
        influence += sign * (own_terms + estimated)
    return effect, influence
