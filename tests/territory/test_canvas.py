"""Imported outlines lie over the shipped ones."""

import re

import pytest

from essaim.territory.canvas import dots, drawn
from essaim.territory.codes import communes
from essaim.territory.map import outlines


def box(path: str) -> tuple[float, float, float, float]:
    """West, north, east, south of a path of relative moves."""
    xs, ys = [], []
    for ring in re.findall(r"M[^M]*", path):
        numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", ring)]
        x, y = numbers[:2]
        xs.append(x), ys.append(y)
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + dx, y + dy
            xs.append(x), ys.append(y)
    return min(xs), min(ys), max(xs), max(ys)


@pytest.mark.parametrize("commune", ["33063", "2A004", "97411", "97209"])
def test_a_place_is_drawn_inside_its_departement(commune: str) -> None:
    found = communes()[commune]
    path = dots([("QN", found.lon or 0, found.lat or 0)]).paths["QN"]
    x, y = (float(n) for n in re.findall(r"-?\d+", path)[:2])
    west, north, east, south = box(outlines("departement").paths[found.department])
    assert west <= x + 9 <= east and north <= y <= south


def test_a_polygon_becomes_a_closed_path_at_the_scale_of_the_map() -> None:
    square = [[0.0, 45.0], [1.0, 45.0], [1.0, 46.0], [0.0, 46.0], [0.0, 45.0]]
    path = drawn({"0001": {"type": "Polygon", "coordinates": [square]}}).paths["0001"]
    west, north, east, south = box(path)
    assert path.endswith("z") and south - north == pytest.approx(111_000 / 250, rel=0.05)
    assert east - west == pytest.approx(78_000 / 250, rel=0.1)


def test_what_vanishes_at_this_scale_is_a_dot_and_what_lies_elsewhere_is_left_out() -> None:
    def at(lon: float, lat: float) -> dict[str, object]:
        ring = [[lon, lat], [lon + 1e-4, lat], [lon, lat + 1e-4], [lon, lat]]
        return {"type": "Polygon", "coordinates": [ring]}

    found = drawn({"near": at(2.3, 48.8), "far": at(-74.0, 40.7)}).paths
    assert set(found) == {"near"} and "a9 9" in found["near"]
