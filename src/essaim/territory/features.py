"""Territories as GeoJSON (WGS84 degrees): the shipped outlines brought back from the plane of the maps, or points.

The shipped outlines were simplified to units of 250 m of mainland (``canvas``): what comes back is as coarse, good to
show and to find a place, not to measure an area.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from essaim.territory.canvas import placement
from essaim.territory.codes import Level, communes, members
from essaim.territory.map import SHIPPED, outlines
from essaim.territory.projection import BOXES, METROPOLE, plane_of, project

Floats = NDArray[np.float64]
Ring = list[list[float]]
TOLERANCE_M: Final = 0.5
DECIMALS: Final = 4  # eleven metres: finer than the outlines


def unproject(x: Floats, y: Floats, plane: str) -> tuple[Floats, Floats]:
    """Longitude and latitude (degrees) of metres in a plane, by Newton steps on ``project`` (to half a metre)."""
    west, south, east, north = BOXES[plane]
    lon, lat = np.full(x.shape, (west + east) / 2), np.full(x.shape, (south + north) / 2)
    step = 1e-5
    for _ in range(20):
        px, py = project(lon, lat, plane)
        dx, dy = x - px, y - py
        if max(np.abs(dx).max(initial=0.0), np.abs(dy).max(initial=0.0)) < TOLERANCE_M:
            break
        (ex, ey), (nx, ny) = project(lon + step, lat, plane), project(lon, lat + step, plane)
        a, c, b, d = (ex - px) / step, (ey - py) / step, (nx - px) / step, (ny - py) / step
        determinant = a * d - b * c
        lon, lat = lon + (d * dx - b * dy) / determinant, lat + (a * dy - c * dx) / determinant
    return lon, lat


def geometry(level: Level, code: str) -> dict[str, Any]:
    """The outline of a territory where outlines are shipped, else the mean point of its people."""
    path = outlines(level).paths.get(code) if level in SHIPPED else None
    if path is None:
        return point(level, code)
    plane = _plane(level, code)
    rings = [_degrees(ring, plane) for ring in _rings(path)]
    return {"type": "MultiPolygon", "coordinates": _polygons(rings)}


def point(level: Level, code: str) -> dict[str, Any]:
    """Where the people of a territory live on average; an empty point when no position is known."""
    held = [
        c for c in (communes()[m] for m in members(level, code)) if c.lon is not None and c.lat is not None
    ]
    if not held:
        return {"type": "Point", "coordinates": []}
    weights = [float(c.population or 1) for c in held]
    lon = np.average([float(c.lon or 0) for c in held], weights=weights)
    lat = np.average([float(c.lat or 0) for c in held], weights=weights)
    return {"type": "Point", "coordinates": [round(float(lon), DECIMALS), round(float(lat), DECIMALS)]}


def collection(rows: Sequence[tuple[dict[str, Any], Mapping[str, Any]]], **about: Any) -> dict[str, Any]:
    """A GeoJSON collection of (geometry, properties); ``about`` says of the whole: source, simulated…"""
    features = [{"type": "Feature", "properties": dict(told), "geometry": shape} for shape, told in rows]
    return {"type": "FeatureCollection", **about, "features": features}


def _plane(level: Level, code: str) -> str:
    if level == "departement":
        return plane_of(code) or METROPOLE
    return plane_of(members(level, code)[0]) or METROPOLE


def _rings(path: str) -> list[Floats]:
    """The rings of a relative SVG path (``M x y l dx dy … z``), in units of the map."""
    found = []
    for piece in path.split("M")[1:]:
        numbers = np.array(re.findall(r"-?\d+", piece), float).reshape(-1, 2)
        found.append(np.cumsum(numbers, axis=0))
    return found


def _degrees(units: Floats, plane: str) -> Ring:
    scale, (left, top), offset = placement(plane)
    x, y = (units[:, 0] - offset[0]) / scale + left, top - (units[:, 1] - offset[1]) / scale
    lon, lat = unproject(x, y, plane)
    ring = np.round(np.column_stack([lon, lat]), DECIMALS).tolist()
    return [*ring, ring[0]]


def _polygons(rings: Sequence[Ring]) -> list[list[Ring]]:
    """Rings as polygons: one that lies within a larger one is its hole."""
    ordered = sorted(rings, key=lambda r: -abs(_area(r)))
    polygons: list[list[Ring]] = []
    for ring in ordered:
        holder = next((p for p in polygons if _within(ring[0], p[0])), None)
        if holder is None:
            polygons.append([_turned(ring, 1.0)])
        else:
            holder.append(_turned(ring, -1.0))
    return polygons


def _area(ring: Ring) -> float:
    xy = np.asarray(ring)
    return float(np.sum(xy[:-1, 0] * xy[1:, 1] - xy[1:, 0] * xy[:-1, 1]) / 2)


def _turned(ring: Ring, way: float) -> Ring:
    """Outer rings turn left and holes right (RFC 7946)."""
    return ring if _area(ring) * way >= 0 else ring[::-1]


def _within(position: Sequence[float], ring: Ring) -> bool:
    """Whether a position is inside a ring (ray casting)."""
    x, y = position
    xy = np.asarray(ring)
    (x1, y1), (x2, y2) = xy[:-1].T, xy[1:].T
    crosses = (y1 > y) != (y2 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x1 + (y - y1) * (x2 - x1) / (y2 - y1)
    return bool((crosses & (x < at)).sum() % 2)
