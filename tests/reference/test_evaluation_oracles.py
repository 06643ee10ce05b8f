"""Differential test: every case agrees with csdid 0.4.3, which reproduces R's ``did`` 2.5, others with moderndid 0.2.0.

The numbers were recorded by ``scripts/record_evaluation_oracles.py``; agreement is 1e-9 without covariates, 1e-6
with.
"""

import json
from typing import Any

import polars as pl
import pytest

from essaim.evaluation import Options, Panel, Result, estimate
from essaim.evaluation.result import Estimate
from tests.evaluation_cases import CASES, OTHER_CASES, Case, draw
from tests.evaluation_data import DATA

ORACLES: dict[str, Any] = json.loads((DATA / "evaluation_oracles.json").read_text())
OTHERS: dict[str, Any] = json.loads((DATA / "evaluation_second_oracle.json").read_text())
KINDS = {"dynamic": "event", "group": "group", "calendar": "calendar"}


def run(case: Case) -> Result:
    panel = Panel.from_frame(
        pl.DataFrame(draw(case)),
        weights=None if case.weights == "none" else "weight",
        cluster="cluster" if case.clusters else None,
        covariates=["x1", "x2"][: case.covariates],
        unbalanced=case.missing > 0,
        cross_sections=case.cross_sections,
    )
    options = Options(
        control=case.control,  # type: ignore[arg-type]
        base=case.base,  # type: ignore[arg-type]
        method=case.method,  # type: ignore[arg-type]
        anticipation=case.anticipation,
        inference="analytic",
        window=case.window,
    )
    return estimate(panel, options)


def same(found: float | None, expected: float | None, tolerance: float, what: str) -> None:
    found = None if found is not None and found != found else found
    if expected is None or found is None:
        assert found == expected, what
    else:
        assert found == pytest.approx(expected, rel=tolerance, abs=tolerance), what


def same_estimate(found: Estimate, att: float | None, se: float | None, tolerance: float, what: str) -> None:
    same(found.estimate, att, tolerance, what)
    same(found.se, se, tolerance, f"se of {what}")


@pytest.mark.parametrize("case", [*CASES, *OTHER_CASES], ids=lambda case: case.name)
def test_the_case_agrees_with_the_oracle(case: Case) -> None:
    tolerance = 1e-6 if case.covariates else 1e-9
    expected, result = (ORACLES | OTHERS)[case.name], run(case)
    cells = {(cell.group, cell.time): cell.effect for cell in result.cells}
    assert set(cells) == set(zip(expected["cohorts"], expected["periods"], strict=True))
    for g, t, att, se in zip(*(expected[key] for key in ("cohorts", "periods", "att", "se")), strict=True):
        same_estimate(cells[g, t], att, se, tolerance, f"ATT({g}, {t})")
    same_estimate(result.aggregations["simple"].overall, *expected["simple"]["overall"], tolerance, "simple")
    for theirs, ours in KINDS.items():
        found, known = result.aggregations[ours], expected[theirs]
        assert [key for key, _ in found.by] == known["keys"], ours
        for (key, effect), att, se in zip(found.by, known["att"], known["se"], strict=True):
            same_estimate(effect, att, se, tolerance, f"{ours} {key}")
        same_estimate(found.overall, *known["overall"], tolerance, f"{ours} overall")
    same(result.pretest.p_value, expected["pretest_p"], 2e-5, "p-value of the pre-test")


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40
    assert set(ORACLES) == {case.name for case in CASES}
    assert set(OTHERS) == {case.name for case in OTHER_CASES}
