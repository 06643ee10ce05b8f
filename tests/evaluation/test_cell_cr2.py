"""CR2 where weights change with the period, against the matrix definition on rows of persons."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim.evaluation import Options, Panel, Result, aggregate, att, estimate
from essaim.evaluation.cell_cr2 import cell_forms
from essaim.evaluation.moments import moments
from essaim.evaluation.periods import NEVER
from essaim.evaluation.resampling import multipliers
from essaim.evaluation.result import Estimate

PERIODS = 4
WAVES = (2, 3, NEVER)


@dataclass(frozen=True)
class Rows:
    """Rows of persons: territory, period (from 0), outcome, weight; the cohort and zone of the territories."""

    territory: np.ndarray
    period: np.ndarray
    outcome: np.ndarray
    weight: np.ndarray
    cohort: np.ndarray
    zone: np.ndarray


def draw(seed: int, *, weighted: bool = False, one_each: bool = False, gaps: float = 0.1) -> Rows:
    """Two to five territories a wave, of one to six persons in a period or nobody, and zones across waves."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 6, len(WAVES))
    cohort = np.repeat(WAVES, sizes)
    count = np.ones((len(cohort), PERIODS), int) if one_each else rng.integers(1, 7, (len(cohort), PERIODS))
    holes = rng.random(count.shape) < gaps
    starts = np.cumsum(sizes) - sizes
    holes[np.concatenate([starts, starts + 1])] = False
    count[holes] = 0
    territory, period = (np.repeat(index.ravel(), count.ravel()) for index in np.indices(count.shape))
    return Rows(
        territory,
        period,
        rng.normal(size=len(cohort))[territory] + period + rng.standard_t(4, len(territory)),
        rng.uniform(0.3, 3, len(territory)) if weighted else np.ones(len(territory)),
        cohort,
        np.concatenate([np.arange(size) for size in sizes]) % 4,
    )


def panel_of(rows: Rows, *, zones: bool = False) -> Panel:
    """The panel of territories, each period weighted by its persons."""
    frame = pl.DataFrame(
        {"unit": rows.territory, "time": rows.period + 1, "outcome": rows.outcome, "w": rows.weight}
    ).with_columns(
        cohort=pl.Series([0 if g == NEVER else g + 1 for g in rows.cohort[rows.territory]]),
        zone=pl.Series(rows.zone[rows.territory]),
    )
    cells = frame.group_by("unit", "time", "cohort", "zone").agg(
        outcome=(pl.col("w") * pl.col("outcome")).sum() / pl.col("w").sum(),
        weight=pl.col("w").sum(),
        n=pl.len(),
    )
    return Panel.from_frame(cells, weights="weight", persons="n", cluster="zone" if zones else None)


def contrasts(rows: Rows) -> dict[tuple[int, int], np.ndarray]:
    """(W, T) coefficients of the means by wave and period in each effect (cohort, period), never exposed compared."""
    found = {}
    for g, cohort in enumerate(WAVES[:-1]):
        for t in range(1, PERIODS):
            base = t - 1 if t < cohort else cohort - 1
            mix = np.zeros((len(WAVES), PERIODS))
            mix[g, t], mix[-1, t] = 1, -1
            mix[g, base], mix[-1, base] = -1, 1
            found[cohort + 1, t + 1] = mix
    return found


def mean_contrast(rows: Rows) -> np.ndarray:
    """The same for the mean effect after opening: effects weighted by the persons of their wave."""
    effects = contrasts(rows)
    after = [(cohort, time) for cohort, time in effects if time >= cohort]
    size = {g + 1: rows.weight[rows.cohort[rows.territory] == g].sum() for g in WAVES[:-1]}
    share = np.array([size[cohort] for cohort, _ in after])
    return np.asarray(np.tensordot(share / share.sum(), np.stack([effects[key] for key in after]), 1))


def by_matrices(rows: Rows, contrast: np.ndarray, cluster: np.ndarray) -> tuple[float, float]:
    """Error and degrees of freedom by the definition, on the rows.

    Rows are scaled by √weight, so that the working covariance is the identity: A_u is the symmetric inverse square
    root of (I − H)_uu, and the variance Σ_u (cᵗ X_uᵗ A_u e_u)² a quadratic form of traces tr(G), tr(G²).
    """
    member = np.searchsorted(WAVES, rows.cohort[rows.territory])
    x = np.zeros((len(rows.outcome), len(WAVES) * PERIODS))
    x[np.arange(len(x)), member * PERIODS + rows.period] = 1
    root = np.sqrt(rows.weight)
    x, y = root[:, None] * x, root * rows.outcome
    bread = np.linalg.inv(x.T @ x)
    left = np.eye(len(x)) - x @ bread @ x.T
    pulled, errors = [], []
    for u in np.unique(cluster):
        at = np.flatnonzero(cluster == u)
        values, vectors = np.linalg.eigh(left[np.ix_(at, at)])
        adjusted = contrast.ravel() @ bread @ x[at].T @ (vectors / np.sqrt(values)) @ vectors.T
        pulled.append(adjusted @ left[at])
        errors.append(adjusted @ (left @ y)[at])
    gram = np.array(pulled) @ np.array(pulled).T
    return float(np.linalg.norm(errors)), float(np.trace(gram) ** 2 / (gram**2).sum())


def simple(result: Result) -> Estimate:
    return result.aggregations["simple"].overall


@given(st.integers(0, 10**6), st.booleans(), st.booleans())
@settings(max_examples=30, deadline=None)
def test_errors_and_degrees_of_freedom_are_those_of_the_matrices(
    seed: int, weighted: bool, zones: bool
) -> None:
    rows = draw(seed, weighted=weighted)
    found = estimate(panel_of(rows, zones=zones))
    cluster = rows.zone[rows.territory] if zones else rows.territory
    for cell in found.cells:
        wanted = by_matrices(rows, contrasts(rows)[int(cell.group), int(cell.time)], cluster)
        assert (cell.effect.se, cell.effect.df) == pytest.approx(wanted, rel=1e-10)
    wanted = by_matrices(rows, mean_contrast(rows), cluster)
    assert (simple(found).se, simple(found).df) == pytest.approx(wanted, rel=1e-10)
    assert found.provenance["inference"] == "cr2"


def test_holes_of_a_panel_are_cells_without_a_row() -> None:
    rows = draw(5, one_each=True)
    frame = pl.DataFrame({"unit": rows.territory, "time": rows.period + 1, "outcome": rows.outcome})
    frame = frame.with_columns(
        cohort=pl.Series([0 if g == NEVER else g + 1 for g in rows.cohort[rows.territory]])
    )
    found = estimate(Panel.from_frame(frame, unbalanced=True))
    for cell in found.cells:
        wanted = by_matrices(rows, contrasts(rows)[int(cell.group), int(cell.time)], rows.territory)
        assert (cell.effect.se, cell.effect.df) == pytest.approx(wanted, rel=1e-10)


def test_without_holes_and_one_person_each_it_is_the_cr2_of_a_balanced_panel() -> None:
    rows = draw(6, one_each=True, gaps=0)
    panel = panel_of(rows)
    plain = Panel(panel.calendar, panel.units, panel.outcome, panel.cohort, np.ones(panel.size))
    one, other = simple(estimate(panel)), simple(estimate(plain))
    assert (one.se, one.df) == pytest.approx((other.se, other.df), rel=1e-12)


def test_a_wave_of_one_territory_has_no_error_and_it_is_said() -> None:
    rows = draw(7)
    kept = (rows.cohort != 2) | (np.arange(len(rows.cohort)) == 0)
    chosen = kept[rows.territory]
    fewer = Rows(
        *(v[chosen] for v in (rows.territory, rows.period, rows.outcome, rows.weight)), rows.cohort, rows.zone
    )
    found = estimate(panel_of(fewer))
    of = dict(found.aggregations["group"].by)
    assert simple(found).to_json()["se"] is None
    assert of[3].to_json()["se"] is None
    assert of[4].to_json()["se"] > 0
    assert any("une seule unité (3)" in warning for warning in found.warnings)


def test_where_every_wave_is_one_territory_the_analytic_inference_stands_in() -> None:
    rows = draw(8)
    first = np.array([np.flatnonzero(rows.cohort == g)[0] for g in WAVES])
    chosen = np.isin(rows.territory, first)
    fewer = Rows(
        *(v[chosen] for v in (rows.territory, rows.period, rows.outcome, rows.weight)), rows.cohort, rows.zone
    )
    found = estimate(panel_of(fewer))
    assert found.provenance["inference"] == "analytic"
    assert any("cr2 n’est pas définie" in warning for warning in found.warnings)


@pytest.mark.parametrize("zones", [False, True])
def test_a_wild_draw_is_the_estimation_of_flipped_residuals(zones: bool) -> None:
    """t-statistics of the mean effect on residuals whose signs change by cluster, estimated anew."""
    panel = panel_of(draw(9), zones=zones)
    stats = moments(panel)
    grid = att.cells(stats.cohorts, np.arange(1, PERIODS + 1), "varying", 0)
    compared = att.comparison(grid, stats.cohorts, np.arange(1, PERIODS + 1), "nevertreated", 0)
    effect, terms = att.group_time(stats, grid, compared)
    mix = aggregate.weighting("simple", grid, effect, stats.cohorts, stats.unit_weight, None).cells
    found = cell_forms(panel, stats).wild(panel, stats, terms, mix, 6, np.random.default_rng(3))
    rng, cluster = np.random.default_rng(3), panel.cluster
    if cluster is None:
        sizes = [int((panel.cohort == g).sum()) for g in stats.cohorts]
        signs = np.hstack([multipliers("rademacher", (6, size), rng) for size in sizes])
        order = np.argsort(panel.cohort, kind="stable")
        signs[:, order] = signs.copy()
    else:
        signs = multipliers("rademacher", (6, int(cluster.max()) + 1), rng)[:, cluster]
    residual = panel.outcome - stats.mean[np.searchsorted(stats.cohorts, panel.cohort)]
    again = [simple(estimate(replace(panel, outcome=residual * sign[:, None]))) for sign in signs]
    np.testing.assert_allclose(found.t[:, 0], [one.estimate / one.se for one in again], rtol=1e-9, atol=1e-9)


def test_wild_intervals_keep_cr2_errors() -> None:
    panel = panel_of(draw(9))
    found, cr2 = simple(estimate(panel, Options(inference="wild", draws=999))), simple(estimate(panel))
    assert found.se == pytest.approx(cr2.se)
    assert found.conf_high - found.estimate == pytest.approx(cr2.conf_high - cr2.estimate, rel=0.5)


def test_randomisation_gives_way_to_cr2_and_it_is_said() -> None:
    panel = panel_of(draw(10))
    found = estimate(panel, Options(inference="randomisation", draws=99))
    assert found.provenance["inference"] == "cr2"
    assert simple(found) == simple(estimate(panel))
    assert any("nouveau tirage demande" in warning for warning in found.warnings)
