"""The sums of E2SFCA compiled by numba, where the optional group ``fast`` is installed: no pair is stored.

Sources lie in vertical strips a quarter of the reach wide, sorted by northing inside: a target looks at nine strips,
and in each only at the northings within reach. Both steps of E2SFCA are the same sum with the roles exchanged.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from essaim.kernels import compiled
from essaim.territory.table import Floats

STRIPS: Final = 4
# Weights of three rings of equal width (Luo & Qi 2009, table 1: slow decay).
RING_WEIGHTS: Final = (1.0, 0.68, 0.22)


def _gather(
    targets: Any, strips: Any, starts: Any, xs: Any, ys: Any, values: Any, reach: float, kind: int
) -> Any:
    """(targets,) ``sum_s value_s f(d_ts)``; sources are sorted by strip, then northing; strips are ascending.

    ``kind``: rank of a decay in ``access.DECAYS``. The weights are those of ``access.decay``, one at a time.
    """
    found = np.zeros(len(targets))
    width, edge = reach / STRIPS, reach * (1 + 1e-9)
    for t in range(len(targets)):
        x, y = targets[t, 0], targets[t, 1]
        middle = math.floor(x / width)
        strip = np.searchsorted(strips, middle - STRIPS)
        total = 0.0
        while strip < len(strips) and strips[strip] <= middle + STRIPS:
            end = starts[strip + 1]
            s = starts[strip] + np.searchsorted(ys[starts[strip] : end], y - edge)
            while s < end and ys[s] <= y + edge:
                dx, dy = xs[s] - x, ys[s] - y
                distance = math.sqrt(dx * dx + dy * dy)
                if distance <= reach:
                    weight = 1.0
                    if kind == 1:
                        weight = math.exp(math.log(0.01) * (distance / reach) ** 2)
                    elif kind == 2:
                        weight = 1.0 - distance / reach
                    elif kind == 3:
                        weight = RING_WEIGHTS[min(int(3 * distance / reach), 2)]
                    total += values[s] * weight
                s += 1
            strip += 1
        found[t] = total
    return found


def gather(targets: Floats, sources: Floats, values: Floats, reach: float, kind: int) -> Floats:
    """(targets,) ``sum_s values_s f(d_ts)`` over sources within ``reach``; positions (n, 2) in metres, all known."""
    strip = np.floor(sources[:, 0] / (reach / STRIPS)).astype(np.int64)
    order = np.lexsort((sources[:, 1], strip))
    strips, starts = np.unique(strip[order], return_index=True)
    xs, ys = np.ascontiguousarray(sources[order].T)
    starts = np.append(starts, len(sources)).astype(np.int64)
    return np.asarray(
        compiled(_gather)(np.ascontiguousarray(targets), strips, starts, xs, ys, values[order], reach, kind)
    )
