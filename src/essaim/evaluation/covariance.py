"""Covariance of any linear combinations of the cells, from the sufficient statistics."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from essaim.evaluation.att import Terms
from essaim.evaluation.columns import Floats, Ints
from essaim.evaluation.moments import ClusterSums, Moments


@dataclass(frozen=True, slots=True)
class Spread:
    """Uncertainty of E estimates: covariance (E, E) and degrees of freedom (E,), infinite for a normal."""

    covariance: Floats
    df: Floats

    @property
    def se(self) -> Floats:
        """(E,) standard errors; NaN where undefined, or zero to rounding."""
        variance = np.diag(self.covariance).copy()
        variance[variance < 0] = np.nan
        return np.sqrt(variance)


def loadings(stats: Moments, terms: Terms, mix: Floats, sizes: Floats | None) -> Floats:
    """(G, E, D) influence of a score of each cohort on the combinations ``mix`` (E, K) of the cells.

    ``sizes`` (E, G), or ``None``: derivatives by the share of each cohort, for weights that are themselves
    estimated.
    """
    groups, width = len(stats.cohorts), stats.width
    at = terms.cohort * width
    flat = _scatter(terms, at + terms.period, terms.slope, mix, groups * width)
    if sizes is not None:
        flat += _scatter(terms, at + stats.indicator[terms.period], terms.constant, mix, groups * width)
    result = flat.reshape(len(mix), groups, width)
    if sizes is not None:
        result[:, :, stats.unit] += sizes / stats.unit_weight.sum()
    return np.ascontiguousarray(result.transpose(1, 0, 2))


def _scatter(terms: Terms, position: Ints, value: Floats, mix: Floats, width: int) -> Floats:
    """(E, width) sum over the terms j of mix[e, cell_j]·value_j at position_j."""
    table = csr_array((value, (terms.cell, position)), shape=(mix.shape[1], width))
    return np.ascontiguousarray((table.T @ np.nan_to_num(mix).T).T)


def analytic(stats: Moments, terms: Terms, mix: Floats, sizes: Floats) -> Spread:
    """Influence-function covariance, equal to that of R's ``did``; by cluster where there are clusters."""
    load = loadings(stats, terms, mix, sizes)
    if stats.clusters is None:
        covariance = np.einsum("ged,gdf,gkf->ek", load, stats.second, load, optimize=True)
    else:
        covariance = _by_cluster(stats.clusters, stats.clusters.scores, load)
    return Spread(_undefined(covariance, mix), np.full(len(mix), np.inf))


def _by_cluster(sums: ClusterSums, scores: Floats, load: Floats) -> Floats:
    """Covariance of sums of influences by cluster."""
    influence = np.empty((len(scores), load.shape[1]))
    for g in range(len(load)):
        rows = sums.cohort == g
        influence[rows] = scores[rows] @ load[g].T
    summed = _summed(influence, sums.cluster)
    return np.asarray(summed.T @ summed)


def _summed(influence: Floats, cluster: Ints) -> Floats:
    """Influences (n, E) summed by cluster."""
    _, inverse = np.unique(cluster, return_inverse=True)
    summed = np.zeros((int(inverse.max()) + 1, influence.shape[1]))
    np.add.at(summed, inverse, influence)
    return summed


def cr2(stats: Moments, terms: Terms, mix: Floats) -> Spread:
    """CR2 covariance, cohort sizes held fixed, with Satterthwaite degrees of freedom.

    In the regression on cohort × period means clustered by unit, the leverage of a unit is its share of the
    weight of its cohort, and the bias-reduced matrix (Bell & McCaffrey 2002; Pustejovsky & Tipton 2018) has
    this closed form. NaN for combinations that use a cohort of one unit, or of one cluster.
    """
    load = loadings(stats, terms, mix, None)
    used = np.abs(load).max(axis=2) > 0
    if stats.clusters is None:
        covariance = np.einsum("ged,gdf,gkf->ek", load, np.nan_to_num(stats.unbiased), load, optimize=True)
    else:
        scaled = stats.clusters.scores * np.nan_to_num(stats.clusters.factor)[:, None]
        covariance = _by_cluster(stats.clusters, scaled, load)
    scale = ((load[:, :, : stats.periods] * stats.weight[:, None, :]) ** 2).sum(axis=2)
    trace = np.nan_to_num(stats.trace) @ scale
    square = np.einsum("ge,gh,he->e", scale, np.nan_to_num(stats.square), scale)
    df = np.divide(trace**2, square, out=np.full(len(mix), np.nan), where=square > 0)
    lone = (used & np.isnan(stats.trace)[:, None]).any(axis=0)
    covariance[lone, :] = covariance[:, lone] = np.nan
    df[lone] = np.nan
    return Spread(_undefined(covariance, mix), df)


@dataclass(frozen=True, slots=True)
class Contributions:
    """Influence of each unit on each cell, where moments are not enough (covariates, varying weights).

    ``table`` (n, K); ``member`` (n,) index of the cohort; ``weight`` (n,) of the unit in the population.
    """

    table: Floats
    member: Ints
    weight: Floats
    cluster: Ints | None

    def influence(self, mix: Floats, sizes: Floats) -> Floats:
        """(n, E) influence of the units on combinations of cells, or (clusters, E) summed by cluster."""
        influence = self.table @ np.nan_to_num(mix).T
        influence += (self.weight / self.weight.sum())[:, None] * np.nan_to_num(sizes).T[self.member]
        return influence if self.cluster is None else _summed(influence, self.cluster)

    def analytic(self, mix: Floats, sizes: Floats) -> Spread:
        """Influence-function covariance of combinations of cells, by cluster where there are clusters."""
        influence = self.influence(mix, sizes)
        return Spread(_undefined(influence.T @ influence, mix), np.full(len(mix), np.inf))


def _undefined(covariance: Floats, mix: Floats) -> Floats:
    """NaN for the combinations that are undefined."""
    bad = np.isnan(mix).any(axis=1)
    covariance[bad, :] = covariance[:, bad] = np.nan
    return covariance
