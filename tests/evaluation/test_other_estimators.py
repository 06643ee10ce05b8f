"""Other estimators of the mean effect: by hand, and what must hold for any panel."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim.evaluation import EvaluationError, Options, Panel, estimate
from essaim.evaluation.other_estimators import OtherEstimators
from essaim.evaluation.simulate import Scenario, simulate
from tests.evaluation_data import panel_frame


def simulated(**changes: object) -> Panel:
    return Panel.from_frame(simulate(Scenario(**changes)))  # type: ignore[arg-type]


def by_hand() -> Panel:
    """Two exposed in period 2 (1 → 4, 2 → 6), two never (0 → 1, 3 → 4)."""
    return Panel.from_frame(panel_frame([2, 2, 0, 0], [[1, 4], [2, 6], [0, 1], [3, 4]]))


def test_with_one_wave_and_two_periods_all_say_the_same() -> None:
    found = OtherEstimators(by_hand())
    assert found.imputation().estimate == pytest.approx(2.5)
    assert found.two_way().effect.estimate == pytest.approx(2.5)
    assert found.imputation().se == pytest.approx(0.5)  # variances of changes 1/2 and 0, of two units each


def test_the_efficient_estimate_by_hand() -> None:
    # After: 5 − 2.5; before: 1.5 − 1.5; covariances with the period before, (0.5 + 4.5·1)/2 over (0.5 + 4.5)/2.
    found, beta = OtherEstimators(by_hand()).random_timing()
    after, before = 2.5, 0.0
    assert beta == pytest.approx((1.0 / 2 + 4.5 / 2) / (0.5 / 2 + 4.5 / 2))
    assert found.estimate == pytest.approx(after - beta * before)


@given(st.integers(0, 10_000))
@settings(max_examples=8, deadline=None)
def test_the_decomposition_adds_up_to_the_coefficient(seed: int) -> None:
    found = OtherEstimators(simulated(units=30, waves=(4, 5, 3), effect=0.5, growth=0.2, seed=seed)).two_way()
    total = sum(c.weight * c.estimate for c in found.comparisons)
    assert total == pytest.approx(found.effect.estimate, abs=1e-10)
    assert sum(c.weight for c in found.comparisons) == pytest.approx(1)
    assert all(c.weight > 0 for c in found.comparisons)


@given(st.integers(0, 10_000), st.floats(-50, 50))
@settings(max_examples=6, deadline=None)
def test_effects_of_units_and_periods_change_nothing_to_imputation(seed: int, shift: float) -> None:
    frame = simulate(Scenario(units=24, waves=(4, 4), effect=0.5, seed=seed))
    moved = frame.with_columns(
        pl.col("outcome")
        + shift * (pl.col("unit").hash(0) % 7).cast(pl.Float64)
        + shift * (pl.col("time").hash(1) % 5).cast(pl.Float64)
    )
    one, other = (OtherEstimators(Panel.from_frame(f)).imputation() for f in (frame, moved))
    assert other.estimate == pytest.approx(one.estimate, abs=1e-8)
    assert other.se == pytest.approx(one.se, abs=1e-8)


def test_effects_that_grow_bias_the_two_way_coefficient_through_sites_already_open() -> None:
    # Everybody opens in the end: the last wave is compared to waves whose effect goes on growing.
    panel = simulated(units=60, waves=(20, 20), before=4, gap=6, noise=0.01, growth=1.0)
    found = OtherEstimators(panel)
    honest = estimate(panel).aggregations["simple"].overall.estimate
    naive = found.two_way()
    assert naive.effect.estimate < honest - 0.3
    assert naive.mean("earlier") < 0 < naive.mean("never")
    assert found.imputation().estimate == pytest.approx(honest, abs=0.1)


def test_the_efficient_estimate_is_surer_than_the_first_one_when_the_past_is_noise() -> None:
    rng = np.random.default_rng(5)
    outcome = rng.normal(size=(80, 6))
    cohort = [3] * 20 + [4] * 20 + [5] * 20 + [0] * 20
    panel = Panel.from_frame(panel_frame(list(cohort), [list(row) for row in outcome]))
    found, beta = OtherEstimators(panel).random_timing()
    assert abs(beta) < 0.3
    assert (
        found.se < 0.9 * estimate(panel, Options(control="notyettreated")).aggregations["simple"].overall.se
    )


def test_a_drawn_order_gives_an_unbiased_efficient_estimate() -> None:
    rng = np.random.default_rng(6)
    outcome = np.cumsum(rng.normal(size=(40, 6)), axis=1)
    cohort = np.repeat([3, 5, 0], [10, 10, 20])
    values = []
    for _ in range(150):
        drawn = rng.permutation(cohort)
        seen = outcome + 2.0 * ((drawn[:, None] > 0) & (np.arange(1, 7) >= drawn[:, None]))
        panel = Panel.from_frame(panel_frame(list(drawn), [list(row) for row in seen]))
        values.append(OtherEstimators(panel).random_timing()[0].estimate)
    assert np.mean(values) == pytest.approx(2.0, abs=3.5 * np.std(values) / np.sqrt(150))


def test_what_they_need_is_said() -> None:
    frame = simulate(Scenario()).with_columns(pl.lit(1.0).alias("w"), pl.col("outcome").alias("x"))
    with pytest.raises(EvaluationError, match="sans covariables"):
        OtherEstimators(Panel.from_frame(frame, covariates=["x"]))
    with pytest.raises(EvaluationError, match="pas de grappes"):
        OtherEstimators(Panel.from_frame(frame, cluster="region")).random_timing()
