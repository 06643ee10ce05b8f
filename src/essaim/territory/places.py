"""Where territories are, in projected metres: one point each, and who is within a distance of whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from essaim.territory.codes import Level, communes, members
from essaim.territory.projection import METROPOLE, UTM, plane_of, project
from essaim.territory.table import Floats

# Planes lie this far apart on the line where they are put side by side: no two of their points are ever near.
PLANE_GAP_M = 1e8
PLANES = (METROPOLE, *UTM)


@dataclass(frozen=True, slots=True)
class Points:
    """(n, 2) metres. Parts of France lie ``PLANE_GAP_M`` apart; a territory without a known point is NaN."""

    xy: Floats

    def known(self) -> NDArray[np.bool_]:
        return np.asarray(~np.isnan(self.xy[:, 0]))


def points(lon: Floats, lat: Floats, codes: Sequence[str]) -> Points:
    """Points given in degrees, each in the plane of its INSEE code (commune or département)."""
    return in_planes(lon, lat, [plane_of(c) for c in codes])


def in_planes(lon: Floats, lat: Floats, names: Sequence[str | None]) -> Points:
    """Points given in degrees, each in the plane named (None: no position)."""
    xy = np.full((len(names), 2), np.nan)
    planes = np.array([n or "" for n in names])
    for rank, plane in enumerate(PLANES):
        rows = planes == plane
        if rows.any():
            xy[rows] = np.column_stack(project(lon[rows], lat[rows], plane))
            xy[rows, 0] += rank * PLANE_GAP_M
    return Points(xy)


def centres(level: Level, codes: Iterable[str]) -> Points:
    """The mean point of each territory's communes, weighted by their people (one where they have none)."""
    listed = list(codes)
    parts = [[communes()[m] for m in members(level, code)] for code in listed]
    flat = [(i, c) for i, group in enumerate(parts) for c in group if c.lon is not None]
    owner = np.array([i for i, _ in flat], int)
    lon = np.array([c.lon for _, c in flat], float)
    lat = np.array([c.lat for _, c in flat], float)
    xy = points(lon, lat, [c.code for _, c in flat]).xy
    weight = np.array([c.population or 1 for _, c in flat], float)
    total = np.bincount(owner, weight, len(listed))
    with np.errstate(invalid="ignore", divide="ignore"):
        sums = [np.bincount(owner, weight * xy[:, axis], len(listed)) / total for axis in (0, 1)]
    return Points(np.column_stack(sums))


def pairs_within(here: Points, metres: float) -> NDArray[np.int64]:
    """(p, 2) pairs of rows at most ``metres`` apart, each pair once."""
    rows = np.flatnonzero(here.known())
    if not len(rows):
        return np.empty((0, 2), np.int64)
    found = cKDTree(here.xy[rows]).query_pairs(metres, output_type="ndarray")
    return np.asarray(rows[found], np.int64)
