"""Intervals under smoothness: Rambachan & Roth (2023), optimal fixed-length intervals of Armstrong & Kolesár (2018).

The slope of the difference in trends may change by at most ``m`` from one period to the next. Among the
estimators that are linear in the effects, exact for a straight drift, the one whose interval is shortest is
sought. With the knots' coefficients w as unknowns, the largest bias is ``m`` times a constant plus Σ|w| and the
variance is quadratic in w: the best compromises between the two are the path of a lasso, followed exactly
from one kink to the next.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import special

from essaim.evaluation.columns import Floats
from essaim.evaluation.event_path import EventPath

_TINY = 1e-12
_NEWTON = 8
_ROUNDS = 4
_STEPS = np.linspace(0, 1, 21)[:, None]
_ROOT_TWO_PI = float(np.sqrt(2 * np.pi))


def folded_quantile(bias: Floats, level: float) -> Floats:
    """Quantile of |N(bias, 1)|, to 1e-12 (equation 18 of the article)."""
    # Increasing and concave above the bias: from the left, Newton's steps never pass the root.
    found = bias + special.ndtri(level)
    for _ in range(_NEWTON):
        reached = special.ndtr(found - bias) - special.ndtr(-found - bias)
        density = np.exp(-((found - bias) ** 2) / 2) + np.exp(-((found + bias) ** 2) / 2)
        found = found + (level - reached) * _ROOT_TWO_PI / density
    return np.asarray(found)


@dataclass(frozen=True, slots=True)
class FixedLength:
    """An estimate and the half-length of its interval; ``weights`` (P,) of the effects before opening."""

    estimate: float
    half: float
    weights: Floats

    @property
    def interval(self) -> tuple[float, float]:
        """Its two ends."""
        return self.estimate - self.half, self.estimate + self.half


class Smoothness:
    """Fixed-length intervals of the effect of interest for any bound on the change of slope."""

    def __init__(self, path: EventPath, level: float) -> None:
        self._path, self._level = path, level
        pre, after = path.pre, path.times[path.pre :]
        distance = -path.times[:pre][::-1]
        knots = np.concatenate([[0.0], distance[:-1]])
        reach = np.clip(distance[None, :] - knots[:, None], 0, None)
        #: From the coefficients of the knots, the reference first, to the weights of the effects before.
        self._to_weights = np.linalg.inv(reach)[::-1]
        drift = float(path.weights @ after)
        beyond = np.clip(after[None, :] - after[:-1, None], 0, None) @ path.weights
        self._fixed_bias = abs(drift) + float(np.abs(beyond).sum())
        self._kinks = self._lasso(drift)

    def interval(self, m: float) -> FixedLength:
        """The shortest interval when the slope may change by ``m`` a period."""
        # The half-length is convex along the path: its least value is next to the best kink.
        kinks = np.array(self._kinks)
        halves = self._half(kinks, m)
        k = int(halves.argmin())
        best, half = kinks[k], float(halves[k])
        w = kinks[max(k - 1, 0) : k + 2]
        for _ in range(_ROUNDS):
            w = _between(w)
            halves = self._half(w, m)
            k = int(halves.argmin())
            best, half = w[k], float(halves[k])
            w = w[max(k - 1, 0) : k + 2]
        weights = self._to_weights @ best
        pre = self._path.pre
        return FixedLength(float(weights @ self._path.estimates[:pre]) + self._path.effect, half, weights)

    def breakdown(self, theta: float = 0.0) -> float:
        """Smallest bound, to a thousandth of itself, whose interval holds ``theta``."""

        def holds(m: float) -> bool:
            low, high = self.interval(m).interval
            return low <= theta <= high

        if holds(0.0):
            return 0.0
        low, high = 0.0, max(self.interval(0.0).half, _TINY)
        while not holds(high):
            low, high = high, 2 * high
        while high - low > 1e-3 * high:
            middle = (low + high) / 2
            low, high = (low, middle) if holds(middle) else (middle, high)
        return high

    def _half(self, w: Floats, m: float) -> Floats:
        """(n,) half-lengths of the estimators with knots' coefficients w (n, P)."""
        sd = np.sqrt(np.maximum(self._variance(w), _TINY**2))
        bias = m * (self._fixed_bias + np.abs(w[:, 1:]).sum(axis=1))
        return np.asarray(folded_quantile(bias / sd, self._level) * sd)

    def _variance(self, w: Floats) -> Floats:
        weights = np.hstack(
            [w @ self._to_weights.T, np.broadcast_to(self._path.weights, (len(w), self._path.post))]
        )
        return np.asarray(((weights @ self._path.covariance) * weights).sum(axis=1))

    def _lasso(self, drift: float) -> list[Floats]:
        """Kinks of the path from the least biased to the least variable estimator, as (P,) coefficients.

        The first coefficient, that of the reference, is set by the straight drift that must cancel.
        """
        pre, covariance, t = self._path.pre, self._path.covariance, self._to_weights
        gram = t.T @ covariance[:pre, :pre] @ t
        linear = t.T @ covariance[:pre, pre:] @ self._path.weights + gram[:, 0] * drift
        return [np.concatenate([[drift], w]) for w in lasso_path(gram[1:, 1:], linear[1:])]


def _between(w: Floats) -> Floats:
    """Points along the broken line through the rows of ``w``, its ends included."""
    pieces = [start + _STEPS * (end - start) for start, end in pairwise(w)]
    return np.vstack(pieces) if pieces else w


def lasso_path(gram: Floats, linear: Floats) -> list[Floats]:
    """Kinks of the minimisers of ½ wᵗ·gram·w + linearᵗ·w + λ Σ|w| as λ falls to 0.

    Between two kinks the minimiser is a straight line (Efron et al. 2004, with removals).
    """
    size = len(linear)
    w = np.zeros(size)
    kinks = [w]
    if not size:
        return kinks
    penalty = float(np.abs(linear).max())
    active = [int(np.abs(linear).argmax())]
    sign = {active[0]: -float(np.sign(linear[active[0]]))}
    for _ in range(50 * size):
        if penalty <= 0:
            break
        inner = np.linalg.pinv(gram[np.ix_(active, active)], hermitian=True)
        start, drop = -inner @ linear[active], inner @ np.array([sign[j] for j in active])
        penalty, joins, leaves = _next_kink(gram, linear, active, start, drop, penalty)
        w = np.zeros(size)
        w[active] = start - penalty * drop
        kinks.append(w)
        if leaves is not None:
            active.remove(leaves)
        if joins is not None:
            active.append(joins)
            sign[joins] = -float(np.sign(linear[joins] + gram[joins] @ w))
    return kinks


def _next_kink(
    gram: Floats, linear: Floats, active: list[int], start: Floats, drop: Floats, penalty: float
) -> tuple[float, int | None, int | None]:
    """The next penalty at which a coefficient joins or leaves the active ones; 0 when none does."""
    best, joins, leaves = 0.0, None, None
    limit = penalty * (1 - 1e-10)
    for i, j in enumerate(active):
        zero = start[i] / drop[i] if drop[i] else -1.0
        if best < zero < limit:
            best, leaves = float(zero), j
    for j in range(len(linear)):
        if j in active:
            continue
        p, q = linear[j] + gram[j, active] @ start, gram[j, active] @ drop
        for value in (p / (1 + q) if q != -1 else -1.0, -p / (1 - q) if q != 1 else -1.0):
            if best < value < limit:
                best, joins, leaves = float(value), j, None
    return best, joins, leaves
