"""Group-time effects with covariates, or with weights that vary: one regression problem a cell.

What cells share is computed once: with covariates and weights that do not vary and never-exposed comparison
units, a cohort needs one logit and one Gram matrix for all its periods.
"""

from dataclasses import dataclass

import numpy as np

from essaim.evaluation.att import Cells
from essaim.evaluation.columns import Bools, Floats, Ints
from essaim.evaluation.doubly_robust import Method, PanelSample, cross_section_effect
from essaim.evaluation.nuisance import Undefined
from essaim.evaluation.panel import Panel
from essaim.words import told


@dataclass(frozen=True, slots=True)
class CellEffects:
    """Effects (K,), NaN where undefined; contributions (n, K) of the units, whose cross-product is the
    covariance.

    ``reasons`` says, for each undefined cell, why.
    """

    effect: Floats
    contribution: Floats
    reasons: dict[int, str]


def cell_effects(panel: Panel, grid: Cells, cohorts: Ints, compared: Bools, method: Method) -> CellEffects:
    """All the cells of a panel; from the rows when it is unbalanced or made of repeated cross-sections."""
    member = np.searchsorted(cohorts, panel.cohort)
    found = CellEffects(np.zeros(grid.size), np.zeros((panel.size, grid.size)), {})
    active = np.flatnonzero(~grid.reference)
    if panel.period is None and not np.isnan(panel.outcome).any():
        for cells in _alike(panel, grid, compared, active):
            _panel_cells(panel, grid, member, cohorts, compared, cells, method, found)
    else:
        for k in active:
            _row_cell(panel, grid, member, cohorts, compared, int(k), method, found)
    return found


def _alike(panel: Panel, grid: Cells, compared: Bools, active: Ints) -> list[Ints]:
    """Cells that share their units, covariates and weights."""
    early = np.minimum(grid.period, grid.base)
    fixed = panel.weight.ndim == 1 and _constant_covariates(panel)
    keys: dict[tuple[int, bytes, int], list[int]] = {}
    for k in active:
        key = (int(grid.group[k]), compared[k].tobytes(), 0 if fixed else int(early[k]))
        keys.setdefault(key, []).append(int(k))
    return [np.array(cells) for cells in keys.values()]


def _constant_covariates(panel: Panel) -> bool:
    return panel.covariates is None or bool((panel.covariates == panel.covariates[:, :1]).all())


def _with_constant(covariates: Floats | None, count: int) -> Floats:
    ones = np.ones((count, 1))
    return ones if covariates is None else np.hstack([ones, covariates])


def _panel_cells(
    panel: Panel,
    grid: Cells,
    member: Ints,
    cohorts: Ints,
    compared: Bools,
    cells: Ints,
    method: Method,
    found: CellEffects,
) -> None:
    """Fill in cells that share a sample; covariates and weights are those of the earlier period."""
    first = int(cells[0])
    own = int(np.searchsorted(cohorts, grid.group[first]))
    rows = np.flatnonzero((member == own) | compared[first][member])
    early = int(min(grid.period[first], grid.base[first]))
    weight = panel.weight[rows] if panel.weight.ndim == 1 else panel.weight[rows, early]
    x = _with_constant(None if panel.covariates is None else panel.covariates[rows, early], len(rows))
    treated = member[rows] == own
    outcome = panel.outcome[rows]
    change = outcome[:, grid.period[cells]] - outcome[:, grid.base[cells]]
    try:
        if treated.all():
            raise Undefined(told("aucune unité de comparaison"))
        effect, influence = PanelSample.of(x, treated, weight, method).effects(change)
    except Undefined as reason:
        _undefined(found, cells, reason.said)
        return
    found.effect[cells] = effect
    influence /= len(rows)
    if len(cells) == cells[-1] - cells[0] + 1:  # as a rule: the cells of a cohort stand together
        found.contribution[rows, cells[0] : cells[-1] + 1] = influence
    else:
        found.contribution[rows[:, None], cells] = influence


def _row_cell(
    panel: Panel,
    grid: Cells,
    member: Ints,
    cohorts: Ints,
    compared: Bools,
    k: int,
    method: Method,
    found: CellEffects,
) -> None:
    """Fill in one cell from the rows of its two periods, each unit's rows adding up."""
    own = int(np.searchsorted(cohorts, grid.group[k]))
    concerned = (member == own) | compared[k][member]
    parts = [_rows(panel, concerned, int(t)) for t in (grid.period[k], grid.base[k])]
    owner = np.concatenate([rows for rows, *_ in parts])
    post = np.repeat([True, False], [len(rows) for rows, *_ in parts])
    y, w = (np.concatenate([part[i] for part in parts]) for i in (1, 2))
    x = np.vstack([part[3] for part in parts])
    treated = member[owner] == own
    cells = np.array([k])
    for side in (treated & post, treated & ~post, ~treated & post, ~treated & ~post):
        if not side.any():
            _undefined(found, cells, told("personne à observer d’un côté de la comparaison"))
            return
    try:
        effect, influence = cross_section_effect(y, post, treated, x, w, method)
    except Undefined as reason:
        _undefined(found, cells, reason.said)
        return
    found.effect[k] = effect
    found.contribution[:, k] = np.bincount(owner, influence / len(y), minlength=panel.size)


def _rows(panel: Panel, concerned: Bools, t: int) -> tuple[Ints, Floats, Floats, Floats]:
    """Owners, outcomes, weights and covariates of the rows of one period."""
    if panel.period is not None:
        rows = np.flatnonzero(concerned & (panel.period == t))
        covariates = None if panel.covariates is None else panel.covariates[rows]
        return rows, panel.outcome[rows], panel.weight[rows], _with_constant(covariates, len(rows))
    rows = np.flatnonzero(concerned & ~np.isnan(panel.outcome[:, t]))
    covariates = None if panel.covariates is None else panel.covariates[rows, t]
    weight = panel.weight[rows] if panel.weight.ndim == 1 else panel.weight[rows, t]
    return rows, panel.outcome[rows, t], weight, _with_constant(covariates, len(rows))


def _undefined(found: CellEffects, cells: Ints, reason: str) -> None:
    found.effect[cells] = np.nan
    found.contribution[:, cells] = 0.0
    for k in cells:
        found.reasons[int(k)] = reason
