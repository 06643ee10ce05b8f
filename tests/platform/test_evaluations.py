"""Evaluation: plans that bind, panels that protect, estimates that replay, reports that speak plainly."""

import io
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import docx
import polars as pl
import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.urls import reverse

from essaim.evaluation import Verdict
from essaim.evaluation.simulate import Scenario, simulate
from essaim.platform.background.heart import Heart
from essaim.platform.community.models import Lesson
from essaim.platform.evaluations import exports, maturity, panels, pending, report_views, services
from essaim.platform.evaluations.models import Estimate, EvaluationPlan, Panel
from essaim.platform.evaluations.openings import openings
from essaim.platform.programmes import services as programmes
from essaim.platform.sites import services as services_of_sites
from essaim.platform.telling import tell
from tests.evaluation_data import SCENARIOS
from tests.platform.serving import serving
from tests.realdata.folder import FOLDER


@pytest.fixture
def evaluator(make, client):
    """An evaluator of a programme, logged in; ``.programme`` is theirs to evaluate."""
    organisation = make.organisation(kind="evaluator")
    organisation.programme = make.programme("Programme évalué")
    programmes.add_role(organisation.programme, organisation, "evaluator")
    organisation.person = make.member(organisation)
    client.force_login(organisation.person)
    return organisation


def _csv(**scenario) -> bytes:
    return simulate(Scenario(**{"units": 60, "waves": (8, 8, 10), **scenario})).write_csv().encode()


def _url(name: str, programme, *args: object) -> str:
    return reverse(f"evaluations:{name}", args=[programme.slug, *args])


# Plans


def test_a_frozen_plan_keeps_its_date_hash_and_the_sites_already_open(make) -> None:
    plan = make.plan()
    make.site(plan.programme, stage="open", opened_on="2020")
    make.site(plan.programme)
    frozen = services.freeze_plan(plan)
    assert (frozen.state, frozen.opened_at_freeze, len(frozen.sha256)) == ("frozen", 1, 64)
    assert frozen.document["question"] == plan.question


def test_a_frozen_plan_changes_no_more(make) -> None:
    plan = services.freeze_plan(make.plan())
    with pytest.raises(ValidationError, match="gelé"):
        services.update_plan(plan, question="Autre chose ?")
    with pytest.raises(ValidationError, match="déjà gelé"):
        services.freeze_plan(plan)


def test_the_screen_says_how_many_sites_had_opened(make, evaluator, client) -> None:
    make.site(evaluator.programme, stage="open")
    plan = services.freeze_plan(make.plan(evaluator.programme))
    page = client.get(_url("plan", evaluator.programme, plan.pk)).content.decode()
    assert "1 site avait déjà ouvert" in page


def test_a_departure_is_listed_in_the_report(make, evaluator, client) -> None:
    plan = services.freeze_plan(make.plan(evaluator.programme))
    estimated = services.run_estimate(make.panel(plan), by=evaluator.person)
    services.note_departure(plan, what="Une vague de moins", why="Abandon", by=evaluator.person)
    page = client.get(_url("report", evaluator.programme, estimated.pk)).content.decode()
    assert "Une vague de moins – Abandon" in page


def test_a_draft_takes_no_departure(make, writer) -> None:
    with pytest.raises(ValidationError, match="modifier directement"):
        services.note_departure(make.plan(), what="X", why="Y", by=writer)


def test_a_draft_is_foreign_to_a_funder_and_a_frozen_plan_is_not(make, client) -> None:
    programme, funder = make.programme(), make.organisation(kind="funder")
    programmes.add_role(programme, funder, "funder")
    client.force_login(make.member(funder))
    plan = make.plan(programme)
    assert client.get(_url("plan", programme, plan.pk)).status_code == 404
    services.freeze_plan(plan)
    assert client.get(_url("plan", programme, plan.pk)).status_code == 200


# Panels


def _confirm(client, page) -> None:
    """The button of a preview."""
    plan = page.context["plan"]
    client.post(_url("panel_confirm", plan.programme, plan.pk), {"token": page.context["token"]})


def test_nothing_is_kept_before_the_preview_is_confirmed(make, evaluator, client) -> None:
    plan = make.plan(evaluator.programme)
    given = {"title": "Panel", "source": "Simulation", "outcome": SimpleUploadedFile("p.csv", _csv())}
    page = client.post(_url("panel_new", evaluator.programme, plan.pk), given)
    assert page.context["draft"].units == 60
    assert not Panel.objects.exists()
    _confirm(client, page)
    panel = Panel.objects.get()
    assert panel.simulated
    assert panels.fingerprint(panel.file.open("rb").read()) == panel.sha256


def test_a_preview_counts_one_unit_in_the_singular(make, evaluator, client) -> None:
    plan = make.plan(evaluator.programme)
    file = SimpleUploadedFile("p.csv", b"unit,time,cohort,outcome\na,1,2,3\na,2,2,4\nb,1,,3\nb,2,,4\n")
    given = {"title": "Panel", "source": "Simulation", "outcome": file}
    page = client.post(_url("panel_new", evaluator.programme, plan.pk), given)
    said = "1 unité exposée pendant la fenêtre, 1 unité non exposée, 2 périodes"
    assert said in page.content.decode()
    _confirm(client, page)
    for name, args in (("plan", ()), ("panel", (Panel.objects.get().pk,))):
        shown = client.get(_url(name, evaluator.programme, plan.pk, *args)).content.decode()
        assert "2 unités, dont 1 exposée" in shown


def test_a_confirmation_without_a_preview_keeps_nothing(make, evaluator, client) -> None:
    plan = make.plan(evaluator.programme)
    client.post(_url("panel_confirm", evaluator.programme, plan.pk))
    assert not Panel.objects.exists()


def test_a_preview_that_another_replaced_keeps_nothing_and_the_last_one_serves(
    make, evaluator, client
) -> None:
    plan = make.plan(evaluator.programme)
    first, last = (
        client.post(
            _url("panel_new", evaluator.programme, plan.pk),
            {"title": title, "source": "Simulation", "outcome": SimpleUploadedFile("p.csv", _csv())},
        )
        for title in ("Premier", "Second")
    )
    _confirm(client, first)
    assert not Panel.objects.exists()
    _confirm(client, last)
    assert Panel.objects.get().title == "Second"


def _aside() -> list[Path]:
    """The files of drafts that wait for an agreement."""
    return list((Path(settings.MEDIA_ROOT) / pending.FOLDER).glob("*.csv"))


def test_a_panel_given_up_leaves_no_file_and_cannot_be_kept_any_more(make, evaluator, client) -> None:
    plan, before = make.plan(evaluator.programme), _aside()
    given = {"title": "P", "source": "Simulation", "outcome": SimpleUploadedFile("p.csv", _csv())}
    page = client.post(_url("panel_new", evaluator.programme, plan.pk), given)
    give_up = _url("panel_give_up", evaluator.programme, plan.pk)
    assert f'formaction="{give_up}"' in page.content.decode()
    client.post(give_up, {"token": "another"})
    assert len(_aside()) == len(before) + 1
    client.post(give_up, {"token": page.context["token"]})
    assert _aside() == before
    _confirm(client, page)
    assert not Panel.objects.exists()


def test_a_panel_left_without_a_word_is_swept_by_the_worker_after_a_day(make, evaluator, client) -> None:
    plan, before = make.plan(evaluator.programme), _aside()
    given = {"title": "P", "source": "Simulation", "outcome": SimpleUploadedFile("p.csv", _csv())}
    client.post(_url("panel_new", evaluator.programme, plan.pk), given)
    [left] = set(_aside()) - set(before)
    heart = Heart("w")
    heart.beat()
    assert left.exists()
    os.utime(left, (time.time() - 90_000,) * 2)
    heart.beat()
    assert left.exists()  # the chores of this hour are done
    heart.chores_due = time.monotonic()
    heart.beat()
    assert not left.exists()


def test_two_files_are_joined(make) -> None:
    frame = simulate(Scenario(units=60, waves=(8, 8, 10)))
    outcome = frame.select("unit", "time", "outcome").write_csv().encode()
    first = frame.filter(pl.col("cohort") != "").unique("unit").select("unit", date="cohort")
    draft = panels.from_two_files(("o.csv", outcome), ("v.csv", first.write_csv().encode()))
    assert (draft.units, draft.exposed, len(draft.inputs)) == (60, 26, 2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"unit,time,outcome\na,1,2\n", "Colonne absente\xa0: cohort"),
        (b"unit,time,cohort,outcome\na,1,2,5\na,2,2,abc\n", "ligne 3"),
        (b"unit,time,cohort,outcome\na,1,2,3\na,1,2,4\na,2,2,4\n", "agrégez d’abord"),
        (b"unit,time,cohort,outcome,prenom\na,1,2,3,Zo\n", "décrit des personnes"),
        (b"unit,time,cohort,outcome\na,1,2,3\na,2,2,4\n", "n’a qu’une unité («\xa0a\xa0»)"),
        (b"unit,time,cohort,outcome\na,1,2,3\na,2,2,4\nb,1,2,3\nb,2,2,4\n", "rien à comparer"),
        (b"unit,time,cohort,outcome\na,1,1,3\na,2,1,4\nb,1,2,3\nb,2,2,4\n", "rien à comparer"),
        (b"unit,time,cohort,outcome,outcome\na,1,2,3,4\n", "est en double"),
        (b"", "vide"),
        (bytes(range(256)) * 20, ""),
        (b"PK\x03\x04 rien", ""),
    ],
)
def test_a_bad_panel_is_refused_in_french(content: bytes, said: str) -> None:
    with pytest.raises(panels.BadPanel) as refused:
        panels.from_one_file(("x.csv", content))
    assert said in str(refused.value)
    assert "Error" not in str(refused.value)


@pytest.mark.parametrize(
    "header",
    ["sexe", "Âge", "Date de naissance", "patronyme", "nom de famille", "Prénom", "nom_prenom", "id usager",
     "Identifiant bénéficiaire", "N° allocataire", "NIR", "courriel"],
)  # fmt: skip
def test_a_column_of_persons_is_refused_wherever_it_is_sent(header: str) -> None:
    frame = simulate(Scenario(units=60, waves=(8, 8, 10))).with_columns(pl.lit("x").alias(header))
    outcome = frame.drop("cohort").write_csv().encode()
    waves = frame.select("unit", pl.lit("2020").alias("date"), header).write_csv().encode()
    unnamed = frame.select("unit", "time", "outcome").write_csv().encode()
    for read in (
        lambda: panels.from_one_file(("p.csv", frame.write_csv().encode())),
        lambda: panels.from_two_files(("o.csv", outcome), "rsa_2007"),
        lambda: panels.from_two_files(("o.csv", unnamed), ("v.csv", waves)),
    ):
        with pytest.raises(panels.BadPanel, match="décrit des personnes"):
            read()


@pytest.mark.parametrize("header", ["âge moyen", "part des femmes", "taux d’emploi des salariés", "nom"])
def test_a_figure_of_a_territory_may_speak_of_persons(header: str) -> None:
    frame = simulate(Scenario(units=60, waves=(8, 8, 10))).with_columns(pl.lit("x").alias(header))
    assert panels.from_one_file(("p.csv", frame.write_csv().encode())).units == 60


def test_names_are_kept_only_where_they_are_those_of_units() -> None:
    frame = simulate(Scenario(units=60, waves=(8, 8, 10)))
    of_units = panels.from_one_file(("p.csv", frame.with_columns(nom="unit").write_csv().encode()))
    assert "name" in pl.read_csv(of_units.csv).columns
    of_rows = frame.with_columns(nom=pl.int_range(frame.height).cast(pl.String))
    draft = panels.from_one_file(("p.csv", of_rows.write_csv().encode()))
    assert "name" not in pl.read_csv(draft.csv).columns
    assert any("Colonnes non gardées" in note and "nom" in note for note in map(tell, draft.notes))


@pytest.mark.parametrize("group", [None, "femmes"])
def test_rows_of_persons_are_refused_with_the_advice_to_aggregate(group: str | None) -> None:
    frame = simulate(Scenario(units=60, waves=(8, 8, 10)))
    if group:
        frame = pl.concat(frame.with_columns(group=pl.lit(g)) for g in ("ensemble", group, group))
    else:
        frame = pl.concat([frame, frame])
    for sent in (
        lambda content: panels.from_one_file(("p.csv", content)),
        lambda content: panels.from_two_files(("p.csv", content), "rsa_2007"),
    ):
        with pytest.raises(panels.BadPanel, match="agrégez d’abord"):
            sent(frame.write_csv().encode())


def test_a_bad_panel_shows_its_error_on_the_page(make, evaluator, client) -> None:
    plan = make.plan(evaluator.programme)
    given = {
        "title": "Panel",
        "source": "S",
        "outcome": SimpleUploadedFile("p.csv", b"unit,time,outcome\na,1,2\n"),
    }
    page = client.post(_url("panel_new", evaluator.programme, plan.pk), given).content.decode()
    assert "Colonne absente" in page


def _send_address(client, plan, address: str, **given):
    sent = {"title": "Panel", "source": "Simulation", "address": address, **given}
    return client.post(_url("panel_new", plan.programme, plan.pk), sent)


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_a_panel_is_read_at_its_address_and_remembers_it(make, evaluator, client, settings, form) -> None:
    settings.OPENDATA_PRIVATE_ADDRESSES = True
    frame, out = simulate(Scenario(units=60, waves=(8, 8, 10))), io.BytesIO()
    getattr(frame, {"xlsx": "write_excel"}.get(form, f"write_{form}"))(out)
    with serving(out.getvalue()) as server:
        address = f"{server}/panel.{form}"
        page = _send_address(client, make.plan(evaluator.programme), address)
    [given] = page.context["draft"].inputs
    assert (given["name"], given["address"]) == (f"panel.{form}", address)
    assert given["sha256"] == panels.fingerprint(out.getvalue()) and page.context["draft"].units == 60


def test_an_address_of_a_private_network_is_refused_before_it_is_read(make, evaluator, client) -> None:
    with serving(_csv()) as server:
        page = _send_address(client, make.plan(evaluator.programme), server)
    assert page.context["draft"] is None and "permis" in page.context["form"].errors["address"][0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"unit,time,cohort,outcome,prenom\na,1,2,3,Zo\n", "décrit des personnes"),
        (b"<!doctype html><html><body>Connexion</body></html>", "page web"),
        (b"unit,time\n" + b"a,1\n" * 400, "dépasse"),
    ],
)
def test_what_an_address_gives_is_checked_as_an_upload(
    make, evaluator, client, settings, content: bytes, said: str
) -> None:
    settings.OPENDATA_PRIVATE_ADDRESSES, settings.MAX_UPLOAD_BYTES = True, 1_000
    with serving(content) as server:
        page = _send_address(client, make.plan(evaluator.programme), f"{server}/t.csv")
    assert said in page.context["form"].errors["address"][0]


def test_a_file_and_an_address_are_not_taken_together(make, evaluator, client) -> None:
    plan, file = make.plan(evaluator.programme), SimpleUploadedFile("p.csv", _csv())
    both = _send_address(client, plan, "https://exemple.test/p.csv", outcome=file)
    for page in (both, _send_address(client, plan, "")):
        assert "l’un des deux" in page.context["form"].errors["outcome"][0]


def test_values_that_describe_too_few_persons_are_never_kept() -> None:
    frame = simulate(Scenario(units=60, waves=(8, 8, 10)))
    frame = frame.with_columns(
        persons=pl.when((pl.col("unit") == frame["unit"][0]) & (pl.col("time") == frame["time"][0]))
        .then(4)
        .otherwise(50)
    )
    draft = panels.from_one_file(("p.csv", frame.write_csv().encode()))
    kept = pl.read_csv(draft.csv)
    assert kept["persons"].min() == 50
    assert kept["outcome"].null_count() == 1
    assert any("moins de 11 personnes" in note for note in map(tell, draft.notes))


@pytest.mark.parametrize(
    "header",
    ["persons", "Personnes", "Effectif", "nb_pers", "nb personnes", "Nombre de personnes", "nb_benef",
     "Nombre d’allocataires", "NB_USAGERS"],
)  # fmt: skip
def test_the_column_of_persons_is_known_under_many_names(header: str) -> None:
    frame = simulate(Scenario(units=60, waves=(8, 8, 10)))
    persons = pl.when(pl.int_range(frame.height) == 0).then(5).otherwise(50).alias(header)
    draft = panels.from_one_file(("p.csv", frame.with_columns(persons).write_csv().encode()))
    assert pl.read_csv(draft.csv)["outcome"].null_count() == 1


def test_an_outcome_that_counts_persons_is_protected_beside_a_column_of_persons() -> None:
    """Three beneficiaries among five hundred persons are still three; and five persons are still five."""
    frame = simulate(Scenario(units=60, waves=(8, 8, 10)))
    row = pl.int_range(frame.height)
    frame = frame.with_columns(
        outcome=pl.when(row == 0).then(3.0).otherwise(40.0), persons=pl.when(row == 1).then(5).otherwise(500)
    )
    draft = panels.from_one_file(("p.csv", frame.write_csv().encode()), counts_persons=True)
    kept = pl.read_csv(draft.csv)
    assert kept["outcome"].null_count() == kept["persons"].null_count() == 2
    assert any("2 valeurs reposent" in note for note in map(tell, draft.notes))


def _of_few(secret: float) -> bytes:
    """A panel in which one value of a small wave, ``secret``, rests on four persons."""
    frame = simulate(Scenario(units=60, waves=(8, 8, 2)))
    last = frame.filter(pl.col("cohort") == frame["cohort"].max())["unit"][0]
    cell = (pl.col("unit") == last) & (pl.col("time") == frame["time"].max())
    few = pl.when(cell).then(4).otherwise(50)
    outcome = pl.when(cell).then(secret).otherwise(pl.col("outcome"))
    return frame.with_columns(persons=few, outcome=outcome).write_csv().encode()


def test_a_value_of_few_persons_leaves_no_mark_in_any_export(make, evaluator, client, monkeypatch) -> None:
    """Neither itself, nor through an effect, nor through the hash of the file that held it."""
    monkeypatch.setattr(
        report_views, "render_pdf", lambda name, given: render_to_string(name, given).encode()
    )
    plan, results = services.freeze_plan(make.plan(evaluator.programme)), []
    for secret in (77.654321, 12.345678):
        sent = _of_few(secret)
        draft = panels.from_one_file(("p.csv", sent))
        panel = services.add_panel(plan, draft, title="P", source="Simulation", by=evaluator.person)
        estimated = services.run_estimate(panel, by=evaluator.person)
        urls = [_url("download", plan.programme, estimated.pk, kind) for kind in report_views.KINDS]
        urls += [_url(name, plan.programme, plan.pk, panel.pk) for name in ("panel", "panel_csv", "maturity")]
        for url in urls:
            answer = client.get(url)
            content = b"".join(answer) if answer.streaming else answer.content
            if url.endswith("docx"):
                content = "\n".join(_texts(docx.Document(io.BytesIO(content)))).encode()
            assert len(content) > 200, url
            for mark in (str(secret), str(secret).replace(".", ","), panels.fingerprint(sent)[:16]):
                assert mark not in content.decode(), url
        results.append(estimated.result)
    assert results[0] == results[1]


def _texts(document) -> list[str]:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [*(paragraph.text for paragraph in document.paragraphs), *cells]


def test_zero_persons_is_kept_as_zero() -> None:
    frame = simulate(Scenario(units=60, waves=(8, 8, 10))).with_columns(outcome=pl.lit(0.0))
    draft = panels.from_one_file(("p.csv", frame.write_csv().encode()), counts_persons=True)
    assert pl.read_csv(draft.csv)["outcome"].null_count() == 0


def test_columns_nobody_asked_for_are_not_kept() -> None:
    frame = simulate(Scenario(units=60, waves=(8, 8, 10))).with_columns(remarque=pl.lit("x"))
    draft = panels.from_one_file(("p.csv", frame.write_csv().encode()))
    assert "remarque" not in pl.read_csv(draft.csv).columns
    assert any("remarque" in note for note in map(tell, draft.notes))


def test_the_sites_of_the_programme_may_be_the_waves(make) -> None:
    programme = make.programme()
    wave = services_of_sites.create_wave(programme, number=1)
    make.site(programme, "Daté", code="33", level="departement", stage="open", opened_on="2007-06", wave=wave)
    make.site(programme, "Sans date", code="59", level="departement", stage="open")
    found = openings(programme)
    assert found.table.rows() == [("33", "2007-06-01", "1", "")]
    assert found.leaving.keys() == {"59"}
    rows = [f"{code},{year},{year % 7}" for code in ("33", "59", "62", "80") for year in range(2004, 2010)]
    outcome = "\n".join(["unit,time,outcome", *rows]).encode()
    draft = panels.from_two_files(("o.csv", outcome), ("sites", found.csv), leaving=found.leaving)
    assert set(pl.read_csv(draft.csv)["unit"].cast(pl.String)) == {"33", "62", "80"}
    assert any("date inconnue" in note and "59" in note for note in map(tell, draft.notes))


def test_sites_without_a_date_make_no_waves(make) -> None:
    programme = make.programme()
    make.site(programme, stage="open")
    with pytest.raises(panels.BadPanel, match="date d’ouverture"):
        openings(programme)


@pytest.mark.realdata
def test_the_main_job_by_uploading_the_file_of_insee(make, evaluator, client) -> None:
    """RSA 2007 on unemployment: 34 départements in two quarters, window with its reason, an answer near zero."""
    plan = services.freeze_plan(make.plan(evaluator.programme))
    file = SimpleUploadedFile("sl_etc_2025T3.xls", (FOLDER / "sl_etc_2025T3.xls").read_bytes())
    given = {"title": "RSA", "source": "Insee", "outcome": file, "example": "rsa_2007"}
    page = client.post(_url("panel_new", evaluator.programme, plan.pk), given)
    draft = page.context["draft"]
    assert (draft.units, draft.exposed, draft.window) == (96, 34, "2005T1 – 2009T1")
    assert "généralisé" in draft.window_reason
    _confirm(client, page)
    estimated = services.run_estimate(Panel.objects.get(), by=evaluator.person)
    simple = estimated.result["aggregations"]["simple"]
    assert simple["conf_low"] < 0 < simple["conf_high"]


# Estimates and reports


def test_six_panels_give_six_reports_that_conclude_differently(make, evaluator, client) -> None:
    plan, opened = services.freeze_plan(make.plan(evaluator.programme)), {}
    for expected, scenario in SCENARIOS.items():
        draft = panels.from_one_file(("p.csv", simulate(scenario).write_csv().encode()))
        panel = services.add_panel(plan, draft, title="P", source="Simulation", by=evaluator.person)
        estimated = services.run_estimate(panel, by=evaluator.person)
        assert (estimated.state, estimated.report["verdict"]) == ("done", expected.value)
        page = client.get(_url("report", evaluator.programme, estimated.pk)).content.decode()
        [opened[expected]] = re.findall(r'<p class="lead">(.+)</p>', page)
    assert len(set(opened.values())) == len(Verdict) == 6
    assert opened[Verdict.IMPRECISE_NULL] == "On ne sait pas."


def test_a_simulated_panel_says_so_on_every_face_of_the_report(make, evaluator, client) -> None:
    plan = services.freeze_plan(make.plan(evaluator.programme))
    estimated = services.run_estimate(make.panel(plan), by=evaluator.person)
    page = client.get(_url("report", evaluator.programme, estimated.pk)).content.decode()
    assert "simulé</span>" in page
    assert "Données simulées" in page
    file = client.get(_url("download", evaluator.programme, estimated.pk, "docx")).content
    text = "\n".join(p.text for p in docx.Document(io.BytesIO(file)).paragraphs)
    assert "Données simulées" in text


def test_the_reason_of_the_window_is_in_every_report(make, evaluator, client, monkeypatch) -> None:
    monkeypatch.setattr(
        report_views, "render_pdf", lambda name, given: render_to_string(name, given).encode()
    )
    panel = make.panel(services.freeze_plan(make.plan(evaluator.programme)))
    Panel.objects.filter(pk=panel.pk).update(window_reason="le RSA est généralisé ensuite")
    panel.refresh_from_db()
    estimated = services.run_estimate(panel, by=evaluator.person)
    pages = [client.get(_url("report", evaluator.programme, estimated.pk)).content.decode()]
    for kind in ("html", "pdf", "csv", "docx"):
        content = client.get(_url("download", evaluator.programme, estimated.pk, kind)).content
        if kind == "docx":
            content = "\n".join(_texts(docx.Document(io.BytesIO(content)))).encode()
        pages.append(content.decode())
    assert all("le RSA est généralisé ensuite" in page for page in pages)
    assert all(panel.source in page for page in pages)


def test_an_estimate_of_a_draft_says_it_is_exploratory(make, writer) -> None:
    estimated = services.run_estimate(make.panel(make.plan()), by=writer)
    assert any("exploratoire" in text for text in estimated.departures)


def test_settings_that_leave_the_plan_are_listed(make, writer) -> None:
    plan = services.freeze_plan(make.plan())
    panel = make.panel(plan)
    same = services.run_estimate(panel, by=writer)
    other = services.run_estimate(panel, by=writer, options={"control": "notyettreated", "anticipation": 1})
    assert same.departures == []
    assert len(other.departures) == 2


def test_a_panel_that_cannot_be_estimated_fails_with_its_reason(make, writer) -> None:
    panel = make.panel()
    estimated = services.run_estimate(panel, by=writer, options={"anticipation": 40})
    assert estimated.state == "failed"
    assert estimated.message


def test_who_reads_english_reads_warnings_and_reasons_in_english(make, evaluator, client) -> None:
    plan = services.freeze_plan(make.plan(evaluator.programme))
    panel = make.panel(plan, waves=(2, 2))
    done = services.run_estimate(panel, by=evaluator.person)
    stopped = services.run_estimate(panel, by=evaluator.person, options={"anticipation": 40})
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
    report, running = (
        client.get(_url("report", evaluator.programme, one.pk)).content.decode() for one in (done, stopped)
    )
    assert "Only 4 exposed units: intervals are wide and fragile." in report
    assert "No unit is exposed during the window observed" in running
    assert "4 units exposed from the first period" in running
    assert "Seulement 4 unités exposées : les intervalles sont larges et fragiles." in done.result["warnings"]


def test_who_reads_english_is_refused_a_panel_in_english(make, evaluator, client) -> None:
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
    content = b"unit,time,cohort,outcome\na,2001,2001,x\na,2002,2001,1\n"
    given = {"title": "P", "source": "S", "outcome": SimpleUploadedFile("p.csv", content)}
    plan = make.plan(evaluator.programme)
    page = client.post(_url("panel_new", evaluator.programme, plan.pk), given).content.decode()
    assert "value that is not a number" in page


def test_a_panel_whose_file_was_changed_is_not_estimated(make, writer) -> None:
    panel = make.panel()
    Path(panel.file.path).write_bytes(_csv(seed=1))
    estimated = services.run_estimate(panel, by=writer)
    assert estimated.state == "failed"
    assert "empreinte a changé" in estimated.message


def test_a_replay_finds_every_number_again(make, writer) -> None:
    estimated = services.run_estimate(make.panel(), by=writer)
    again = services.replay(estimated, by=writer)
    assert again.same_result is True
    again.result["aggregations"]["simple"]["estimate"] += 1e-6
    assert again.same_result is False


def test_the_csv_holds_every_number(make, writer) -> None:
    estimated = services.run_estimate(make.panel(), by=writer)
    numbers = pl.read_csv(io.StringIO(exports.every_number(estimated)), infer_schema_length=None)
    tables = dict(numbers["kind"].value_counts().iter_rows())
    assert tables["att_gt"] == len(estimated.result["att_gt"])
    assert tables["event"] == len(estimated.result["aggregations"]["event"]["by"]) + 1
    simple = numbers.filter(pl.col("kind") == "simple")["estimate"].item()
    assert simple == estimated.result["aggregations"]["simple"]["estimate"]
    cells = numbers.filter(pl.col("kind") == "att_gt")
    assert cells["conf_low"].null_count() == cells["se"].null_count() < len(cells)
    tested = numbers.filter(pl.col("kind") == "pretest")["p_value"].item()
    assert tested == estimated.result["pretest"]["p_value"]


def test_the_script_finds_the_result_again(make, evaluator, client, tmp_path, with_checks) -> None:
    plan = services.freeze_plan(make.plan(evaluator.programme, question='Un "effet" ?'))
    panel = make.panel(plan)
    estimated = services.run_estimate(panel, by=evaluator.person)
    content = b"".join(client.get(_url("panel_csv", evaluator.programme, plan.pk, panel.pk)))
    (tmp_path / exports.panel_name(panel.pk)).write_bytes(content)
    answer = client.get(_url("download", evaluator.programme, estimated.pk, "py"))
    script = tmp_path / answer["Content-Disposition"].split('"')[1]
    script.write_bytes(answer.content)
    assert f"python {script.name}" in answer.content.decode()
    run = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "Résultat retrouvé." in run.stdout
    found = json.loads((tmp_path / "resultat.json").read_text())
    assert found["aggregations"] == estimated.result["aggregations"]


def test_the_script_compares_every_number(make, writer, tmp_path) -> None:
    panel = make.panel()
    estimated = services.run_estimate(panel, by=writer)
    estimated.result["att_gt"][3]["se"] *= 1.001
    (tmp_path / exports.panel_name(panel.pk)).write_bytes(panel.file.open("rb").read())
    (tmp_path / "rejouer.py").write_text(exports.script(estimated))
    run = subprocess.run([sys.executable, tmp_path / "rejouer.py"], capture_output=True, text=True)
    assert run.returncode == 1 and "Résultat différent" in run.stderr and "/att_gt/3/se" in run.stderr


def test_the_script_refuses_another_panel(make, writer, tmp_path) -> None:
    estimated = services.run_estimate(make.panel(), by=writer)
    (tmp_path / exports.panel_name(estimated.panel_id)).write_bytes(_csv(seed=3))
    (tmp_path / "rejouer.py").write_text(exports.script(estimated))
    run = subprocess.run([sys.executable, tmp_path / "rejouer.py"], capture_output=True, text=True)
    assert "ce n’est pas le panel" in run.stderr and "Traceback" not in run.stderr


@pytest.mark.parametrize("grouped", [False, True])
def test_the_five_lines_shown_to_evaluators_run(
    make, evaluator, client, tmp_path, monkeypatch, capsys, grouped
) -> None:
    frame = pl.read_csv(_csv(), infer_schema=False)
    if grouped:
        frame = pl.concat(frame.with_columns(group=pl.lit(name)) for name in ("ensemble", "femmes", "hommes"))
    draft = panels.from_one_file(("p.csv", frame.write_csv().encode()))
    plan = services.freeze_plan(make.plan(evaluator.programme))
    panel = services.add_panel(plan, draft, title="P", source="Simulation", by=evaluator.person)
    estimated = services.run_estimate(panel, by=evaluator.person)
    page = client.get(_url("panel", evaluator.programme, plan.pk, panel.pk))
    monkeypatch.chdir(tmp_path)
    Path("panel.csv").write_bytes(panel.file.open("rb").read())
    exec(page.context["example"], {})
    assert capsys.readouterr().out.strip().splitlines() == estimated.report["reading"]
    assert len(page.context["example"].splitlines()) == 5


@pytest.mark.parametrize("kind", ["html", "pdf", "docx", "csv", "json", "py"])
def test_a_report_leaves_in_every_format(make, evaluator, client, kind) -> None:
    plan = services.freeze_plan(make.plan(evaluator.programme))
    estimated = services.run_estimate(make.panel(plan), by=evaluator.person)
    response = client.get(_url("download", evaluator.programme, estimated.pk, kind))
    assert response.status_code == 200
    assert len(response.content) > 500


def test_an_unfinished_estimate_has_no_file(make, evaluator, client) -> None:
    panel = make.panel(services.freeze_plan(make.plan(evaluator.programme)))
    failed = services.run_estimate(panel, by=evaluator.person, options={"anticipation": 40})
    assert client.get(_url("download", evaluator.programme, failed.pk, "pdf")).status_code == 404


def test_the_progress_asks_again_until_it_is_over(make, evaluator, client) -> None:
    panel = make.panel(services.freeze_plan(make.plan(evaluator.programme)))
    estimated = services.run_estimate(panel, by=evaluator.person)
    url = _url("progress", evaluator.programme, estimated.pk)
    assert client.get(url)["HX-Refresh"] == "true"
    estimated.state = Estimate.State.RUNNING
    estimated.save()
    waiting = client.get(url)
    assert "every 2s" in waiting.content.decode()
    assert "HX-Refresh" not in waiting


# Lessons and what waits


def test_a_report_waits_for_its_lesson(make, evaluator, client) -> None:
    plan = services.freeze_plan(make.plan(evaluator.programme))
    estimated = services.run_estimate(make.panel(plan), by=evaluator.person)
    assert [todo.url for todo in services.todo_for(evaluator.person)] == [
        _url("report", evaluator.programme, estimated.pk)
    ]
    form = client.get(_url("lesson", evaluator.programme, estimated.pk)).context["form"]
    client.post(_url("lesson", evaluator.programme, estimated.pk), {**form.initial, "learnt": "Rien de net."})
    lesson = Lesson.objects.get()
    assert (lesson.estimate, lesson.simulated) == (estimated, True)
    assert services.todo_for(evaluator.person) == []


@pytest.mark.parametrize(("effect", "kind", "marked"), [(3.0, "", 2), (0.0, "null_result", 1)])
def test_a_report_says_which_decision_applies_and_presumes_no_success(
    make, evaluator, client, effect, kind, marked
) -> None:
    panel = make.panel(services.freeze_plan(make.plan(evaluator.programme)), effect=effect)
    estimated = services.run_estimate(panel, by=evaluator.person)
    form = client.get(_url("lesson", evaluator.programme, estimated.pk)).context["form"]
    page = client.get(_url("report", evaluator.programme, estimated.pk)).content.decode()
    assert (form.initial["kind"], page.count("<dt><strong>")) == (kind, marked)


def test_a_report_has_one_lesson(make, writer) -> None:
    estimated = services.run_estimate(make.panel(), by=writer)
    lesson = {"kind": "null_result", "title": "T", "learnt": "L", "evidence": "E"}
    services.write_lesson(estimated, by=writer, **lesson)
    with pytest.raises(ValidationError, match="déjà écrite"):
        services.write_lesson(estimated, by=writer, **lesson)


# Equal maturity


def test_curves_are_aligned_on_the_opening_of_each_unit() -> None:
    frame = pl.DataFrame(
        {
            "unit": ["a"] * 3 + ["b"] * 3 + ["c"] * 3,
            "time": [1, 2, 3] * 3,
            "cohort": ["2"] * 3 + ["2"] * 3 + [""] * 3,
            "outcome": [1.0, 5.0, 6.0, 3.0, 7.0, 8.0, 0.0, 0.0, 0.0],
        }
    )
    panel = panels.check(frame)
    [curve] = maturity.curves(panel, maturity.waves_of(panel), {"a": "Site A"})
    assert (curve.label, [site.name for site in curve.sites]) == ("2 (2 sites)", ["Site A", "b"])
    assert curve.points == ((-1, 2.0, 2), (0, 6.0, 2), (1, 7.0, 2))


def test_a_single_site_has_its_curve_and_each_site_its_line() -> None:
    frame = pl.DataFrame(
        {
            "unit": ["a", "a", "b", "b", "c", "c"],
            "time": [1, 2] * 3,
            "cohort": ["2", "2", "1", "1", "2", "2"],
            "outcome": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        }
    )
    panel = panels.check(frame)
    found = maturity.curves(panel, maturity.waves_of(panel), {})
    assert [curve.label for curve in found] == ["1 (1 site)", "2 (2 sites)"]
    assert found[0].points == ((0, 3.0, 1), (1, 4.0, 1))
    drawn = maturity.curves_svg(found, "Par vague", "années")
    assert (drawn.count('class="es-line"'), drawn.count('class="es-member"')) == (2, 2)


def test_where_sites_are_too_many_only_means_are_drawn(monkeypatch) -> None:
    monkeypatch.setattr(maturity, "MOST_LINES", 1)
    panel = panels.check(simulate(Scenario(units=60, waves=(8, 8, 10))))
    found = maturity.curves(panel, maturity.waves_of(panel), {})
    assert not maturity.drawn(found)
    assert "es-member" not in maturity.curves_svg(found, "Par vague", "années")


def test_versions_come_from_the_sites_when_the_panel_does_not_say(make, writer) -> None:
    from essaim.protocol import load

    programme = make.programme()
    version = programmes.publish_document(programme, load("programmes/convergence/protocol.yaml"), by=writer)
    make.site(programme, code="33", level="departement", stage="open", protocol_version=version)
    frame = pl.DataFrame({"unit": ["33", "59"]})
    assert maturity.versions_of(frame, programme) == {"33": version.number}


def test_the_maturity_page_shows_both_views(make, evaluator, client) -> None:
    plan = services.freeze_plan(make.plan(evaluator.programme))
    panel = make.panel(plan)
    page = client.get(_url("maturity", evaluator.programme, plan.pk, panel.pk))
    assert [bool(svg) for _title, _curves, svg in page.context["views"]] == [True, False]
    assert len(page.context["sites"].rows) == panel.exposed
    assert " style=" not in page.content.decode()


def test_plans_are_listed_in_a_bounded_number_of_queries(
    make, evaluator, client, django_assert_max_num_queries
) -> None:
    for _number in range(12):
        make.plan(evaluator.programme)
    with django_assert_max_num_queries(12):
        client.get(_url("plans", evaluator.programme))
    assert EvaluationPlan.objects.count() == 12
