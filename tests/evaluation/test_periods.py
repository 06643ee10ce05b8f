"""Periods of every kind become integers and keep the label the user wrote."""

import datetime as dt

import pytest

from essaim.evaluation.errors import PanelError
from essaim.evaluation.periods import NEVER, Calendar


@pytest.mark.parametrize(
    ("values", "kind", "steps"),
    [
        (["2007T4", "2008T1", "2008T3"], "trimestres", [1, 2]),
        (["T4_2007", "T1_2008"], "trimestres", [1]),
        (["2007Q4", "2008Q1"], "trimestres", [1]),
        (["2007-11", "2007-12", "2008-01"], "mois", [1, 1]),
        (["2007-2008", "2008-2009"], "années scolaires", [1]),
        (["2012-13", "2013-14"], "années scolaires", [1]),
        (["2001-02", "2002-03", "2004-05"], "années scolaires", [1, 2]),
        (["2001-02", "2001-03"], "mois", [1]),
        ([200711, 200712, 200801], "mois", [1, 1]),
        (["2007-11-30", "2007-12-31"], "mois", [1]),
        ([2003, 2005, 2006], "années", [2, 1]),
        ([-1, 0, 1], "rangs", [1, 1]),
        ([2003.0, 2004.0], "années", [1]),
        ([1, 2, 10], "rangs", [1, 8]),
        ([dt.date(2020, 1, 1), dt.date(2020, 3, 1)], "mois", [2]),
    ],
)
def test_kinds_and_gaps(values: list[object], kind: str, steps: list[int]) -> None:
    calendar = Calendar.of(values)
    assert calendar.kind.name == kind
    assert [b - a for a, b in zip(calendar.ordinals, calendar.ordinals[1:], strict=False)] == steps


def test_labels_are_kept_as_written() -> None:
    assert Calendar.of(["T1_2008", "T4_2007"]).labels == ("T4_2007", "T1_2008")


@pytest.mark.parametrize(
    "value", [None, "", 0, 0.0, float("nan"), float("inf"), "inf", "jamais", "Never", "NaN"]
)
def test_never_is_written_in_many_ways(value: object) -> None:
    assert Calendar.of([2003, 2004]).ordinal(value) == NEVER


def test_a_date_falls_in_its_period() -> None:
    quarters = Calendar.of(["2007T3", "2007T4"])
    assert quarters.ordinal("2007-10-31") == quarters.ordinals[1]
    school = Calendar.of(["2014-2015", "2015-2016"])
    assert school.ordinal("2015-06-30") == school.ordinals[0]
    assert school.ordinal("2015-09-01") == school.ordinals[1]


def test_mixed_periods_are_refused_by_name() -> None:
    with pytest.raises(PanelError, match="hiver"):
        Calendar.of(["2007T4", "2008T1", "hiver"])


def test_the_same_period_written_twice_is_refused() -> None:
    with pytest.raises(PanelError, match="même période"):
        Calendar.of(["2007T4", "T4_2007"])


def test_years_are_numbers_in_json_and_quarters_are_labels() -> None:
    assert Calendar.of([2003, 2004]).key(2004) == 2004
    quarters = Calendar.of(["2007T3", "2007T4"])
    assert quarters.key(quarters.ordinals[1]) == "2007T4"
    assert quarters.key(quarters.ordinals[1] + 1) == "2008T1"
