"""Covariance of any linear combinations of the cells, from the sufficient statistics."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from essaim.evaluation.att import Terms
from essaim.evaluation.columns import Bools, Floats, Ints
from essaim.evaluation.moments import ClusterSums, Moments

#: Share of entries under which a product by sparse loadings is the faster.
_SPARSE = 0.1


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

    def part(self, chosen: Ints | slice) -> "Spread":
        """The same of some of the estimates."""
        return Spread(self.covariance[chosen][:, chosen], self.df[chosen])


def loadings(stats: Moments, terms: Terms, mix: Floats, sizes: Floats | None) -> Floats:
    """(G, E, D) influence of a score of each cohort on the combinations ``mix`` (E, K) of the cells.

    ``sizes`` (E, G), or ``None``: derivatives by the share of each cohort, for weights that are themselves
    estimated.
    """
    load = _loadings(stats, terms, _known(mix), sizes).toarray()
    return np.ascontiguousarray(load.reshape(len(mix), len(stats.cohorts), stats.width).transpose(1, 0, 2))


def _loadings(stats: Moments, terms: Terms, mix: csr_array, sizes: Floats | None) -> csr_array:
    """The same as a sparse (E, G·D): with dozens of cohorts most of a cell's loadings are zero."""
    groups, width = len(stats.cohorts), stats.width
    shape, at = (mix.shape[1], groups * width), terms.cohort * width
    table = csr_array((terms.slope, (terms.cell, at + terms.period)), shape=shape)
    if sizes is not None:
        place = at + stats.indicator[terms.period]
        table = table + csr_array((terms.constant, (terms.cell, place)), shape=shape)
    load = mix @ table
    if sizes is not None and sizes.any():
        own, columns = np.nonzero(sizes)
        value = sizes[own, columns] / stats.unit_weight.sum()
        load = load + csr_array((value, (own, columns * width + stats.unit)), shape=load.shape)
    return csr_array(load)


def _known(mix: Floats) -> csr_array:
    return csr_array(np.nan_to_num(mix))


def _sandwich(load: csr_array, blocks: Floats) -> Floats:
    """(E, E) load · blocks · loadᵗ, where ``blocks`` (G, D, D) stand along the diagonal."""
    groups, width, _ = blocks.shape
    dense = load.toarray()
    half = np.matmul(blocks, dense.reshape(-1, groups, width).transpose(1, 2, 0)).reshape(groups * width, -1)
    return np.asarray((load if load.nnz < _SPARSE * dense.size else dense) @ half)


def analytic(stats: Moments, terms: Terms, mix: Floats, sizes: Floats) -> Spread:
    """Influence-function covariance, equal to that of R's ``did``; by cluster where there are clusters."""
    if stats.clusters is None:
        covariance = _sandwich(_loadings(stats, terms, _known(mix), sizes), stats.second)
    else:
        load = loadings(stats, terms, mix, sizes)
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
    df, lone = _satterthwaite(stats, scale, used)
    covariance[lone, :] = covariance[:, lone] = np.nan
    return Spread(_undefined(covariance, mix), df)


def of_cells(stats: Moments, terms: Terms, count: int, *, unbiased: bool) -> tuple[Floats, Floats]:
    """Standard errors and degrees of freedom (K,) of the cells, without the (K, K) covariance: CR2 or analytic.

    A cell draws on each cohort in two periods: four entries of a score at most. For moments without clusters.
    """
    half = len(terms.cell) // 2
    cell, cohort = terms.cell[:half], terms.cohort[:half]
    places, values = list(np.split(terms.period, 2)), list(np.split(terms.slope, 2))
    if not unbiased:
        places += [stats.indicator[place] for place in places]
        values += list(np.split(terms.constant, 2))
    blocks = np.nan_to_num(stats.unbiased) if unbiased else stats.second
    squares = np.zeros(half)
    for place, value in zip(places, values, strict=True):
        for other, factor in zip(places, values, strict=True):
            squares += value * factor * blocks[cohort, place, other]
    se = np.sqrt(np.maximum(np.bincount(cell, squares, minlength=count), 0))
    if not unbiased:
        return se, np.full(count, np.inf)
    scale = np.zeros((count, len(stats.cohorts)))
    for place, value in zip(places, values, strict=True):
        np.add.at(scale, (cell, cohort), (value * stats.weight[cohort, place]) ** 2)
    df, lone = _satterthwaite(stats, scale.T, scale.T > 0)
    se[lone] = np.nan
    return se, df


def _satterthwaite(stats: Moments, scale: Floats, used: Bools) -> tuple[Floats, Bools]:
    """Degrees of freedom (E,) from the scales (G, E), NaN for the estimates that use a cohort without CR2."""
    trace = np.nan_to_num(stats.trace) @ scale
    square = (scale * (np.nan_to_num(stats.square) @ scale)).sum(axis=0)
    df = np.divide(trace**2, square, out=np.full(scale.shape[1], np.nan), where=square > 0)
    lone = np.asarray((used & np.isnan(stats.trace)[:, None]).any(axis=0))
    df[lone] = np.nan
    return df, lone


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

    def of_cells(self) -> Floats:
        """(K,) standard errors of the cells."""
        table = self.table if self.cluster is None else _summed(self.table, self.cluster)
        return np.asarray(np.sqrt(np.einsum("nk,nk->k", table, table)))

    def analytic(self, mix: Floats, sizes: Floats) -> Spread:
        """Influence-function covariance of combinations of cells, by cluster where there are clusters."""
        influence = self.influence(mix, sizes)
        return Spread(_undefined(influence.T @ influence, mix), np.full(len(mix), np.inf))


def _undefined(covariance: Floats, mix: Floats) -> Floats:
    """NaN for the combinations that are undefined."""
    bad = np.isnan(mix).any(axis=1)
    covariance[bad, :] = covariance[:, bad] = np.nan
    return covariance
