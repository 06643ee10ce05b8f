"""What ``evaluate``, ``sensitivity`` and ``rollout`` refuse: a French sentence and an exit code, never a trace."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result

from essaim.cli import main
from essaim.evaluation.simulate import Scenario, simulate

FRAME = simulate(Scenario(units=40, waves=(6, 8), before=4, periods=8, seed=3))
VECTOR: dict[str, Any] = {
    "estimates": [0.1, -0.05, 0.4, 0.5],
    "covariance": (np.eye(4) / 100).tolist(),
    "pre": 2,
    "post": 2,
}
DESIGN = ["--waves", "6,6,6,6", "--persons", "100", "--sd", "0.2", "--icc", "0.05"]


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result


def evaluated(tmp_path: Path, frame: pl.DataFrame, *options: str) -> Result:
    frame.write_csv(tmp_path / "panel.csv")
    return run("evaluate", str(tmp_path / "panel.csv"), "--json", *options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (pl.lit(None).cast(pl.Float64).alias("outcome"), "La colonne du résultat est vide"),
        ((pl.col("outcome") * 1e200).alias("outcome"), "infinie ou démesurée, ligne 2"),
        (pl.lit("abc").alias("outcome"), "n’est pas un nombre (abc)"),
        (
            pl.when(pl.int_range(pl.len()) == 3).then(pl.lit("hier")).otherwise("time").alias("time"),
            "À corriger : ligne 5.",
        ),
    ],
)
def test_values_that_are_none_are_refused_with_their_rows(
    tmp_path: Path, change: pl.Expr, message: str
) -> None:
    result = evaluated(tmp_path, FRAME.with_columns(change))
    assert (result.exit_code, message in result.output) == (1, True), result.output


def test_what_to_do_is_said_in_words_and_the_command_line_names_the_option(tmp_path: Path) -> None:
    exposed = FRAME.filter(pl.col("cohort") != "")
    output = evaluated(tmp_path, exposed).output
    assert "Comparez aux unités pas encore exposées. (option : --control notyettreated)" in output


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--seed", "-1"], 1, "La graine est un nombre entier"),
        (["--inference", "bootstrap", "--draws", "1000000000"], 1, "de 99 à 100000 tirages"),
        (["--smallest-effect", "nan"], 2, "nombre fini"),
        (["--smallest-effect", "-1"], 2, "--smallest-effect"),
        (["--min-persons", "5"], 2, "qu’avec --persons"),
        (["--table", "t"], 2, "PANEL n’en est pas une"),
        (["--multiplier", "gaussian"], 2, "--inference bootstrap"),
        (["--strata", "region"], 2, "--inference randomisation"),
        (["--aggregate", ""], 1, "Aucune agrégation demandée"),
        (["--report", "{panel}"], 2, "le panel lui-même"),
    ],
)
def test_settings_that_mean_nothing_are_refused(
    tmp_path: Path, options: list[str], code: int, message: str
) -> None:
    options = [option.format(panel=tmp_path / "panel.csv") for option in options]
    result = evaluated(tmp_path, FRAME, *options)
    assert (result.exit_code, message in result.output) == (code, True), result.output


def test_a_folder_is_no_panel() -> None:
    assert run("evaluate", ".").exit_code == 1


def test_the_origin_of_a_panel_changed_by_hand_is_not_told(tmp_path: Path) -> None:
    FRAME.select("unit", "time", "outcome").write_csv(tmp_path / "outcome.csv")
    opened = FRAME.filter(pl.col("cohort") != "").unique("unit")
    opened.select("unit", date=pl.lit("2006-02-01")).write_csv(tmp_path / "waves.csv")
    made, panel = tmp_path / "made.csv", str(tmp_path / "made.csv")
    built = run(
        "panel", "build", str(tmp_path / "outcome.csv"), "--waves", str(tmp_path / "waves.csv"), "-o", panel
    )
    assert built.exit_code == 0, built.output
    kept = json.loads(run("evaluate", panel, "--json").stdout)
    assert kept["provenance"]["panel"]["outcome"] == "outcome.csv"
    made.write_text(made.read_text().replace(",8.", ",9.", 1))
    changed = json.loads(run("evaluate", panel, "--json").stdout)
    assert "panel" not in changed["provenance"]
    assert any("a changé depuis" in warning for warning in changed["warnings"])


def test_a_region_nobody_asked_for_stops_nothing(tmp_path: Path) -> None:
    blank = FRAME.with_columns(region=pl.lit(""))
    assert json.loads(evaluated(tmp_path, blank).stdout)["aggregations"]
    assert "Colonne « region » : vide" in evaluated(tmp_path, blank, "--region", "region").output


@pytest.mark.parametrize("change", [{"estimate": "x"}, {"se": 0}, {"conf_low": 9, "conf_high": 1}])
def test_a_cost_on_impossible_numbers_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    result = json.loads(evaluated(tmp_path, FRAME).stdout)
    result["aggregations"]["simple"] |= change
    (tmp_path / "r.json").write_text(json.dumps(result))
    found = run("cost", str(tmp_path / "r.json"), "--cost", "10", "--range", "9,11", "--worth", "5")
    assert (found.exit_code, "ne sont pas des nombres possibles" in found.output) == (1, True), found.output


def test_units_never_exposed_need_no_value_of_the_attribute(tmp_path: Path) -> None:
    frame = FRAME.with_columns(wave=pl.when(pl.col("cohort") == "").then(None).otherwise("wave"))
    found = json.loads(evaluated(tmp_path, frame, "--by", "wave").stdout)["aggregations"]["by"]
    assert [row["value"] for row in found["by"]] == ["1", "2"]
    missing = FRAME.with_columns(wave=pl.when(pl.col("wave") == "1").then(None).otherwise("wave"))
    assert "Colonne « wave » : vide, ligne" in evaluated(tmp_path, missing, "--by", "wave").output


@pytest.mark.parametrize("inference", ["cr2", "bootstrap", "wild", "randomisation"])
def test_an_outcome_that_never_changes_has_no_p_value_and_says_why(tmp_path: Path, inference: str) -> None:
    result = evaluated(tmp_path, FRAME.with_columns(outcome=pl.lit(3.0)), "--inference", inference)
    found = json.loads(result.stdout)
    assert found["provenance"]["p_value"] is None
    assert found["aggregations"]["simple"]["se"] is None
    assert any("le même partout" in warning for warning in found["warnings"])


def test_a_mean_of_no_effect_is_null(tmp_path: Path) -> None:
    frame = FRAME.with_columns(x=pl.lit(1.0))
    found = json.loads(evaluated(tmp_path, frame, "--covariates", "x").stdout)
    assert found["aggregations"]["simple"] == dict.fromkeys(("estimate", "se", "conf_low", "conf_high"))
    text = run("evaluate", str(tmp_path / "panel.csv"), "--covariates", "x").output
    assert "Aucun effet n’est estimable" in text and "nan" not in text


def test_simulated_persons_are_said_to_be(tmp_path: Path) -> None:
    FRAME.write_csv(tmp_path / "p.csv")
    text = run("evaluate", str(tmp_path / "p.csv"), "--persons", "--min-persons", "1").output
    assert "Données simulées" in text


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pre": 4, "post": 0}, "pas d’effet après"),
        ({"covariance": np.zeros((4, 4)).tolist()}, "variance nulle"),
        ({"estimates": [1e200] * 4}, "nombres finis"),
        ({"times": "abc"}, "sont des nombres"),
        ({"weights": [0, 0]}, "non tous nuls"),
        ({"weights": [float("nan"), 1]}, "nombres finis"),
        ({"df": "x"}, "sont des nombres"),
        ({"df": -3}, "degrés de liberté"),
        ({"pre": 2.5}, "des entiers"),
    ],
)
def test_a_vector_that_is_none_is_refused(tmp_path: Path, given: dict[str, Any], message: str) -> None:
    (tmp_path / "v.json").write_text(json.dumps({**VECTOR, **given}))
    result = run("sensitivity", str(tmp_path / "v.json"), "--json")
    assert (result.exit_code, message in result.output) == (1, True), result.output


@pytest.mark.parametrize(
    "options", [["--seed", "-1"], ["--mbar", "1e300"], ["--m", "nan"], ["--level", "nan"]]
)
def test_settings_of_the_sensitivity_that_mean_nothing_are_refused(
    tmp_path: Path, options: list[str]
) -> None:
    (tmp_path / "v.json").write_text(json.dumps(VECTOR))
    assert run("sensitivity", str(tmp_path / "v.json"), *options).exit_code in (1, 2)


def test_a_file_that_is_no_json_is_refused_where_it_breaks(tmp_path: Path) -> None:
    (tmp_path / "v.json").write_text('{"a":')
    for command in (["sensitivity"], ["rollout", "draw", "--replay"]):
        assert "(ligne 1, colonne 6)" in run(*command, str(tmp_path / "v.json")).output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["power", "--effect", "nan", *DESIGN], "Effet à détecter"),
        (["mde", *DESIGN, "--persons", "1e300"], "effectif"),
        (["mde", *DESIGN, "--sd", "1e300"], "Écart-type"),
        (["mde", *DESIGN, "--before", "100000"], "Plan trop long"),
    ],
)
def test_numbers_out_of_measure_are_refused(options: list[str], message: str) -> None:
    result = run("rollout", *options, "--json")
    assert (result.exit_code, message in result.output) == (1, True), result.output


def test_a_draw_does_not_look_at_candidates_for_ever(tmp_path: Path) -> None:
    rows = pl.DataFrame({"code": [f"T{i}" for i in range(8)], "pop": range(8)})
    rows.write_csv(tmp_path / "t.csv")
    many = ["--method", "constrained", "--covariates", "pop", "--candidates", "100000000000", "--seed", "1"]
    result = run("rollout", "draw", str(tmp_path / "t.csv"), "--capacities", "4,4", *many)
    assert (result.exit_code, "candidats : de 1 à 1000000" in result.output) == (1, True), result.output
