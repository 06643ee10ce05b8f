"""The estimator of a stepped wedge on cell means, many data sets at once: a random cluster effect, by REML.

Model of Hussey & Hughes 2007 (section 3) on the mean of cluster i in period j: ``Y_ij = μ_j + X_ij θ + a_i + e_ij``,
with ``Var(a_i) = λ σ²`` and ``Var(e_ij) = σ² / w_ij``. For a given λ everything is a ratio of sums by cluster
(Sherman-Morrison), so that the restricted likelihood (Patterson & Thompson 1971) of all data sets is maximised
together over one variable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from essaim.rollout.design import Floats
from essaim.rollout.errors import RolloutError
from essaim.rollout.rounding import Ints

# λ is searched through s = λ S / (1 + λ S), S the largest weight of a cluster.
_GRID = np.concatenate([np.linspace(0, 0.98, 25), 1 - np.geomspace(0.01, 1e-7, 8)])
_STEPS = 60
_DONE = 1e-11


@dataclass(frozen=True, slots=True)
class Fits:
    """One value for each of R data sets: effect, its standard error, variance between clusters and of cell means."""

    effect: Floats
    se: Floats
    between: Floats
    within: Floats


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums by cluster: ``s`` (I,) weights, ``x`` (I, p), ``y`` (R, I); and over all cells."""

    s: Floats
    x: Floats
    y: Floats
    xx: Floats
    xy: Floats
    yy: Floats
    spare: int


def fit(means: ArrayLike, exposure: ArrayLike, weights: ArrayLike | None = None) -> Fits:
    """Fit R data sets of cell means (R, I, T) that share one ``exposure`` (I, T), NaN where nothing is observed.

    ``weights`` (I, T): persons behind each mean; all means weigh the same without it.
    Raises ``RolloutError`` when the effect cannot be told from the passing of time.
    """
    # Small products: a second BLAS thread costs more than it saves.
    with threadpool_limits(limits=1, user_api="blas"):
        sums = _sums(np.asarray(means, dtype=float), np.asarray(exposure, dtype=float), weights)
        return _maximised(sums)


def _sums(means: Floats, exposure: Floats, weights: ArrayLike | None) -> _Sums:
    seen = ~np.isnan(exposure)
    w = np.where(seen, 1.0 if weights is None else np.asarray(weights, dtype=float), 0.0)
    clusters, periods = exposure.shape
    x = np.zeros((clusters, periods, periods + 1))
    x[:, np.arange(periods), np.arange(periods)] = 1
    x[:, :, periods] = np.nan_to_num(exposure)
    x = x[:, :, np.append(seen.any(axis=0), True)] * seen[:, :, None]
    y = np.where(seen, means, 0.0)
    wx = (w[:, :, None] * x).reshape(clusters * periods, -1)
    flat = x.reshape(clusters * periods, -1)
    if np.linalg.matrix_rank(flat) < flat.shape[1]:
        raise RolloutError(
            "Ce plan ne peut pas distinguer l’effet du temps qui passe : décalez les ouvertures, ou gardez des "
            "territoires sans ouverture."
        )
    return _Sums(
        s=w.sum(axis=1),
        x=wx.reshape(clusters, periods, -1).sum(axis=1),
        y=np.einsum("ij,rij->ri", w, y, optimize=True),
        xx=flat.T @ wx,
        xy=y.reshape(len(y), -1) @ wx,
        yy=np.einsum("ij,rij,rij->r", w, y, y, optimize=True),
        spare=int(seen.sum()) - flat.shape[1],
    )


@dataclass(frozen=True, slots=True)
class _At:
    """The restricted likelihood at one λ a data set: criterion to minimise, its slope by λ, and the fit."""

    criterion: Floats
    slope: Floats
    effect: Floats
    variance: Floats
    residual: Floats


def _at(sums: _Sums, ratio: Floats, rows: slice | Ints = slice(None)) -> _At:
    """``ratio`` λ (R,), or (1,) for one λ shared by the data sets ``rows``."""
    y, xy, yy = sums.y[rows], sums.xy[rows], sums.yy[rows]
    shrink = 1 / (1 + ratio[:, None] * sums.s)
    k = ratio[:, None] * shrink
    outer = (sums.x[:, :, None] * sums.x[:, None, :]).reshape(len(sums.s), -1)
    a = sums.xx - (k @ outer).reshape(len(k), *sums.xx.shape)
    inverse = np.linalg.inv(a)
    b = xy - (k * y) @ sums.x
    beta = np.squeeze(inverse @ b[:, :, None], 2)
    rss = yy - (k * y**2).sum(axis=1) - (b * beta).sum(axis=1)
    left = y - beta @ sums.x.T
    leverage = inverse.reshape(len(k), -1) @ outer.T
    slope = (
        -sums.spare * (shrink**2 * left**2).sum(axis=1) / rss
        + (sums.s * shrink).sum(axis=1)
        - (shrink**2 * leverage).sum(axis=1)
    )
    criterion = sums.spare * np.log(rss) - np.log(shrink).sum(axis=1) + np.linalg.slogdet(a)[1]
    return _At(
        criterion,
        slope,
        beta[:, -1],
        np.asarray(inverse[:, -1, -1], dtype=float),
        np.asarray(rss / sums.spare),
    )


def _maximised(sums: _Sums) -> Fits:
    """The best point of a grid shared by all data sets, then its bracket narrowed for each."""
    scale = float(sums.s.max())

    def ratio(s: Floats) -> Floats:
        return np.asarray(s / (1 - s) / scale)

    seen = np.array([_at(sums, ratio(s[None])).criterion for s in _GRID])
    best = seen.argmin(axis=0)
    low, high = _GRID[np.maximum(best - 1, 0)], _GRID[np.minimum(best + 1, len(_GRID) - 1)]
    s = _stationary(sums, ratio, low, high)
    found = _at(sums, ratio(s))
    return Fits(
        found.effect, np.sqrt(found.residual * found.variance), ratio(s) * found.residual, found.residual
    )


def _stationary(sums: _Sums, ratio: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Where the slope changes sign in each bracket (regula falsi, Illinois); an end when it does not."""
    f_low, f_high = _at(sums, ratio(low)).slope, _at(sums, ratio(high)).slope
    f_low, f_high = f_low / (1 - low) ** 2, f_high / (1 - high) ** 2
    s = np.where(f_low >= 0, low, high)
    active = np.flatnonzero((f_low < 0) & (f_high > 0))
    a, b, fa, fb = low[active], high[active], f_low[active], f_high[active]
    side = np.zeros(len(active))
    for _ in range(_STEPS):
        if not len(active):
            break
        new = b - fb * (b - a) / (fb - fa)
        value = _at(sums, ratio(new), active).slope / (1 - new) ** 2
        up = value > 0
        fa, fb = np.where(up & (side > 0), fa / 2, fa), np.where(~up & (side < 0), fb / 2, fb)
        moved = np.abs(new - s[active])
        s[active] = new
        a, fa = np.where(up, a, new), np.where(up, fa, value)
        b, fb = np.where(up, new, b), np.where(up, value, fb)
        side = np.where(up, 1.0, -1.0)
        left = (moved > _DONE) & (value != 0) & (b - a > _DONE)
        active, a, b, fa, fb, side = (v[left] for v in (active, a, b, fa, fb, side))
    return s
