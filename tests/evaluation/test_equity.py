"""Equity: effects by group, gaps, and the count of comparisons."""

import json

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from essaim.cli import main
from essaim.evaluation import EvaluationError, Options, Panel, estimate
from essaim.evaluation.equity import equity, holm_corrected, read_equity
from essaim.evaluation.simulate import Scenario, simulate

BASE = simulate(Scenario(units=70, waves=(9, 9, 12), effect=0.5, noise=0.3))


def persons(extra: float, seed: int = 4, groups: tuple[str, ...] = ("femmes", "hommes")) -> pl.DataFrame:
    """Rows of each group in each territory; the effect is ``extra`` larger for the last group."""
    rng = np.random.default_rng(seed)
    made = []
    for name in groups:
        after = (pl.col("cohort") != "") & (pl.col("time") >= pl.col("cohort"))
        gain = pl.when(after).then(extra if name == groups[-1] else 0.0).otherwise(0.0)
        noise = pl.Series(rng.normal(0, 0.2, BASE.height))
        made.append(BASE.with_columns(outcome=pl.col("outcome") + gain + noise, sexe=pl.lit(name)))
    return pl.concat(made)


def test_the_effect_in_a_group_is_that_of_its_own_rows() -> None:
    frame = persons(1.0)
    found = equity(frame, "sexe")
    alone = (
        estimate(Panel.from_frame(frame.filter(pl.col("sexe") == "femmes"))).aggregations["simple"].overall
    )
    assert (found.groups[0].one, found.groups[0].effect.estimate) == ("femmes", pytest.approx(alone.estimate))
    assert found.groups[0].effect.se == pytest.approx(alone.se)


def test_a_gap_is_the_difference_of_effects_with_less_noise_than_two_strangers() -> None:
    found = equity(persons(1.0), "sexe")
    women, men = (group.effect for group in found.groups)
    [gap] = found.gaps
    assert gap.effect.estimate == pytest.approx(women.estimate - men.estimate)
    assert gap.effect.se < np.hypot(women.se, men.se)


def test_a_real_gap_is_said_and_no_gap_is_not_said_to_be_equality() -> None:
    assert "L’effet diffère" in read_equity(equity(persons(1.0), "sexe"))[0]
    said = read_equity(equity(persons(0.0), "sexe"))
    assert "n’est pas montrer que l’effet est le même" in said[0]


def test_more_comparisons_ask_for_more() -> None:
    found = equity(persons(0.2, groups=("a", "b", "c")), "sexe")
    assert len(found.gaps) == 3
    assert all(gap.corrected >= gap.p_value for gap in found.gaps)
    gap = found.gaps[0].effect
    assert gap.band_high - gap.band_low > gap.conf_high - gap.conf_low


def test_holm_rejects_no_less_than_bonferroni_and_keeps_the_order() -> None:
    p = [0.04, 0.001, 0.02, 0.5]
    found = holm_corrected(p)
    assert all(c <= min(1, 4 * v) + 1e-12 for c, v in zip(found, p, strict=True))
    assert np.argsort(found).tolist() == np.argsort(p).tolist()


def test_groups_of_sites_are_compared_and_named_as_not_drawn() -> None:
    kind = (
        pl.when(pl.col("unit").str.tail(1).cast(pl.Int64) < 5)
        .then(pl.lit("rural"))
        .otherwise(pl.lit("urbain"))
    )
    found = equity(BASE.with_columns(type=kind), "type")
    assert (found.kind, [g.one for g in found.groups], len(found.gaps)) == ("sites", ["rural", "urbain"], 1)
    assert "non des tirages" in read_equity(found)[-1]


@pytest.mark.parametrize(("column", "said"), [("absente", "Pas de colonne"), ("simulated", "1 groupes")])
def test_what_makes_no_groups_is_refused(column: str, said: str) -> None:
    with pytest.raises(EvaluationError, match=said):
        equity(BASE, column, Options())


def test_the_command_prints_groups_and_gaps(tmp_path) -> None:
    path = tmp_path / "p.csv"
    persons(1.0).write_csv(path)
    shown = CliRunner().invoke(main, ["equity", str(path), "--groups", "sexe"])
    assert "femmes − hommes" in shown.output and "p corrigé" in shown.output
    data = json.loads(CliRunner().invoke(main, ["equity", str(path), "--groups", "sexe", "--json"]).output)
    assert [g["group"] for g in data["groups"]] == ["femmes", "hommes"]
