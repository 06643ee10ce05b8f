"""Checks that put a conclusion in doubt: they stay quiet when it is right, and speak when it is not."""

import numpy as np
import polars as pl
import pytest

from essaim.evaluation import EvaluationError, Options, Panel, estimate
from essaim.evaluation import credibility as check
from essaim.evaluation.event_path import EventPath
from essaim.evaluation.pretest_power import pretest_power, slope_for_power
from essaim.evaluation.simulate import Scenario, simulate
from tests.evaluation_data import panel_frame

OPTIONS = Options()


def simulated(**changes: object) -> Panel:
    return Panel.from_frame(simulate(Scenario(**changes)), region="region")  # type: ignore[arg-type]


def test_a_false_opening_shows_nothing_before_a_true_effect() -> None:
    found, periods = check.placebo_in_time(simulated(effect=-0.8), OPTIONS)
    assert periods == 4
    assert found.conf_low < 0 < found.conf_high


def test_a_false_opening_shows_a_drift() -> None:
    found, _ = check.placebo_in_time(simulated(trend=0.15, noise=0.2), OPTIONS)
    assert found.conf_low > 0


def test_a_false_opening_by_hand() -> None:
    # One wave in period 4, falsely opened in 3: 3 less 2 for the exposed (2, 4) less the others (1, 1).
    rows = [[0, 0, 2, 9], [0, 0, 4, 9], [0, 0, 1, 0], [0, 0, 1, 0]]
    found, periods = check.placebo_in_time(Panel.from_frame(panel_frame([4, 4, 0, 0], rows)), OPTIONS)
    assert periods == 1
    assert found.estimate == pytest.approx(2.0)
    assert found.se == pytest.approx(1.0)


def test_without_a_past_there_is_no_false_opening() -> None:
    with pytest.raises(EvaluationError, match="deux périodes avant"):
        check.placebo_in_time(simulated(before=1), OPTIONS)


def test_false_deployments_find_an_effect_about_as_often_as_they_should() -> None:
    found = check.placebo_in_space(simulated(effect=-0.8), OPTIONS)
    assert found.units == 21  # 8, 8 and 18 shrunk so that two units in three of the 66 are left to compare
    assert 0.0 <= found.share <= 0.11


def test_false_deployments_by_region_find_too_many_effects_where_regions_have_shocks() -> None:
    panel = simulated(units=240, waves=(20, 20), region_noise=0.6, concentrated=True)
    apart = check.placebo_in_space(panel, OPTIONS)
    together = check.placebo_in_space(panel, OPTIONS, together=True)
    assert together.together
    assert together.share > 0.3 > apart.share + 0.1


def test_too_few_units_never_exposed_for_false_waves() -> None:
    with pytest.raises(EvaluationError, match="Trop peu d’unités jamais exposées"):
        check.placebo_in_space(simulated(units=40, waves=(17, 17)), OPTIONS)


def test_without_each_wave_in_turn() -> None:
    panel = simulated(effect=-0.8)
    found = check.leave_one_wave_out(panel, OPTIONS)
    assert len(found) == 3
    second = panel.keep(panel.cohort != np.unique(panel.cohort)[1])
    whole = estimate(second, OPTIONS).aggregations["simple"].overall
    assert found[1][1][:5] == pytest.approx(whole[:5], rel=1e-12)


def test_one_wave_cannot_be_left_out() -> None:
    with pytest.raises(EvaluationError, match="qu’une vague"):
        check.leave_one_wave_out(simulated(waves=(10,)), OPTIONS)


def neighbours(panel: Panel) -> pl.DataFrame:
    """Each exposed unit beside one that is not."""
    exposed = np.flatnonzero(panel.cohort < 1_000_000_000)
    others = np.flatnonzero(panel.cohort >= 1_000_000_000)[: len(exposed) // 2]
    return pl.DataFrame(
        {
            "a": [panel.units[int(i)] for i in exposed[: len(others)]],
            "b": [panel.units[int(j)] for j in others],
        }
    )


def test_an_effect_next_door_is_seen_and_set_apart() -> None:
    quiet = simulated(effect=-1.0, noise=0.1)
    pairs = neighbours(quiet)
    names = set(pairs["b"])
    frame = simulate(Scenario(effect=-1.0, noise=0.1))
    late = pl.col("time") >= "2008T1"
    spilled = frame.with_columns(
        pl.when(pl.col("unit").is_in(names) & late).then(pl.col("outcome") - 0.6).otherwise(pl.col("outcome"))
    )
    panel = Panel.from_frame(spilled, region="region")
    found = check.spillover(panel, pairs, OPTIONS)
    main = estimate(panel, OPTIONS).aggregations["simple"].overall
    assert found.units == len(names)
    assert found.on_them.conf_high < 0
    assert found.apart.estimate < main.estimate - 0.05


def test_neighbours_unknown_to_the_panel_are_said() -> None:
    with pytest.raises(EvaluationError, match="écrits comme dans le panel"):
        check.spillover(simulated(), pl.DataFrame({"a": ["x"], "b": ["y"]}), OPTIONS)


def test_pairs_count_both_ways() -> None:
    panel = simulated(effect=-1.0)
    pairs = neighbours(panel)
    assert check.spillover(panel, pairs, OPTIONS) == check.spillover(panel, pairs.select("b", "a"), OPTIONS)


def test_errors_by_region_are_wider_where_regions_have_shocks() -> None:
    panel = simulated(region_noise=0.4, regions=12)
    assert check.clustered_by_region(panel, OPTIONS).se > 0
    with pytest.raises(EvaluationError, match="ne sont pas connues"):
        check.clustered_by_region(Panel.from_frame(simulate(Scenario())), OPTIONS)


def test_the_power_of_a_test_on_one_effect_is_the_usual_formula() -> None:
    found = slope_for_power(np.array([[0.04]]), np.array([-2.0]), np.array([1.959964]), 0.8)
    assert found == pytest.approx((1.959964 + 0.841621) * 0.2 / 2, rel=0.01)


def test_a_drift_detected_more_often_is_steeper_and_biases_more() -> None:
    path = EventPath(
        np.array([0.1, 0.0, 1.0, 1.2]), np.eye(4) / 100, 2, np.array([-2.0, -1.0, 1.0, 2.0]), np.full(2, 0.5)
    )
    half, most = pretest_power(path)
    assert 0 < half.slope < most.slope
    assert half.bias == pytest.approx(1.5 * half.slope)


def test_the_default_test_before_opening_sees_a_drift_that_adds_up() -> None:
    """Each change hides in the noise; the distance to the last period before opening does not."""
    drifting = simulated(trend=0.12)
    varying, universal = (estimate(drifting, Options(base=base)).pretest for base in ("varying", "universal"))  # type: ignore[arg-type]
    assert varying == universal
    assert varying.p_value is not None and varying.p_value < 0.001
    still = estimate(simulated()).pretest
    assert still.p_value is not None and still.p_value > 0.05
