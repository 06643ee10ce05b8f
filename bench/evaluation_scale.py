"""Time and memory of the estimation from 10⁴ to 10⁷ units of 20 periods, each panel in a process of its own.

``python -m bench.evaluation_scale [--only TEXT]``: whole numbers of 8 bytes, cells, four aggregations, analytic errors;
best of three, one run from 10⁷ units on. Needs 7 GB. No peer is asked.
"""

import argparse
import multiprocessing
from pathlib import Path

import numpy as np

from bench.evaluation_speed import SEVEN, Work, best, draw, essaim


def scale(units: int, shuffled: bool) -> tuple[float, float, float, float]:
    """Of a panel of ``units`` × 20: size and peak of memory (MB), processor time and time by the clock.

    The peak is that of the process during the estimation, frame included, less what it held before the frame.
    """
    before = memory("VmRSS")
    work = Work("", units, 20, SEVEN, shuffled=shuffled)
    frame = draw(work, np.int64)
    size = frame.estimated_size() / 1e6
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
    (cpu, wall, _), _ = best(essaim, work, frame, 3 if units < 10**7 else 1)
    return size, memory("VmHWM") - before, cpu, wall


def memory(what: str) -> float:
    """A line of the memory of this process, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(text.split()[1]) for text in lines if text.startswith(what + ":")) * 1024 / 1e6


def main(only: str) -> None:
    """Print the rows whose names hold ``only``."""
    print(
        "| units × 20 × 8 | rows | s | µs a unit | clock | frame, MB | peak, MB | peak / frame |\n"
        + "|---" * 8
        + "|"
    )
    for units, shuffled in [(10**n, False) for n in (4, 5, 6, 7)] + [(10**6, True), (3 * 10**6, True)]:
        rows = "shuffled" if shuffled else "sorted"
        if only not in f"{units:,} {rows}":
            continue
        with multiprocessing.get_context("spawn").Pool(1) as child:  # each its own memory
            size, peak, cpu, wall = child.apply(scale, (units, shuffled))
        shown = (f"{cpu:.3f}", f"{cpu / units * 1e6:.2f}", f"{wall:.3f}", f"{size:.0f}", f"{peak:.0f}")
        print(f"| {units:,} | {rows} | {' | '.join(shown)} | {peak / size:.2f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="rows whose name contains this")
    main(parser.parse_args().only)
