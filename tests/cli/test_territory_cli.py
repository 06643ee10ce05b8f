"""``essaim territory``: what each command prints, its JSON and CSV, and how it refuses."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from essaim.cli import main

STUDY = """
format: essaim/study/1
title: Essai
unit: departement
scope: {regions: ["75", "28"]}
k: 3
samples: 500
criteria:
  - {key: rural, family: need, indicator: rural_share}
  - {key: peuple, family: resources, indicator: population, transform: log}
weights: [need >= resources]
wave:
  size: 4
  quotas: [{name: Normandie, regions: ["28"], at_least: 2}]
  inside: {"33": "site déjà engagé"}
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "etude.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def call(*words: object) -> Result:
    return CliRunner().invoke(main, ["territory", *map(str, words)])


def test_rank_prints_shares_ranks_and_hashes(study: Path) -> None:
    result = call("rank", study)
    assert result.exit_code == 0, result.output
    assert "les 3 premiers parmi 17 territoires" in result.output
    assert "Creuse" in result.output
    assert "Étude " in result.output


def test_rank_in_json_replays_from_its_own_study(study: Path, tmp_path: Path) -> None:
    first = json.loads(call("rank", study, "--json").output)
    again = tmp_path / "rejouee.yaml"
    again.write_text(json.dumps(first["study"]), encoding="utf-8")
    assert json.loads(call("rank", again, "--json").output) == first


def test_rank_in_csv_has_a_line_a_territory(study: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(call("rank", study, "--csv").output)))
    assert len(rows) == 17
    assert {"code", "status", "top_share", "notes.rural"} <= set(rows[0])


def test_rank_draws_its_map(study: Path, tmp_path: Path) -> None:
    target = tmp_path / "carte.svg"
    assert call("rank", study, "--map", target).exit_code == 0
    assert "</svg>" in target.read_text(encoding="utf-8")


def test_portfolio_keeps_quotas_and_forced_sites(study: Path) -> None:
    data = json.loads(call("portfolio", study, "--json").output)
    codes = {row["code"] for row in data["chosen"]}
    assert len(codes) == 4
    assert "33" in codes
    assert len(codes & {"14", "27", "50", "61", "76"}) >= 2
    assert data["optimal"]
    assert "imposé : site déjà engagé" in call("portfolio", study).output


def test_portfolio_tells_what_imposing_a_territory_costs(study: Path) -> None:
    data = json.loads(call("portfolio", study, "--json", "--force", "19").output)
    (forced,) = data["forcing"]
    assert "19" in forced["in"]
    assert len(forced["out"]) == len(forced["in"])
    assert forced["loss"] >= 0
    assert "Imposer 19" in call("portfolio", study, "--force", "19").output


def test_portfolio_counts_the_people_within_reach(study: Path) -> None:
    study.write_text(STUDY + "  cover_km: 60\n  cover_share: 0.4\n", encoding="utf-8")
    data = json.loads(call("portfolio", study, "--json").output)
    assert data["covered"] > 0
    assert "population à portée" in call("portfolio", study).output


def test_rank_in_json_compares_territories_two_by_two(study: Path) -> None:
    duels = json.loads(call("rank", study, "--json").output)["duels"]
    wins = duels["winning_share"]
    assert len(wins) == len(duels["codes"])
    assert all(wins[i][j] + wins[j][i] == pytest.approx(1) for i in range(len(wins)) for j in range(i))


def test_a_wave_that_cannot_exist_is_exit_code_1_with_the_conflict(study: Path) -> None:
    study.write_text(STUDY.replace("at_least: 2", "at_least: 9"), encoding="utf-8")
    result = call("portfolio", study)
    assert result.exit_code == 1
    assert "quota « Normandie »" in result.output


def test_a_study_without_a_wave_says_how_to_add_it(study: Path) -> None:
    study.write_text(STUDY.split("wave:")[0], encoding="utf-8")
    result = call("portfolio", study)
    assert result.exit_code == 1
    assert "wave: {size: 10}" in result.output


def test_explain_gives_sentences_and_the_best_rank(study: Path) -> None:
    told = json.loads(call("explain", study, "33", "--json").output)
    assert sum(c["points"] for c in told["contributions"]) == pytest.approx(told["gap_to_median"])
    assert told["best_rank_proven"]
    assert "Gironde" in call("explain", study, "33").output


def test_explain_refuses_a_code_outside_the_study(study: Path) -> None:
    result = call("explain", study, "13")
    assert result.exit_code == 1
    assert "périmètre" in result.output


def test_a_table_of_the_user_becomes_an_indicator(study: Path, tmp_path: Path) -> None:
    table = tmp_path / "demande.csv"
    table.write_text("code;nom;demandes\n16;Charente;12\n17;x;1 234,5\n33;x;n.d.\n", encoding="utf-8")
    study.write_text(
        STUDY.replace("indicator: rural_share", "indicator: demandes, missing: worst"), encoding="utf-8"
    )
    data = json.loads(call("rank", study, "--values", table, "--json").output)
    notes = {r["code"]: r for r in data["ranking"]}
    assert notes["17"]["notes"]["rural"] == 1.0
    assert notes["33"]["filled"] == ["rural"]
    assert data["provenance"]["measures"][0]["source"] == "demande.csv"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("code;x\n16;douze\n", "ligne 2, colonne « x »"),
        ("code;x\n16;1\nXX;2\n", "ligne 3"),
        ("code;x\n16;1\n16;2\n", "figure 2 fois"),
        ("code;x\n01001;1\n", "niveau"),
        ("code\n16\n", "au moins une colonne"),
    ],
)
def test_a_bad_table_is_refused_with_row_and_column(
    study: Path, tmp_path: Path, content: str, word: str
) -> None:
    table = tmp_path / "mauvaise.csv"
    table.write_text(content, encoding="utf-8")
    result = call("rank", study, "--values", table)
    assert result.exit_code == 1
    assert word in result.output


@pytest.mark.parametrize("content", ["", "[", "\x00\x01", "title: 3\nk: -1\n"])
def test_rubbish_instead_of_a_study_is_refused_without_a_traceback(tmp_path: Path, content: str) -> None:
    path = tmp_path / "rebut.yaml"
    path.write_text(content, encoding="utf-8")
    result = call("rank", path)
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_file_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    assert call("rank", tmp_path / "absent.yaml").exit_code == 2


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        ("rank", ("--json", "--csv"), "pas les deux"),
        ("rank", ("--top", -3), "-3"),
        ("rank", ("--map", "nulle/part/carte.svg"), "dossier « nulle/part » n’existe pas"),
        ("rank", ("--map", "/proc/version"), "fermé à l’écriture"),
        ("portfolio", ("--seconds", "nan"), "nombre fini"),
        ("portfolio", ("--seconds", "inf"), "nombre fini"),
        ("portfolio", ("--seconds", "-1"), "-1"),
    ],
)
def test_options_that_mean_nothing_are_wrong_usage(
    study: Path, command: str, words: tuple[object, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if words[-1] == "/proc/version":  # root may write anywhere: the system's answer is given
        monkeypatch.setattr("os.access", lambda path, mode: False)
    result = call(command, study, *words)
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize("reach", [("--reach-km", "nan"), ("--reach-min", "0"), ("--reach-km", "-5")])
def test_a_reach_is_a_number_above_zero(study: Path, reach: tuple[str, str]) -> None:
    assert call("access", "--services", study, *reach).exit_code == 2


def test_a_setting_that_a_transformation_does_not_read_is_refused_with_its_file_and_place(
    study: Path,
) -> None:
    study.write_text(STUDY.replace("transform: log", "transform: {kind: minmax, at: 3}"), encoding="utf-8")
    result = call("rank", study)
    assert result.exit_code == 1
    assert "etude.yaml : Critère « peuple » : transform.at n’a pas d’effet avec « minmax »" in result.output
    assert "retirez-le, ou prenez « threshold »" in result.output


def test_a_column_headed_simulated_labels_the_whole_ranking_everywhere(study: Path, tmp_path: Path) -> None:
    table = tmp_path / "demande.csv"
    table.write_text("code;demandes [simulé]\n16;12\n17;20\n19;7\n23;9\n33;4\n", encoding="utf-8")
    study.write_text(
        STUDY.replace("indicator: rural_share", "indicator: demandes").replace("at_least: 2", "at_least: 0"),
        encoding="utf-8",
    )
    given = ("--values", table)
    for command in (("rank", study), ("portfolio", study), ("explain", study, "33")):
        assert json.loads(call(*command, *given, "--json").output)["simulated"] == ["demandes"]
        assert "simulé" in call(*command, *given).output.lower()
    for command in ("rank", "portfolio"):
        rows = list(csv.DictReader(io.StringIO(call(command, study, *given, "--csv").output)))
        assert {row["simulated"] for row in rows} == {"simulé"}
    study.write_text(STUDY, encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(call("rank", study, *given, "--csv").output)))
    assert {row["simulated"] for row in rows} == {""}, (
        "a simulated column that no criterion reads labels nothing"
    )


def test_access_shares_capacity_among_people(tmp_path: Path) -> None:
    services = tmp_path / "services.csv"
    services.write_text("id,lon,lat,places\na,2.35,48.85,100\nb,55.45,-20.88,50\n", encoding="utf-8")
    data = json.loads(call("access", "--services", services, "--level", "region", "--json").output)
    found = {r["code"]: r["access_per_1000"] for r in data["access"]}
    assert data["capacity_reached"] == 150
    assert found["11"] > 0
    assert found["04"] > 0
    assert found["53"] == 0


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("lon,lat\n48.85,2.35\n", "inversées"),
        ("longitude,places\n2.35,3\n", "introuvables"),
        ("lon,lat,places\n2.35,48.85,-3\n", "capacité de la ligne 1"),
        ("lon,lat,places\n", "aucun service"),
    ],
)
def test_bad_services_are_refused(tmp_path: Path, content: str, word: str) -> None:
    services = tmp_path / "services.csv"
    services.write_text(content, encoding="utf-8")
    result = call("access", "--services", services)
    assert result.exit_code == 1
    assert word in result.output


def journeys(tmp_path: Path, lines: str) -> Result:
    services, times = tmp_path / "services.csv", tmp_path / "trajets.csv"
    services.write_text("id,places\nforum,100\nferme,40\n", encoding="utf-8")
    times.write_text(f"commune,service,minutes\n{lines}", encoding="utf-8")
    return call("access", "--services", services, "--journeys", times, "--reach-min", 20, "--json")


def test_access_takes_travel_times_instead_of_positions(tmp_path: Path) -> None:
    """Bordeaux reaches both services, Mérignac the first only, and Paris is too far."""
    lines = "33063,forum,5\n33063,ferme,15\n33281,forum,10\n75056,forum,200\n"
    data = json.loads(journeys(tmp_path, lines).output)
    found = {r["code"]: r["access_per_1000"] for r in data["access"]}
    assert data["capacity_reached"] == 140
    assert data["reach_min"] == 20
    assert found["33063"] > found["33281"] > 0
    assert found["75056"] == 0


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ("33063,gare,5\n", "colonne « service » : « gare »"),
        ("99999,forum,5\n", "ligne 2, colonne « commune »"),
        ("33063,forum,-5\n", "négative"),
        ("33063,forum,cinq\n", "colonne « minutes »"),
        ("33063,forum,5\n33063,forum,6\n", "plusieurs fois"),
    ],
)
def test_bad_travel_times_are_refused(tmp_path: Path, lines: str, word: str) -> None:
    result = journeys(tmp_path, lines)
    assert result.exit_code == 1
    assert word in result.output


def test_portfolio_seeks_the_greatest_coverage(study: Path) -> None:
    lines = study.read_text().split("wave:")[0]
    study.write_text(lines + "wave: {size: 2, objective: coverage, cover_km: 40}\n")
    data = json.loads(call("portfolio", study, "--json").output)
    assert len(data["chosen"]) == 2 and data["value"] == data["covered"] > 0
    assert "personnes (" in call("portfolio", study).output
    refused = call("portfolio", study, "--force", "19")
    assert refused.exit_code == 1 and "couverture" in refused.output
