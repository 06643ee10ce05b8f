"""Bringing sites in: from a person's spreadsheet with a preview, and from the programmes' sourced lists."""

import csv
import io
from pathlib import Path

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from essaim.platform.sites import imports, services
from essaim.platform.sites.models import Site, StageChange

TABLE = (
    "Ville;Code Insee;Structure;Ouverture;Statut;Vague\n"
    "Bordeaux;33063;Association A;06/2012;actif;1\n"
    "Pau;64445;;2015;actif;1\n"
    "Lille;59350;;;projet;\n"
)


def _read(text: str, known: set[str] | None = None) -> imports.Preview:
    return imports.read_sites(io.BytesIO(text.encode()), known or set())


@pytest.fixture
def network(make, client):
    head = make.organisation()
    head.programme = make.programme("Réseau", head=head)
    client.force_login(make.member(head))
    return head


def _post(client, programme, content: bytes, name: str = "sites.csv"):
    return client.post(
        reverse("sites:import", args=[programme.slug]), {"file": SimpleUploadedFile(name, content)}
    )


def _confirm(client, programme, page) -> None:
    """The button of a preview."""
    client.post(reverse("sites:import_confirm", args=[programme.slug]), {"seen": page.context["seen"]})


def test_nothing_is_written_before_the_preview_is_confirmed(network, client) -> None:
    page = _post(client, network.programme, TABLE.encode())
    assert [row["name"] for row in page.context["preview"].rows] == ["Bordeaux", "Pau", "Lille"]
    assert not Site.objects.exists()
    _confirm(client, network.programme, page)
    bordeaux = Site.objects.get(name="Bordeaux")
    assert (bordeaux.opened_on, bordeaux.stage, bordeaux.wave.number) == ("2012-06", "open", 1)
    assert Site.objects.get(name="Lille").stage == "exploration"


def test_a_confirmation_serves_once(network, client) -> None:
    page = _post(client, network.programme, TABLE.encode())
    _confirm(client, network.programme, page)
    _confirm(client, network.programme, page)
    assert Site.objects.count() == 3


def test_a_preview_that_another_replaced_writes_nothing(network, client) -> None:
    first = _post(client, network.programme, TABLE.encode())
    last = _post(client, network.programme, b"nom,commune\nPau,64445\n")
    _confirm(client, network.programme, first)
    assert not Site.objects.exists()
    _confirm(client, network.programme, last)
    assert [site.name for site in Site.objects.all()] == ["Pau"]


def test_sites_already_there_stay_as_they_are(make, network, client) -> None:
    make.site(network.programme, "Pau", note="gardée")
    page = _post(client, network.programme, TABLE.encode())
    assert page.context["preview"].already == ["Pau"]
    _confirm(client, network.programme, page)
    assert Site.objects.get(name="Pau").note == "gardée"


def test_a_spreadsheet_with_real_dates_is_read(network, client) -> None:
    from datetime import date

    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Nom", "Commune", "Ouverture"])
        sheet.write_row(1, 0, ["Reims", "51454"])
        sheet.write_datetime(1, 2, date(2021, 9, 1), book.add_format({"num_format": "dd/mm/yyyy"}))
    page = _post(client, network.programme, content.getvalue(), "sites.xlsx")
    assert page.context["preview"].rows[0]["opened_on"] == "2021-09-01"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("mai 2018", "2018-05"),
        ("2019-05", "2019-05"),
        ("03/2020", "2020-03"),
        ("1er mars 2021", "2021-03-01"),
        ("", ""),
    ],
)
def test_dates_are_read_as_people_write_them(typed: str, read: str) -> None:
    assert imports.partial_iso(typed) == read


@pytest.mark.parametrize("typed", ["bientôt", "T1 2020", "31/02/2020", "13/2020"])
def test_what_is_no_date_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        imports.partial_iso(typed)


def test_a_site_with_no_code_takes_the_commune_that_bears_its_name(network) -> None:
    row = _read("Ville\nLille\n").rows[0]
    assert (row["territory"], row["commune_code"], row["territory_guessed"]) == ("Lille (59)", "59350", True)


def test_homonyms_are_listed_and_none_is_chosen(network) -> None:
    row = _read("Ville\nSaint-Denis\n").rows[0]
    assert "commune_code" not in row and "Saint-Denis (974)" in row["territory_homonyms"]


def test_the_departement_tells_homonyms_apart(network) -> None:
    row = _read("Ville;Département\nSaint-Denis;93\n").rows[0]
    assert row["territory"] == "Saint-Denis (93)"


def test_a_commune_may_be_named(network) -> None:
    assert _read("nom,commune\nTAPAJ,Bordeaux\n").rows[0]["commune_code"] == "33063"


def test_homonyms_are_listed_with_their_codes() -> None:
    preview = _read("nom,commune\nX,Saint-Denis\n")
    assert "93066" in preview.problems[0]
    assert not preview.ready


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("nom,commune\nX,99999\n", ["Ligne 2", "commune", "99999"]),
        ("nom,ouverture\nX,31/02/2020\n", ["Ligne 2", "ouverture", "31/02/2020"]),
        ("nom,ouverture,fermeture\nX,2020,2019\n", ["Ligne 2", "fermeture"]),
        ("nom,statut\nX,peut-être\n", ["Ligne 2", "statut", "peut-être"]),
        ("nom\nX\nX\n", ["Ligne 3", "répète"]),
        ("nom,vague\nX,zéro\n", ["Ligne 2", "vague"]),
        ("commune\n33063\n", ["nom"]),
        ("nom\n", ["aucune ligne"]),
        ("nom,commune\n,33063\n", ["Ligne 2", "nom"]),
    ],
)
def test_bad_rows_are_listed_with_row_and_column(table: str, said: list[str]) -> None:
    preview = _read(table)
    assert not preview.ready
    assert all(word in " ".join(preview.problems) for word in said), preview.problems


def test_one_bad_row_writes_nothing(network, client) -> None:
    page = _post(client, network.programme, b"nom,commune\nBon,33063\nMauvais,99999\n")
    _confirm(client, network.programme, page)
    assert not Site.objects.exists()


def test_rubbish_is_refused_in_words(network, client) -> None:
    page = _post(client, network.programme, bytes(range(256)) * 40)
    assert page.status_code == 200
    assert page.context["preview"].problems


def test_a_preview_is_not_confirmed_in_another_programme(make, network, client) -> None:
    other = make.programme("Autre", head=network)
    page = _post(client, network.programme, TABLE.encode())
    _confirm(client, other, page)
    assert not Site.objects.exists()


@pytest.mark.parametrize("slug", ["tapaj", "tzcld", "convergence", "fermes-emmaus"])
def test_the_sourced_lists_load_and_load_again_for_nothing(make, slug: str) -> None:
    programme = make.programme(slug)
    with (Path("programmes") / slug / "sites.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(services.load_known_sites(programme, rows)) == len(rows)
    assert services.load_known_sites(programme, rows) == []
    assert all(site.source for site in Site.objects.filter(programme=programme))


def test_an_open_site_of_unknown_stage_says_so(make) -> None:
    row = {"name": "Pau", "commune_code": "64445", "status": "active", "source": "plaquette"}
    [site] = services.load_known_sites(make.programme(), [row])
    assert (site.stage, site.opened_on) == ("open", "")
    assert StageChange.objects.get(site=site).on == ""
