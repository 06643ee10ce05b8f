"""Linear programs with integers, solved by HiGHS: one way in, arrays only (no modelling layer)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from essaim.territory.table import Floats

Outcome = Literal["optimal", "feasible", "infeasible", "unknown"]


@dataclass(frozen=True, slots=True)
class Program:
    """Minimise ``cost · x`` with ``row_low <= rows x <= row_high`` and ``low <= x <= high``; ``integer`` is a mask."""

    cost: Floats
    rows: csr_matrix
    row_low: Floats
    row_high: Floats
    low: Floats
    high: Floats
    integer: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Solution:
    """``optimal``: proven within the gap asked; ``feasible``: best found in time, ``bound`` on what may exist."""

    outcome: Outcome
    values: Floats
    objective: float
    bound: float


def solve(program: Program, seconds: float, *, start: Floats | None = None, gap: float = 0.0) -> Solution:
    """Solve on one thread (the same answer every time), from ``start`` if given, to a relative ``gap``."""
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    for name, value in (("time_limit", seconds), ("threads", 1), ("mip_rel_gap", gap), ("mip_abs_gap", 1e-9)):
        solver.setOptionValue(name, value)
    solver.passModel(_model(program))
    if start is not None:
        guess = highspy.HighsSolution()
        guess.col_value = start.tolist()
        solver.setSolution(guess)
    solver.run()
    return _read(solver, program)


def _model(program: Program) -> Any:
    model: Any = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(program.cost), program.rows.shape[0]
    model.col_cost_, model.col_lower_, model.col_upper_ = program.cost, program.low, program.high
    model.row_lower_, model.row_upper_ = program.row_low, program.row_high
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = program.rows.indptr
    model.a_matrix_.index_ = program.rows.indices
    model.a_matrix_.value_ = program.rows.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    model.integrality_ = [kinds[int(flag)] for flag in program.integer]
    return model


def _read(solver: Any, program: Program) -> Solution:
    status, info = solver.getModelStatus(), solver.getInfo()
    feasible = info.primal_solution_status == 2
    values = np.array(solver.getSolution().col_value) if feasible else np.full(len(program.cost), np.nan)
    whole = bool(program.integer.any())
    bound = float(info.mip_dual_bound if whole else info.objective_function_value)
    if status == highspy.HighsModelStatus.kInfeasible:
        return Solution("infeasible", values, np.nan, np.nan)
    if not feasible:
        return Solution("unknown", values, np.nan, bound)
    optimal = status == highspy.HighsModelStatus.kOptimal
    return Solution("optimal" if optimal else "feasible", values, float(info.objective_function_value), bound)
