"""Other estimators against diff-diff 3.13 (imputation, decomposition) and pyfixest 0.60 (two-way coefficient).

Recorded by ``scripts/record_robustness_oracles.py``.
"""

import json
from typing import Any

import polars as pl
import pytest

from essaim.evaluation import Options, Panel
from essaim.evaluation.other_estimators import OtherEstimators
from tests.evaluation_cases import CASES, draw
from tests.evaluation_data import DATA

ORACLES: dict[str, Any] = json.loads((DATA / "robustness_oracles.json").read_text())
KINDS = {"treated_vs_never": "never", "earlier_vs_later": "later", "later_vs_earlier": "earlier"}
CASE = {case.name: case for case in CASES}


def fitted(name: str) -> OtherEstimators:
    panel = Panel.from_frame(pl.DataFrame(draw(CASE[name])))
    return OtherEstimators(panel, Options(inference="analytic"))


@pytest.mark.parametrize("name", ORACLES)
def test_imputation_and_its_error_agree(name: str) -> None:
    found = fitted(name).imputation()
    assert found.estimate == pytest.approx(ORACLES[name]["imputation"], rel=1e-7)
    assert found.se == pytest.approx(ORACLES[name]["imputation_se"], rel=1e-6)


@pytest.mark.parametrize("name", ORACLES)
def test_the_two_way_coefficient_agrees(name: str) -> None:
    assert fitted(name).two_way().effect.estimate == pytest.approx(ORACLES[name]["two_way"], rel=1e-7)


@pytest.mark.parametrize("name", ORACLES)
def test_the_decomposition_agrees_comparison_by_comparison(name: str) -> None:
    expected = sorted((KINDS[kind], weight, value) for kind, weight, value in ORACLES[name]["comparisons"])
    found = sorted((c.kind, c.weight, c.estimate) for c in fitted(name).two_way().comparisons)
    assert [kind for kind, *_ in found] == [kind for kind, *_ in expected]
    for (_, *ours), (_, *theirs) in zip(found, expected, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-6)
