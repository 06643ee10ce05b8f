"""What must change nothing in the effects, and what must change them as is known, whatever the panel and settings."""

from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim.evaluation import EvaluationError, Options, Panel, Result, estimate

PERIODS = 6


@st.composite
def panels(draw: st.DrawFn) -> tuple[pl.DataFrame, Options, dict[str, Any]]:
    """A small panel, perhaps with holes or weights, and how to estimate it."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    sizes = draw(st.lists(st.integers(2, 6), min_size=2, max_size=3))
    cohort = np.repeat([0, *range(3, 3 + len(sizes) - 1)], sizes)
    n = len(cohort)
    frame = pl.DataFrame(
        {
            "unit": np.repeat(np.arange(n), PERIODS),
            "time": np.tile(np.arange(1, PERIODS + 1), n),
            "cohort": np.repeat(cohort, PERIODS),
            "outcome": rng.normal(size=n * PERIODS) + np.repeat(rng.normal(size=n), PERIODS),
            "other": rng.normal(size=n * PERIODS),
            "w": np.repeat(rng.uniform(0.5, 2, n), PERIODS),
            "zone": np.repeat(rng.permutation(np.arange(n) % 4), PERIODS),
        }
    )
    columns: dict[str, Any] = {}
    if draw(st.booleans()):
        frame = frame.filter(pl.Series(rng.random(frame.height) > 0.1) | (pl.col("unit").mod(3) == 0))
        columns["unbalanced"] = True
    if draw(st.booleans()):
        columns["weights"] = "w"
    if draw(st.booleans()):
        columns["cluster"] = "zone"
    options = Options(
        control=draw(st.sampled_from(["nevertreated", "notyettreated"])),
        base=draw(st.sampled_from(["varying", "universal"])),
        anticipation=draw(st.integers(0, 1)),
        inference=draw(st.sampled_from(["cr2", "analytic"])),
    )
    return frame, options, columns


Case = tuple[pl.DataFrame, Options, dict[str, Any]]
LAW = settings(max_examples=15, deadline=None)


def found(frame: pl.DataFrame, options: Options, columns: dict[str, Any]) -> Result:
    return estimate(Panel.from_frame(frame, **columns), options)


def table(result: Result) -> np.ndarray:
    """Estimate, error and degrees of freedom of every cell and aggregation."""
    shown = [cell.effect for cell in result.cells]
    for kind in result.aggregations.values():
        shown += [*(effect for _, effect in kind.by), kind.overall]
    return np.array([(e.estimate, e.se, e.df) for e in shown])


def same(one: Result, other: Result, columns: slice = slice(None)) -> None:
    np.testing.assert_allclose(table(one)[:, columns], table(other)[:, columns], rtol=1e-7, atol=1e-9)


@given(panels(), st.integers(0, 2**32))
@LAW
def test_the_order_of_the_rows_changes_nothing(case: Case, seed: int) -> None:
    frame, options, columns = case
    same(
        found(frame, options, columns),
        found(frame.sample(fraction=1, shuffle=True, seed=seed), options, columns),
    )


@given(panels(), st.integers(1, 1990))
@LAW
def test_the_labels_of_the_periods_change_nothing(case: Case, shift: int) -> None:
    frame, options, columns = case
    moved = frame.with_columns(
        time=pl.col("time") + shift,
        cohort=pl.when(pl.col("cohort") > 0).then(pl.col("cohort") + shift).otherwise(0),
    )
    same(found(frame, options, columns), found(moved, options, columns))
    months = moved.with_columns(
        time=pl.format("2007-{}", pl.col("time").sub(shift).cast(pl.String).str.zfill(2)),
        cohort=pl.when(pl.col("cohort") > 0)
        .then(pl.format("2007-{}", pl.col("cohort").sub(shift).cast(pl.String).str.zfill(2)))
        .otherwise(pl.lit("")),
    )
    same(found(frame, options, columns), found(months, options, columns))


@given(panels(), st.floats(-1e3, 1e3), st.floats(0.1, 10))
@LAW
def test_a_constant_is_lost_and_a_unit_of_measure_is_kept(case: Case, shift: float, scale: float) -> None:
    frame, options, columns = case
    plain = table(found(frame, options, columns))
    moved = found(frame.with_columns(outcome=scale * pl.col("outcome") + shift), options, columns)
    np.testing.assert_allclose(table(moved)[:, :2] / scale, plain[:, :2], rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(table(moved)[:, 2], plain[:, 2], rtol=1e-7)


@given(panels())
@LAW
def test_what_is_common_to_a_period_is_lost(case: Case) -> None:
    frame, options, columns = case
    shocked = frame.with_columns(outcome=pl.col("outcome") + pl.col("time") ** 2)
    same(found(frame, options, columns), found(shocked, options, columns))


@given(panels())
@LAW
def test_the_level_of_each_unit_is_lost_where_none_is_missing(case: Case) -> None:
    frame, options, columns = case
    frame = frame.filter(pl.len().over("unit") == PERIODS)
    raised = frame.with_columns(outcome=pl.col("outcome") + 10 * pl.col("unit"))
    try:
        plain = found(frame, options, columns)
    except EvaluationError:  # a whole wave had holes
        return
    same(plain, found(raised, options, columns))


@given(panels(), st.floats(-3, 3), st.floats(-3, 3))
@LAW
def test_effects_are_linear_in_the_outcome(case: Case, a: float, b: float) -> None:
    frame, options, columns = case
    one, other, both = (
        table(found(frame.with_columns(outcome=outcome), options, columns))[:, 0]
        for outcome in (pl.col("outcome"), pl.col("other"), a * pl.col("outcome") + b * pl.col("other"))
    )
    np.testing.assert_allclose(both, a * one + b * other, rtol=1e-7, atol=1e-9)


@given(panels())
@LAW
def test_every_unit_twice_gives_the_same_effects_and_errors_over_the_root_of_two(case: Case) -> None:
    frame, options, columns = case
    columns.pop("cluster", None)
    options = Options(options.method, options.control, options.base, options.anticipation, "analytic")
    twice = pl.concat([frame, frame.with_columns(unit=pl.col("unit") + 1000)])
    one, two = table(found(frame, options, columns)), table(found(twice, options, columns))
    np.testing.assert_allclose(two[:, 0], one[:, 0], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(two[:, 1] * np.sqrt(2), one[:, 1], rtol=1e-7, atol=1e-9)


@given(panels(), st.floats(0.01, 100))
@LAW
def test_the_unit_of_weights_and_the_names_of_clusters_change_nothing(case: Case, scale: float) -> None:
    frame, options, columns = case
    renamed = frame.with_columns(w=scale * pl.col("w"), zone=pl.format("zone {}", 9 - pl.col("zone")))
    same(found(frame, options, columns), found(renamed, options, columns))


@given(panels(), st.integers(1, 3))
@LAW
def test_units_exposed_from_the_start_change_nothing(case: Case, count: int) -> None:
    frame, options, columns = case
    rows = [frame.head(PERIODS).with_columns(unit=pl.lit(5000 + i)) for i in range(count)]
    always = pl.concat(rows).with_columns(
        cohort=pl.lit(1), time=pl.int_range(pl.len()).mod(PERIODS) + 1, outcome=pl.col("outcome") * 100
    )
    always = always.unique(["unit", "time"]).select(
        pl.col(name).cast(kind) for name, kind in frame.schema.items()
    )
    same(found(frame, options, columns), found(pl.concat([frame, always]), options, columns))


@given(panels())
@LAW
def test_units_exposed_after_the_last_period_are_never_exposed(case: Case) -> None:
    frame, options, columns = case
    late = frame.with_columns(
        cohort=pl.when((pl.col("cohort") == 0) & (pl.col("unit") % 2 == 0))
        .then(PERIODS + 2)
        .otherwise(pl.col("cohort"))
    )
    same(found(frame, options, columns), found(late, options, columns))
