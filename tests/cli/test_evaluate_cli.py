"""``essaim panel`` and ``essaim evaluate`` as a person uses them: files in, files out, useful errors."""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import xlsxwriter
from click.testing import CliRunner, Result
from docx import Document

from essaim.cli import main

WAVES = "departement,date\n01,2013-10-15\n02,2013-10-15\n03,2014-02-01\n04,2014-02-01\n01,2014-02-01\n"


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def outcome(tmp_path: Path) -> Path:
    """A small workbook in the layout of INSEE's rates; twelve départements, five quarters."""
    path = tmp_path / "taux.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Département")
        sheet.write_row(3, 0, ["Code", "Libellé", "T2_2013", "T3_2013", "T4_2013", "T1_2014", "T2_2014"])
        for i in range(12):
            rates = [8 + ((i * 7 + t * 5) % 11) / 10 + i / 4 for t in range(5)]
            sheet.write_row(4 + i, 0, [f"{i + 1:02d}", f"D{i + 1}", *rates])
    return path


@pytest.fixture
def long_outcome(tmp_path: Path) -> Path:
    """The same kind of outcome as a table with the three columns."""
    rows = [
        (f"{i:02d}", f"2013T{t}", 8 + ((i * 7 + t * 5) % 11) / 10) for i in range(1, 13) for t in range(1, 5)
    ]
    rows += [(f"{i:02d}", "2014T1", 9 + (i % 5) / 10) for i in range(1, 13)]
    path = tmp_path / "taux.csv"
    pl.DataFrame(rows, schema=["unit", "time", "outcome"], orient="row").write_csv(path, separator=";")
    return path


@pytest.fixture
def waves(tmp_path: Path) -> Path:
    path = tmp_path / "vagues.csv"
    path.write_text(WAVES, encoding="utf-8")
    return path


@pytest.fixture
def simulated(tmp_path: Path) -> Path:
    path = tmp_path / "simule.csv"
    run("panel", "simulate", "-o", path, "--effect", "-0.5")
    return path


def test_a_panel_is_built_and_evaluated(long_outcome: Path, waves: Path, tmp_path: Path) -> None:
    panel = tmp_path / "panel.csv"
    built = run("panel", "build", long_outcome, "--waves", waves, "-o", panel)
    assert "Raison : fenêtre par défaut" in built.output
    assert "« 01 » est dans plusieurs vagues" in built.output
    shown = json.loads(run("evaluate", panel, "--json").output)
    assert {cell["group"] for cell in shown["att_gt"]} == {"2013T4", "2014T1"}
    assert shown["provenance"]["panel"]["window_reason"].startswith("fenêtre par défaut")


def test_the_window_can_be_chosen_with_its_reason(long_outcome: Path, waves: Path, tmp_path: Path) -> None:
    panel = tmp_path / "panel.csv"
    run(
        "panel",
        "build",
        long_outcome,
        "--waves",
        waves,
        "-o",
        panel,
        "--window",
        "2013T2:2014T1",
        "--window-reason",
        "essai",
    )
    assert "essai" in run("evaluate", panel).output
    assert pl.read_csv(panel)["time"].n_unique() == 4


def test_the_wide_workbook_is_recognised(outcome: Path, waves: Path, tmp_path: Path) -> None:
    run("panel", "build", outcome, "--waves", waves, "-o", tmp_path / "panel.parquet")
    panel = pl.read_parquet(tmp_path / "panel.parquet")
    assert panel["unit"].n_unique() == 12
    assert set(panel.filter(pl.col("unit") == "03")["cohort"]) == {"2014T1"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    handler = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *a: handler(*a, directory=str(tmp_path))
    ) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


def test_an_outcome_and_a_panel_may_be_addresses(
    server: str, long_outcome: Path, waves: Path, tmp_path: Path
) -> None:
    panel = tmp_path / "panel.csv"
    run("panel", "build", f"{server}/taux.csv", "--waves", f"{server}/vagues.csv", "-o", panel)
    assert run("evaluate", f"{server}/panel.csv", "--json").exit_code == 0


def test_an_address_that_does_not_answer_says_what_to_do(server: str, waves: Path, tmp_path: Path) -> None:
    result = run("panel", "build", f"{server}/absent.xls", "--waves", waves, "-o", tmp_path / "p.csv", code=1)
    assert "404" in result.output
    assert not (tmp_path / "p.csv").exists()


def test_the_text_says_the_conclusion_first_and_that_data_are_simulated(simulated: Path) -> None:
    output = run("evaluate", simulated).output
    assert output.startswith("Conclusion : un effet se voit.")
    assert "Données simulées" in output


def test_window_notes_and_source_of_the_panel_are_in_the_text_and_in_every_report(
    long_outcome: Path, tmp_path: Path
) -> None:
    panel, waves = tmp_path / "panel.csv", tmp_path / "vagues.csv"
    waves.write_text("departement,date\n01,2013-10-15\n02,2013-11-01\n03,2014-02-01\n04,2014-02-01\n")
    chosen = ("--window", "2013T2:2014T1", "--window-reason", "RSA généralisé ensuite")
    run("panel", "build", long_outcome, "--waves", waves, "-o", panel, *chosen)
    window, note = "Fenêtre 2013T2 à 2014T1 : RSA généralisé ensuite.", "elles sont évaluées ensemble"
    shown = run("evaluate", panel).output
    assert window in shown
    assert note in shown
    for suffix in ("html", "csv", "docx"):
        report = tmp_path / f"rapport.{suffix}"
        run("evaluate", panel, "--report", report)
        text = report.read_text() if suffix != "docx" else _text_of(report)
        assert window in text
        assert note in text
        assert "Résultat mesuré : taux.csv (SHA-256" in text
        assert "Aucune." not in text


def _text_of(document: Path) -> str:
    return "\n".join(paragraph.text for paragraph in Document(str(document)).paragraphs)


def test_the_text_gives_the_differences_between_the_values_of_an_attribute(simulated: Path) -> None:
    assert "R12 − R01" in run("evaluate", simulated, "--by", "region").output


@pytest.mark.parametrize("suffix", ["html", "docx", "pdf", "csv"])
def test_the_report_is_written_in_each_format(simulated: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"rapport.{suffix}"
    run("evaluate", simulated, "--report", target)
    starts = {"html": b"<!doctype html>", "docx": b"PK", "pdf": b"%PDF", "csv": b"kind,group"}
    assert target.read_bytes().startswith(starts[suffix])


def test_the_script_replays_the_same_numbers(simulated: Path, tmp_path: Path) -> None:
    script = tmp_path / "refaire.py"
    shown = json.loads(
        run("evaluate", simulated, "--script", script, "--json", "--control", "notyettreated").output
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    del shown["event_study"]  # what the sensitivity command reads: the script prints the result alone
    assert json.loads(done.stdout) == shown


@pytest.fixture
def persons(tmp_path: Path) -> Path:
    """Two thousand persons of twelve territories, with an effect of 2 and an outcome in floating point."""
    path = tmp_path / "personnes.parquet"
    waves = {
        **dict.fromkeys(range(4), None),
        **dict.fromkeys(range(4, 8), 3),
        **dict.fromkeys(range(8, 12), 4),
    }
    rows = [
        (
            f"{i % 12:02d}",
            i // 12 % 5 + 1,
            waves[i % 12],
            (i * 7919 % 101) / 97 + 2 * (i // 12 % 5 + 1 >= (waves[i % 12] or 9)),
        )
        for i in range(2_000)
    ]
    pl.DataFrame(rows, schema=["unit", "time", "cohort", "outcome"], orient="row").write_parquet(path)
    return path


def test_persons_are_reduced_and_the_script_replays_it(persons: Path, tmp_path: Path) -> None:
    script = tmp_path / "refaire.py"
    shown = json.loads(run("evaluate", persons, "--persons", "--script", script, "--json").output)
    assert shown["aggregations"]["simple"]["estimate"] == pytest.approx(2, abs=0.2)
    assert shown["att_gt"][0]["n_treated"] > 100
    del shown["event_study"]  # what the sensitivity command reads: the script prints the result alone
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == shown


def test_persons_and_covariates_do_not_combine(persons: Path) -> None:
    refused = run("evaluate", persons, "--persons", "--covariates", "x", code=1)
    assert "ne se combinent ni avec des covariables" in refused.output


def test_a_panel_may_lie_in_a_database(simulated: Path, tmp_path: Path) -> None:
    base = tmp_path / "base.duckdb"
    with duckdb.connect(str(base)) as connection:
        connection.sql(f"CREATE TABLE panel AS FROM read_csv('{simulated}', all_varchar = true)")
    in_base = json.loads(run("evaluate", base, "--table", "panel", "--json").output)
    in_file = json.loads(run("evaluate", simulated, "--json").output)
    assert in_base["aggregations"] == in_file["aggregations"]
    assert "nommez la table" in run("evaluate", base, code=1).output


def test_the_script_refuses_other_data(simulated: Path, tmp_path: Path) -> None:
    script = tmp_path / "refaire.py"
    run("evaluate", simulated, "--script", script)
    run("panel", "simulate", "-o", simulated, "--seed", "1")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert "les données ont changé" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_script_run_from_another_folder_says_where_to_run_it(
    simulated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("evaluate", simulated.name, "--script", "refaire.py")
    (tmp_path / "ailleurs").mkdir()
    done = subprocess.run(
        [sys.executable, tmp_path / "refaire.py"],
        cwd=tmp_path / "ailleurs",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Lancez ce script là où le panel se lit" in done.stderr
    assert "Traceback" not in done.stderr


def test_options_reach_the_estimator(simulated: Path, tmp_path: Path) -> None:
    frame = pl.read_csv(simulated).with_columns(x=pl.col("unit").hash() % 7, w=pl.col("unit").hash() % 3 + 1)
    path = tmp_path / "p.parquet"
    frame.write_parquet(path)
    made: dict[str, Any] = json.loads(
        run(
            "evaluate", path, "--json", "--covariates", "x", "--method", "reg", "--control", "notyettreated",
            "--base", "universal", "--anticipation", "1", "--weights", "w", "--inference", "analytic",
            "--aggregate", "simple,event", "--seed", "4",
        ).output
    )  # fmt: skip
    assert set(made["aggregations"]) == {"simple", "event"}
    expected = {
        "covariates": ["x"],
        "method": "reg",
        "control": "notyettreated",
        "base": "universal",
        "anticipation": 1,
    }
    assert expected.items() <= made["provenance"].items()


def test_undefined_numbers_are_null_never_nan(tmp_path: Path) -> None:
    path = tmp_path / "petit.csv"
    path.write_text("unit,time,cohort,outcome\na,1,2,0\na,2,2,1\nb,1,,0\nb,2,,0\n")
    text = run("evaluate", path, "--json").output
    assert json.loads(text)["att_gt"][0]["se"] is None
    assert "NaN" not in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("unit,time,cohort\na,1,2\n", "outcome"),
        ("unit,time,cohort,outcome\na,1,2,x\na,2,2,3\n", "ligne 2"),
        ("unit,time,cohort,outcome\n", "vide"),
        ("", "vide"),
        ("\x00\x01", "caractères de commande"),
    ],
)
def test_rubbish_is_refused_in_french(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(content)
    result = run("evaluate", path, code=1)
    assert message in result.output
    assert "Traceback" not in result.output


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "absent.csv" in run("evaluate", tmp_path / "absent.csv", code=1).output


def test_wrong_usage_is_exit_code_two(simulated: Path) -> None:
    run("evaluate", simulated, "--control", "personne", code=2)
    run("evaluate", simulated, "--report", "rapport.txt", code=2)
    run("panel", "build", simulated, code=2)


def test_nothing_is_half_written_where_writing_fails(simulated: Path, tmp_path: Path) -> None:
    result = run("evaluate", simulated, "--report", tmp_path / "absent" / "r.html", code=1)
    assert "Impossible d’écrire" in result.output


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("waves", "units", "exposed", "window"),
    [("rsa_2007", 96, 34, ["2005T1", "2009T1"]), ("garantie_jeunes", 96, 68, ["2011T1", "2015T4"])],
)
def test_the_two_experiments_on_the_official_file(
    tmp_path: Path, waves: str, units: int, exposed: int, window: list[str]
) -> None:
    source = Path(os.environ.get("ESSAIM_REALDATA", "../shared/data")) / "sl_etc_2025T3.xls"
    panel = tmp_path / "panel.csv"
    built = json.loads(run("panel", "build", source, "--waves", waves, "-o", panel, "--json").output)
    assert (built["units"], built["exposed"], built["window"]) == (units, exposed, window)
    assert any("« 93 »" in note for note in built["notes"]) == (waves == "garantie_jeunes")
    output = run("evaluate", panel).output
    assert "proche de zéro" in output
    assert built["window_reason"] in output


def test_the_result_of_an_evaluation_is_put_to_the_test(tmp_path: Path) -> None:
    run("panel", "simulate", "-o", tmp_path / "p.csv", "--effect", "-0.8")
    evaluated = tmp_path / "r.json"
    evaluated.write_text(run("evaluate", tmp_path / "p.csv", "--json").output)
    said = run("sensitivity", evaluated, "--chart", tmp_path / "s.svg").output
    assert "La conclusion" in said
    assert (tmp_path / "s.svg").read_text().startswith("<svg")
    shown = json.loads(run("sensitivity", evaluated, "--mbar", "0,1", "--json").output)
    assert [row["mbar"] for row in shown["relative_magnitudes"]["by"]] == [0, 1]
    main_effect = json.loads(evaluated.read_text())["aggregations"]["simple"]
    assert shown["original"]["conf_low"] == pytest.approx(main_effect["conf_low"])


def test_a_vector_is_put_to_the_test(tmp_path: Path) -> None:
    vector = tmp_path / "v.json"
    vector.write_text('{"estimates": [0.1, 1.0], "covariance": [[0.01, 0], [0, 0.01]], "pre": 1, "post": 1}')
    assert "plus de" in run("sensitivity", vector).output
    vector.write_text('{"estimates": [0.1, 1.0], "pre": 1, "post": 1}')
    assert "covariance" in run("sensitivity", vector, code=1).output
    vector.write_text("rien")
    assert "JSON" in run("sensitivity", vector, code=1).output
    run("sensitivity", vector, "--mbar", "-1", code=2)


def test_the_checks_are_read_on_the_terminal_and_in_the_report(tmp_path: Path, simulated: Path) -> None:
    units = pl.read_csv(simulated, infer_schema=False)
    exposed = units.filter(pl.col("cohort") != "")["unit"].unique(maintain_order=True)[:4]
    never = units.filter(pl.col("cohort").fill_null("") == "")["unit"].unique(maintain_order=True)[:4]
    near = tmp_path / "voisines.csv"
    pl.DataFrame({"unite": exposed, "voisine": never}).write_csv(near)
    report = tmp_path / "rapport.html"
    said = run("evaluate", simulated, "--checks", "--neighbours", near, "--report", report).output
    assert "Solidité" in said
    assert "voisine exposée" in said
    assert "<h2>Solidité</h2>" in report.read_text()
