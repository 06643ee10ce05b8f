"""Simulated panels of the differential test: every combination that the estimator claims to handle.

Plain numpy and dictionaries, so that the oracles' environment can draw the same data.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Case:
    """One panel and how to estimate it. ``sizes``: units by cohort, 0 for the never exposed."""

    name: str
    sizes: dict[int, int]
    times: tuple[int, ...] = (1, 2, 3, 4, 5, 6)
    control: str = "nevertreated"
    base: str = "varying"
    anticipation: int = 0
    method: str = "dr"
    covariates: int = 0
    varying_covariates: bool = False
    weights: str = "none"  # none, fixed, varying
    clusters: int = 0
    cross_sections: bool = False
    missing: float = 0.0
    seed: int = 1
    window: int | None = None


WAVES = {0: 60, 3: 25, 4: 30, 5: 20}
ALL = {3: 40, 4: 35, 6: 45}


def _grid() -> list[Case]:
    found = [
        Case(
            f"{control}-{base}-a{anticipation}",
            WAVES,
            control=control,
            base=base,
            anticipation=anticipation,
            seed=seed,
        )
        for seed, (control, base, anticipation) in enumerate(
            [
                (c, b, a)
                for c in ("nevertreated", "notyettreated")
                for b in ("varying", "universal")
                for a in (0, 1)
            ],
            10,
        )
    ]
    found += [
        Case(
            f"{method}-{control}-{base}",
            WAVES,
            control=control,
            base=base,
            method=method,
            covariates=2,
            seed=seed,
        )
        for seed, (method, control, base) in enumerate(
            [
                (m, c, b)
                for m in ("dr", "reg", "ipw")
                for c in ("nevertreated", "notyettreated")
                for b in ("varying", "universal")
            ],
            30,
        )
    ]
    found += [
        Case(
            f"cross-sections-{method}-{control}-{k}",
            WAVES,
            control=control,
            method=method,
            covariates=k,
            cross_sections=True,
            seed=seed,
        )
        for seed, (method, control, k) in enumerate(
            [
                ("dr", "nevertreated", 0),
                ("dr", "notyettreated", 0),
                ("dr", "nevertreated", 2),
                ("reg", "nevertreated", 2),
                ("ipw", "notyettreated", 2),
                ("dr", "notyettreated", 1),
            ],
            50,
        )
    ]
    return found


MANY = {0: 45, **dict.fromkeys(range(3, 12), 8)}
YEARS = tuple(range(1, 13))
GAPS = {"sizes": {0: 50, 2006: 20, 2009: 25}, "times": (2001, 2003, 2006, 2007, 2009, 2012)}

CASES: list[Case] = [
    *_grid(),
    Case("late-cohorts", {**WAVES, 9: 15}, seed=60),
    Case("late-cohorts-anticipation", {**WAVES, 7: 15}, anticipation=1, seed=61),
    Case("always-exposed", {**WAVES, 1: 12}, seed=62),
    Case("always-exposed-anticipation", {**WAVES, 2: 12}, anticipation=1, control="notyettreated", seed=63),
    Case("no-never", ALL, control="notyettreated", seed=64),
    Case("no-never-anticipation", ALL, control="notyettreated", anticipation=1, seed=65),
    Case("no-never-covariates", ALL, control="notyettreated", covariates=1, seed=66),
    Case("gaps", {0: 50, 2006: 20, 2009: 25}, times=(2001, 2003, 2006, 2007, 2009, 2012), seed=67),
    Case("gaps-between", {0: 50, 2005: 20, 2008: 25}, times=(2001, 2003, 2006, 2007, 2009, 2012), seed=68),
    Case(
        "gaps-universal",
        {0: 50, 2006: 20, 2009: 25},
        times=(2001, 2003, 2006, 2007, 2009, 2012),
        base="universal",
        seed=69,
    ),
    Case("weights", WAVES, weights="fixed", seed=70),
    Case("weights-notyet", WAVES, weights="fixed", control="notyettreated", seed=71),
    Case("weights-dr", WAVES, weights="fixed", covariates=2, seed=72),
    Case("weights-ipw", WAVES, weights="fixed", covariates=2, method="ipw", seed=73),
    Case("weights-varying", WAVES, weights="varying", seed=74),
    Case("weights-varying-dr", WAVES, weights="varying", covariates=1, seed=75),
    Case("weights-cross-sections", WAVES, weights="fixed", cross_sections=True, seed=76),
    Case("clusters", WAVES, clusters=20, seed=77),
    Case("clusters-notyet", WAVES, clusters=12, control="notyettreated", seed=78),
    Case("clusters-dr", WAVES, clusters=20, covariates=2, seed=79),
    Case("clusters-weights", WAVES, clusters=15, weights="fixed", seed=80),
    Case("unbalanced", WAVES, missing=0.15, seed=81),
    Case("unbalanced-notyet", WAVES, missing=0.15, control="notyettreated", seed=82),
    Case("unbalanced-dr", WAVES, missing=0.1, covariates=2, seed=83),
    Case("unbalanced-weights", WAVES, missing=0.1, weights="fixed", seed=84),
    Case("unbalanced-universal", WAVES, missing=0.1, base="universal", seed=85),
    Case("covariates-varying", WAVES, covariates=2, varying_covariates=True, seed=86),
    Case(
        "covariates-varying-notyet",
        WAVES,
        covariates=1,
        varying_covariates=True,
        control="notyettreated",
        seed=87,
    ),
    Case("tiny-groups", {0: 30, 3: 2, 4: 3, 5: 2}, seed=88),
    Case("tiny-groups-notyet", {0: 12, 3: 2, 4: 3}, control="notyettreated", seed=89),
    Case("one-cohort", {0: 40, 4: 30}, seed=90),
    Case("two-periods", {0: 40, 2: 30}, times=(1, 2), seed=91),
    Case("two-periods-dr", {0: 80, 2: 60}, times=(1, 2), covariates=2, seed=92),
    Case("anticipation-two-dr", WAVES, anticipation=1, covariates=2, seed=93),
    Case("many-cohorts-anticipation-two", MANY, times=YEARS, anticipation=2, seed=123),
    Case(
        "many-cohorts-no-never",
        {g: n for g, n in MANY.items() if g},
        times=YEARS,
        control="notyettreated",
        seed=124,
    ),
    Case("gaps-weights-clusters", **GAPS, weights="fixed", clusters=15, seed=127),  # type: ignore[arg-type]
    Case("late-weights-clusters", {**WAVES, 9: 15}, weights="fixed", clusters=12, seed=131),
    Case("clusters-cross-sections", WAVES, cross_sections=True, clusters=15, seed=132),
    Case("clusters-anticipation-universal", WAVES, clusters=15, anticipation=1, base="universal", seed=133),
    Case("weights-clusters-covariates", WAVES, weights="fixed", clusters=15, covariates=1, seed=134),
    Case(
        "weights-reg-notyet",
        WAVES,
        weights="fixed",
        covariates=2,
        method="reg",
        control="notyettreated",
        seed=135,
    ),
    Case(
        "weights-ipw-universal",
        WAVES,
        weights="fixed",
        covariates=1,
        method="ipw",
        base="universal",
        seed=136,
    ),
    Case(
        "weights-cross-sections-covariates",
        WAVES,
        weights="fixed",
        cross_sections=True,
        covariates=1,
        seed=137,
    ),
    Case(
        "ipw-anticipation-universal",
        WAVES,
        method="ipw",
        covariates=1,
        anticipation=1,
        base="universal",
        seed=138,
    ),
    Case(
        "reg-clusters-notyet",
        WAVES,
        method="reg",
        covariates=1,
        clusters=20,
        control="notyettreated",
        seed=139,
    ),
    Case("tiny-groups-weights", {0: 14, 3: 2, 4: 2, 5: 3}, weights="fixed", seed=141),
    Case("unbalanced-clusters", WAVES, missing=0.15, clusters=15, seed=142),
    Case("unbalanced-anticipation", WAVES, missing=0.15, anticipation=1, seed=143),
]

#: Other cases, for the second oracle, which has aggregations over a fixed window.
OTHER_CASES: list[Case] = [
    *(
        Case(f"window-{window}-{control}-{base}", WAVES, control=control, base=base, window=window, seed=seed)
        for seed, (window, control, base) in enumerate(
            [
                (w, c, b)
                for w in (1, 2)
                for c in ("nevertreated", "notyettreated")
                for b in ("varying", "universal")
            ],
            110,
        )
    ),
    Case("window-covariates", WAVES, covariates=1, window=2, seed=120),
    Case("many-cohorts", MANY, times=YEARS, seed=121),
    Case(
        "many-cohorts-notyet-universal",
        MANY,
        times=YEARS,
        control="notyettreated",
        base="universal",
        seed=122,
    ),
    Case("gaps-notyet", **GAPS, control="notyettreated", seed=125),  # type: ignore[arg-type]
    Case("gaps-covariates", **GAPS, covariates=2, seed=126),  # type: ignore[arg-type]
    Case("gaps-cross-sections", **GAPS, cross_sections=True, seed=128),  # type: ignore[arg-type]
    Case("always-and-late-notyet", {**WAVES, 1: 12, 9: 15}, control="notyettreated", seed=129),
    Case("always-and-late-covariates", {**WAVES, 1: 12, 9: 15}, covariates=1, seed=130),
    Case("tiny-groups-universal", {0: 14, 3: 2, 4: 2, 5: 3}, base="universal", seed=140),
]


def draw(case: Case) -> dict[str, np.ndarray]:
    """Columns ``unit, time, cohort, outcome, weight, cluster, x1, x2`` of a case, in no particular order."""
    rng = np.random.default_rng(case.seed)
    times = np.array(case.times)
    cohort = np.repeat(list(case.sizes), list(case.sizes.values()))
    n, count = len(cohort), len(times)
    x = rng.normal(size=(n, 1, 2)) + (
        rng.normal(scale=0.5, size=(n, count, 2)) if case.varying_covariates else 0
    )
    x = np.broadcast_to(x, (n, count, 2))
    ever = cohort > 0
    x = x + 0.4 * ever[:, None, None]
    weight = rng.uniform(0.5, 2.0, size=(n, count if case.weights == "varying" else 1)) + np.zeros((n, count))
    position = np.arange(count)
    since = np.where(ever[:, None] & (times >= cohort[:, None]), times - cohort[:, None] + 1, 0)
    outcome = (
        rng.normal(size=(n, 1))
        + 0.3 * position
        + 0.2 * position * x[:, :, 0]
        + 0.5 * since
        + np.cumsum(rng.normal(scale=0.3, size=(n, count)), axis=1)
        + rng.normal(size=(n, count))
    )
    unit = np.repeat(np.arange(n) + 1, count)
    cluster = np.arange(n) % case.clusters if case.clusters else np.arange(n)
    columns = {
        "unit": np.arange(n * count) + 1 if case.cross_sections else unit,
        "time": np.tile(times, n),
        "cohort": np.repeat(cohort, count),
        "outcome": outcome.ravel(),
        "weight": weight.ravel(),
        "cluster": np.repeat(cluster, count),
        "x1": x[:, :, 0].ravel(),
        "x2": x[:, :, 1].ravel(),
    }
    keep = rng.random(n * count) >= case.missing
    if case.cross_sections:
        keep &= rng.random(n * count) < 0.8
    order = rng.permutation(int(keep.sum()))
    return {name: values[keep][order] for name, values in columns.items()}
