"""Push-down of 100 million rows of persons to 2.1 million cells, against DuckDB's raw scan of the same columns.

``python -m bench.evaluation_pushdown [rows] [--folder FOLDER]``: 35,000 communes × 60 months, five waves, an
outcome in whole numbers (``days``) and one in floating-point numbers (``income``), in a parquet file written for the
purpose (unsorted, then sorted by commune and month) and deleted after. The raw scan sums the four columns that
the reduction reads, so that every value is decoded. Median of five runs each, alternated, on the same DuckDB; then the
estimation of the 295 effects from the cells.
"""

import argparse
import functools
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np

from essaim.evaluation import Options, estimate
from essaim.evaluation.engines import opened
from essaim.evaluation.pushdown import PersonColumns, panel_of_persons, reduced

COMMUNES, MONTHS = 35_000, 60
OUTCOMES = ("days", "income")

ROWS = f"""
SELECT commune, month, CASE WHEN commune % 6 = 0 THEN 0 ELSE 8 + 8 * (commune % 6) END AS cohort,
       CAST(hash(i) % 365 AS SMALLINT) AS days, hash(17 * i + 3) % 100003 / 100.0::DOUBLE AS income
FROM (SELECT i, CAST(hash(7 * i + 1) % {COMMUNES} AS INTEGER) + 1 AS commune,
             CAST(hash(13 * i + 5) % {MONTHS} AS INTEGER) + 1 AS month FROM range(?) AS r(i))
"""


def write(folder: Path, rows: int) -> tuple[Path, Path]:
    """The file in no order, and sorted."""
    unsorted, ordered = folder / "unsorted.parquet", folder / "sorted.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"SET temp_directory = '{folder}'; SET memory_limit = '8GB'")
        connection.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
        connection.execute(f"COPY ({ROWS.replace('?', str(rows))}) TO '{unsorted}' (FORMAT parquet)")
        connection.execute(
            f"COPY (SELECT * FROM '{unsorted}' ORDER BY commune, month) TO '{ordered}' (FORMAT parquet)"
        )
    return unsorted, ordered


def columns(outcome: str) -> PersonColumns:
    """What the reduction reads."""
    return PersonColumns("commune", "month", "cohort", outcome)


def raw_scan(path: Path, outcome: str) -> None:
    """Read every value of the columns that the reduction reads."""
    with duckdb.connect() as connection:
        connection.execute(
            f"SELECT SUM(commune), SUM(month), SUM(cohort), SUM({outcome}) FROM '{path}'"
        ).fetchall()


def push_down(path: Path, outcome: str) -> None:
    """The reduction itself."""
    reduced(opened(str(path)), columns(outcome))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of one run, on the clock and of the processors."""
    start, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - busy


def main(rows: int, folder: Path) -> None:
    """Print one line of a table a file, then the time of the estimation."""
    load = os.getloadavg()[0]
    print(
        f"{rows:,} rows of persons, {COMMUNES * MONTHS:,} cells; medians of five; load {load:.1f} at the start\n"
    )
    print("| file | outcome | scan, s | push-down, s | ratio | processors: scan, s | push-down, s | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for path, outcome in itertools.product(write(folder, rows), OUTCOMES):
        scans, reductions = [], []
        for _ in range(5):
            scans.append(timed(functools.partial(raw_scan, path, outcome)))
            reductions.append(timed(functools.partial(push_down, path, outcome)))
        both = [[statistics.median(part) for part in zip(*runs, strict=True)] for runs in (scans, reductions)]
        told = (
            f"{scan:.2f} | {reduction:.2f} | {reduction / scan:.1f}"
            for scan, reduction in zip(*both, strict=True)
        )
        print(f"| {path.stem} | {outcome} | {' | '.join(told)} |", flush=True)
    panel = panel_of_persons(opened(str(folder / "sorted.parquet")), columns("days"))
    persons = int(np.asarray(panel.persons).sum())
    assert persons == rows, "every person is counted"
    options = Options(inference="analytic")
    effects = len(estimate(panel, options).cells)
    best = min(timed(lambda: estimate(panel, options)) for _ in range(5))
    print(f"\nestimation of {effects} effects from the cells: {best[0]:.3f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="?", type=int, default=100_000_000)
    parser.add_argument("--folder", help="where there are 3 GB for a while")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="essaim-bench-", dir=given.folder) as place:
        main(given.rows, Path(place))
