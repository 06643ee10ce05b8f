"""Intervals under bounded relative magnitudes: Rambachan & Roth (2023), with the hybrid test of Andrews, Roth &
Pakes (2023).

After opening, the trends may diverge, from one period to the next, by at most ``mbar`` times the largest
divergence seen before. That set is a union of polyhedra, one for each place and sign of the largest
divergence (footnote 9 of the article); a value of the effect is kept when the test of one of them does not
reject it.

The test of a polyhedron is on the largest of normalised moments, over the vertices of a dual polytope. Here the
vertices are known in closed form: the changes after opening are free but for their sum, so that the multipliers
of the two sides of each change differ by the same multiple of its weight in the effect. Two vertices depend on
the effect; the others, one for each change after, say that the largest divergence is not negative, and only the
two most extreme of them can bind. No linear programme is solved, and all the values of a grid are tested at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special

from essaim.evaluation.columns import Bools, Floats
from essaim.evaluation.event_path import EventPath

#: Share of the error that the least-favourable first stage may use (κ = α/10 in the article).
FIRST_STAGE = 0.1
#: Draws of the least-favourable law; its 99.5 % point is known to about 0.03.
DRAWS = 20_000
#: A breakdown value above this is reported as « beyond »: no reader would tell 10 from 20.
BEYOND = 10.0

_GRID = 200
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class _Piece:
    """One polyhedron: V moments ``level + slope·θ`` that are at most 0 in mean, and their covariance."""

    level: Floats
    slope: Floats
    covariance: Floats
    first_stage: float

    def accepts(self, theta: Floats, alpha: float) -> Bools:
        """Whether the hybrid test keeps each value (n,)."""
        z = self.level + theta[:, None] * self.slope
        best = z.argmax(axis=1)
        eta = z[np.arange(len(z)), best]
        variance = self.covariance[best, best]
        certain = variance <= _TINY * max(float(np.diag(self.covariance).max()), _TINY)
        scale = np.where(certain, 1.0, variance)
        low, high = _truncation(z, eta, self.covariance[best] / scale[:, None])
        high = np.minimum(high, self.first_stage)
        kappa = FIRST_STAGE * alpha
        share = _upper_share(eta, low, high, np.sqrt(scale))
        rejected = (eta > self.first_stage) | (share <= (alpha - kappa) / (1 - kappa))
        return np.asarray(np.where(certain, eta <= _TINY, ~(rejected & (eta > 0))))

    def bounds(self) -> tuple[float, float] | None:
        """Values that the first stage does not reject; ``None`` when it rejects all of them."""
        if (self.level[self.slope == 0] > self.first_stage).any():
            return None
        falling, rising = self.slope < 0, self.slope > 0
        low = ((self.first_stage - self.level[falling]) / self.slope[falling]).max()
        high = ((self.first_stage - self.level[rising]) / self.slope[rising]).min()
        return (float(low), float(high)) if low <= high else None


def _truncation(z: Floats, eta: Floats, ratio: Floats) -> tuple[Floats, Floats]:
    """(n,) bounds between which the largest moment would still be the largest, the rest held fixed."""
    slack = 1 - ratio
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = (z - ratio * eta[:, None]) / slack
    low = np.where(slack > 1e-9, bound, -np.inf).max(axis=1)
    high = np.where(slack < -1e-9, bound, np.inf).min(axis=1)
    return low, high


def _upper_share(eta: Floats, low: Floats, high: Floats, sd: Floats) -> Floats:
    """P(ξ > eta) for ξ normal of mean 0 truncated to [low, high], stable far in the tails."""
    floor = special.log_ndtr(-low / sd)
    above, top = (np.exp(special.log_ndtr(-x / sd) - floor) for x in (eta, high))
    return np.asarray(np.divide(above - top, 1 - top, out=np.zeros_like(above), where=top < 1))


class RelativeMagnitudes:
    """The confidence set of the effect of interest for any bound, with one set of draws for all of them."""

    def __init__(self, path: EventPath, level: float, seed: int) -> None:
        self._path, self._alpha = path, 1 - level
        values, vectors = np.linalg.eigh(path.covariance)
        half = np.random.default_rng(seed).standard_normal((DRAWS // 2, len(values)))
        self._draws = (half * np.sqrt(np.clip(values, 0, None))) @ vectors.T
        self._slopes = path.slopes()

    @property
    def largest_before(self) -> float:
        """The largest estimated change of trend before opening, a period."""
        return float(np.abs(self._slopes[: self._path.pre] @ self._path.estimates).max())

    def interval(self, mbar: float) -> tuple[float, float]:
        """The smallest interval that holds all the values kept; NaN when none is."""
        ends = [self._ends(piece) for piece in self._pieces(mbar)]
        kept = [end for end in ends if end is not None]
        if not kept:
            return float("nan"), float("nan")
        return min(low for low, _ in kept), max(high for _, high in kept)

    def keeps(self, theta: float, mbar: float) -> bool:
        """Whether a value of the effect is kept."""
        value = np.array([theta])
        return any(bool(piece.accepts(value, self._alpha)[0]) for piece in self._pieces(mbar))

    def breakdown(self, theta: float = 0.0) -> float:
        """Smallest bound, to 0.01, under which ``theta`` is kept; infinite above ``BEYOND``."""
        if self.keeps(theta, 0.0):
            return 0.0
        low, high = 0.0, 1.0
        while not self.keeps(theta, high):
            low, high = high, 2 * high
            if low >= BEYOND:
                return float("inf")
        while high - low > 0.01:
            middle = (low + high) / 2
            low, high = (low, middle) if self.keeps(theta, middle) else (middle, high)
        return high

    def _ends(self, piece: _Piece) -> tuple[float, float] | None:
        """First and last values kept in one polyhedron: a grid, then a finer one around each end."""
        found = piece.bounds()
        if found is None:
            return None
        grid = np.linspace(*found, _GRID)
        kept = np.flatnonzero(piece.accepts(grid, self._alpha))
        if not len(kept):
            return None
        step = (grid[-1] - grid[0]) / (_GRID - 1)
        return (
            self._refined(piece, float(grid[kept[0]]), -float(step)),
            self._refined(piece, float(grid[kept[-1]]), float(step)),
        )

    def _refined(self, piece: _Piece, end: float, step: float) -> float:
        """The end of the values kept, between ``end`` (kept) and ``end + step`` (not)."""
        fine = np.linspace(end, end + step, _GRID)
        return float(fine[piece.accepts(fine, self._alpha)][-1])

    def _pieces(self, mbar: float) -> Iterator[_Piece]:
        """One polyhedron for each place and sign of the largest change before opening."""
        for place in range(self._path.pre):
            threshold: float | None = None
            for sign in (1.0, -1.0):
                moments, slope = self._moments(place, sign, mbar)
                if threshold is None:  # the law is symmetric: the two signs share it
                    threshold = self._first_stage(moments)
                yield _Piece(
                    moments @ self._path.estimates,
                    slope,
                    moments @ self._path.covariance @ moments.T,
                    threshold,
                )

    def _first_stage(self, moments: Floats) -> float:
        """Quantile of the largest moment when all are 0 in mean, by antithetic draws."""
        values = self._draws @ moments.T
        largest = np.concatenate([values.max(axis=1), -values.min(axis=1)])
        return float(np.quantile(largest, 1 - FIRST_STAGE * self._alpha))

    def _moments(self, place: int, sign: float, mbar: float) -> tuple[Floats, Floats]:
        """(4, P + Q) moments as functions of the effects, and (4,) their slopes in the effect of interest."""
        pre, weights = self._path.pre, self._path.weights
        largest, after = sign * self._slopes[place], self._slopes[pre:]
        up, down = self._sd(after - mbar * largest), self._sd(-after - mbar * largest)
        each = 1 / (up + down)
        spacing = np.diff(np.insert(self._path.times[pre:], 0, 0.0))
        weight = spacing * np.cumsum(weights[::-1])[::-1]
        over = 1 / (np.abs(weight) @ np.where(weight > 0, up, down))
        under = 1 / (np.abs(weight) @ np.where(weight > 0, down, up))
        effect = np.concatenate([np.zeros(pre), weights])
        reach = mbar * np.abs(weight).sum() * largest
        negative = -2 * mbar * largest
        rows = [
            over * (effect - reach),
            under * (-effect - reach),
            each.max() * negative,
            each.min() * negative,
        ]
        return np.array(rows), np.array([-over, under, 0.0, 0.0])

    def _sd(self, rows: Floats) -> Floats:
        """(V,) standard errors of linear functions of the estimates; never 0."""
        variance = np.einsum("ij,jk,ik->i", rows, self._path.covariance, rows)
        return np.asarray(np.sqrt(np.maximum(variance, _TINY**2)))
