"""Speed of the estimation against its peers, on the same frames, in one run of a few minutes.

``python -m bench.evaluation_speed [--only TEXT]`` with the dependency group ``peers`` (diff-diff 3.13, csdid 0.4.3,
moderndid). Each row first asserts that effects and errors agree with the peer: 1e-10 without covariates,
1e-6 with, three Monte-Carlo errors for a bootstrap. Input: a frame in memory. « all »: the cells, the four
aggregations with their bands, the test before exposure; « cells »: with ``aggregations=("simple",)``, what diff-diff
gives, and still the test. The fingerprint of the data, which no peer makes, is not asked for. Times are the best of
five (peers: of three, or one run over ten seconds), in processor time of all threads, then by the clock; linear algebra
on one thread for all.
"""

import argparse
import contextlib
import io
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy: two threads wait for each other, at a cost

import numpy as np
import polars as pl

from essaim.evaluation import Options, Panel, estimate

#: A run that took longer is not made again.
ONCE = 10.0

Found = dict[tuple[int, int], tuple[float, float]]
Timed = tuple[float, float, int]


@dataclass(frozen=True)
class Work:
    """One row: its sizes, how it is estimated, and the ``peers`` that finish within minutes. ``goal`` is a ratio."""

    name: str
    units: int
    periods: int
    waves: tuple[int, ...]
    peers: tuple[str, ...] = ("diff-diff",)
    goal: int = 0
    never: bool = True
    covariates: int = 0
    draws: int = 0
    multiplier: str = "rademacher"
    shuffled: bool = False

    @property
    def control(self) -> str:
        """Never exposed, where there are some."""
        return "nevertreated" if self.never else "notyettreated"


EVERY = ("simple", "event", "group", "calendar")
SEVEN = (5, 7, 9, 11, 13, 15, 17)
WORKS = [
    Work("10,000 × 20 × 8", 10_000, 20, SEVEN, ("diff-diff", "csdid", "moderndid"), 10),
    Work("100,000 × 20 × 8", 100_000, 20, SEVEN, goal=25),
    Work("100,000 × 20 × 8, rows shuffled", 100_000, 20, SEVEN, shuffled=True),
    Work("1,000,000 × 20 × 8", 1_000_000, 20, SEVEN, goal=60),
    Work("35,000 × 120 × 12 waves", 35_000, 120, tuple(range(20, 116, 8)), goal=20),
    Work("7,785 × 72, 48 cohorts", 7_785, 72, tuple(range(23, 71)), goal=10, never=False),
    Work("100,000 × 20 × 8, 3 covariates, dr", 100_000, 20, SEVEN, goal=10, covariates=3),
    Work("1,000,000 × 20 × 8, 999 draws", 1_000_000, 20, SEVEN, goal=50, draws=999),
    Work(
        "1,000,000 × 20 × 8, 999 Gaussian", 1_000_000, 20, SEVEN, goal=300, draws=999, multiplier="gaussian"
    ),
]


def draw(work: Work, whole: Any = np.int64) -> pl.DataFrame:
    """A balanced panel sorted by unit and period, or ``shuffled``; integers of type ``whole``."""
    rng = np.random.default_rng(1)
    waves = np.array([*([0] if work.never else []), *work.waves], dtype=whole)
    cohort = waves[rng.integers(0, len(waves), work.units)]
    outcome = rng.standard_normal((work.units, work.periods))
    np.cumsum(outcome, axis=1, out=outcome)
    outcome += rng.standard_normal((work.units, 1))
    columns = {
        "unit": np.repeat(np.arange(1, work.units + 1, dtype=whole), work.periods),
        "time": np.tile(np.arange(1, work.periods + 1, dtype=whole), work.units),
        "cohort": np.repeat(cohort, work.periods),
        "outcome": outcome.ravel(),
    }
    for name in names(work):
        columns[name] = np.repeat(rng.normal(size=work.units) + 0.1 * (cohort > 0), work.periods)
    frame = pl.DataFrame(columns)
    return frame.sample(fraction=1, shuffle=True, seed=1) if work.shuffled else frame


def names(work: Work) -> list[str]:
    """Covariates of a row."""
    return [f"x{i}" for i in range(work.covariates)]


def essaim(work: Work, frame: pl.DataFrame, kinds: tuple[str, ...] = EVERY) -> Found:
    """Effects and errors by cohort and period."""
    options = Options(
        inference="bootstrap" if work.draws else "analytic",
        control=work.control,  # type: ignore[arg-type]
        aggregations=kinds,
        draws=work.draws or 999,
        multiplier=work.multiplier,  # type: ignore[arg-type]
    )
    result = estimate(Panel.from_frame(frame, covariates=names(work)), options)
    return {(int(c.group), int(c.time)): (c.effect.estimate, c.effect.se) for c in result.cells}


def cells(work: Work, frame: pl.DataFrame) -> Found:
    """The same with the simple aggregation only."""
    return essaim(work, frame, ("simple",))


def diff_diff(work: Work, frame: Any) -> Found:
    """The same from diff-diff, given a pandas frame; it has no Gaussian multipliers."""
    from diff_diff import CallawaySantAnna

    model = CallawaySantAnna(
        control_group="never_treated" if work.never else "not_yet_treated",
        n_bootstrap=work.draws,
        bootstrap_weights="rademacher" if work.draws else None,
        seed=1,
    )
    fit = model.fit(frame, "outcome", "unit", "time", "cohort", covariates=names(work) or None)
    found = fit.group_time_effects.items()
    return {(int(g), int(t)): (float(c["effect"]), float(c["se"])) for (g, t), c in found}


def csdid(work: Work, frame: Any) -> Found:
    """The same from csdid, given a pandas frame."""
    from csdid.att_gt import ATTgt

    model = ATTgt("outcome", "time", "unit", "cohort", data=frame, control_group=work.control)
    fit = model.fit(bstrap=False)
    for kind in ("simple", "dynamic", "group", "calendar"):
        fit.aggte(typec=kind, bstrap=False, cband=False)
    found = fit.results
    rows = zip(found["group"], found["year"], found["att"], np.ravel(found["se"]), strict=True)
    return {(int(g), int(t)): (float(a), float(s)) for g, t, a, s in rows}


def moderndid(work: Work, frame: Any) -> Found:
    """The same from moderndid."""
    from moderndid import aggte, att_gt

    fit = att_gt(data=frame, yname="outcome", tname="time", idname="unit", gname="cohort", boot=False)
    for kind in ("simple", "dynamic", "group", "calendar"):
        aggte(fit, type=kind)
    rows = zip(fit.groups, fit.times, fit.att_gt, fit.se_gt, strict=True)
    return {(int(g), int(t)): (float(a), float(s)) for g, t, a, s in rows}


PEERS: dict[str, Callable[[Work, Any], Found]] = {
    "diff-diff": diff_diff,
    "csdid": csdid,
    "moderndid": moderndid,
}


def best(run: Callable[[Work, Any], Found], work: Work, frame: Any, runs: int) -> tuple[Timed, Found]:
    """Shortest processor time and time by the clock, the number of runs, and the result."""
    spent: list[tuple[float, float]] = []
    found: Found = {}
    while len(spent) < runs and not (spent and spent[-1][1] > ONCE):
        clock, processor = time.perf_counter(), time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):
            found = run(work, frame)
        spent.append((time.process_time() - processor, time.perf_counter() - clock))
    return (min(cpu for cpu, _ in spent), min(wall for _, wall in spent), len(spent)), found


def agree(work: Work, mine: Found, theirs: Found) -> None:
    """Same cells, same effects, same errors; those of a bootstrap within three Monte-Carlo errors."""
    shared = [key for key in theirs if key in mine and not np.isnan(theirs[key][1])]
    assert shared, "no cell in common"
    ours, peer = (np.array([found[key] for key in shared]) for found in (mine, theirs))
    tolerance = 1e-6 if work.covariates else 1e-10
    np.testing.assert_allclose(ours[:, 0], peer[:, 0], rtol=tolerance, atol=tolerance)
    if not work.draws:
        np.testing.assert_allclose(ours[:, 1], peer[:, 1], rtol=tolerance, atol=tolerance)
        return
    error = ours[:, 1] / np.sqrt(2 * work.draws)
    assert np.mean(np.abs(ours[:, 1] - peer[:, 1]) < 3 * error) > 0.95, "errors depart from the peer's"


def line(
    name: str, given: str, ours: Timed, peer: str = "", theirs: Timed | None = None, goal: int = 0
) -> None:
    """One line of the table of times."""
    shown = [name, given, f"{ours[0]:.4f}", f"{ours[1]:.4f}", "", "", "", "", "", f"{os.getloadavg()[0]:.1f}"]
    if theirs is not None:
        ratios = [f"{theirs[i] / ours[i]:.1f}" for i in (0, 1)]
        once = " (one run)" if theirs[2] == 1 else ""
        shown[4:9] = [
            peer + once,
            f"{theirs[0]:.3f}",
            f"{theirs[1]:.3f}",
            " / ".join(ratios),
            str(goal or ""),
        ]
    print("| " + " | ".join(shown) + " |", flush=True)


def compare(work: Work) -> None:
    """The lines of one row, and what they take in memory no longer than needed."""
    frame = draw(work)
    ours, mine = best(essaim, work, frame, 5)
    alone = None if work.covariates or work.draws else best(cells, work, frame, 5)[0]
    if not work.peers:
        line(work.name, "all", ours)
    for peer in work.peers:
        theirs, found = best(PEERS[peer], work, frame if peer == "moderndid" else frame.to_pandas(), 3)
        agree(work, mine, found)
        line(work.name, "all", ours, peer, theirs, work.goal)
        if alone and peer == "diff-diff":
            line(work.name, "cells", alone, peer, theirs, work.goal)


def main(only: str) -> None:
    """Print the rows whose names hold ``only``."""
    warnings.simplefilter("ignore")
    heads = (
        "units × periods × cohorts",
        "work",
        "Essaim, s",
        "clock",
        "peer",
        "s",
        "clock",
        "ratios",
        "goal",
        "load",
    )
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|", flush=True)
    for work in WORKS:
        if only in work.name:
            compare(work)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="rows whose name contains this")
    main(parser.parse_args().only)
