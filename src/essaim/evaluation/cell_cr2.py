"""CR2 errors where the weight of a unit changes with the period: territories counted by their persons, holes.

Regression, on rows, on cohort × period means, weighted, clustered by unit (a territory) or coarser; working model:
independent errors of variance 1/weight. With f the share of a cluster in the weight of a cohort in a period, the
adjustment (I − H)^(−1/2) of Bell & McCaffrey (2002) multiplies the cluster's summed residuals by 1/√(1 − f), cell by
cell (``docs/methods/evaluation-inference.md``).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from essaim.evaluation.att import Terms
from essaim.evaluation.columns import Bools, Floats, Ints
from essaim.evaluation.covariance import Spread, loadings
from essaim.evaluation.moments import Moments
from essaim.evaluation.panel import Panel
from essaim.evaluation.periods import NEVER
from essaim.evaluation.resampling import Draws, multipliers, studentised

#: A share nearer to one is a cohort held, in that period, by one cluster.
_WHOLE = 1e-9
#: Signs held at once by the wild bootstrap.
_SIGNS = 2**22


@dataclass(frozen=True, slots=True)
class CellForms:
    """Quadratic forms over the G × T cells, by blocks (B, K, K) that share no cluster, B·K = G·T.

    ``second`` gives the covariance, ``pairs`` the degrees of freedom; ``lone`` (G, T) is true where one cluster holds
    the cell: no CR2.
    """

    second: Floats
    pairs: Floats
    lone: Bools

    @property
    def defined(self) -> bool:
        """Whether any cell has a CR2 error."""
        return not self.lone.all()

    def spread(self, stats: Moments, terms: Terms, mix: Floats | csr_array) -> Spread:
        """Covariance of combinations ``mix`` (E, C) of the effects and Satterthwaite's degrees of freedom.

        NaN for those that use a lone cell.
        """
        load, degrees, bad = self._parts(stats, terms, mix)
        covariance = np.asarray(np.einsum("bek,bkl,bfl->ef", load, self.second, load, optimize=True))
        covariance[bad, :] = covariance[:, bad] = np.nan
        return Spread(covariance, degrees)

    def each(self, stats: Moments, terms: Terms, count: int) -> tuple[Floats, Floats]:
        """Standard errors and degrees of freedom (C,) of the effects themselves."""
        load, degrees, bad = self._parts(stats, terms, np.eye(count))
        variance = np.einsum("bek,bek->e", load @ self.second, load)
        variance[bad] = np.nan
        return np.sqrt(np.maximum(variance, 0)), degrees

    def wild(
        self,
        panel: Panel,
        stats: Moments,
        terms: Terms,
        mix: Floats | csr_array,
        count: int,
        rng: np.random.Generator,
    ) -> Draws:
        """Wild bootstrap of the t-statistics: the residuals of each cluster change sign, means and errors follow.

        With ξ the signs and m = Σ ξ s the new sums by cell, the residuals of a cluster become ξ s − f m: squares
        of its scaled sum are p² − 2 ξ p c·m + (c·m)², p and c the loadings of s/√(1 − f) and f/√(1 − f).
        """
        load, _, bad = self._parts(stats, terms, mix)
        total, variance = np.zeros((2, count, mix.shape[0]))
        for own, (sums, share) in zip(load, _blocks(panel, stats), strict=True):
            root = np.sqrt(np.where(share > 1 - _WHOLE, np.inf, 1 - share))
            for chunk in np.array_split(np.arange(count), -(-count * len(sums) // _SIGNS)):
                signs = multipliers("rademacher", (len(chunk), len(sums)), rng)
                moved = signs @ sums
                total[chunk] += moved @ own.T
                for e, slope in enumerate(own):
                    fixed, pull = (sums / root) @ slope, share / root * slope
                    crossed = (signs @ (fixed[:, None] * pull) * moved).sum(axis=1)
                    squares = (moved @ (pull.T @ pull) * moved).sum(axis=1)
                    variance[chunk, e] += fixed @ fixed - 2 * crossed + squares
        return studentised(total, np.maximum(variance, 0), bad)

    def _parts(self, stats: Moments, terms: Terms, mix: Floats | csr_array) -> tuple[Floats, Floats, Bools]:
        """Loadings (B, E, K), degrees of freedom (E,) and which combinations are undefined (E,)."""
        load = loadings(stats, terms, mix, None)[:, :, : stats.periods]
        bad = np.isnan(load).any(axis=(0, 2)) | (load != 0).transpose(1, 0, 2)[:, self.lone].any(axis=1)
        scale = self._blocks(load**2 * stats.weight[:, None, :])
        square = np.einsum("bek,bek->e", scale @ self.pairs, scale)
        total = scale.sum(axis=(0, 2))
        degrees = np.divide(total**2, square, out=np.full(load.shape[1], np.nan), where=(square > 0) & ~bad)
        return self._blocks(load), degrees, bad

    def _blocks(self, load: Floats) -> Floats:
        """(G, E, T) as (B, E, K)."""
        if len(self.second) == len(load):
            return load
        return np.ascontiguousarray(load.transpose(1, 0, 2)).reshape(1, load.shape[1], -1)


def cell_forms(panel: Panel, stats: Moments) -> CellForms:
    """The forms of a panel of units (not of cross-sections), whose statistics are ``stats``."""
    second, pairs = [], []
    lone = np.zeros(stats.mean.shape, dtype=bool)
    for at, (sums, share) in zip(_places(stats), _blocks(panel, stats), strict=True):
        alone = share > 1 - _WHOLE
        lone.reshape(-1)[at] = alone.any(axis=0)
        root = np.sqrt(np.where(alone, 1.0, 1 - share))
        scaled, pulled = np.where(alone, 0.0, sums / root), np.where(alone, 0.0, share / root)
        second.append(scaled.T @ scaled)
        pairs.append(share.T @ share + (pulled.T @ pulled) ** 2 - (pulled**2).T @ pulled**2)
    return CellForms(np.stack(second), np.stack(pairs), lone)


def _places(stats: Moments) -> list[Ints]:
    """Where the cells of each block stand among the G·T."""
    every = np.arange(stats.mean.size)
    return list(every.reshape(stats.mean.shape)) if stats.clusters is None else [every]


def _blocks(panel: Panel, stats: Moments) -> Iterator[tuple[Floats, Floats]]:
    """Sums of residuals and shares of weight (clusters, K): a block a cohort, or one block where clusters may cross."""
    cohorts = (_cohort(panel, stats, g) for g in range(len(stats.cohorts)))
    if stats.clusters is None:
        yield from ((sums, share) for _, sums, share in cohorts)
        return
    assert panel.cluster is not None
    names, cluster = np.unique(panel.cluster, return_inverse=True)
    both = np.zeros((2, len(names), *stats.mean.shape))
    for g, (rows, sums, share) in enumerate(cohorts):
        np.add.at(both[0, :, g], cluster[rows], sums)
        np.add.at(both[1, :, g], cluster[rows], share)
    yield both[0].reshape(len(names), -1), both[1].reshape(len(names), -1)


def _cohort(panel: Panel, stats: Moments, g: int) -> tuple[Ints, Floats, Floats]:
    """The units of a cohort, their sums of residuals and their shares of its weight (n, T)."""
    inside = panel.cohort == stats.cohorts[g]
    if stats.levels is not None and stats.cohorts[g] != NEVER:
        inside &= panel.level == stats.levels[g]
    rows = np.flatnonzero(inside)
    outcome, weight = panel.outcome[rows], panel.weight[rows]
    seen = ~np.isnan(outcome)
    each = np.where(seen, weight if weight.ndim == 2 else weight[:, None], 0.0)
    sums = each * np.where(seen, outcome - stats.mean[g], 0.0)
    return rows, sums, each / np.where(stats.weight[g] > 0, stats.weight[g], 1.0)
