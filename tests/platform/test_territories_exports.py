"""All of a study leaves: replayed by the command line to the same numbers, opened in a spreadsheet or on a map."""

import io
import json

import pytest
from click.testing import CliRunner
from django.core.exceptions import ValidationError
from python_calamine import CalamineWorkbook

from essaim.cli.territory import command
from essaim.platform.territories import exports, services, sources


@pytest.mark.parametrize(
    "document", [{}, {"weights": [], "scope": {"regions": ["75"], "without": ["33"]}, "k": 3}]
)
def test_the_command_line_replays_what_the_site_exported(make, tmp_path, document: dict) -> None:
    study = make.study(ranked=True, document=document)
    (tmp_path / "study.yaml").write_text(exports.study_yaml(study), encoding="utf-8")
    (tmp_path / "data.csv").write_text(exports.data_csv(study), encoding="utf-8")
    ran = CliRunner().invoke(
        command, ["rank", str(tmp_path / "study.yaml"), "--values", str(tmp_path / "data.csv"), "--json"]
    )
    assert ran.exit_code == 0, ran.output
    again = json.loads(ran.output)
    assert again["ranking"] == study.result["ranking"]
    assert again["mean_weights"] == study.result["mean_weights"]
    assert again["provenance"]["study_sha256"] == study.result["provenance"]["study_sha256"]


def test_the_workbook_has_the_ranking_the_values_and_what_was_stated(make) -> None:
    study = make.study(ranked=True)
    services.decide(study, study.proposed()[0], True, "=cmd()", make.user())
    book = CalamineWorkbook.from_filelike(io.BytesIO(exports.ranking_xlsx(study)))
    ranking, data, stated = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert [row[1] for row in ranking[1:]] == [row["code"] for row in study.rows()]
    assert ranking[1][4] == pytest.approx(100 * study.rows()[0]["top_share"])
    assert "'=cmd()" in {cell for row in ranking for cell in row}
    assert data[0] == ["code", "name", "far_share", "population"] and isinstance(data[1][3], float)
    assert any("recensement" in str(cell) for row in stated for cell in row)


def test_a_simulated_ranking_says_so_in_every_file(make) -> None:
    programme = make.programme()
    make.application(make.campaign(programme), simulated=True)
    criteria = [
        {"key": "interest_", "family": "interest", "indicator": sources.INTEREST},
        {"key": "population", "family": "resources", "indicator": "population"},
    ]
    study = make.study(programme, ranked=True, document={"criteria": criteria, "weights": []})
    book = CalamineWorkbook.from_filelike(io.BytesIO(exports.ranking_xlsx(study)))
    assert book.get_sheet_by_index(0).to_python()[1][-1] == "simulé"
    assert any(row[0] == "Simulé" for row in book.get_sheet_by_index(2).to_python())
    told = json.loads(exports.ranking_geojson(study))
    assert told["simulated"] and told["features"][0]["properties"]["simulated"]
    assert "# Simulé" in exports.study_yaml(study).splitlines()[1]
    assert f"{sources.INTEREST} [simulé]" in exports.data_csv(study).splitlines()[0].split(",")


def test_the_map_file_has_outlines_where_they_are_shipped_and_points_elsewhere(make) -> None:
    shipped = json.loads(exports.ranking_geojson(make.study(ranked=True)))
    assert len(shipped["features"]) == 101 and "recensement" not in shipped["title"]
    assert {f["geometry"]["type"] for f in shipped["features"]} == {"MultiPolygon"}
    few = {"unit": "commune", "k": 1, "scope": {"codes": ["33063", "33318"]}}
    communes = json.loads(exports.ranking_geojson(make.study(ranked=True, document=few)))
    assert {f["geometry"]["type"] for f in communes["features"]} == {"Point"}


def test_a_unit_without_outlines_says_what_to_import(make, monkeypatch) -> None:
    study = make.study(ranked=True)
    study.document = {**study.document, "unit": "qpv"}
    with pytest.raises(ValidationError, match="Aucun contour"):
        exports.ranking_geojson(study)
