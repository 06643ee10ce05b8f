"""Projected metres against published or independent coordinates (PROJ 9.5 through pyproj 3.7.2)."""

import numpy as np
import pytest

from essaim.territory.projection import plane_of, project

# longitude, latitude, plane, easting, northing: EPSG 2154, 5490, 2972, 2975 and 4471.
REFERENCE = [
    (2.3522, 48.8566, "metropole", 652469.0227, 6862035.2594),
    (55.4504, -20.8789, "974", 338807.6094, 7690477.7454),
    (-61.534, 16.2411, "971", 656674.6945, 1796165.4870),
    (-52.326, 4.9372, "973", 352980.2046, 545868.9224),
    (45.2279, -12.7806, "976", 524735.3747, 8587115.8115),
    (8.7369, 41.9186, "metropole", 1176531.4504, 6108196.4103),
]


@pytest.mark.parametrize(("lon", "lat", "plane", "x", "y"), REFERENCE)
def test_projected_metres_agree_with_proj(lon: float, lat: float, plane: str, x: float, y: float) -> None:
    assert project(lon, lat, plane) == (pytest.approx(x, abs=1e-3), pytest.approx(y, abs=1e-3))


def test_the_origin_of_lambert_93_is_its_false_origin() -> None:
    x, y = project(3.0, 46.5, "metropole")
    assert (x, y) == (pytest.approx(700_000.0), pytest.approx(6_600_000.0))


def test_planes_follow_codes() -> None:
    assert [plane_of(c) for c in ("33063", "2B033", "97120", "97701", "973")] == [
        "metropole",
        "metropole",
        "971",
        "977",
        "973",
    ]


def test_arrays_keep_their_shape() -> None:
    x, y = project(np.zeros((2, 3)), np.full((2, 3), 45.0), "metropole")
    assert x.shape == y.shape == (2, 3)
