"""Published data of the evaluation tests, and the simulated panels of its conclusions."""

from pathlib import Path

import polars as pl

from essaim.evaluation import Verdict
from essaim.evaluation.simulate import Scenario

#: A simulated panel for each conclusion that the plain reading can come to.
SCENARIOS = {
    Verdict.CLEAR: Scenario(effect=-0.8),
    Verdict.PRECISE_NULL: Scenario(effect=0.0, noise=0.1),
    Verdict.IMPRECISE_NULL: Scenario(effect=0.0, noise=2.5),
    Verdict.FAILED_PRETREND: Scenario(effect=0.0, trend=0.15, noise=0.2),
    Verdict.TOO_FEW: Scenario(effect=-0.8, waves=(3, 3)),
    Verdict.CONCENTRATED: Scenario(effect=-0.8, concentrated=True, regions=5, waves=(12, 14)),
}

DATA = Path(__file__).parent / "reference" / "data"


def mpdta() -> pl.DataFrame:
    """Teen employment (log) of 500 US counties, 2003-2007, and the year their minimum wage rose.

    Callaway & Sant'Anna (2021); carried over from the copy in the package ``moderndid`` (MIT licence).
    """
    wide = pl.read_csv(DATA / "mpdta.csv")
    long = wide.unpivot(index=["county", "first_treat", "lpop"], variable_name="year", value_name="lemp")
    return long.with_columns(pl.col("year").str.strip_prefix("lemp_").cast(pl.Int64))


def panel_frame(
    cohorts: list[object], outcomes: list[list[float | None]], times: list[object] | None = None
) -> pl.DataFrame:
    """A long frame from one row of outcomes a unit; units are named u0, u1, …"""
    times = times or list(range(1, len(outcomes[0]) + 1))
    count = len(times)
    return pl.DataFrame(
        {
            "unit": [f"u{i}" for i in range(len(cohorts)) for _ in range(count)],
            "time": times * len(cohorts),
            "cohort": [g for g in cohorts for _ in range(count)],
            "outcome": [value for row in outcomes for value in row],
        },
        strict=False,
    )
