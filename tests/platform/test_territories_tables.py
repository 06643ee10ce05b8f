"""A person's own table in three steps; the wave; the sheet the committee signs."""

import io
import math
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx import Document

from essaim.platform.pdf import PdfUnavailable
from essaim.platform.territories import services, sessions, sources, wave_views
from essaim.platform.territories.models import Indicator, Upload
from essaim.platform.territories.sheet import sheet_docx, sheet_of

DECLARED = {
    "label": "Taux de chômage", "code": "dep", "name": "", "kind": "mean", "value": "taux", "weight": "", "per": None,
    "unit": "%", "decimals": 1, "source": "Table d’essai", "date": "2026", "licence": "", "definition": "",
    "simulated": False,
}  # fmt: skip
COMMUNES = b"code;demandeurs;actifs\n33063;10;100\n33318;30;100\n33999;1;1\n59350;50;200\n"


def _indicator(make, programme, content: bytes, **declared) -> Indicator:
    upload = services.keep_upload(programme, "table.csv", content, make.user())
    return services.make_indicator(upload, DECLARED | declared)


def test_a_rate_is_read_at_the_level_above_from_its_components(make) -> None:
    programme = make.programme()
    own = _indicator(
        make,
        programme,
        COMMUNES,
        label="Chômage",
        code="code",
        kind="rate",
        value="demandeurs",
        weight="actifs",
    )
    assert (own.key, own.level, own.simulated) == ("chomage", "commune", False)
    table = sources.table_for(programme, "epci", [own.key])
    values = dict(zip(table.codes, table.column(own.key).values.tolist(), strict=True))
    communes = sources.table_for(programme, "commune", [own.key])
    by_commune = dict(zip(communes.codes, communes.column(own.key).values.tolist(), strict=True))
    assert by_commune["33063"] == 10.0 and by_commune["33318"] == 30.0
    assert math.isnan(values["243300316"]), (
        "fewer than half of its people are known: no value, not a wrong one"
    )
    departement = sources.table_for(programme, "departement", [own.key]).column(own.key).measure
    assert departement.source == "Table d’essai"


def test_codes_of_qpv_make_their_own_unit_with_names(make) -> None:
    programme = make.programme()
    content = "qpv;nom;besoin\nQN01301M;Le Nord;3\nQN01302M;Le Sud;8\nQN01303M;L’Est;5\n".encode()
    own = _indicator(
        make, programme, content, label="Besoin", code="qpv", name="nom", kind="sum", value="besoin"
    )
    criteria = [{"key": "besoin", "family": "need", "indicator": own.key}]
    study = make.study(
        programme, ranked=True, document={"unit": "qpv", "k": 1, "criteria": criteria, "weights": []}
    )
    assert study.rows()[0]["name"] == "Le Sud"


def test_an_invented_table_labels_the_ranking(make) -> None:
    programme = make.programme()
    own = _indicator(make, programme, b"dep;taux\n33;9\n59;11\n13;12\n", simulated=True)
    criteria = [{"key": "t", "family": "need", "indicator": own.key}]
    study = make.study(programme, ranked=True, document={"k": 1, "criteria": criteria, "weights": []})
    assert study.is_simulated and study.result["left_out"]["75"] == ["t"]


def test_keys_never_meet_those_of_the_shipped_indicators(make) -> None:
    programme = make.programme()
    labels = ("Population", "Population", "8%", "Need")
    keys = [_indicator(make, programme, b"dep;taux\n33;9\n", label=label).key for label in labels]
    assert keys == ["population_2", "population_3", "i_8", "need_2"]


def test_a_file_that_nobody_declared_goes_after_a_day(make) -> None:
    programme, author = make.programme(), make.user()
    old = services.keep_upload(programme, "a.csv", b"x", author)
    old.at -= timedelta(days=2)
    old.save()
    services.keep_upload(programme, "b.csv", b"y", author)
    assert [upload.name for upload in Upload.objects.all()] == ["b.csv"]


def test_three_steps_and_nothing_is_written_before_the_last(make, login) -> None:
    head = make.organisation()
    programme = make.programme(head=head)
    client = login(make.member(head))
    sent = client.post(
        reverse("territories:upload", args=[programme.slug]),
        {"file": SimpleUploadedFile("t.csv", "Département;Taux\n33;9,1\n59;11,2\n20;4\n".encode())},
    )
    declared = {k: v for k, v in DECLARED.items() if v not in (None, False)} | {
        "code": "Département",
        "value": "Taux",
    }
    checked = client.post(sent.url, declared | {"step": "check"}).content.decode()
    assert not Indicator.objects.exists()
    assert (
        "Écrire cet indicateur" in checked and "ligne 4" in checked and "2A et 2B" in checked
    ) or "« 20 »" in checked
    client.post(sent.url, declared | {"step": "confirm"})
    assert Indicator.objects.get().label == "Taux de chômage"
    assert not Upload.objects.exists()
    page = client.get(reverse("territories:studies", args=[programme.slug])).content.decode()
    assert "Taux de chômage" in page and "Table d’essai" in page


@pytest.mark.parametrize("content", [b"", b"\x00" * 2000, b"PK\x03\x04 not a zip", b"%PDF-1.7"])
def test_rubbish_is_refused_at_the_first_step(make, login, content: bytes) -> None:
    head = make.organisation()
    programme = make.programme(head=head)
    url = reverse("territories:upload", args=[programme.slug])
    response = login(make.member(head)).post(url, {"file": SimpleUploadedFile("t.csv", content)})
    assert response.status_code == 200 and not Upload.objects.exists()


def test_a_file_too_large_is_refused_before_it_is_read(make, login, settings) -> None:
    settings.MAX_UPLOAD_BYTES = 10
    head = make.organisation()
    programme = make.programme(head=head)
    url = reverse("territories:upload", args=[programme.slug])
    response = login(make.member(head)).post(url, {"file": SimpleUploadedFile("t.csv", b"x" * 11)})
    assert "dépasse" in response.content.decode() and not Upload.objects.exists()


def test_the_same_column_does_not_serve_twice(make, login) -> None:
    head = make.organisation()
    programme = make.programme(head=head)
    user = make.member(head)
    upload = services.keep_upload(programme, "t.csv", b"dep;taux\n33;9\n", user)
    declared = {k: v for k, v in DECLARED.items() if v not in (None, False)} | {
        "value": "dep",
        "step": "confirm",
    }
    page = login(user).post(reverse("territories:declare", args=[programme.slug, upload.pk]), declared)
    assert "sert deux fois" in page.content.decode() and not Indicator.objects.exists()


def test_the_word_sheet_holds_the_decision_its_reasons_and_room_to_sign(make) -> None:
    study, author = make.study(ranked=True), make.user()
    services.decide(study, study.proposed()[0], False, "Un site y ouvre déjà.", author)
    document = Document(io.BytesIO(sheet_docx(study)))
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    assert {
        "Part de la population loin d’une ville",
        "Un site y ouvre déjà.",
        "non retenu, contre la proposition",
        "Signature",
    } <= cells
    assert study.result_sha256[:12] in document.paragraphs[-1].text


def test_the_sheet_says_why_each_territory_retained_is_there(make) -> None:
    study, author = make.study(ranked=True), make.user()
    refused, *held = study.proposed()
    last = study.rows()[-1]
    services.decide(study, refused, False, "Un site y ouvre déjà.", author)
    services.decide(study, last["code"], True, "Engagement pris.", author)
    told = {row["name"]: " ".join(row["sentences"]) for row in sheet_of(study)["reasons"]}
    names = {row["code"]: row["name"] for row in study.rows()}
    assert set(told) == {names[code] for code in [*held, last["code"]]}
    assert "Ce qui le retient" in told[last["name"]] and "voisins classés" in told[last["name"]]
    assert all("profil médian" in text for text in told.values())
    texts = [p.text for p in Document(io.BytesIO(sheet_docx(study))).paragraphs]
    assert told[last["name"]] in texts and names[refused] not in texts


def _session_of(study, make, answers: list[list[str]]):
    study.inputs = None
    study.save()
    return services.hold_session(study, make.user(), {make.user(): answer for answer in answers})


def test_the_sheet_tells_the_weights_session_by_counts_and_gaps_only(make) -> None:
    study = make.study(document={"weights": []})
    session = _session_of(study, make, [["need >= 70%"], ["resources >= 70%"], ["need >= resources"]])
    sessions.adopt(session, ["need >= resources"], "Le besoin d’abord.", make.user())
    services.run_study(study)
    document = Document(io.BytesIO(sheet_docx(study)))
    said = [p.text for p in document.paragraphs]
    assert any("3 réponses sur 3" in text for text in said) and "Le besoin d’abord." in said
    assert any("tenue par 2" in text and "refusée par 1" in text for text in said)
    gaps = next(t for t in document.tables if t.rows[0].cells[1].text == "Écart des moyennes")
    assert len(gaps.rows) == 1 + len(study.document["criteria"])
    whole = " ".join([*said, *(cell.text for row in gaps.rows for cell in row.cells)])
    assert "≥ 70" not in whole and "70 à" not in whole and not any(voice in whole for voice in session.voices)


def test_two_answers_stay_unread_on_the_sheet(make) -> None:
    study = make.study(document={"weights": []})
    _session_of(study, make, [["need >= 70%"], ["resources >= 70%"]])
    services.run_study(study)
    brief = sheet_of(study)["session"]
    assert (brief["voices"], brief["spreads"], brief["sentences"]) == (2, [], [])
    assert any("la fiche les tait" in text for text in sheet_of(study)["session_sentences"])


def test_a_simulated_study_says_so_on_its_sheet(make) -> None:
    study = make.study(ranked=True, simulated=True)
    assert any("Simulé" in p.text for p in Document(io.BytesIO(sheet_docx(study))).paragraphs)


def test_without_pango_the_person_learns_what_to_install(make, login, monkeypatch) -> None:
    def unavailable(*args, **kwargs):
        raise PdfUnavailable("installer libpango-1.0-0")

    monkeypatch.setattr(wave_views, "render_pdf", unavailable)
    head = make.organisation()
    programme = make.programme(head=head)
    study = make.study(programme, ranked=True)
    url = reverse("territories:sheet_pdf", args=[programme.slug, study.pk])
    assert "libpango-1.0-0" in login(make.member(head)).get(url, follow=True).content.decode()
