"""Concentrated waves are found, and no interval is then called by a level."""

import re

import numpy as np
import pytest

from essaim.evaluation import Panel, Verdict, build_report, estimate, event_study_svg, read_plainly, verdict
from essaim.evaluation.concentration import concentration
from essaim.evaluation.report import report_html
from essaim.evaluation.simulate import Scenario, simulate

SPREAD = Scenario(units=96, waves=(16, 16), regions=12)
TWO_EACH = Scenario(units=96, waves=(16, 16), regions=12, concentrated=True)
ONE_EACH = Scenario(units=72, waves=(6,) * 6, before=8, regions=12, concentrated=True)
FEW = Scenario(units=100, waves=(12, 14), regions=5, concentrated=True)


def panel(scenario: Scenario, **columns: str) -> Panel:
    return Panel.from_frame(simulate(scenario), region="region", **columns)


@pytest.mark.parametrize(
    ("scenario", "expected"), [(SPREAD, False), (TWO_EACH, True), (ONE_EACH, True), (FEW, True)]
)
def test_waves_in_few_regions_are_found_even_where_regions_are_many(
    scenario: Scenario, expected: bool
) -> None:
    found = concentration(panel(scenario))
    assert found is not None
    assert found.concentrated is expected
    assert (found.warning() is not None) is expected


def test_numbers_of_regions_by_hand() -> None:
    found = concentration(panel(ONE_EACH))
    assert found is not None
    assert found.regions == pytest.approx(6)
    assert found.by_wave == pytest.approx(1)
    assert found.by_chance == pytest.approx(1 / (1 / 6 + 5 / 6 / 12))


def test_errors_by_region_answer_narrow_waves_but_not_few_regions() -> None:
    by_region = concentration(panel(TWO_EACH, cluster="region"))
    few = concentration(panel(FEW, cluster="region"))
    assert by_region is not None
    assert few is not None
    assert by_region.by_region
    assert few.concentrated


def test_without_regions_nothing_is_said() -> None:
    assert concentration(Panel.from_frame(simulate(FEW))) is None


def test_waves_of_one_unit_are_not_concentrated_by_themselves() -> None:
    alone = panel(Scenario(waves=(1, 1, 1, 1, 1, 1, 1, 1), before=4, regions=20))
    found = concentration(alone)
    assert found is not None
    assert found.by_wave == found.by_chance == pytest.approx(1)


def test_no_interval_is_called_by_its_level_when_waves_are_concentrated() -> None:
    result = estimate(panel(TWO_EACH))
    said = " ".join([*read_plainly(result), event_study_svg(result), report_html(build_report(result))])
    assert verdict(result) is Verdict.CONCENTRATED
    assert re.search(r"95\s?%", said) is None
    assert "niveau inconnu" in said


def test_the_level_is_said_when_waves_are_spread() -> None:
    result = estimate(panel(SPREAD))
    assert "intervalle à 95\u00a0%" in " ".join(read_plainly(result))
    assert np.isfinite(result.aggregations["simple"].overall.se)
