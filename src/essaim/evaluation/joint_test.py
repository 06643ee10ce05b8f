"""The Wald statistic of many effects before exposure, without their joint covariance.

In a balanced panel, linear combinations of the cells of one pair of periods give the change of each cohort minus
that of the never exposed. The covariance of these differences is D + R Rᵗ: D has one block for each cohort, R few
columns (the periods of the never exposed, and the sizes of the cohorts, drawn too). The statistic, which no such
combination changes, then comes from Woodbury's identity.
"""

import numpy as np
from scipy import linalg
from scipy.sparse import csr_array

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
    periods = stats.periods
    late, early, own = grid.period[chosen], grid.base[chosen], grid.own[chosen]
    products = stats.second[:, :periods, :periods] / stats.unit_weight[:, None, None] ** 2
    values, vectors = np.linalg.eigh(products[-1])
    root = vectors * np.sqrt(np.clip(values, 0, None))
    sizes = differences[:, 1:] * np.sqrt(stats.second[:, -1, -1])
    white = np.column_stack([differences[:, 0], root[late] - root[early], sizes])
    ends = np.flatnonzero(np.diff(own, append=-1)) + 1  # the cells of a cohort stand together
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        rows = slice(start, end)
        change = products[own[start]][late[rows]] - products[own[start]][early[rows]]
        block = change[:, late[rows]] - change[:, early[rows]]
        se = np.sqrt(np.diag(block))
        lower = factor(block / np.outer(se, se)) if se.all() else None
        if lower is None:
            return None
        white[rows] = linalg.blas.dtrsm(1.0, lower, white[rows] / se[:, None], lower=1)
    mine, common = white[:, 0], white[:, 1:]
    shared = common.T @ mine
    return float(
        mine @ mine - shared @ linalg.solve(np.eye(len(shared)) + common.T @ common, shared, assume_a="pos")
    )


def _differences(stats: Moments, grid: Cells, terms: Terms, effect: Floats, chosen: Ints) -> Floats | None:
    """(C, 1 + G): changes minus those of the never exposed, and their loadings on the sizes of the cohorts.

    Cells of the cohorts c of one pair of periods, with weights w and d the differences sought, are
    d_g − Σ_{c ≠ g} w_c d_c / (W − w_g), W of all of them and of the never exposed: then d = y + Σ w_c y_c / w_never
    with y_g = (1 − w_g / W) × cell (Sherman & Morrison). Where each is compared to the never exposed, they are d.
    ``None`` where the cells of a pair are compared to cohorts that are not of them.
    """
    found = np.column_stack([effect[chosen], terms.values[2][chosen]])
    slope, own = terms.values[0][chosen], grid.own[chosen]
    compared = slope < 0
    if not compared[:, :-1].any():
        return np.asarray(found)
    _, pair = np.unique(grid.period[chosen] * stats.periods + grid.base[chosen], return_inverse=True)
    there = np.zeros((int(pair.max()) + 1, len(stats.cohorts)), dtype=bool)
    there[pair, own] = True
    there[:, -1] = True
    compared[np.arange(len(own)), own] = True
    if (compared != there[pair]).any():
        return None
    weight = stats.unit_weight
    total = (there @ weight)[pair]
    found *= (1 - weight[own] / total)[:, None]
    together = csr_array((weight[own], (pair, np.arange(len(own)))), shape=(len(there), len(own)))
    return np.asarray(found + (together @ found)[pair] / weight[-1])
