"""The Wald statistic of many effects before exposure, without their joint covariance.

In a balanced panel, linear combinations of the cells of one pair of periods give the change of each cohort minus
that of the never exposed. The covariance of these differences is D + R Rᵗ: D has one block for each cohort, R few
columns (the periods of the never exposed, and the sizes of the cohorts, drawn too). The statistic, which no such
combination changes, then comes from Woodbury's identity.
"""

import numpy as np
from scipy import linalg

from essaim.evaluation.att import Cells, Terms
from essaim.evaluation.bands import factor
from essaim.evaluation.columns import Floats, Ints
from essaim.evaluation.moments import Moments
from essaim.evaluation.periods import NEVER


def statistic(stats: Moments, grid: Cells, terms: Terms, effect: Floats, chosen: Ints) -> float | None:
    """eᵗ V⁻¹ e of the cells ``chosen`` (C,), V analytic; ``None`` where the structure is not there, or D is
    singular."""
    scores_meet = bool(stats.second[:, :-1, -1].any())
    if (
        stats.clusters is not None
        or stats.width != stats.periods + 1
        or scores_meet
        or stats.cohorts[-1] != NEVER
    ):
        return None
    differences = _differences(stats, grid, terms, effect, chosen)
    if differences is None:
        return None
    row, periods = np.arange(len(chosen)), stats.periods
    change = np.zeros((len(chosen), periods))
    change[row, grid.period[chosen]], change[row, grid.base[chosen]] = 1.0, -1.0
    products = stats.second[:, :periods, :periods] / stats.unit_weight[:, None, None] ** 2
    values, vectors = np.linalg.eigh(products[-1])
    never = change @ (vectors * np.sqrt(np.clip(values, 0, None)))
    sizes = differences[:, 1:] * np.sqrt(stats.second[:, -1, -1])
    white = np.column_stack([differences[:, 0], never, sizes])
    for g in np.unique(grid.own[chosen]):
        rows = grid.own[chosen] == g
        block = change[rows] @ products[g] @ change[rows].T
        se = np.sqrt(np.diag(block))
        lower = factor(block / np.outer(se, se)) if se.all() else None
        if lower is None:
            return None
        white[rows] = linalg.solve_triangular(lower, white[rows] / se[:, None], lower=True)
    own, common = white[:, 0], white[:, 1:]
    shared = common.T @ own
    return float(
        own @ own - shared @ linalg.solve(np.eye(len(shared)) + common.T @ common, shared, assume_a="pos")
    )


def _differences(stats: Moments, grid: Cells, terms: Terms, effect: Floats, chosen: Ints) -> Floats | None:
    """(C, 1 + G): changes minus those of the never exposed, and their loadings on the sizes of the cohorts.

    ``None`` where the cells of a pair of periods are compared to cohorts that are not of them.
    """
    groups, half = len(stats.cohorts), len(terms.cell) // 2
    share, size = np.zeros((grid.size, groups)), np.zeros((grid.size, groups))
    cell, cohort = terms.cell[:half], terms.cohort[:half]
    share[cell, cohort] = terms.slope[:half] * stats.unit_weight[cohort]
    size[cell, cohort] = terms.constant[:half] + terms.constant[half:]
    found = np.column_stack([effect, size])[chosen]
    pair = (grid.period * stats.periods + grid.base)[chosen]
    for one in np.unique(pair):
        rows = np.flatnonzero(pair == one)
        mix, own = share[chosen[rows]], grid.own[chosen[rows]]
        if np.delete(mix, [*own, groups - 1], axis=1).any():
            return None
        found[rows] = np.linalg.solve(mix[:, own], found[rows])
    return np.asarray(found)
