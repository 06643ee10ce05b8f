"""Speed of the estimation against its peers, on the same frames, in one run.

``python bench/evaluation_speed.py [--quick]`` in an environment with the dependency group ``peers`` (diff-diff 3.13,
csdid 0.4.3, moderndid). Each row first asserts that effects and analytic errors agree with the peer: 1e-10 without
covariates, 1e-6 with, three Monte-Carlo errors for a bootstrap. Input: a frame in memory; output: all cells and the
four aggregations (diff-diff: the cells and the simple one, the most favourable to it). Best of three, peers over
twenty seconds once. ``--quick`` leaves out the rows where a peer takes minutes.
"""

import argparse
import contextlib
import io
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from essaim.evaluation import Options, Panel, estimate

#: A peer that took longer is not run again in its row.
ONCE = 20.0

Found = dict[tuple[int, int], tuple[float, float]]


@dataclass(frozen=True)
class Work:
    """One row: its sizes, and how it is estimated. ``peers`` are those that finish within minutes."""

    name: str
    units: int
    periods: int
    waves: tuple[int, ...]
    peers: tuple[str, ...]
    never: bool = True
    covariates: int = 0
    draws: int = 0
    multiplier: str = "rademacher"
    slow: bool = False

    @property
    def control(self) -> str:
        """Never exposed, where there are some."""
        return "nevertreated" if self.never else "notyettreated"


SEVEN = (5, 7, 9, 11, 13, 15, 17)
ALL = ("diff-diff", "csdid", "moderndid")
WORKS = [
    Work("10,000 x 20 x 8", 10_000, 20, SEVEN, ALL),
    Work("100,000 x 20 x 8", 100_000, 20, SEVEN, ALL, slow=True),
    Work("1,000,000 x 20 x 8", 1_000_000, 20, SEVEN, ("diff-diff",), slow=True),
    Work("35,000 x 120 x 12 waves", 35_000, 120, tuple(range(20, 116, 8)), ("diff-diff",)),
    Work("7,785 x 72, 48 cohorts, no never", 7_785, 72, tuple(range(23, 71)), ("diff-diff",), never=False),
    Work("100,000 x 20 x 8, 3 covariates", 100_000, 20, SEVEN, ("diff-diff",), covariates=3, slow=True),
    Work("1,000,000, 999 draws, Rademacher", 1_000_000, 20, SEVEN, ("diff-diff",), draws=999, slow=True),
    Work(
        "1,000,000, 999 draws, Gaussian",
        1_000_000,
        20,
        SEVEN,
        (),
        draws=999,
        multiplier="gaussian",
        slow=True,
    ),
]


def draw(work: Work) -> pl.DataFrame:
    """A balanced panel sorted by unit and period."""
    rng = np.random.default_rng(1)
    waves = np.array([*([0] if work.never else []), *work.waves])
    cohort = waves[rng.integers(0, len(waves), work.units)]
    steps = rng.normal(size=(work.units, work.periods))
    outcome = rng.normal(size=(work.units, 1)) + np.cumsum(steps, axis=1)
    columns = {
        "unit": np.repeat(np.arange(1, work.units + 1), work.periods),
        "time": np.tile(np.arange(1, work.periods + 1), work.units),
        "cohort": np.repeat(cohort, work.periods),
        "outcome": outcome.ravel(),
    }
    for i in range(work.covariates):
        columns[f"x{i}"] = np.repeat(rng.normal(size=work.units) + 0.1 * (cohort > 0), work.periods)
    return pl.DataFrame(columns)


def names(work: Work) -> list[str]:
    """Covariates of a row."""
    return [f"x{i}" for i in range(work.covariates)]


def essaim(work: Work, frame: pl.DataFrame) -> Found:
    """Effects and errors by cohort and period."""
    options = Options(
        inference="bootstrap" if work.draws else "analytic",
        control=work.control,  # type: ignore[arg-type]
        draws=work.draws or 999,
        multiplier=work.multiplier,  # type: ignore[arg-type]
    )
    result = estimate(Panel.from_frame(frame, covariates=names(work)), options)
    return {(int(c.group), int(c.time)): (c.effect.estimate, c.effect.se) for c in result.cells}


def diff_diff(work: Work, frame: Any) -> Found:
    """The same from diff-diff, given a pandas frame."""
    from diff_diff import CallawaySantAnna

    control = "never_treated" if work.never else "not_yet_treated"
    model = CallawaySantAnna(
        control_group=control,
        n_bootstrap=work.draws,
        bootstrap_weights="rademacher" if work.draws else None,
        seed=1,
    )
    fit = model.fit(frame, "outcome", "unit", "time", "cohort", covariates=names(work) or None)
    cells = fit.group_time_effects.items()
    return {(int(g), int(t)): (float(c["effect"]), float(c["se"])) for (g, t), c in cells}


def csdid(work: Work, frame: Any) -> Found:
    """The same from csdid, given a pandas frame."""
    from csdid.att_gt import ATTgt

    fit = ATTgt(
        yname="outcome", tname="time", idname="unit", gname="cohort", data=frame, control_group=work.control
    ).fit(bstrap=False)
    for kind in ("simple", "dynamic", "group", "calendar"):
        fit.aggte(typec=kind, bstrap=False, cband=False)
    found = fit.results
    rows = zip(found["group"], found["year"], found["att"], np.ravel(found["se"]), strict=True)
    return {(int(g), int(t)): (float(a), float(s)) for g, t, a, s in rows}


def moderndid(work: Work, frame: pl.DataFrame) -> Found:
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


def best(run: Callable[[Work, Any], Found], work: Work, frame: Any) -> tuple[float, Found]:
    """Shortest time of three runs, or of one when it is long, and the result."""
    times: list[float] = []
    found: Found = {}
    while len(times) < 3 and not (times and times[0] > ONCE):
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            found = run(work, frame)
        times.append(time.perf_counter() - start)
    return min(times), found


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


def main(works: list[Work]) -> None:
    """Print one line a row and peer."""
    warnings.simplefilter("ignore")
    print(f"{'work':34} essaim s  {'peer':10} peer s   ratio")
    for work in works:
        frame = draw(work)
        ours, mine = best(essaim, work, frame)
        if not work.peers:
            print(f"{work.name:34} {ours:8.3f}", flush=True)
        for peer in work.peers:
            given = frame if peer == "moderndid" else frame.to_pandas()
            theirs, found = best(PEERS[peer], work, given)
            agree(work, mine, found)
            print(f"{work.name:34} {ours:8.3f}  {peer:10} {theirs:7.3f}  {theirs / ours:6.1f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="without the rows where a peer takes minutes")
    parser.add_argument("--only", help="rows whose name contains this")
    given = parser.parse_args()
    main([w for w in WORKS if not (given.quick and w.slow) and (given.only or "") in w.name])
