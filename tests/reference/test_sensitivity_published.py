"""Sensitivity intervals: the numbers of R's HonestDiD on two published event studies, and those of moderndid.

``medicaid``: Medicaid expansion and insurance, 43 states, the example of HonestDiD's documentation, printed there
to three figures (vector computed from the data that moderndid carries, MIT). ``benzarti-carloni``: profits of
French restaurants after the VAT cut, Benzarti & Carloni (2019), the vector that HonestDiD (MIT) carries and what
HonestDiD 0.2.8 finds from it. HonestDiD reports points of a grid (of step up to 0.001 here) and uses 1,000
draws, which is what the tolerances allow. Smoothness intervals of moderndid were recorded by
``scripts/record_sensitivity_oracles.py``.
"""

import json
from typing import Any

import pytest

from essaim.evaluation.event_path import path_from_json
from essaim.evaluation.relative_magnitudes import RelativeMagnitudes
from essaim.evaluation.smoothness import Smoothness
from tests.evaluation_data import DATA

PUBLISHED: list[dict[str, Any]] = json.loads((DATA / "sensitivity_published.json").read_text())
RECORDED: list[dict[str, Any]] = json.loads((DATA / "sensitivity_oracles.json").read_text())


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case["name"])
def test_relative_magnitudes_as_published(case: dict[str, Any]) -> None:
    found = RelativeMagnitudes(path_from_json(case, case["target"]), 0.95, 0)
    for row in case["relative"]:
        assert found.interval(row["mbar"]) == pytest.approx(row["interval"], abs=case["tolerance"])


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case["name"])
def test_smoothness_as_published(case: dict[str, Any]) -> None:
    found = Smoothness(path_from_json(case, case["target"]), 0.95)
    for row in case["smooth"]:
        assert found.interval(row["m"]).interval == pytest.approx(row["interval"], abs=1e-3)


def test_the_medicaid_conclusion_falls_near_two_as_published() -> None:
    found = RelativeMagnitudes(path_from_json(PUBLISHED[0], "first"), 0.95, 0)
    assert 1.9 < found.breakdown() <= 2.0


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: f"{case['pre']}-{case['post']}")
def test_the_smoothness_interval_is_as_long_as_the_peers(case: dict[str, Any]) -> None:
    found = Smoothness(path_from_json(case), 0.95)
    for row in case["smooth"]:
        half = (row["interval"][1] - row["interval"][0]) / 2
        ours = found.interval(row["m"]).half
        assert ours == pytest.approx(half, rel=1e-4)
