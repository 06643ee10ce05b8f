"""``essaim opendata``: list, read, fetch; exit codes 0, 1 and 2."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from essaim.cli import main
from essaim.opendata.sources import SOURCES

ZE = "CODGEO;LIBGEO;ZE2020;LIBZE2020\n1001;A;8405;Bourg\n2A004;B;9402;Ajaccio\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["opendata", *arguments])


def test_list_names_every_source() -> None:
    assert all(code in run("list").output for code in SOURCES)
    assert [card["code"] for card in json.loads(run("list", "--json").output)] == list(SOURCES)


def test_read_tells_what_is_there_and_where_it_comes_from(tmp_path: Path) -> None:
    path = tmp_path / "ze_01-01-2025.csv"
    path.write_text(ZE)
    result = run("read", "insee_ze", str(path))
    assert result.exit_code == 0 and "ZE2020, COG 2025" in result.output and "2 lignes" in result.output
    summary = json.loads(run("read", "insee_ze", str(path), "--json").output)
    assert summary["tables"]["insee_ze"]["rows"] == 2 and len(summary["provenance"]["sha256"]) == 64


def test_read_writes_csv(tmp_path: Path) -> None:
    path, out = tmp_path / "ze.csv", tmp_path / "out.csv"
    path.write_text(ZE + "01002;=1+1;8405;Bourg\n")
    assert run("read", "insee_ze", str(path), "--csv", "-o", str(out)).exit_code == 0
    lines = out.read_text().splitlines()
    assert lines[1].startswith("01001,A,8405,Bourg") and lines[3].startswith("01002,'=1+1,8405")


def test_bad_data_is_exit_code_1_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "ze.csv"
    path.write_text(ZE + "xx;C;8405;Bourg\n")
    result = run("read", "insee_ze", str(path))
    assert result.exit_code == 1 and "Ligne 4" in result.output


def test_wrong_usage_is_exit_code_2(tmp_path: Path) -> None:
    assert run("read", "inconnue", "x.csv").exit_code == 2
    assert run("read", "insee_ze", str(tmp_path / "absent.csv")).exit_code == 2
    assert run("fetch", "insee_ze").exit_code == 2


def test_a_private_address_is_exit_code_1() -> None:
    result = run("read", "insee_ze", "http://127.0.0.1/ze.csv")
    assert result.exit_code == 1 and "réseau privé" in result.output
