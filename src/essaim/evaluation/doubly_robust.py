"""Effect of one cell with covariates: regression, inverse probability, doubly robust.

Formulas of Sant'Anna & Zhao (2020), for panels (two outcomes a unit: their equations 2.2, 3.1) and for
repeated cross-sections (their locally efficient estimator, equation 3.4). Influence functions come from the
delta method: the term of each mean, plus the gradient of the effect by each estimated coefficient times its
influence.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from essaim.evaluation.columns import Bools, Floats
from essaim.evaluation.nuisance import (
    Propensity,
    Regression,
    least_squares,
    least_squares_influence,
    propensity,
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
class PanelSample:
    """What the cells of a cohort and a comparison share: covariates with constant (n, k), exposure, weights.

    The logit and the inverse of the Gram matrix are computed once and reused by all the periods.
    """

    x: Floats
    treated: Bools
    weight: Floats
    score: Propensity | None
    method: Method

    @classmethod
    def of(cls, x: Floats, treated: Bools, weight: Floats, method: Method) -> "PanelSample":
        """Fit the probability of exposure if the method needs it. Raises ``Undefined``."""
        weight = weight / weight.mean()
        score = propensity(x, treated, weight) if method != "reg" else None
        return cls(x, treated, weight, score, method)

    def effects(self, change: Floats) -> tuple[Floats, Floats]:
        """Effects (m,) on changes of outcome (n, m), and their influences (n, m). Raises ``Undefined``."""
        d = self.weight * self.treated
        d_mean = d.mean()
        if self.method == "ipw":
            return self._weighted(change)
        control = self.weight * ~self.treated
        fit = least_squares(self.x, change, control)
        if self.method == "reg":
            return self._regression(change, fit, d, d_mean, control)
        return self._doubly_robust(change, fit, d, d_mean, control)

    def _regression(
        self, change: Floats, fit: Regression, d: Floats, d_mean: float, control: Floats
    ) -> tuple[Floats, Floats]:
        gap = change - fit.fitted
        effect = d @ gap / d.sum()
        own = d[:, None] * (gap - effect) / d_mean
        direction = self.x @ (fit.inverse @ (d @ self.x / d.sum()))
        return effect, own - (control * direction)[:, None] * gap

    def _weighted(self, change: Floats) -> tuple[Floats, Floats]:
        assert self.score is not None
        d, c = self.weight * self.treated, self.score.odds
        treated, compared = d @ change / d.sum(), c @ change / c.sum()
        influence = d[:, None] * (change - treated) / d.mean() - self._compared(change, compared)
        return treated - compared, influence

    def _doubly_robust(
        self, change: Floats, fit: Regression, d: Floats, d_mean: float, control: Floats
    ) -> tuple[Floats, Floats]:
        assert self.score is not None
        gap, c = change - fit.fitted, self.score.odds
        treated, compared = d @ gap / d.sum(), c @ gap / c.sum()
        own = d[:, None] * (gap - treated) / d_mean
        gradient = d @ self.x / d.sum() - c @ self.x / c.sum()
        direction = self.x @ (fit.inverse @ gradient)
        regression = (control * direction)[:, None] * gap
        return treated - compared, own - self._compared(gap, compared) - regression

    def _compared(self, v: Floats, mean: Floats) -> Floats:
        """Influence of the mean of the comparison units, estimated probabilities included."""
        assert self.score is not None
        c = self.score.odds
        centred = c[:, None] * (v - mean) / c.mean()
        return np.asarray(centred + self.score.influence @ (self.x.T @ centred / len(c)))


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
        estimated = score.influence @ (x.T @ compared.influence / len(y))
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
            - score.influence @ (x.T @ compared.influence / len(y))
        )
        own_terms = exposed.influence - compared.influence + everyone.influence - here.influence
        influence += sign * (own_terms + estimated)
    return effect, influence
