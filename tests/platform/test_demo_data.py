"""The demonstration on a folder of official files: each by its reader, refusals said, studies on what is there."""

from pathlib import Path

import pytest
from xlsxwriter import Workbook

from essaim.platform.demo import official, targeting
from essaim.platform.opendata.models import Vintage
from essaim.platform.programmes import services as programmes

QUARTERS = "code_qp;lib_qp;insee_com\n" + "".join(
    f"QN0130{number}M;Quartier {number};{code}\n"
    for number, code in enumerate(("13055", "13055", "13001", "13004", "13103", "13047", "13028"), 1)
)


@pytest.fixture
def folder(settings, tmp_path: Path) -> Path:
    settings.OPENDATA_DIR = tmp_path / "opendata"
    files = tmp_path / "files"
    files.mkdir()
    (files / "listeqp2024-cog2024.csv").write_text(QUARTERS, encoding="utf-8")
    (files / "sl_etc_2025T3.xls").write_bytes(b"rubbish")
    with Workbook(files / "FILO2019_DISP_Pauvres_COM.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["CODGEO", "LIBGEO", "TP6019"])
        for row, code in enumerate(("13055", "13001", "13004", "13103", "13047", "13028"), 1):
            sheet.write_row(row, 0, [code, "Nom", 10 + row])
    return files


def test_each_known_file_is_read_and_a_refused_one_is_said_and_left(writer, make, folder) -> None:
    make.programme("Les fermes", slug="fermes-emmaus")
    said: list[str] = []
    official.bring_folder(folder, writer, said.append)
    assert sorted(Vintage.objects.values_list("source", flat=True)) == ["anct_qpv", "insee_filosofi"]
    assert any(line.startswith("Laissé de côté : sl_etc_2025T3.xls.") for line in said)
    official.bring_folder(folder, writer, said.append)
    assert len(said) == 4  # what is already here is not read again; the refused file is said again


def test_quartiers_are_ranked_on_what_the_files_say(writer, make, folder) -> None:
    for wanted in {wanted.programme for wanted in targeting.TARGETINGS}:
        make.programme(wanted.title(), slug=wanted)
    official.bring_folder(folder, writer, lambda _line: None)
    titles = list(targeting.make_studies({}, writer))
    found = programmes.programme_by_slug("impact-jeunes").studies.get(document__unit="qpv")
    assert found.title in titles and len(found.rows()) == 7 and not found.is_simulated
    assert {origin["key"] for origin in found.inputs["origins"]} == {"pauvrete_60_2019"}
    assert list(targeting.make_studies({}, writer)) == []


def test_the_command_keeps_a_file_for_the_whole_site(writer, folder, monkeypatch) -> None:
    from click.testing import CliRunner

    from essaim.cli import serving
    from essaim.cli.opendata import command

    monkeypatch.setattr(serving, "start_django", lambda _demo: None)
    given = ["import", "anct_qpv", str(folder / "listeqp2024-cog2024.csv"), "--as", writer.email]
    result = CliRunner().invoke(command, given)
    assert result.exit_code == 0 and "7 lignes" in result.output
    assert Vintage.objects.get().organisation is None
    bad = CliRunner().invoke(
        command, ["import", "cnaf", str(folder / "sl_etc_2025T3.xls"), "--as", writer.email]
    )
    assert bad.exit_code == 1 and Vintage.objects.count() == 1
