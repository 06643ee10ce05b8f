"""Minimum wage and teen employment: the numbers of R's ``did`` on its own example, to 1e-6."""

from typing import Any

import pytest

from essaim.evaluation import Options, Panel, Result, estimate
from tests.evaluation_data import mpdta

#: did::att_gt(lemp ~ 1, never-treated, varying base), as the package documents them.
ATT = {
    (2004, 2004): -0.010503,
    (2004, 2005): -0.070423,
    (2004, 2006): -0.137259,
    (2004, 2007): -0.100811,
    (2006, 2006): -0.004595,
    (2006, 2007): -0.041224,
    (2007, 2007): -0.026054,
}
TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def result() -> Result:
    panel = Panel.from_frame(mpdta(), unit="county", time="year", cohort="first_treat", outcome="lemp")
    return estimate(panel, Options(inference="analytic"))


@pytest.mark.parametrize(("cell", "expected"), ATT.items())
def test_group_time_effects(result: Result, cell: tuple[int, int], expected: float) -> None:
    found = {(c.group, c.time): c.effect.estimate for c in result.cells}
    assert found[cell] == pytest.approx(expected, abs=TOLERANCE)


def test_overall_effect_and_its_standard_error(result: Result) -> None:
    simple = result.aggregations["simple"].overall
    assert simple.estimate == pytest.approx(-0.039951, abs=TOLERANCE)
    assert simple.se == pytest.approx(0.012034, abs=TOLERANCE)


def test_pretest(result: Result) -> None:
    assert result.pretest.df == 5
    assert result.pretest.p_value == pytest.approx(0.16812, abs=5e-6)


def test_the_json_has_the_published_shape(result: Result) -> None:
    shown: dict[str, Any] = result.to_json()
    assert set(shown) == {"att_gt", "aggregations", "pretest", "warnings", "provenance"}
    assert set(shown["att_gt"][0]) == {"group", "time", "att", "se", "n_treated", "n_control"}
    assert set(shown["aggregations"]) == {"simple", "event", "group", "calendar"}
    assert set(shown["aggregations"]["simple"]) == {"estimate", "se", "conf_low", "conf_high"}
    for kind, key in (("event", "event_time"), ("group", "group"), ("calendar", "time")):
        banded = {key, "estimate", "se", "conf_low", "conf_high", "band_low", "band_high"}
        assert set(shown["aggregations"][kind]["by"][0]) == banded
    assert set(shown["pretest"]) == {"statistic", "df", "p_value"}
