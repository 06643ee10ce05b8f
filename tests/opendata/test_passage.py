"""Communes from one vintage to another; what a refresh changes."""

from datetime import date

import polars as pl
import pytest

from essaim.opendata.passage import carry, passage
from essaim.opendata.provenance import compare

START, END = date(2018, 1, 1), date(2026, 1, 1)


def movements(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """Movements between full communes: date, before, after."""
    return pl.DataFrame(
        [(32, date.fromisoformat(day), "COM", before, "COM", after) for day, before, after in rows],
        schema=["kind", "date", "type_before", "before", "type_after", "after"],
        orient="row",
    )


MERGED = movements(("2019-01-01", "01001", "01001"), ("2019-01-01", "01002", "01001"))


def test_a_merger_adds_counts() -> None:
    data = pl.DataFrame({"code": ["01001", "01002", "01003"], "value": [1.0, 2.0, 4.0]})
    carried = carry(data, passage(MERGED, START, END), sums=["value"])
    assert dict(carried.select("code", "value").iter_rows()) == {"01001": 3.0, "01003": 4.0}


def test_an_absent_part_makes_the_sum_absent() -> None:
    data = pl.DataFrame({"code": ["01001", "01002"], "value": [1.0, None]})
    assert carry(data, passage(MERGED, START, END), sums=["value"])["value"].to_list() == [None]


def test_periods_stay_apart() -> None:
    data = pl.DataFrame(
        {"code": ["01001", "01002"] * 2, "period": ["a", "a", "b", "b"], "value": [1.0, 2.0, 3.0, 4.0]}
    )
    carried = carry(data, passage(MERGED, START, END), sums=["value"], keep=["period"])
    assert dict(carried.select("period", "value").iter_rows()) == {"a": 3.0, "b": 7.0}


def test_successive_changes_are_followed() -> None:
    chain = movements(("2019-01-01", "01002", "01001"), ("2022-01-01", "01001", "69001"))
    found = passage(chain, START, END)
    assert found.of("01002") == ("69001",) and found.of("01001") == ("69001",)


def test_only_what_happens_between_the_vintages_counts() -> None:
    assert passage(MERGED, date(2019, 1, 1), END).of("01002") == ("01002",)


def test_a_commune_merged_then_re_created_comes_back() -> None:
    back = movements(
        ("2019-01-01", "01002", "01001"), ("2024-01-01", "01001", "01001"), ("2024-01-01", "01001", "01002")
    )
    assert passage(back, START, END).of("01002") == ("01001", "01002")
    assert passage(back, date(2020, 1, 1), END).of("01001") == ("01001", "01002")


def test_a_split_shares_counts_by_population_and_says_so() -> None:
    split = movements(("2024-01-01", "01001", "01001"), ("2024-01-01", "01001", "01002"))
    data = pl.DataFrame({"code": ["01001", "01009"], "value": [100.0, 7.0]})
    carried = carry(data, passage(split, START, END), sums=["value"], shares={"01001": 300, "01002": 100})
    assert sorted(carried.rows()) == [("01001", 75.0, True), ("01002", 25.0, True), ("01009", 7.0, False)]


def test_a_split_without_populations_is_refused() -> None:
    split = movements(("2024-01-01", "01001", "01001"), ("2024-01-01", "01001", "01002"))
    with pytest.raises(ValueError, match="population"):
        carry(pl.DataFrame({"code": ["01001"], "value": [1.0]}), passage(split, START, END), sums=["value"])


def test_delegated_communes_are_not_successors() -> None:
    rows = MERGED.with_columns(
        pl.when(pl.col("before") == "01002").then(pl.lit("COMD")).otherwise("type_after").alias("type_after")
    )
    assert passage(rows, START, END).of("01002") == ("01002",)


def test_a_passage_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="ne se défait pas"):
        passage(MERGED, END, START)


def test_the_table_of_a_passage_names_the_kind_of_change() -> None:
    events = movements(
        ("2019-01-01", "01002", "01001"),
        ("2019-01-01", "01001", "01001"),
        ("2020-01-01", "27001", "28001"),
        ("2024-01-01", "03001", "03001"),
        ("2024-01-01", "03001", "03002"),
    )
    kinds = dict(passage(events, START, END).table().select("old", "kind").iter_rows())
    assert kinds == {"01002": "fusion", "27001": "changement", "03001": "scission"}


def test_a_refresh_shows_what_it_would_change() -> None:
    old = pl.DataFrame({"code": ["a", "b", "c"], "value": [1, 2, None]})
    new = pl.DataFrame({"code": ["b", "c", "d"], "value": [3, None, 4]})
    changes = compare(old, new, ["code"])
    assert (changes.added["code"].to_list(), changes.removed["code"].to_list()) == (["d"], ["a"])
    assert changes.changed.rows() == [("b", 3, 2)]
    assert changes.summary() == "1 ligne(s) ajoutée(s), 1 retirée(s), 1 modifiée(s)."
    assert compare(new, new, ["code"]).none


def test_a_comparison_on_a_repeated_key_is_refused() -> None:
    frame = pl.DataFrame({"code": ["a", "a"], "value": [1, 2]})
    with pytest.raises(ValueError, match="répète une clé"):
        compare(frame, frame, ["code"])
