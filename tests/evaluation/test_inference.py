"""Intervals, bands and p-values of each inference, against laws that are known."""

import dataclasses
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats as law

from essaim.evaluation import EvaluationError, Options, Panel, Result, estimate
from essaim.evaluation.bands import band_critical, smallest_p
from essaim.evaluation.covariance import Spread
from essaim.evaluation.resampling import Draws
from essaim.evaluation.simulate import Scenario, simulate

DRAWN = Scenario(units=60, waves=(8, 10), effect=0.4, seed=3)


def run(frame: pl.DataFrame, columns: dict[str, str] | None = None, **options: Any) -> Result:
    return estimate(Panel.from_frame(frame, **(columns or {})), Options(**options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return simulate(DRAWN)


def simple(result: Result) -> Any:
    return result.aggregations["simple"].overall


@pytest.mark.parametrize("df", [np.inf, 12.0])
def test_the_band_of_one_estimate_is_its_interval(df: float) -> None:
    spread = Spread(np.array([[2.0]]), np.array([df]))
    assert band_critical(spread, 0.95, 1)[0] == pytest.approx(law.t.ppf(0.975, df), abs=0.03)


def test_the_band_of_independent_estimates_is_sidaks() -> None:
    spread = Spread(np.diag([1.0, 4.0, 9.0, 0.25]), np.full(4, np.inf))
    expected = law.norm.ppf(0.5 + 0.5 * 0.95 ** (1 / 4))
    assert band_critical(spread, 0.95, 1) == pytest.approx(np.full(4, expected), abs=0.03)


def test_the_smallest_p_value_of_one_estimate_is_uniform() -> None:
    for df in (np.inf, 8.0):
        below = smallest_p(Spread(np.eye(1), np.array([df])), 1)
        assert below is not None
        assert [below(a) for a in (0.001, 0.05, 0.5, 1.0)] == pytest.approx([0.001, 0.05, 0.5, 1.0])


def test_the_law_of_the_smallest_p_value_is_that_of_plain_draws() -> None:
    rng = np.random.default_rng(2)
    df, correlation = np.array([4.0, 4.0, 30.0, np.inf]), 0.6 + 0.4 * np.eye(4)
    scale = np.sqrt(law.chi2.ppf(rng.random((200_000, 1)), np.minimum(df, 1e9)) / np.minimum(df, 1e9))
    t = rng.multivariate_normal(np.zeros(4), correlation, len(scale)) / scale
    smallest = (2 * law.t.sf(np.abs(t), df)).min(axis=1)
    below = smallest_p(Spread(correlation, df), 1)
    assert below is not None
    for a in (0.002, 0.02, 0.2):
        assert below(a) == pytest.approx((smallest <= a).mean(), rel=0.05)


def test_few_degrees_of_freedom_do_not_widen_the_others() -> None:
    spread = Spread(np.eye(3), np.array([5.0, np.inf, np.inf]))
    c = band_critical(spread, 0.95, 1)
    assert c[0] > c[1] == c[2]
    assert c[1] < 3


def test_bands_contain_intervals(frame: pl.DataFrame) -> None:
    for inference in ("cr2", "analytic", "bootstrap", "wild", "randomisation"):
        for _, e in run(frame, inference=inference, draws=199).aggregations["event"].by:
            assert e.band_low is not None and e.band_high is not None
            assert e.band_low <= e.conf_low <= e.conf_high <= e.band_high


@pytest.mark.parametrize("multiplier", ["gaussian", "rademacher", "mammen"])
def test_the_bootstrap_has_the_analytic_errors_and_near_normal_intervals(
    frame: pl.DataFrame, multiplier: str
) -> None:
    analytic = simple(run(frame, inference="analytic"))
    found = simple(run(frame, inference="bootstrap", multiplier=multiplier, draws=1999))
    assert found.se == pytest.approx(analytic.se)
    assert found.conf_high - found.estimate == pytest.approx(1.96 * analytic.se, rel=0.1)


def test_the_bootstrap_of_cells_with_covariates_agrees_with_their_analytic_errors(
    frame: pl.DataFrame,
) -> None:
    rng = np.random.default_rng(0)
    units = frame["unit"].unique().sort()
    x = pl.DataFrame({"unit": units, "x": rng.normal(size=len(units))})
    columns: dict[str, Any] = {"covariates": ["x"]}
    both = [
        simple(run(frame.join(x, on="unit"), columns, inference=inference, draws=1999))
        for inference in ("analytic", "bootstrap")
    ]
    assert both[1].conf_high == pytest.approx(both[0].conf_high, abs=0.15 * both[0].se)


@pytest.mark.parametrize("inference", ["wild", "randomisation"])
def test_resampling_keeps_cr2_errors_and_gives_a_close_interval(frame: pl.DataFrame, inference: str) -> None:
    cr2 = simple(run(frame))
    found = simple(run(frame, inference=inference, draws=1999))
    assert found.se == pytest.approx(cr2.se)
    assert found.conf_high == pytest.approx(cr2.conf_high, abs=0.25 * cr2.se)


@pytest.mark.parametrize("inference", ["bootstrap", "wild", "randomisation"])
def test_the_seed_decides_and_is_told(frame: pl.DataFrame, inference: str) -> None:
    one, same, other = (run(frame, inference=inference, draws=199, seed=s) for s in (1, 1, 2))
    assert one.to_json() == same.to_json()
    assert simple(one).conf_high != simple(other).conf_high
    assert one.provenance["seed"] == 1


def test_a_clear_effect_has_a_small_p_value_and_none_a_large_one(frame: pl.DataFrame) -> None:
    strong = simulate(dataclasses.replace(DRAWN, effect=2.0))
    none = simulate(dataclasses.replace(DRAWN, effect=0.0, seed=4))
    p_strong, p_none = (
        run(f, inference="randomisation", draws=499).provenance["p_value"] for f in (strong, none)
    )
    assert p_strong == pytest.approx(1 / 500)
    assert p_none > 0.05  # type: ignore[operator]


def test_a_permutation_on_waves_that_were_not_drawn_is_called_a_diagnostic(frame: pl.DataFrame) -> None:
    chosen = run(frame, inference="randomisation", draws=199)
    drawn = run(frame, inference="randomisation", draws=199, drawn=True)
    assert any("diagnostic" in warning for warning in chosen.warnings)
    assert not any("diagnostic" in warning for warning in drawn.warnings)


def test_the_draw_is_replayed_within_its_strata() -> None:
    # two strata at levels so far apart that exchanging units between them would swamp everything
    frame = simulate(DRAWN).with_columns(s=pl.col("region") <= "R06")
    shifted = frame.with_columns(
        outcome=pl.col("outcome") + pl.when("s").then(1000.0 * pl.col("time").rank("dense")).otherwise(0.0)
    )
    drawn = run(shifted, {"stratum": "s"}, inference="randomisation", draws=199, drawn=True)
    again = run(shifted, {"stratum": "s"}, inference="randomisation", draws=199, drawn=True)
    free = run(shifted, inference="randomisation", draws=199, drawn=True)
    assert drawn.to_json() == again.to_json()
    assert drawn.provenance["p_value"] != free.provenance["p_value"]


def test_where_cr2_is_undefined_the_analytic_inference_stands_in_with_a_warning(frame: pl.DataFrame) -> None:
    frame = frame.with_columns(x=pl.col("unit").hash() % 97)
    result = run(frame, {"covariates": ["x"]})  # type: ignore[dict-item]
    assert result.provenance["inference"] == "analytic"
    assert any("cr2 n’est pas définie" in warning for warning in result.warnings)


def test_clustered_cr2_with_one_unit_a_cluster_is_cr2(frame: pl.DataFrame) -> None:
    plain, clustered = simple(run(frame)), simple(run(frame, {"cluster": "unit"}))
    assert clustered.se == pytest.approx(plain.se)
    assert clustered.df == pytest.approx(plain.df)


def test_clustered_cr2_by_brute_force() -> None:
    """The closed form against the matrix definition, on a regression small enough to write out."""
    frame = simulate(Scenario(units=24, periods=3, waves=(9,), before=1, regions=5, seed=8))
    found = run(frame, {"cluster": "region"}).cells[0].effect
    wide = frame.filter(pl.col("time").is_in(["2005T1", "2005T2"])).pivot(
        "time", index=["unit", "region", "wave"], values="outcome"
    )
    y = (wide["2005T2"] - wide["2005T1"]).to_numpy()
    d = (wide["wave"] == "1").to_numpy()
    x = np.column_stack([~d, d]).astype(float)
    bread = np.linalg.inv(x.T @ x)
    hat = x @ bread @ x.T
    contrast = bread @ np.array([-1.0, 1.0])
    rows, forms = [], []
    for region in wide["region"].unique():
        i = np.flatnonzero((wide["region"] == region).to_numpy())
        values, vectors = np.linalg.eigh(np.eye(len(i)) - hat[np.ix_(i, i)])
        adjust = vectors @ np.diag(1 / np.sqrt(values)) @ vectors.T
        weights = contrast @ x[i].T @ adjust
        rows.append(weights @ (np.eye(24) - hat)[i])
        forms.append(weights @ ((np.eye(24) - hat) @ y)[i])
    gram = np.array(rows) @ np.array(rows).T
    assert found.se == pytest.approx(np.sqrt(np.sum(np.square(forms))))
    assert found.df == pytest.approx(np.trace(gram) ** 2 / (gram**2).sum())


def test_a_wave_inside_one_cluster_has_no_clustered_error() -> None:
    frame = simulate(Scenario(units=50, waves=(5, 10), regions=10, concentrated=True))
    result = run(frame, {"cluster": "region"})
    assert simple(result).to_json()["se"] is None


def test_concentrated_waves_are_detected() -> None:
    spread_out = simulate(Scenario(waves=(10, 14)))
    packed = simulate(Scenario(waves=(10, 14), regions=6, concentrated=True))
    columns = {"region": "region"}
    assert not run(spread_out, columns).facts.concentrated
    assert run(packed, columns).facts.concentrated
    assert any("peu de régions" in warning for warning in run(packed, columns).warnings)


def test_too_few_draws_are_refused() -> None:
    with pytest.raises(EvaluationError, match="99"):
        Options(draws=10)


def test_randomisation_refuses_weights(frame: pl.DataFrame) -> None:
    weighted = frame.with_columns(w=pl.col("unit").str.slice(1).cast(pl.Float64))
    with pytest.raises(EvaluationError, match="poids égaux"):
        run(weighted, {"weights": "w"}, inference="randomisation")


def test_a_draw_with_few_possible_assignments_makes_no_interval(frame: pl.DataFrame) -> None:
    """Each unit alone in its stratum: the only assignment is the one made."""
    found = run(frame, {"stratum": "unit"}, inference="randomisation", drawn=True)
    assert found.provenance["inference"] == "cr2" and found.provenance["p_value"] is None
    assert any("que 1 répartition :" in warning for warning in found.warnings)
    assert simple(found) == simple(run(frame))


def test_an_interval_leaves_zero_out_when_the_p_value_is_small() -> None:
    draws = Draws(np.arange(1.0, 20.0)[:, None])
    limit = draws.critical(0.95)[0]
    assert (limit, draws.p_values(np.array([limit + 0.1]))[0]) == (19.0, 0.05)
    assert Draws(np.arange(1.0, 19.0)[:, None]).critical(0.95)[0] == np.inf
