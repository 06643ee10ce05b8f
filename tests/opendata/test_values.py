"""Cells that people type, read as numbers, dates, periods, codes, yes or no."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from essaim.opendata.values import (
    EMPTY,
    SECRET,
    UNAVAILABLE,
    BadCell,
    to_boolean,
    to_code,
    to_date,
    to_integer,
    to_number,
    to_period,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1 234,5", 1234.5),
        ("1\u00a0234\u202f567", 1_234_567.0),
        ("12,5 %", 12.5),
        ("1.234,56", 1234.56),
        ("1,234.56", 1234.56),
        ("-3", -3.0),
        ("−3", -3.0),
        ("+0,5", 0.5),
        (",5", 0.5),
        ("1,5E+05", 150_000.0),
        ("12 €", 12.0),
        (7.25, 7.25),
    ],
)
def test_french_and_international_numbers(text: str | float, number: float) -> None:
    assert to_number(text) == number


@pytest.mark.parametrize("text", ["1 23", "1.234.5", "douze", "1;2", "0x10", "1_000", "٣", "1,2,3", "--1"])
def test_what_is_not_a_number(text: str) -> None:
    with pytest.raises(BadCell):
        to_number(text)


@given(st.floats(-1e12, 1e12).map(lambda x: round(x, 3)))
def test_a_number_written_the_french_way_reads_back(number: float) -> None:
    written = f"{number:,.3f}".replace(",", "\u202f").replace(".", ",")
    assert to_number(written) == pytest.approx(number, abs=1e-3)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_with_a_mend(text: str) -> None:
    for parse in (to_number, to_integer, to_date, to_period, to_boolean, to_code):
        try:
            parse(text)
        except BadCell as error:
            assert error.message and error.mend


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", EMPTY), ("  ", EMPTY), ("n.d.", UNAVAILABLE), ("ND", UNAVAILABLE), ("///", UNAVAILABLE), ("s", SECRET),
     ("ns", SECRET), ("<5", SECRET)],
)  # fmt: skip
def test_absence_has_a_reason(text: str, reason: object) -> None:
    assert to_number(text) == reason


@pytest.mark.parametrize(
    "text",
    ["31/12/2024", "31-12-2024", "31.12.2024", "2024-12-31", "2024-12-31T00:00:00", "31 décembre 2024", "31 déc. 2024",
     45657.0, "45657", date(2024, 12, 31), datetime(2024, 12, 31, 8)],
)  # fmt: skip
def test_dates_in_every_form(text: str | float | date) -> None:
    assert to_date(text) == date(2024, 12, 31)


@pytest.mark.parametrize(
    "cell", ["29/02/2023", "2024-13-01", "00/01/2024", 0.0, -5.0, 9e9, True, "31 ju 2024"]
)
def test_impossible_dates(cell: str | float | bool) -> None:
    with pytest.raises(BadCell):
        to_date(cell)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2024-T4", "2024-T4"),
        ("T4_2024", "2024-T4"),
        ("2024Q4", "2024-T4"),
        ("1er trimestre 2024", "2024-T1"),
        ("2024-12", "2024-12"),
        ("12/2024", "2024-12"),
        ("Août 2024", "2024-08"),
        ("2024", "2024"),
        (2024.0, "2024"),
        (date(2024, 8, 1), "2024-08"),
    ],
)
def test_periods(text: str | float | date, period: str) -> None:
    assert to_period(text) == period


@pytest.mark.parametrize("text", ["2024-T5", "2024-13", "T0 2024", "hier", "3024"])
def test_what_is_not_a_period(text: str) -> None:
    with pytest.raises(BadCell):
        to_period(text)


@pytest.mark.parametrize(
    ("cell", "code"), [("1001", "01001"), (1001.0, "01001"), ("2a004", "2A004"), (" 01 001 ", "01001")]
)
def test_codes_get_their_zeros_back(cell: str | float, code: str) -> None:
    assert to_code(cell, 5) == code


def test_yes_and_no() -> None:
    assert [to_boolean(word) for word in ("Oui", "X", "vrai", "1", "NON", "0", "Faux")] == [True] * 4 + [
        False
    ] * 3
    with pytest.raises(BadCell):
        to_boolean("peut-être")


def test_a_whole_number_beyond_exactness_is_refused() -> None:
    with pytest.raises(BadCell, match="exact"):
        to_integer("9007199254740993")
