"""What a panel deserves to be looked at for, unit by unit, before it is estimated."""

import polars as pl
import pytest

from essaim.evaluation import Panel
from essaim.evaluation.checks import check_panel
from essaim.evaluation.simulate import Scenario, simulate

FRAME = simulate(Scenario(units=60, waves=(8, 8, 10), noise=0.2))


def found(frame: pl.DataFrame) -> list:
    return check_panel(Panel.from_frame(frame))


def test_a_sound_panel_passes_every_check() -> None:
    assert [check.fine for check in found(FRAME)] == [True] * 5


def test_a_jump_is_named_with_its_period() -> None:
    cell = (pl.col("unit") == "S0003") & (pl.col("time") == "2007T2")
    checks = found(FRAME.with_columns(outcome=pl.when(cell).then(80.0).otherwise(pl.col("outcome"))))
    assert not checks[0].fine
    assert checks[0].named == ("S0003 (2007T2)", "S0003 (2007T3)")


def test_a_still_unit_is_named() -> None:
    still = pl.when(pl.col("unit") == "S0007").then(5.0).otherwise(pl.col("outcome"))
    assert found(FRAME.with_columns(outcome=still))[1].named == ("S0007",)


def test_a_wave_of_one_unit_is_named() -> None:
    checks = found(simulate(Scenario(units=60, waves=(8, 1, 10), noise=0.2)))
    assert (checks[2].fine, len(checks[2].named)) == (False, 1)


@pytest.mark.parametrize(("before", "fine"), [(2, False), (3, True)])
def test_few_periods_before_are_said(before: int, fine: bool) -> None:
    assert found(simulate(Scenario(units=60, waves=(8, 8), before=before)))[3].fine is fine


def test_a_panel_where_all_end_exposed_is_said() -> None:
    checks = found(simulate(Scenario(units=24, waves=(8, 8, 8))))
    assert not checks[4].fine and "finissent exposées" in checks[4].said
