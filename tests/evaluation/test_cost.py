"""Cost-effectiveness: the ratio, its interval whatever its shape, the chance that it is worth it."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim.cli import main
from essaim.evaluation import EvaluationError
from essaim.evaluation.cost import Cost, cost_effectiveness, df_behind, read_cost

COST = Cost(1000, 900, 1100)
EFFECT = st.floats(-3, 3).filter(lambda value: abs(value) > 1e-3)


@settings(max_examples=80, deadline=None)
@given(EFFECT, st.floats(0.05, 2), st.floats(-20_000, 20_000).filter(lambda r: abs(r) > 1))
def test_fiellers_interval_holds_the_ratios_that_a_test_does_not_reject(
    effect: float, se: float, ratio: float
) -> None:
    """Its definition: r is inside when |cost − r × effect| is under the critical value times its error."""
    found = cost_effectiveness(effect, se, COST, [1]).ratio
    z = abs(COST.mean - ratio * effect) / np.hypot(COST.se, ratio * se)
    if abs(z - 1.959963984540054) < 1e-6:
        return
    if found.shape == "interval":
        inside = found.low <= ratio <= found.high
    elif found.shape == "outside":
        inside = not found.low < ratio < found.high
    else:
        inside = True
    assert inside == (z < 1.959963984540054)


def test_the_chance_is_one_half_where_the_worth_is_the_ratio() -> None:
    found = cost_effectiveness(0.5, 0.1, COST, [2000, 4000, 1000])
    assert dict(found.curve)[2000] == pytest.approx(0.5)
    assert [worth for worth, _chance in found.curve] == [1000, 2000, 4000]
    chances = [chance for _worth, chance in found.curve]
    assert chances == sorted(chances)


def test_the_chance_is_that_of_draws() -> None:
    """200,000 draws of effect and cost, four Monte-Carlo errors."""
    rng = np.random.default_rng(1)
    effect, cost = rng.normal(0.5, 0.2, 200_000), rng.normal(1000, COST.se, 200_000)
    expected = float(np.mean(2500 * effect > cost))
    found = cost_effectiveness(0.5, 0.2, COST, [2500]).curve[0][1]
    assert found == pytest.approx(expected, abs=4 * 0.5 / 200_000**0.5)


def test_a_fall_may_be_what_is_wanted() -> None:
    found = cost_effectiveness(-0.5, 0.1, COST, [1], direction="fall", units=24)
    assert found.ratio.estimate == pytest.approx(1000 / 12)


def test_an_effect_that_may_be_nothing_has_no_upper_bound_and_it_is_said() -> None:
    said = read_cost(cost_effectiveness(0.1, 0.2, COST, [10]))
    assert "pas de borne haute" in said[0]


def test_what_does_not_happen_has_no_cost() -> None:
    found = cost_effectiveness(-0.5, 0.1, COST, [10])
    assert found.ratio.estimate is None
    assert "n’est pas favorable" in read_cost(found)[0]


@pytest.mark.parametrize("numbers", [(1000, 1100, 900), (0, 0, 0), (float("nan"), 1, 2)])
def test_a_cost_that_is_none_is_refused(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(EvaluationError, match="Coût"):
        Cost(*numbers)


@pytest.mark.parametrize("df", [3.0, 12.5, 400.0])
def test_degrees_of_freedom_are_found_behind_an_interval(df: float) -> None:
    from scipy.stats import t

    half = float(t.isf(0.025, df))
    assert df_behind(2.0, 1 - 2 * half, 1 + 2 * half) == pytest.approx(df, rel=1e-6)


def test_the_command_reads_a_result(tmp_path) -> None:
    path = tmp_path / "r.json"
    simple = {"estimate": -0.5, "se": 0.1, "conf_low": -0.7, "conf_high": -0.3}
    path.write_text(json.dumps({"aggregations": {"simple": simple}, "provenance": {"level": 0.95}}))
    words = ["cost", str(path), "--cost", "1000", "--range", "900,1100", "--worth", "3000", "--fall"]
    shown = CliRunner().invoke(main, words)
    assert "coûte 2 000 €" in shown.output and "la chance que le programme vaille son coût" in shown.output
    path.write_text("{}")
    assert CliRunner().invoke(main, words).exit_code == 1
