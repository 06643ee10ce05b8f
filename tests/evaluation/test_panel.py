"""A panel says what is wrong with the table it is given, with the rows."""

import numpy as np
import polars as pl
import pytest

from essaim.evaluation import Panel, PanelError
from essaim.evaluation.periods import NEVER
from tests.evaluation_data import panel_frame


def good() -> pl.DataFrame:
    return panel_frame([2, None], [[1.0, 2.0], [3.0, 4.0]])


def test_rows_may_come_in_any_order() -> None:
    shuffled = Panel.from_frame(good().sample(fraction=1, shuffle=True, seed=1))
    assert np.array_equal(shuffled.outcome, [[1, 2], [3, 4]])
    assert list(shuffled.cohort) == [2, NEVER]


def test_unit_codes_keep_their_zeros() -> None:
    frame = good().with_columns(pl.col("unit").replace({"u0": "01", "u1": "2A"}))
    assert list(Panel.from_frame(frame).units) == ["01", "2A"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": ["1", "deux", "3", "4"]}, r"« outcome ».*deux.*ligne 3"),
        ({"outcome": [1.0, float("inf"), 3.0, 4.0]}, "infinie ou démesurée, ligne 3"),
        ({"unit": ["u0", None, "u1", "u1"]}, "vide, ligne 3"),
        ({"time": [1, 2, 1, 1]}, "plusieurs lignes.*ligne 4, 5"),
        ({"time": [1, None, 1, 2]}, "période vide, ligne 3"),
        ({"cohort": ["2", "bientôt", "", ""]}, "bientôt.*ligne 3"),
        ({"cohort": ["2", "", "", ""]}, "change d’une ligne à l’autre.*Une unité exposée le reste"),
        ({"time": [1, 1, 1, 1], "unit": ["a", "b", "c", "d"]}, "une période"),
    ],
)
def test_bad_rows_are_named(change: dict[str, list[object]], message: str) -> None:
    frame = good().with_columns(**{name: pl.Series(values, strict=False) for name, values in change.items()})
    with pytest.raises(PanelError, match=message):
        Panel.from_frame(frame)


def test_a_missing_column_is_named_with_those_that_exist() -> None:
    with pytest.raises(PanelError, match=r"taux.*unit, time, cohort, outcome"):
        Panel.from_frame(good(), outcome="taux")


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(PanelError, match="vide"):
        Panel.from_frame(good().clear())


def test_decimal_commas_are_read() -> None:
    frame = good().with_columns(outcome=pl.Series(["1,5", "2,5", "3", " 4 "]))
    assert np.array_equal(Panel.from_frame(frame).outcome, [[1.5, 2.5], [3, 4]])


def test_incomplete_units_are_set_aside_and_named() -> None:
    frame = panel_frame([2, None, None], [[1.0, 2.0], [3.0, 4.0], [5.0, None]])
    panel = Panel.from_frame(frame)
    assert list(panel.units) == ["u0", "u1"]
    assert "u2" in panel.notes[0]


def test_incomplete_units_are_kept_on_demand() -> None:
    frame = panel_frame([2, None, None], [[1.0, 2.0], [3.0, 4.0], [5.0, None]])
    panel = Panel.from_frame(frame, unbalanced=True)
    assert panel.size == 3
    assert not panel.balanced


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(PanelError, match="négatif"):
        Panel.from_frame(good().with_columns(w=pl.Series([1, 1, -1, -1])), weights="w")


def test_integer_units_far_apart_are_coded_like_others() -> None:
    frame = good().with_columns(unit=pl.Series([5, 5, 10**12, 10**12]))
    assert np.array_equal(Panel.from_frame(frame).outcome, [[1, 2], [3, 4]])
