"""Linear programs with integers, solved by HiGHS: one way in, arrays only (no modelling layer)."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    """``optimal``: proven within the gap asked; ``feasible``: best found in time, ``bound`` on what may exist.

    ``reduced``: reduced costs of a program without integers, ``duals``: of its rows (both NaN otherwise).
    """

    outcome: Outcome
    values: Floats
    objective: float
    bound: float
    reduced: Floats
    duals: Floats


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
    status, info, found = solver.getModelStatus(), solver.getInfo(), solver.getSolution()
    whole = bool(program.integer.any())
    no_values, no_rows = np.full(len(program.cost), np.nan), np.full(len(program.row_low), np.nan)
    bound = float(info.mip_dual_bound if whole else info.objective_function_value)
    if status == highspy.HighsModelStatus.kInfeasible:
        return Solution("infeasible", no_values, np.nan, np.nan, no_values, no_rows)
    if info.primal_solution_status != 2:
        return Solution("unknown", no_values, np.nan, bound, no_values, no_rows)
    return Solution(
        "optimal" if status == highspy.HighsModelStatus.kOptimal else "feasible",
        np.array(found.col_value),
        float(info.objective_function_value),
        bound,
        no_values if whole else np.array(found.col_dual),
        no_rows if whole else np.array(found.row_dual),
    )


def solve_by_core(program: Program, seconds: float, gap: float, core: int = 1_000) -> Solution:
    """A large all-binary program: bound by its relaxation, solution from the variables near its threshold.

    The relaxation of a program with few rows leaves few variables undecided; only the ``core`` of those with the
    least reduced costs stay free (Balas & Zemel 1980). If the answer is within ``gap`` of the relaxation's bound it
    is proven so. Otherwise variables that no better solution can hold otherwise are fixed (their reduced cost
    exceeds what is left to gain) and the rest is solved whole, from that answer.
    """
    relaxed = solve(replace(program, integer=np.zeros(len(program.cost), bool)), seconds)
    if relaxed.outcome != "optimal":
        return relaxed
    decided = np.ones(len(program.cost), bool)
    decided[np.argsort(np.abs(relaxed.reduced), kind="stable")[:core]] = False
    first = solve(_fixed(program, relaxed.values.round(), decided), seconds / 3, gap=gap / 10)
    if first.outcome not in ("optimal", "feasible"):
        return solve(program, seconds, gap=gap)
    left = first.objective - relaxed.objective
    if left <= gap * abs(first.objective):
        return replace(first, outcome="optimal", bound=relaxed.objective)
    decided = np.abs(relaxed.reduced) > left
    last = solve(_fixed(program, relaxed.values.round(), decided), seconds, start=first.values, gap=gap)
    return last if last.outcome in ("optimal", "feasible") else replace(first, bound=relaxed.objective)


def _fixed(program: Program, values: Floats, decided: NDArray[np.bool_]) -> Program:
    low, high = np.where(decided, values, program.low), np.where(decided, values, program.high)
    return replace(program, low=low, high=high)
