"""A panel is built from an outcome and dated waves, and says what it leaves out."""

import polars as pl
import pytest

from essaim.evaluation import PanelError, Window, build_panel
from essaim.examples import WAVE_EXAMPLES
from essaim.opendata.whole_table import read_whole

QUARTERS = [f"{y}T{q}" for y in range(2004, 2010) for q in range(1, 5)]
OUTCOME = pl.DataFrame(
    {
        "unit": [u for u in ("01", "02", "93", "974") for _ in QUARTERS],
        "time": QUARTERS * 4,
        "outcome": [8.0] * (3 * len(QUARTERS)) + [None] * 8 + [20.0] * 16,
    },
    strict=False,
)


def waves(rows: list[tuple[str, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["departement", "date", "vague"], orient="row")


def test_a_unit_is_exposed_from_the_period_of_its_date() -> None:
    built = build_panel(OUTCOME, waves([("01", "2007-10-31", "1")]), Window("2005T1", "2009T1", "essai"))
    assert set(built.frame.filter(pl.col("unit") == "01")["cohort"]) == {"2007T4"}
    assert set(built.frame.filter(pl.col("unit") == "02")["cohort"]) == {""}
    assert built.frame["time"].n_unique() == 17


def test_a_month_of_opening_is_enough_and_its_column_may_be_called_debut() -> None:
    table = waves([("01", "2007-10", "1"), ("02", "2008-01-15", "2")]).rename({"date": "debut"})
    built = build_panel(OUTCOME, table, Window("2005T1", "2009T1", "essai"))
    assert set(built.frame.filter(pl.col("unit") == "01")["cohort"]) == {"2007T4"}


def test_a_unit_in_two_waves_takes_its_first_date_with_a_note() -> None:
    built = build_panel(OUTCOME, waves([("93", "2008-04-01", "3"), ("93", "2007-10-01", "1")]))
    assert set(built.frame.filter(pl.col("unit") == "93")["cohort"]) == {"2007T4"}
    assert set(built.frame.filter(pl.col("unit") == "93")["wave"]) == {"1"}
    assert any("« 93 »" in note and "2007-10-01" in note for note in built.notes)


def test_units_not_measured_throughout_are_left_out_and_named() -> None:
    built = build_panel(OUTCOME, waves([("01", "2007-10-31", "1")]), Window("2005T1", "2009T1", "essai"))
    assert "974" not in set(built.frame["unit"])
    assert any("974" in note for note in built.notes)


def test_unknown_units_are_named() -> None:
    built = build_panel(OUTCOME, waves([("01", "2007-10-31", "1"), ("ZZ", "2007-10-31", "1")]))
    assert any("ZZ" in note for note in built.notes)


def test_dates_of_one_period_are_said_to_be_merged() -> None:
    built = build_panel(OUTCOME, waves([("01", "2007-10-31", "1"), ("02", "2007-12-26", "2")]))
    assert any("2007-10-31" in note and "2007-12-26" in note for note in built.notes)


def test_the_default_window_says_that_it_is_one() -> None:
    built = build_panel(OUTCOME, waves([("01", "2007-10-31", "1")]))
    assert (built.window.first, built.window.last) == ("2004T4", "2008T4")
    assert "fenêtre par défaut" in built.window.reason


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("01", "octobre", "1")], "date illisible"),
        ([("01", "", "1")], "ligne 2.*date"),
        ([("", "2007-10-31", "1")], "ligne 2.*departement"),
        ([], "vide"),
        ([("01", "1950-10-31", "1")], "hors des périodes"),
    ],
)
def test_bad_waves_are_named(rows: list[tuple[str, str, str]], message: str) -> None:
    with pytest.raises(PanelError, match=message):
        build_panel(OUTCOME, waves(rows))


@pytest.mark.parametrize("window", [("2005T1", "2099T1"), ("2009T1", "2005T1")])
def test_bad_windows_are_refused(window: tuple[str, str]) -> None:
    with pytest.raises(PanelError, match="Fenêtre"):
        build_panel(OUTCOME, waves([("01", "2007-10-31", "1")]), Window(*window, "essai"))


@pytest.mark.parametrize(("name", "rows", "waves_count"), [("rsa_2007", 34, 3), ("garantie_jeunes", 73, 4)])
def test_every_line_of_an_example_has_its_legal_source(name: str, rows: int, waves_count: int) -> None:
    example = next(e for e in WAVE_EXAMPLES if e.name == name)
    table = read_whole(example.path.read_bytes())
    assert table.height == rows
    assert table["vague"].n_unique() == waves_count
    assert table.filter(
        (pl.col("texte").fill_null("") == "") | (pl.col("source").fill_null("") == "")
    ).is_empty()
