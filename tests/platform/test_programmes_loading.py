"""A folder of programmes/ loads whole, once, or not at all."""

import re
from pathlib import Path

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError

from essaim.opendata.schema import TableError
from essaim.platform.demo import services as demo
from essaim.platform.programmes import services
from essaim.platform.programmes.models import Programme
from essaim.protocol import InvalidDocument

ORGANISATIONS = """
sources: [{id: charte, title: Charte du réseau, publisher: Le réseau, date: 2019-04}]
organisations:
  - {slug: reseau, name: Réseau des ateliers, kind: network, sources: [charte]}
  - {slug: ministere, name: Ministère, kind: authority, sources: [charte]}
"""
FRAMES = """
sources: [{id: loi, title: Loi}]
frames: [{slug: strategie, name: Stratégie, kind: strategy, start: "2018", sources: [loi]}]
"""
PROGRAMME = """
slug: ateliers
title: Les ateliers
summary: Des ateliers ouverts à tous.
started_on: "2015"
roles:
  - {organisation: reseau, role: head, start: "2015", sources: [charte]}
  - {organisation: ministere, role: sponsor, start: "2018", end: "2021", sources: [loi]}
frames: [{frame: strategie, start: "2018", sources: [loi]}]
facts: [{text: Trois ateliers ouverts., date: "2016", sources: [charte]}]
sites_completeness: partial
innovation:
  stage: spreading
  since: "2018"
  history:
    - {stage: supported, date: "2015", reason: Premier atelier., sources: [charte]}
    - {stage: spreading, date: "2018", reason: Deuxième territoire., sources: [charte]}
"""
PROTOCOL = """
format: essaim/protocol/1
id: ateliers
version: 1.0.0
title: Les ateliers
essence: {for_whom: Les habitants, why: Apprendre ensemble, sources: [cahier]}
sources: [{id: cahier, title: Cahier des charges}]
components:
  - {id: accueil, kind: core, title: Accueil, function: Que chacun puisse entrer, sources: [cahier]}
"""
SITES = """name,structure,commune_code,departement,opened_on,closed_on,status,source,note
Bourg,,01053,01,2015,,active,charte|cahier,
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "organisations.yaml").write_text(ORGANISATIONS)
    (tmp_path / "frames.yaml").write_text(FRAMES)
    folder = tmp_path / "ateliers"
    folder.mkdir()
    (folder / "programme.yaml").write_text(PROGRAMME)
    (folder / "protocol.yaml").write_text(PROTOCOL)
    (folder / "sites.csv").write_text(SITES)
    return folder


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_folder_becomes_a_public_programme_with_its_dated_roles(folder, writer) -> None:
    programme = services.load_folder(folder, by=writer)
    assert programme.visibility == Programme.Visibility.PUBLIC
    roles = [(r.organisation.name, r.role, r.start, r.end) for r in programme.roles.all()]
    assert roles == [("Réseau des ateliers", "head", "2015", ""), ("Ministère", "sponsor", "2018", "2021")]
    assert [f.frame.name for f in programme.frames.all()] == ["Stratégie"]


def test_facts_and_known_sites_carry_their_sources(folder, writer) -> None:
    programme = services.load_folder(folder, by=writer)
    assert programme.facts[0]["sources"][0] == {
        "title": "Charte du réseau", "publisher": "Le réseau", "date": "2019-04", "url": "",
    }  # fmt: skip
    assert programme.known_sites[0]["commune_code"] == "01053"
    assert [s["title"] for s in programme.known_sites[0]["sources"]] == [
        "Charte du réseau",
        "Cahier des charges",
    ]


def test_the_funnel_history_is_kept_with_its_reasons(folder, writer) -> None:
    innovation = services.load_folder(folder, by=writer).innovation
    assert innovation.stage == "spreading"
    assert [(d.from_stage, d.to_stage, d.reason) for d in innovation.decisions.all()] == [
        ("", "supported", "Premier atelier."),
        ("supported", "spreading", "Deuxième territoire."),
    ]


def test_the_protocol_is_published_and_no_longer_changes(folder, writer) -> None:
    version = services.current_version(services.load_folder(folder, by=writer))
    assert (version.number, version.author) == ("1.0.0", writer)
    assert version.sha256 == version.protocol.fingerprint()
    version.notes = "autre"
    with pytest.raises(ValidationError, match="ne change plus"):
        version.save()


def test_a_second_load_writes_nothing(folder, writer) -> None:
    services.load_folder(folder, by=writer)
    written = LogEntry.objects.count()
    services.load_folder(folder, by=writer)
    assert LogEntry.objects.count() == written


def test_a_second_load_keeps_what_people_changed(folder, writer) -> None:
    programme = services.load_folder(folder, by=writer)
    programme.summary = "Réécrit par le réseau."
    programme.save()
    assert services.load_folder(folder, by=writer).summary == "Réécrit par le réseau."


def test_a_changed_file_is_taken_in(folder, writer) -> None:
    services.load_folder(folder, by=writer)
    change(folder / "programme.yaml", "Trois ateliers", "Quatre ateliers")
    assert services.load_folder(folder, by=writer).facts[0]["text"] == "Quatre ateliers ouverts."


def test_a_published_number_cannot_take_another_content(folder, writer) -> None:
    services.load_folder(folder, by=writer)
    change(folder / "protocol.yaml", "Apprendre ensemble", "Autre chose")
    with pytest.raises(ValidationError, match=re.escape("1.0.0")):
        services.load_folder(folder, by=writer)
    change(folder / "protocol.yaml", "version: 1.0.0", "version: 2.0.0")
    programme = services.load_folder(folder, by=writer)
    assert [v.number for v in services.published_versions(programme)] == ["2.0.0", "1.0.0"]


def test_the_demonstration_goes_on_with_the_text_its_base_holds_under_that_number(folder, writer) -> None:
    demo.load_programme(folder, writer, print)
    path = folder / "protocol.yaml"
    path.write_text(path.read_text().replace("title: Les ateliers", "title: Les autres ateliers"))
    said: list[str] = []
    demo.load_programme(folder, writer, said.append)
    assert len(said) == 1 and "Cette base garde le sien." in said[0]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("programme.yaml", "organisation: reseau", "organisation: inconnue", "l’organisation « inconnue »"),
        ("programme.yaml", "frame: strategie", "frame: inconnu", "le cadre « inconnu »"),
        ("programme.yaml", "date: \"2016\", sources: [charte]", "sources: [rien]", "la source « rien »"),
        ("programme.yaml", "slug: ateliers", "slug: autre", "l’identifiant"),
        ("programme.yaml", "role: head", "role: chef", "« chef » n’est pas reconnu"),
        ("protocol.yaml", "sources: [cahier]}\nsources", "sources: [x]}\nsources", "La source « x »"),
        ("sites.csv", "charte|cahier", "nulle", "la source « nulle »"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_and_nothing_is_written(folder, writer, file, old, new, said) -> None:
    change(folder / file, old, new)
    with pytest.raises(InvalidDocument, match=re.escape(said)):
        services.load_folder(folder, by=writer)
    assert not Programme.objects.exists()


def test_a_shape_mistake_names_its_file_and_line(folder, writer) -> None:
    change(folder / "programme.yaml", "role: head", "role: chef")
    with pytest.raises(InvalidDocument, match=r"programme\.yaml:7 "):
        services.load_folder(folder, by=writer)


def test_an_unknown_site_status_names_its_row(folder, writer) -> None:
    change(folder / "sites.csv", "active", "ouvert")
    with pytest.raises(TableError, match="Ligne 2"):
        services.load_folder(folder, by=writer)


def test_earlier_versions_of_the_folder_are_published_first(folder, writer) -> None:
    (folder / "versions").mkdir()
    first = PROTOCOL.replace("1.0.0", "0.1.0").partition("components:")[0]
    (folder / "versions" / "0.1.0.yaml").write_text(first)
    found = services.published_versions(services.load_folder(folder, by=writer))
    assert [(one.number, one.base and one.base.number) for one in found] == [
        ("1.0.0", "0.1.0"),
        ("0.1.0", None),
    ]
    assert "Accueil" in found[0].notes or "accueil" in found[0].notes
