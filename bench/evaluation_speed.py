"""Speed of the estimation against its peers, on the same frames, in one run.

``python bench/evaluation_speed.py [units …]`` in an environment with the dependency group ``peers`` (csdid
0.4.3, moderndid). Each row first asserts that the effects and errors agree with the peer to 1e-10
(relative); the time is the best of three, input a frame in memory of units × 20 periods × 7 waves and never
exposed units.
"""

import contextlib
import io
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from essaim.evaluation import Options, Panel, estimate

PERIODS, WAVES = 20, (5, 7, 9, 11, 13, 15, 17)


def draw(units: int) -> pl.DataFrame:
    """A balanced panel sorted by unit and period."""
    rng = np.random.default_rng(1)
    cohort = np.array([0, *WAVES])[rng.integers(0, len(WAVES) + 1, units)]
    outcome = rng.normal(size=(units, 1)) + np.cumsum(rng.normal(size=(units, PERIODS)), axis=1)
    return pl.DataFrame(
        {
            "unit": np.repeat(np.arange(1, units + 1), PERIODS),
            "time": np.tile(np.arange(1, PERIODS + 1), units),
            "cohort": np.repeat(cohort, PERIODS),
            "outcome": outcome.ravel(),
        }
    )


def essaim(frame: pl.DataFrame) -> list[tuple[float, float]]:
    """Effects and errors of the cells, in order of cohort and period."""
    result = estimate(Panel.from_frame(frame), Options(inference="analytic"))
    return [(cell.effect.estimate, cell.effect.se) for cell in result.cells]


def csdid(frame: Any) -> list[tuple[float, float]]:
    """The same from csdid, given a pandas frame."""
    from csdid.att_gt import ATTgt

    fit = ATTgt(
        yname="outcome", tname="time", idname="unit", gname="cohort", data=frame, control_group="nevertreated"
    ).fit(bstrap=False)
    found = list(zip(fit.results["att"], np.ravel(fit.results["se"]), strict=True))
    for kind in ("simple", "dynamic", "group", "calendar"):
        fit.aggte(typec=kind, bstrap=False, cband=False)
    return [(float(a), float(s)) for a, s in found]


def moderndid(frame: pl.DataFrame) -> list[tuple[float, float]]:
    """The same from moderndid."""
    from moderndid import aggte, att_gt

    fit = att_gt(data=frame, yname="outcome", tname="time", idname="unit", gname="cohort", boot=False)
    for kind in ("simple", "dynamic", "group", "calendar"):
        aggte(fit, type=kind)
    return [(float(a), float(s)) for a, s in zip(fit.att_gt, fit.se_gt, strict=True)]


def best(work: Callable[[Any], Any], frame: Any, repeats: int) -> tuple[float, Any]:
    """Shortest time of some runs, and the last result."""
    times, result = [], None
    for _ in range(repeats):
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            result = work(frame)
        times.append(time.perf_counter() - start)
    return min(times), result


def main(sizes: list[int]) -> None:
    """Print one row a size and peer."""
    warnings.simplefilter("ignore")
    print("units × 20 × 8   essaim s   peer        peer s   ratio")
    for units in sizes:
        frame = draw(units)
        ours, mine = best(essaim, frame, 3)
        for name, work, given in (("csdid", csdid, frame.to_pandas()), ("moderndid", moderndid, frame)):
            theirs, found = best(work, given, 1 if units > 20_000 else 3)
            np.testing.assert_allclose(np.array(mine), np.array(found), rtol=1e-10, atol=1e-12)
            print(f"{units:>14,}   {ours:8.3f}   {name:10} {theirs:7.3f}   {theirs / ours:5.1f}", flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [10_000, 100_000])
