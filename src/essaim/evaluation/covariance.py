"""Covariance of any linear combinations of the cells, from the sufficient statistics."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from essaim.evaluation.att import Terms
from essaim.evaluation.columns import Bools, Floats, Ints
from essaim.evaluation.moments import ClusterSums, Moments
from essaim.evaluation.threads import side_by_side


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


def loadings(stats: Moments, terms: Terms, mix: Floats | csr_array, sizes: Floats | None) -> Floats:
    """(G, E, D) influence of a score of each cohort on the combinations ``mix`` (E, K) of the cells.

    ``sizes`` (E, G), or ``None``: derivatives by the share of each cohort, for weights that are themselves
    estimated; without them cohort sizes are held fixed.
    """
    mix = csr_array(mix)
    layers = terms.values if sizes is not None else terms.values[:2]
    row = np.repeat(np.arange(mix.shape[0]), np.diff(mix.indptr)) * stats.width
    place = row + terms.places[: len(layers), mix.indices]
    column = np.arange(len(layers))[:, None] * mix.shape[1] + mix.indices
    chosen = csr_array(
        (np.tile(mix.data, len(layers)), (place.ravel(), column.ravel())),
        shape=(mix.shape[0] * stats.width, len(layers) * mix.shape[1]),
    )
    load = (chosen @ layers.reshape(-1, layers.shape[2])).reshape(mix.shape[0], stats.width, layers.shape[2])
    if sizes is not None:
        load[:, stats.unit] += sizes / stats.unit_weight.sum()
    return np.ascontiguousarray(load.transpose(2, 0, 1))


def analytic(stats: Moments, terms: Terms, mix: Floats | csr_array, sizes: Floats) -> Spread:
    """Influence-function covariance, equal to that of R's ``did``; by cluster where there are clusters."""
    return analytic_of(stats, loadings(stats, terms, mix, sizes))


def analytic_of(stats: Moments, load: Floats) -> Spread:
    """The same of estimates whose loadings (G, E, D) are known, NaN for the undefined ones."""
    if stats.clusters is None:
        covariance = _sandwich(load, stats.second)
    else:
        covariance = _by_cluster(stats.clusters, stats.clusters.scores, load)
    return Spread(covariance, np.full(load.shape[1], np.inf))


def _sandwich(load: Floats, blocks: Floats) -> Floats:
    """(E, E) sum over the cohorts of load · block · loadᵗ."""
    covariance = np.zeros((load.shape[1], load.shape[1]))
    for own, block in zip(load, blocks, strict=True):
        covariance += own @ (block @ own.T)
    return covariance


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
    return np.asarray(_in_clusters(cluster) @ influence)


def _in_clusters(cluster: Ints) -> csr_array:
    """(clusters, n) table of 1 where a unit belongs to a cluster."""
    _, inverse = np.unique(cluster, return_inverse=True)
    return csr_array((np.ones(len(inverse)), (inverse, np.arange(len(inverse)))))


def cr2(stats: Moments, terms: Terms, mix: Floats | csr_array) -> Spread:
    """CR2 covariance, cohort sizes held fixed, with Satterthwaite degrees of freedom.

    In the regression on cohort × period means clustered by unit, the leverage of a unit is its share of the
    weight of its cohort, and the bias-reduced matrix (Bell & McCaffrey 2002; Pustejovsky & Tipton 2018) has
    this closed form. NaN for combinations that use a cohort of one unit, or of one cluster.
    """
    return cr2_of(stats, loadings(stats, terms, mix, None))


def cr2_of(stats: Moments, load: Floats) -> Spread:
    """The same of estimates whose loadings (G, E, D) are known, NaN for the undefined ones."""
    used = (load != 0).any(axis=2)
    if stats.clusters is None:
        covariance = _sandwich(load, np.nan_to_num(stats.unbiased))
    else:
        scaled = stats.clusters.scores * np.nan_to_num(stats.clusters.factor)[:, None]
        covariance = _by_cluster(stats.clusters, scaled, load)
    scale = ((load[:, :, : stats.periods] * stats.weight[:, None, :]) ** 2).sum(axis=2)
    df, lone = _satterthwaite(stats, scale, used)
    covariance[lone, :] = covariance[:, lone] = np.nan
    return Spread(covariance, df)


def of_cells(stats: Moments, terms: Terms, *, unbiased: bool) -> tuple[Floats, Floats]:
    """Standard errors and degrees of freedom (K,) of the cells, without the (K, K) covariance: CR2 or analytic.

    A cell draws on each cohort at the few entries of the score that its layers name. For moments without clusters.
    """
    places, values = (terms.places[:2], terms.values[:2]) if unbiased else (terms.places, terms.values)
    blocks = np.nan_to_num(stats.unbiased) if unbiased else stats.second
    products = np.ascontiguousarray(blocks.reshape(len(blocks), -1).T)  # (D·D, G)
    variance = np.zeros(places.shape[1])
    for i, one in enumerate(places):
        for j, other in enumerate(places[: i + 1]):
            crossed = np.einsum("kg,kg,kg->k", values[i], values[j], products[one * stats.width + other])
            variance += crossed if i == j else 2 * crossed
    se = np.sqrt(np.maximum(variance, 0))
    if not unbiased:
        return se, np.full(len(se), np.inf)
    weighted = (value * stats.weight.T[place] for place, value in zip(places, values, strict=True))
    scale = sum((part**2 for part in weighted), np.zeros(values.shape[1:])).T
    df, lone = _satterthwaite(stats, scale, scale > 0)
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
class Block:
    """Contributions (C, n) of the ``units`` (n,) of one cohort to the ``cells`` (C,) that they enter, in order."""

    units: Ints
    cells: Ints
    values: Floats

    def fill(self, cells: Ints, values: Floats) -> None:
        """Set the contributions to some of the cells."""
        self.values[np.searchsorted(self.cells, cells)] = values


@dataclass(frozen=True, slots=True)
class Contributions:
    """Influence of each unit on each cell, where moments are not enough (covariates, varying weights).

    ``blocks`` holds the contributions, one for each of the G cohorts: those of other units to its cells are zero;
    ``weight`` (n,) is that of the unit in the population, of sum one. ``products`` (K + G, K + G) are those of the
    contributions and of the shares of the cohorts, summed over units, or over clusters.
    """

    blocks: list[Block]
    count: int
    weight: Floats
    clusters: csr_array | None
    products: Floats

    @classmethod
    def of(cls, blocks: list[Block], count: int, weight: Floats, cluster: Ints | None) -> "Contributions":
        """Of ``count`` cells, from the blocks of the cohorts and the weights (n,) and clusters (n,) of the units."""
        share, width = weight / weight.sum(), count + len(blocks)
        parts = [np.vstack([block.values, share[block.units]]) for block in blocks]
        places = [np.append(block.cells, count + g) for g, block in enumerate(blocks)]
        if cluster is not None:
            clusters = _in_clusters(cluster)
            sums = np.zeros((clusters.shape[0], width))
            for block, part, at in zip(blocks, parts, places, strict=True):
                sums[:, at] += clusters[:, block.units] @ part.T
            return cls(blocks, count, share, clusters, sums.T @ sums)
        products = np.zeros((width, width))
        crossed = side_by_side(lambda part: part @ part.T, parts, sum(part.size for part in parts))
        for at, product in zip(places, crossed, strict=True):
            products[np.ix_(at, at)] += product
        return cls(blocks, count, share, None, products)

    def influence(self, mix: Floats | csr_array, sizes: Floats) -> Floats:
        """(n, E) influence of the units on combinations of cells, or (clusters, E) summed by cluster."""
        dense = csr_array(mix).toarray()
        influence = np.empty((len(self.weight), len(dense)))
        for block, own in zip(self.blocks, sizes.T, strict=True):
            influence[block.units] = block.values.T @ dense[:, block.cells].T
            influence[block.units] += np.outer(self.weight[block.units], own)
        return influence if self.clusters is None else np.asarray(self.clusters @ influence)

    def of_cells(self) -> Floats:
        """(K,) standard errors of the cells."""
        return np.asarray(np.sqrt(np.diag(self.products)[: self.count]))

    def analytic(self, mix: Floats | csr_array, sizes: Floats) -> Spread:
        """Influence-function covariance of combinations of cells, by cluster where there are clusters."""
        both = np.hstack([csr_array(mix).toarray(), sizes])
        return Spread(both @ self.products @ both.T, np.full(len(both), np.inf))
