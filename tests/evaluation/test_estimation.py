"""Effects of small panels worked by hand, and what must not change them."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim.evaluation import EvaluationError, Options, Panel, Result, estimate
from essaim.evaluation.simulate import Scenario, simulate
from tests.evaluation_data import panel_frame

ANALYTIC = Options(inference="analytic")


def effects(result: Result) -> dict[tuple[object, object], float]:
    return {(cell.group, cell.time): cell.effect.estimate for cell in result.cells}


def run(frame: pl.DataFrame, options: Options = ANALYTIC, **columns: str) -> Result:
    return estimate(Panel.from_frame(frame, **columns), options)  # type: ignore[arg-type]


def test_two_by_two() -> None:
    frame = panel_frame([2, 2, None, None], [[1.0, 4.0], [2.0, 6.0], [0.0, 1.0], [3.0, 4.0]])
    result = run(frame)
    # (3 + 4) / 2 − 1; variance: ((−0.5)² + 0.5²) / 2² + 0
    assert effects(result) == {(2, 2): 2.5}
    assert result.cells[0].effect.se == pytest.approx(math.sqrt(0.5 / 4))
    assert (result.cells[0].n_treated, result.cells[0].n_control) == (2, 2)


def test_cr2_of_a_two_by_two_is_the_unequal_variances_t_test() -> None:
    frame = panel_frame([2, 2, 2, None, None], [[0.0, 1.0], [0.0, 3.0], [0.0, 5.0], [0.0, 1.0], [0.0, 2.0]])
    effect = run(frame, Options(inference="cr2")).cells[0].effect
    assert effect.se == pytest.approx(math.sqrt(4 / 3 + 0.5 / 2))
    # Bell & McCaffrey under equal variances: (1/3 + 1/2)² / (1/(9·2) + 1/(4·1))
    assert effect.df == pytest.approx((5 / 6) ** 2 / (1 / 18 + 1 / 4))


def test_not_yet_treated_units_compare_until_they_are_exposed() -> None:
    frame = panel_frame([2, 3, None], [[0.0, 5.0, 5.0], [0.0, 1.0, 9.0], [0.0, 3.0, 4.0]])
    found = effects(run(frame, Options(inference="analytic", control="notyettreated")))
    assert found[(2, 2)] == pytest.approx(5 - (1 + 3) / 2)
    assert found[(2, 3)] == pytest.approx(5 - 4)


def test_without_never_exposed_units_the_last_wave_compares_and_the_panel_stops_before_it() -> None:
    frame = panel_frame([2, 3], [[0.0, 5.0, 5.0], [0.0, 1.0, 9.0]])
    result = run(frame, Options(inference="analytic", control="notyettreated"))
    assert effects(result) == {(2, 2): 4.0}
    assert any("Personne n’échappe" in warning for warning in result.warnings)


def test_without_never_exposed_units_the_default_comparison_is_refused() -> None:
    with pytest.raises(EvaluationError, match="pas encore exposées"):
        run(panel_frame([2, 3], [[0.0, 5.0, 5.0], [0.0, 1.0, 9.0]]))


def test_nobody_exposed_is_refused() -> None:
    with pytest.raises(EvaluationError, match="Aucune unité n’est exposée"):
        run(panel_frame([None, None], [[0.0, 5.0], [0.0, 1.0]]))


def test_units_exposed_from_the_start_change_nothing_but_a_warning() -> None:
    base = simulate(Scenario(units=40, waves=(5, 6)))
    early = base.filter(pl.col("unit") <= "S0003").with_columns(
        pl.col("unit") + "x", cohort=pl.lit("2005T1"), outcome=pl.col("outcome") * 7
    )
    alone, mixed = run(base), run(pl.concat([base, early]))
    assert mixed.to_json()["aggregations"] == alone.to_json()["aggregations"]
    assert any("Les 3 unités exposées dès la première période" in w for w in mixed.warnings)


def test_units_exposed_after_the_end_serve_as_never_exposed() -> None:
    base = simulate(Scenario(units=40, waves=(5, 6)))
    late = base.with_columns(
        cohort=pl.when(pl.col("cohort") == "").then(pl.lit("2030T1")).otherwise("cohort")
    )
    assert effects(run(late)) == effects(run(base))


def test_anticipation_moves_the_base_period_back() -> None:
    frame = panel_frame([4, None], [[0.0, 1.0, 2.0, 10.0], [0.0, 0.0, 0.0, 0.0]])
    assert effects(run(frame))[(4, 4)] == 8.0
    assert effects(run(frame, Options(inference="analytic", anticipation=1)))[(4, 4)] == 9.0


def test_the_reference_cell_of_a_universal_base_is_zero_without_error() -> None:
    frame = simulate(Scenario(units=40, waves=(5, 6)))
    result = run(frame, Options(inference="analytic", base="universal"))
    reference = [cell for cell in result.cells if cell.reference]
    assert [(c.effect.estimate, c.to_json()["se"]) for c in reference] == [(0.0, None)] * 2
    assert {c.since for c in reference} == {-1}


def test_the_two_base_periods_agree_after_exposure() -> None:
    frame = simulate(Scenario(units=40, waves=(5, 6)))
    varying = {k: e for k, e in effects(run(frame)).items() if str(k[1]) >= str(k[0])}
    universal = effects(run(frame, Options(inference="analytic", base="universal")))
    assert varying == pytest.approx({k: universal[k] for k in varying})


def test_gaps_between_periods_are_kept_in_the_time_since_opening() -> None:
    frame = panel_frame(
        [2006, 2006, None, None], [[0.0, 1.0, 4.0]] * 2 + [[0.0, 0.0, 1.0]] * 2, [2003, 2006, 2010]
    )
    assert [key for key, _ in run(frame).aggregations["event"].by] == [0, 4]


def test_a_window_keeps_only_waves_observed_long_enough() -> None:
    frame = simulate(Scenario(units=60, waves=(5, 6, 7), gap=2))
    result = run(frame, Options(inference="analytic", window=4))
    found = dict(result.aggregations["event"].by)
    assert max(k for k in found if isinstance(k, int)) == 4
    by_cell = {(c.group, c.since): c.effect.estimate for c in result.cells}
    # waves of quarters 10, 12 and 14 of 17: the third is observed 2 quarters only
    expected = (5 * by_cell[("2007T3", 0)] + 6 * by_cell[("2008T1", 0)]) / 11
    assert found[0].estimate == pytest.approx(expected)


def test_a_wave_of_one_unit_has_no_standard_error_and_says_so() -> None:
    frame = panel_frame([2, 3, 3, None, None], [[0, 1, 2], [0, 1, 5], [0, 2, 5], [0, 0, 1], [0, 1, 1]])
    result = run(frame, Options(inference="cr2"))
    shown = {c.group: c.to_json()["se"] for c in result.cells}
    assert shown[2] is None
    assert shown[3] is not None
    assert any("une seule unité (2)" in warning for warning in result.warnings)


def test_options_that_mean_nothing_are_refused() -> None:
    with pytest.raises(EvaluationError, match="anticipation"):
        Options(anticipation=-1)
    with pytest.raises(EvaluationError, match="niveau"):
        Options(level=95)
    with pytest.raises(EvaluationError, match="mensuel"):
        Options(aggregations=("mensuel",))


@pytest.fixture(scope="module")
def drawn() -> pl.DataFrame:
    return simulate(Scenario(units=30, waves=(4, 5), seed=5))


def close(one: Result, two: Result, factor: float = 1.0) -> None:
    a = {k: v * factor for k, v in effects(one).items()}
    assert a == pytest.approx(effects(two), abs=1e-9)
    se = [cell.effect.se * abs(factor) for cell in one.cells]
    assert se == pytest.approx([cell.effect.se for cell in two.cells], abs=1e-9, nan_ok=True)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), shift=st.floats(-1e4, 1e4), factor=st.floats(0.1, 100))
def test_order_shift_and_scale(drawn: pl.DataFrame, seed: int, shift: float, factor: float) -> None:
    reference = run(drawn)
    close(reference, run(drawn.sample(fraction=1, shuffle=True, seed=seed)))
    close(reference, run(drawn.with_columns(pl.col("outcome") + shift)))
    close(reference, run(drawn.with_columns(pl.col("outcome") * factor)), factor)


def test_duplicating_every_unit_leaves_the_effects(drawn: pl.DataFrame) -> None:
    twice = pl.concat([drawn, drawn.with_columns(pl.col("unit") + "bis")])
    assert effects(run(twice)) == pytest.approx(effects(run(drawn)))


def test_relabelling_periods_leaves_the_effects(drawn: pl.DataFrame) -> None:
    labels = {label: i + 1 for i, label in enumerate(drawn["time"].unique().sort())}
    renamed = drawn.with_columns(
        pl.col("time").replace_strict(labels), pl.col("cohort").replace_strict(labels, default=0)
    )
    assert list(effects(run(renamed)).values()) == pytest.approx(list(effects(run(drawn)).values()))


def test_effects_are_linear_in_the_outcome(drawn: pl.DataFrame) -> None:
    rng = np.random.default_rng(1)
    other = drawn.with_columns(outcome=pl.Series(rng.normal(size=drawn.height)))
    both = drawn.with_columns(outcome=drawn["outcome"] * 2 + other["outcome"] * 3)
    a, b, c = effects(run(drawn)), effects(run(other)), effects(run(both))
    assert c == pytest.approx({k: 2 * a[k] + 3 * b[k] for k in a})


def test_equal_weights_change_nothing(drawn: pl.DataFrame) -> None:
    weighted = drawn.with_columns(w=pl.lit(3.0))
    for inference in ("analytic", "cr2"):
        options = Options(inference=inference)  # type: ignore[arg-type]
        close(run(drawn, options), run(weighted, options, weights="w"))


def test_a_whole_weight_counts_as_so_many_units_for_the_effects(drawn: pl.DataFrame) -> None:
    doubled = pl.concat([drawn, drawn.filter(pl.col("unit") <= "S0010").with_columns(pl.col("unit") + "b")])
    weighted = drawn.with_columns(w=pl.when(pl.col("unit") <= "S0010").then(2.0).otherwise(1.0))
    assert effects(run(weighted, weights="w")) == pytest.approx(effects(run(doubled)))


def test_clusters_of_one_unit_change_nothing(drawn: pl.DataFrame) -> None:
    close(run(drawn), run(drawn.with_columns(c=pl.col("unit")), cluster="c"))


def with_covariate(frame: pl.DataFrame, *, after: float = 0.0) -> pl.DataFrame:
    """A covariate of each unit, fixed but for what is added in the last period, which no cell reads as covariate."""
    of_unit = {
        name: value
        for value, name in enumerate(np.random.default_rng(4).permutation(frame["unit"].unique().sort()))
    }
    last = pl.col("time") == frame["time"].max()
    return frame.with_columns(
        x=pl.col("unit").replace_strict(of_unit) / 10.0 + pl.when(last).then(after).otherwise(0.0)
    )


@pytest.mark.parametrize("method", ["dr", "reg", "ipw"])
@pytest.mark.parametrize("cluster", [None, "c"])
def test_covariates_held_once_a_unit_count_as_those_of_each_period(
    drawn: pl.DataFrame, method: str, cluster: str | None
) -> None:
    rows = drawn.with_columns(c=pl.col("unit").str.slice(0, 4))
    options = Options(inference="bootstrap", method=method, draws=99)  # type: ignore[arg-type]
    once, each = (
        estimate(
            Panel.from_frame(with_covariate(rows, after=after), covariates=["x"], cluster=cluster), options
        )
        for after in (0.0, 1.0)
    )
    close(once, each)
    bands = [[effect.band_low for _, effect in made.aggregations["event"].by] for made in (once, each)]
    assert bands[0] == pytest.approx(bands[1])


def test_whatever_an_estimation_reads_is_in_the_fingerprint(drawn: pl.DataFrame) -> None:
    rows = with_covariate(drawn).with_columns(c=pl.col("unit").str.slice(0, 4))

    def digest(frame: pl.DataFrame) -> object:
        return estimate(Panel.from_frame(frame, covariates=["x"], cluster="c")).provenance["panel_sha256"]

    first = pl.col("unit") == rows["unit"][0]
    others = [
        rows.with_columns(pl.when(first).then(pl.col(name) + 1).otherwise(pl.col(name)).alias(name))
        for name in ("outcome", "x")
    ]
    others.append(rows.with_columns(c=pl.when(first).then(pl.lit("apart")).otherwise("c")))
    assert len({digest(frame) for frame in (rows, *others)}) == 4
    assert digest(rows) == digest(rows.sample(fraction=1, shuffle=True, seed=3))


@pytest.mark.parametrize("shift", [-2003, -2010])
def test_periods_numbered_from_zero_or_below_are_periods(shift: int) -> None:
    frame = panel_frame([2004, 2004, None, None], [[1.0, 4.0], [2.0, 6.0], [0.0, 1.0], [3.0, 4.0]])
    frame = frame.with_columns(pl.col("time") - 1 + 2003, pl.col("cohort"))
    moved = frame.with_columns(pl.col("time") + shift, pl.col("cohort") + shift)
    assert list(effects(run(moved)).values()) == list(effects(run(frame)).values())


def test_a_window_longer_than_all_waves_says_so_and_changes_no_test() -> None:
    frame = simulate(Scenario(units=40, waves=(8, 8), before=6, periods=10, seed=3))
    whole, short, none = (run(frame, Options(window=window)) for window in (None, 3, 9))
    assert whole.pretest == short.pretest == none.pretest
    assert [w for w in none.warnings if "Aucune vague n’est suivie 9 périodes" in w]
    assert not [w for w in none.warnings if "Aucune période avant" in w]


def test_rows_taken_one_by_one_are_said_to_be() -> None:
    frame = simulate(Scenario(units=40, waves=(8, 8), before=6, periods=10, seed=3))
    alone, together = (
        estimate(Panel.from_frame(frame, cross_sections=True, cluster=cluster), ANALYTIC).warnings
        for cluster in (None, "unit")
    )
    assert any("tenue pour indépendante" in warning for warning in alone)
    assert not any("tenue pour indépendante" in warning for warning in together)
