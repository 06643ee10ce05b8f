"""Reports of the site say how solid their conclusion is: on the page, in every file, in both languages, replayable."""

import csv
import io
import json
from types import SimpleNamespace

import docx
import polars as pl
import pytest
from django.urls import reverse
from django.utils.translation import override

from essaim.evaluation.reading import Verdict
from essaim.evaluation.simulate import Scenario, simulate
from essaim.evaluation.solidity import NAMES, examine
from essaim.evaluation.solidity_reading import read_solidity
from essaim.platform.evaluations import documents, panels, report, services
from essaim.platform.programmes import services as programmes
from essaim.territory.codes import territories

pytestmark = pytest.mark.usefixtures("with_checks")


@pytest.fixture
def read(make, client):
    """A finished report, and ``.file(kind)`` to download it."""
    organisation, programme = make.organisation(kind="evaluator"), make.programme()
    programmes.add_role(programme, organisation, "evaluator")
    person = make.member(organisation)
    client.force_login(person)
    estimated = services.run_estimate(make.panel(services.freeze_plan(make.plan(programme))), by=person)
    url = reverse("evaluations:report", args=[programme.slug, estimated.pk])

    def file(kind: str) -> bytes:
        return client.get(reverse("evaluations:download", args=[programme.slug, estimated.pk, kind])).content

    return SimpleNamespace(estimated=estimated, person=person, url=url, file=file)


def test_the_page_says_what_the_core_says(read, client) -> None:
    page = client.get(read.url).content.decode()
    _frame, panel = panels.load(read.estimated.panel.file.open("rb").read())
    options = report.options_of(read.estimated.options)
    result = report.estimate(panel, options)
    said = read_solidity(examine(panel, options, result), result)
    assert read.estimated.report["solidity"]["paragraphs"] == said
    assert all(sentence in page for sentence in said)
    assert page.count("<svg xmlns") == 3  # times since opening, waves, sensitivity
    assert "Effet par vague</title>" in page
    assert " style=" not in page


def test_every_file_holds_the_section(read) -> None:
    assert "<h2>Solidité</h2>" in read.file("html").decode()
    headings = [p.text for p in docx.Document(io.BytesIO(read.file("docx"))).paragraphs]
    assert {"Solidité", "Le même effet, autrement", "Si les courbes n’étaient pas parallèles"} <= {*headings}
    rows = list(csv.DictReader(io.StringIO(read.file("csv").decode())))
    bounds = [row for row in rows if row["kind"] == "relative_magnitudes"]
    stored = json.loads(read.file("json"))["solidity"]["sensitivity"]["relative_magnitudes"]["by"]
    assert [float(row["conf_low"]) for row in bounds] == [b["conf_low"] for b in stored]


def by_departement() -> bytes:
    """The simulated panel on real codes: neighbours are known."""
    frame = simulate(Scenario(units=90, waves=(12, 12), effect=-1.0))
    codes = [code for code in territories("departement") if not code.startswith("97")][:90]
    names = dict(zip(frame["unit"].unique(maintain_order=True), codes, strict=True))
    return frame.with_columns(pl.col("unit").replace_strict(names)).write_csv().encode()


def test_neighbours_of_departements_are_set_apart_and_of_other_units_said_unknown(read, make, writer) -> None:
    assert "Les voisines des unités ne sont pas connues" in " ".join(
        read.estimated.report["solidity"]["paragraphs"]
    )
    draft = panels.from_one_file(("p.csv", by_departement()))
    panel = services.add_panel(make.plan(), draft, title="P", source="S", by=writer)
    estimated = services.run_estimate(panel, by=writer)
    assert "jamais exposées qui ont une voisine exposée" in " ".join(
        estimated.report["solidity"]["paragraphs"]
    )
    assert "frontière commune" in " ".join(documents.method(estimated))
    assert "frontière commune" not in " ".join(documents.method(read.estimated))


def test_the_checks_are_kept_and_found_again(read) -> None:
    read.estimated.refresh_from_db()
    assert set(read.estimated.result["solidity"]) == set(NAMES)
    again = services.replay(read.estimated, by=read.person)
    assert again.same_result
    again.replays.result["solidity"]["imputation"]["estimate"] += 1e-6
    assert not again.same_result


def test_a_report_made_before_the_checks_is_still_found_again(read) -> None:
    again = services.replay(read.estimated, by=read.person)
    del again.replays.result["solidity"]
    assert again.same_result


def test_the_section_is_in_the_language_of_the_reader(read, client) -> None:
    with override("en"):
        section = report.said(read.estimated.report, "solidity")
    text = " ".join(section["paragraphs"])
    assert "by imputation" in text
    assert "Not done: estimator for a drawn order (The order of the waves was not drawn" in text
    assert section["tables"][0]["rows"][0][0] == "main calculation"


def test_a_panel_too_large_says_so(make, writer, monkeypatch) -> None:
    monkeypatch.setattr(report, "MOST_VALUES", 10)
    estimated = services.run_estimate(make.panel(), by=writer)
    assert estimated.report["solidity"]["paragraphs"][0].startswith("Non fait ici")
    assert "solidity" not in estimated.result


def test_no_level_is_given_when_waves_are_concentrated(make, writer) -> None:
    narrow = Scenario(units=240, waves=(20, 20), regions=12, region_noise=0.6, concentrated=True)
    draft = panels.from_one_file(("p.csv", simulate(narrow).write_csv().encode()))
    panel = services.add_panel(make.plan(), draft, title="P", source="S", by=writer)
    estimated = services.run_estimate(panel, by=writer)
    assert estimated.report["verdict"] == Verdict.CONCENTRATED.value
    said = " ".join(documents.method(estimated))
    assert "Intervalles de niveau inconnu" in said
    assert "95" not in said.split("Panel :")[0]
