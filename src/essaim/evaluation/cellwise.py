"""Group-time effects with covariates, or with weights that vary: one regression problem a cell.

What cells share is computed once: with covariates and weights that do not vary and never-exposed comparison
units, a cohort needs one logit and one Gram matrix for all its periods.
"""

from dataclasses import dataclass

import numpy as np

from essaim.evaluation.att import Cells
from essaim.evaluation.columns import Bools, Floats, Ints
from essaim.evaluation.covariance import Block
from essaim.evaluation.doubly_robust import Method, PanelSample, Side, cross_section_effect
from essaim.evaluation.nuisance import Undefined
from essaim.evaluation.panel import Panel
from essaim.evaluation.threads import side_by_side
from essaim.words import told


@dataclass(frozen=True, slots=True)
class CellEffects:
    """Effects (K,), NaN where undefined; ``blocks``, the contributions of the units of each cohort.

    ``reasons`` says, for each undefined cell, why.
    """

    effect: Floats
    blocks: list[Block]
    reasons: dict[int, str]

    def undefined(self, cells: Ints, reason: str) -> None:
        """Note why cells have no effect; their contributions stay zero."""
        self.effect[cells] = np.nan
        self.reasons.update(dict.fromkeys(cells.tolist(), reason))


def cell_effects(panel: Panel, grid: Cells, cohorts: Ints, compared: Bools, method: Method) -> CellEffects:
    """All the cells of a panel; from the rows when it is unbalanced or made of repeated cross-sections."""
    entered = (compared | (grid.own[:, None] == np.arange(len(cohorts)))) & ~grid.reference[:, None]
    found = CellEffects(np.zeros(grid.size), [], {})
    for cohort, enters in zip(cohorts, entered.T, strict=True):
        units, cells = np.flatnonzero(panel.cohort == cohort), np.flatnonzero(enters)
        found.blocks.append(Block(units, cells, np.zeros((len(cells), len(units)))))
    active = np.flatnonzero(~grid.reference)
    if panel.period is None and not np.isnan(panel.outcome).any():
        outcomes = side_by_side(
            lambda block: np.ascontiguousarray(panel.outcome[block.units].T), found.blocks, panel.outcome.size
        )
        side_by_side(
            lambda cells: _panel_cells(panel, outcomes, grid, compared[cells[0]], cells, method, found),
            _alike(panel, grid, compared, active),
            panel.outcome.size,
        )
    else:
        for k in active:
            _row_cell(panel, grid, compared[k], int(k), method, found)
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
    given = panel.covariates
    return given is None or given.strides[1] == 0 or bool((given == given[:, :1]).all())


def _with_constant(covariates: Floats | None, count: int) -> Floats:
    ones = np.ones((count, 1))
    return ones if covariates is None else np.hstack([ones, covariates])


def _panel_cells(
    panel: Panel,
    outcomes: list[Floats],
    grid: Cells,
    compared: Bools,
    cells: Ints,
    method: Method,
    found: CellEffects,
) -> None:
    """Fill in cells that share a sample; covariates and weights are those of the earlier period."""
    early = int(min(grid.period[cells[0]], grid.base[cells[0]]))

    def side(chosen: list[int]) -> Side:
        units = np.concatenate([found.blocks[g].units for g in chosen])
        x = _with_constant(None if panel.covariates is None else panel.covariates[units, early], len(units))
        outcome = outcomes[chosen[0]] if len(chosen) == 1 else np.hstack([outcomes[g] for g in chosen])
        weight = panel.weight[units] if panel.weight.ndim == 1 else panel.weight[units, early]
        return Side(outcome, np.ascontiguousarray(x.T), weight)

    own, others = int(grid.own[cells[0]]), np.flatnonzero(compared).tolist()
    if not others:
        found.undefined(cells, told("aucune unité de comparaison"))
        return
    try:
        sample = PanelSample.of(side([own]), side(others), method)
    except Undefined as reason:
        found.undefined(cells, reason.said)
        return
    found.effect[cells], mine, theirs = sample.effects(grid.period[cells], grid.base[cells])
    found.blocks[own].fill(cells, mine)
    ends = np.cumsum([len(found.blocks[g].units) for g in others])[:-1]
    for g, part in zip(others, np.split(theirs, ends, axis=1), strict=True):
        found.blocks[g].fill(cells, part)


def _row_cell(panel: Panel, grid: Cells, compared: Bools, k: int, method: Method, found: CellEffects) -> None:
    """Fill in one cell from the rows of its two periods, each unit's rows adding up."""
    own = panel.cohort == grid.group[k]
    concerned = np.zeros(panel.size, dtype=bool)
    sides = [found.blocks[g] for g in (int(grid.own[k]), *np.flatnonzero(compared))]
    for block in sides:
        concerned[block.units] = True
    parts = [_rows(panel, concerned, int(t)) for t in (grid.period[k], grid.base[k])]
    owner = np.concatenate([rows for rows, *_ in parts])
    post = np.repeat([True, False], [len(rows) for rows, *_ in parts])
    y, w = (np.concatenate([part[i] for part in parts]) for i in (1, 2))
    x = np.vstack([part[3] for part in parts])
    treated = own[owner]
    cells = np.array([k])
    for side in (treated & post, treated & ~post, ~treated & post, ~treated & ~post):
        if not side.any():
            found.undefined(cells, told("personne à observer d’un côté de la comparaison"))
            return
    try:
        effect, influence = cross_section_effect(y, post, treated, x, w, method)
    except Undefined as reason:
        found.undefined(cells, reason.said)
        return
    found.effect[k] = effect
    contribution = np.bincount(owner, influence / len(y), minlength=panel.size)
    for block in sides:
        block.fill(cells, contribution[None, block.units])


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
