"""What the shipped geography alone can tell of a territory."""

import numpy as np
import pytest

from essaim.territory import indicators
from essaim.territory.codes import UnknownCode, territories


def test_every_epci_has_its_population_density_and_communes() -> None:
    table = indicators.shipped_table("epci")
    assert len(table.codes) == 1_255
    for key in ("population", "density", "communes", "small_share"):
        assert np.isfinite(table.column(key).values).all()


def test_each_measure_carries_source_date_level_and_definition() -> None:
    for measure in indicators.shipped_measures("departement").values():
        assert measure.source
        assert measure.date
        assert measure.level == "departement"
        assert measure.definition.endswith(".")


def test_what_a_territory_without_outline_cannot_have_is_missing() -> None:
    table = indicators.shipped_table("departement", ["33", "987"])
    assert np.isnan(table.column("density").values).tolist() == [False, True]
    assert table.column("population").missing == 0


def test_types_follow_the_oecd_thresholds() -> None:
    kinds = {c: indicators.territory_type("departement", c) for c in ("75", "23", "33", "987")}
    assert kinds == {"75": "urban", "23": "rural", "33": "intermediate", "987": None}


def test_shares_are_between_0_and_100() -> None:
    table = indicators.shipped_table("departement")
    for key in ("small_share", "rural_share", "far_share"):
        values = table.column(key).values
        assert (values >= 0).all()
        assert (values <= 100).all()
    paris = table.codes.index("75")
    assert [table.column(k).values[paris] for k in ("small_share", "rural_share", "far_share")] == [0, 0, 0]


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(UnknownCode, match="XX"):
        indicators.shipped_table("departement", ["XX"])


def test_neighbours_are_mutual_and_within_a_part_of_france() -> None:
    near = indicators.neighbours("departement")
    assert near["33"] == ("17", "24", "40", "47")
    assert near["2A"] == ("2B",)
    assert "974" not in near
    assert all(a in near[b] for a, others in near.items() for b in others)
    assert set(indicators.neighbours("epci")) <= set(territories("epci"))
    assert indicators.neighbours("region") == {}


def test_shared_borders_are_said_only_of_codes_whose_level_is_sure() -> None:
    pairs = indicators.shared_borders(["33", "17", "59"])
    assert pairs is not None and pairs.rows() == [("17", "33")]
    islands = indicators.shared_borders(["971", "974"])
    assert islands is not None and islands.is_empty()
    lone = next(iter(indicators.neighbours("epci").items()))
    borders = indicators.shared_borders([lone[0], *lone[1]])
    assert borders is not None and {lone[0]} <= {*borders["unit"], *borders["neighbour"]}
    for unknown in (
        ["33063", "33318"],
        ["1", "2"],
        ["33", "France"],
        ["11", "24", "28"],
        [],
    ):  # régions too
        assert indicators.shared_borders(unknown) is None
