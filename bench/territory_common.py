"""What the territory benchmarks share: the shipped communes as points, timing, and one line a result."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from essaim.territory.codes import communes
from essaim.territory.places import Points, points


def places() -> tuple[Points, np.ndarray, list[str]]:
    """Points (m), municipal populations and codes of every commune with a known point."""
    found = [c for c in communes().values() if c.lon is not None]
    lon, lat = np.array([c.lon for c in found]), np.array([c.lat for c in found])
    codes = [c.code for c in found]
    return points(lon, lat, codes), np.array([float(c.population or 0) for c in found]), codes


def timed(work: Callable[[], Any], times: int = 3) -> tuple[Any, float, float]:
    """Result, best wall time and best processor time (all threads) of some runs, in seconds."""
    walls, cpus, result = [], [], None
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return result, min(walls), min(cpus)


def show(name: str, wall: float, cpu: float, note: str = "") -> None:
    load = os.getloadavg()[0]
    print(f"{name:<44} {wall:8.2f} s  ({cpu:.2f} s of processor, load {load:.1f})  {note}", flush=True)
