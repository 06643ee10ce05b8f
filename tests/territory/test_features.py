"""Outlines go back to degrees where the territories are, overseas included, as valid GeoJSON."""

import numpy as np
import pytest

from essaim.territory.codes import communes
from essaim.territory.features import _area, _within, collection, geometry, point, unproject
from essaim.territory.map import outlines
from essaim.territory.projection import project


@pytest.mark.parametrize(
    ("plane", "lon", "lat"),
    [("metropole", 2.35, 48.85), ("974", 55.5, -21.1), ("973", -53.0, 4.0), ("metropole", -4.7, 48.4)],
)
def test_a_plane_is_left_as_it_was_entered(plane: str, lon: float, lat: float) -> None:
    back = unproject(*project(np.array([lon]), np.array([lat]), plane), plane)
    assert np.allclose([back[0][0], back[1][0]], [lon, lat], atol=1e-5)


@pytest.mark.parametrize(
    ("code", "town"), [("33", "33063"), ("974", "97411"), ("973", "97302"), ("2A", "2A004")]
)
def test_the_main_town_of_a_departement_lies_in_its_outline(code: str, town: str) -> None:
    shape = geometry("departement", code)
    here = communes()[town]
    assert any(_within([here.lon, here.lat], polygon[0]) for polygon in shape["coordinates"])


def test_rings_are_closed_and_turn_as_the_standard_says() -> None:
    for code in ("33", "29", "04", "84", "971"):
        for outer, *holes in geometry("departement", code)["coordinates"]:
            assert outer[0] == outer[-1] and _area(outer) > 0
            assert all(hole[0] == hole[-1] and _area(hole) < 0 for hole in holes)


def test_every_epci_with_an_outline_has_a_geometry_near_its_people() -> None:
    for code in list(outlines("epci").paths)[::120]:
        lon, lat = point("epci", code)["coordinates"]
        outer = np.concatenate([np.asarray(p[0]) for p in geometry("epci", code)["coordinates"]])
        west, south, east, north = (*outer.min(axis=0), *outer.max(axis=0))
        assert west - 0.1 <= lon <= east + 0.1 and south - 0.1 <= lat <= north + 0.1, code


def test_a_level_without_outlines_gives_points() -> None:
    assert geometry("commune", "33063")["type"] == "Point"
    told = collection([(geometry("commune", "33063"), {"code": "33063"})], simulated=True)
    assert told["simulated"] and told["features"][0]["properties"] == {"code": "33063"}
