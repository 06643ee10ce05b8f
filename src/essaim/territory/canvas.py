"""From degrees to the plane in which the maps of France are drawn: mainland at one scale, overseas in a left column.

The shipped outlines (``scripts/build_geography.py``) and those a user imports share this plane, so that they lie over
each other. One unit is 250 m of mainland; each overseas département fills its box.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from essaim.territory.map import Outlines
from essaim.territory.map import outlines as shipped_outlines
from essaim.territory.projection import METROPOLE, plane_at, project

UNIT_M: Final = 250.0
MAINLAND_ORIGIN: Final = (99_000.0, 7_112_000.0)  # Lambert-93 of the plane's (COLUMN, 0)
INSET_BOX, LABEL_STRIP, INSET_GAP, COLUMN = 800, 110, 60, 900
OVERSEAS: Final = ("971", "972", "973", "974", "976")
# West, south, east, north of each overseas département in the metres of its own plane (IGN Admin Express).
EXTENTS: Final = {
    "971": (627_591.0, 1_750_863.0, 713_447.0, 1_825_967.0),
    "972": (690_812.0, 1_592_475.0, 735_943.0, 1_645_660.0),
    "973": (99_253.0, 233_785.0, 431_303.0, 636_293.0),
    "974": (314_720.0, 7_634_194.0, 379_273.0, 7_691_242.0),
    "976": (501_955.0, 8_562_860.0, 532_344.0, 8_603_006.0),
}
DOT: Final = 9
"""Radius of a place too small to be drawn (2 km of mainland)."""

Floats = NDArray[np.float64]
Place = tuple[float, float]


def placement(plane: str, extent: Sequence[float] | None = None) -> tuple[float, Place, Place]:
    """``scale``, ``(left, top)`` in metres and ``offset`` in units of a plane; None extent: the known one."""
    if plane == METROPOLE:
        return 1 / UNIT_M, MAINLAND_ORIGIN, (COLUMN, 0)
    x0, y0, x1, y1 = EXTENTS[plane] if extent is None else extent
    scale = min((INSET_BOX - 40) / (x1 - x0), (INSET_BOX - LABEL_STRIP - 20) / (y1 - y0))
    left = (x0 + x1) / 2 - INSET_BOX / 2 / scale
    top = (y0 + y1) / 2 + (INSET_BOX - LABEL_STRIP + 10) / 2 / scale
    return scale, (left, top), (0, OVERSEAS.index(plane) * (INSET_BOX + INSET_GAP))


def place(xy: Floats, plane: str, extent: Sequence[float] | None = None) -> Floats:
    """Metres of a plane (n × 2) as units of the map, y downwards."""
    scale, (left, top), offset = placement(plane, extent)
    return np.column_stack([(xy[:, 0] - left) * scale + offset[0], (top - xy[:, 1]) * scale + offset[1]])


def drawn(geometries: Mapping[str, Mapping[str, Any]]) -> Outlines:
    """GeoJSON polygons (WGS84 degrees) by code as outlines; what lies in no drawn part of France is left out.

    A polygon smaller than a unit of the map is drawn as a dot, so that it can be seen and followed.
    """
    paths = {}
    for code, geometry in geometries.items():
        path = _path(geometry)
        if path:
            paths[code] = path
    return _framed(paths)


def dots(points: Iterable[tuple[str, float, float]]) -> Outlines:
    """Places (code, longitude, latitude in degrees) as dots."""
    paths = {}
    for code, lon, lat in points:
        plane = plane_at(lon, lat)
        if plane is not None and _is_drawn(plane):
            paths[code] = _dot(*_units([(lon, lat)], plane)[0])
    return _framed(paths)


def _framed(paths: dict[str, str]) -> Outlines:
    france = shipped_outlines("departement")
    return Outlines(france.viewbox, dict(sorted(paths.items())), france.insets)


def _is_drawn(plane: str) -> bool:
    return plane == METROPOLE or plane in EXTENTS


def _units(ring: Sequence[Sequence[float]], plane: str) -> Floats:
    points = np.asarray([position[:2] for position in ring], float)
    return place(np.column_stack(project(points[:, 0], points[:, 1], plane)), plane)


def _path(geometry: Mapping[str, Any]) -> str:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    lon, lat = polygons[0][0][0][:2]
    plane = plane_at(lon, lat)
    if plane is None or not _is_drawn(plane):
        return ""
    rings = [_units(ring, plane) for polygon in polygons for ring in polygon]
    path = "".join(map(_ring, rings))
    return path or _dot(*rings[0].mean(axis=0))


def _ring(units: Floats) -> str:
    """A closed ring as a relative path of whole units; empty when it vanishes at this scale."""
    whole = np.rint(units).astype(int)
    moved = np.any(np.diff(whole, axis=0) != 0, axis=1)
    kept = whole[np.concatenate([[True], moved])]
    if (kept[0] == kept[-1]).all():
        kept = kept[:-1]
    if len(kept) < 3:
        return ""
    steps = " ".join(f"{x} {y}" for x, y in np.diff(kept, axis=0).tolist())
    return f"M{kept[0][0]} {kept[0][1]}l{steps}z"


def _dot(x: float, y: float) -> str:
    return f"M{round(x) - DOT} {round(y)}a{DOT} {DOT} 0 1 0 {2 * DOT} 0a{DOT} {DOT} 0 1 0 {-2 * DOT} 0z"
