"""Values by territory: missing stays missing, a rate never passes a level without its weight."""

import math

import numpy as np
import pytest

from essaim.territory.table import Measure, Table, TableError, aggregate, carry_down

RATE = Measure("taux", "Taux", "%", "essai", "2024", "departement")
PARENT = {"a": "A", "b": "A", "c": "B"}


def empty() -> Table:
    return Table("epci", ("a", "b"), ("Aa", "Bb"), {})


def test_a_column_keeps_its_origin_and_its_holes() -> None:
    table = empty().with_values(RATE, {"a": 4.0})
    assert table.column("taux").measure.source == "essai"
    assert math.isnan(table.column("taux").values[1])
    assert table.column("taux").missing == 1


def test_a_value_of_another_level_is_said_to_be_carried_down() -> None:
    assert empty().with_values(RATE, {"a": 4.0}).carried_down("taux")


def test_values_for_codes_outside_the_study_are_refused() -> None:
    with pytest.raises(TableError, match="zz"):
        empty().with_values(RATE, {"zz": 1.0})


def test_an_infinite_value_is_refused() -> None:
    with pytest.raises(TableError, match="infinie"):
        empty().with_values(RATE, {"a": math.inf})


def test_an_unknown_column_names_those_that_exist() -> None:
    with pytest.raises(TableError, match="Disponibles : taux"):
        empty().with_values(RATE, {"a": 1.0}).column("tau")


def test_a_code_given_twice_is_refused() -> None:
    with pytest.raises(TableError, match="deux fois"):
        Table("epci", ("a", "a"), ("x", "y"), {})


def test_rows_are_kept_in_their_order() -> None:
    table = empty().with_values(RATE, {"a": 1.0, "b": 2.0}).only(["b"])
    assert table.codes == ("b",)
    assert np.array_equal(table.column("taux").values, [2.0])


def test_sums_means_and_rates_pass_to_the_upper_level() -> None:
    values: dict[str, float | None] = {"a": 10.0, "b": 20.0, "c": 5.0}
    weights: dict[str, float | None] = {"a": 1.0, "b": 3.0, "c": 2.0}
    assert aggregate(values, PARENT, "sum") == {"A": 30.0, "B": 5.0}
    assert aggregate(values, PARENT, "mean", weights) == {"A": 17.5, "B": 5.0}
    assert aggregate(values, PARENT, "rate", weights) == {"A": 7.5, "B": 2.5}


def test_a_rate_is_never_averaged_without_its_weight() -> None:
    with pytest.raises(TableError, match="sans son poids"):
        aggregate({"a": 1.0}, PARENT, "mean")


def test_a_whole_with_an_unknown_part_is_unknown() -> None:
    assert aggregate({"a": 1.0, "b": None, "c": 2.0}, PARENT, "sum") == {"A": None, "B": 2.0}
    assert aggregate({"c": 2.0}, PARENT, "rate", {"c": 0.0}) == {"B": None}


def test_a_value_carried_down_is_that_of_the_whole() -> None:
    assert carry_down({"A": 7.0}, PARENT) == {"a": 7.0, "b": 7.0, "c": None}
