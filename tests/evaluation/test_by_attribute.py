"""Effects by an attribute of the sites: the protocol version, the fidelity, the type of territory."""

import polars as pl
import pytest

from essaim.evaluation import EvaluationError, Options, Panel, Result, estimate
from essaim.evaluation.simulate import Scenario, simulate

FRAME = simulate(Scenario(units=60, waves=(10, 12), noise=0.1, seed=11)).with_columns(
    version=pl.when(pl.col("unit").str.slice(1).cast(pl.Int64) % 2 == 0)
    .then(pl.lit("v1"))
    .otherwise(pl.lit("v2"))
)
BETTER = FRAME.with_columns(
    outcome=pl.col("outcome")
    - pl.when((pl.col("version") == "v2") & (pl.col("cohort") != "") & (pl.col("time") >= pl.col("cohort")))
    .then(1.0)
    .otherwise(0.0)
)


def run(frame: pl.DataFrame, by: str | None = "version", **options: object) -> Result:
    return estimate(Panel.from_frame(frame, by=by), Options(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("control", ["nevertreated", "notyettreated"])
def test_the_overall_effect_is_that_of_the_whole(control: str) -> None:
    result = run(BETTER, control=control, inference="analytic")
    assert result.aggregations["by"].overall.estimate == pytest.approx(
        result.aggregations["simple"].overall.estimate
    )


def test_a_difference_between_versions_is_found_with_its_interval() -> None:
    found = run(BETTER).aggregations["by"]
    assert [value for value, _ in found.by] == ["v1", "v2"]
    one, reference, difference = found.differences[0]
    assert (one, reference) == ("v2", "v1")
    assert difference.estimate == pytest.approx(found.by[1][1].estimate - found.by[0][1].estimate)
    assert difference.conf_low < -1 < difference.conf_high < 0


def test_each_version_alone_gives_the_same_effect() -> None:
    alone = BETTER.filter((pl.col("version") == "v2") | (pl.col("cohort") == ""))
    expected = run(alone, by=None).aggregations["simple"].overall
    found = dict(run(BETTER).aggregations["by"].by)["v2"]
    assert (found.estimate, found.se) == pytest.approx((expected.estimate, expected.se))


def test_an_attribute_that_changes_within_a_unit_is_refused() -> None:
    with pytest.raises(EvaluationError, match="change d’une ligne à l’autre"):
        run(FRAME.with_columns(version=pl.col("time")))


def test_the_json_names_the_values_and_the_reference() -> None:
    shown = run(BETTER).to_json()["aggregations"]["by"]  # type: ignore[index]
    assert set(shown) == {"overall", "by", "differences"}
    assert {"value", "reference", "estimate"} <= set(shown["differences"][0])
