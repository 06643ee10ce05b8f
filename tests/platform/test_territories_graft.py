"""The graft finding of a territory: computed from what is written and imported, told in words, changed with them."""

import json

import pytest
from django.urls import reverse

from essaim.platform.territories import grafting
from essaim.platform.territories.models import Activity, LocalNeed, LocalOffer
from essaim.territory.graft import FINDINGS

HERE = ("commune", "33063")
TOLD = {"level": HERE[0], "code": HERE[1], "source": "Essai", "date": "2026"}


@pytest.fixture
def programme(make):
    found = make.programme(head=make.organisation())
    grafting.save(Activity(programme=found, title="Logement", themes=["logement"]))
    grafting.save(Activity(programme=found, title="Ferme", themes=["emploi"], market=["légumes"]))
    return found


def _said(programme, imported=()) -> dict[str, dict]:
    found = grafting.finding(programme, *HERE, list(imported))
    return {row["title"]: row for row in map(grafting.in_words, found.verdicts)}


def test_every_finding_and_rule_of_the_core_has_its_words() -> None:
    assert set(grafting.FINDINGS) == set(FINDINGS)
    for finding, label in FINDINGS.items():
        assert str(grafting.FINDINGS[finding]) == label


def test_the_four_findings_follow_from_needs_and_offer(programme) -> None:
    assert _said(programme)["Logement"]["finding"] == "unknown"
    grafting.save(LocalNeed(programme=programme, theme="logement", people=100, **TOLD))
    assert _said(programme)["Logement"]["finding"] == "adds"
    offer = LocalOffer(
        programme=programme, actor="Maison", title="Accueil", themes=["logement"], places=50, **TOLD
    )
    grafting.save(offer)
    row = _said(programme)["Logement"]
    assert (row["finding"], row["actors"], row["why"]) == (
        "complements", ("Maison",), "L’offre existante couvre 50\xa0% du besoin recensé.",
    )  # fmt: skip
    offer.places = 95
    grafting.save(offer)
    assert _said(programme)["Logement"]["finding"] == "duplicates"
    grafting.save(
        LocalOffer(programme=programme, actor="Maraîcher", title="Vente", market=["légumes"], **TOLD)
    )
    assert _said(programme)["Ferme"]["finding"] == "competes" and _said(programme)["Ferme"]["actors"] == (
        "Maraîcher",
    )


def test_the_fingerprint_changes_with_what_is_known(programme) -> None:
    before = grafting.finding(programme, *HERE, [])
    grafting.save(LocalNeed(programme=programme, theme="logement", people=100, **TOLD))
    assert grafting.finding(programme, *HERE, []).changed_since(before.fingerprint)


def test_an_imported_service_counts_for_the_need_it_names(programme) -> None:
    row = {"id": "s1", "actor": "CCAS", "name": "Accueil", "themes": ["logement"], "source": "data.inclusion"}
    grafting.save(LocalNeed(programme=programme, theme="logement", people=100, **TOLD))
    told = _said(programme, [row])["Logement"]
    assert (told["finding"], told["actors"], told["places"]) == ("complements", ("CCAS",), None)


def test_a_need_is_written_on_the_page_and_the_finding_follows(programme, make, login) -> None:
    head = programme.roles.get(role="head").organisation
    client = login(make.member(head))
    new = reverse("territories:graft_entry_new", args=[programme.slug, *HERE, "needs"])
    client.post(
        new, {"theme": "logement", "people": "120", "source": "Essai", "date": "2026", "simulated": "on"}
    )
    page = client.get(reverse("territories:graft", args=[programme.slug, *HERE])).content.decode()
    assert "apporte ce qui manque" in page and "120" in page and "badge simulated" in page
    need = LocalNeed.objects.get()
    client.post(reverse("territories:graft_delete", args=[programme.slug, "needs", need.pk]))
    assert not LocalNeed.objects.exists()
    assert client.get(reverse("territories:graft", args=[programme.slug, "quartier", "1"])).status_code == 404


def test_the_page_leads_to_the_copil_of_the_sites_there(programme, make, login) -> None:
    site = make.site(programme, level="commune", code="33063")
    client = login(make.member(programme.roles.get(role="head").organisation))
    page = client.get(reverse("territories:graft", args=[programme.slug, *HERE])).content.decode()
    assert reverse("sites:detail", args=[programme.slug, site.pk]) in page
    detail = client.get(reverse("sites:detail", args=[programme.slug, site.pk])).content.decode()
    assert reverse("territories:graft", args=[programme.slug, *HERE]) in detail


def test_the_map_draws_quartiers_and_offer_only_where_they_were_imported(
    programme, make, login, monkeypatch
) -> None:
    client = login(make.member(programme.roles.get(role="head").organisation))
    url = reverse("territories:graft", args=[programme.slug, *HERE])
    assert "data-map" not in client.get(url).content.decode()
    square = {"type": "Polygon", "coordinates": [[[-0.6, 44.8], [-0.5, 44.8], [-0.5, 44.9], [-0.6, 44.8]]]}
    quarter = {"type": "Feature", "properties": {"code": "QN03301M", "name": "Essai"}, "geometry": square}
    monkeypatch.setattr(grafting, "quarters_of", lambda *here: [quarter])
    page = client.get(url).content.decode()
    assert "data-map" in page and "QN03301M" in page and "1 quartier prioritaire" in page
    drawn = json.loads(client.get(reverse("territories:graft_map", args=[programme.slug, *HERE])).content)
    assert [f["properties"]["kind"] for f in drawn["features"]] == ["territory", "quarter"]


def test_the_official_offer_of_a_territory_is_read_with_its_actors(
    programme, writer, settings, tmp_path
) -> None:
    from essaim.platform.opendata import services as opendata

    settings.OPENDATA_DIR = tmp_path / "opendata"
    structures = (
        "id,source,nom,siret,code_insee,longitude,latitude,date_maj\n"
        "st-1,dora,CCAS,,33063,-0.57,44.84,2026-01-02\n"
    )
    services = (
        "id,structure_id,source,nom,type,thematiques,code_insee,longitude,latitude,date_maj\n"
        'se-1,st-1,dora,Accueil,accueil,"[logement]",33063,-0.57,44.84,2026-01-02\n'
        'se-2,st-1,dora,Permis,accueil,"[mobilite]",33063,-0.57,44.84,2026-01-02\n'
        'se-3,st-9,dora,Ailleurs,accueil,"[logement]",59350,3.05,50.63,2026-01-02\n'
    )
    for name, text in (("structures", structures), ("services", services)):
        file = tmp_path / f"{name}-inclusion-2026-01-05.csv"
        file.write_text(text, encoding="utf-8")
        opendata.bring_now(f"data_inclusion_{name}", file, None, writer)
    rows = grafting.imported_offer(programme, *HERE)
    assert [(row["id"], row["actor"], row["date"]) for row in rows] == [("se-1", "CCAS", "2026-01-05")]
    drawn = grafting.map_of(programme, *HERE)["features"]
    assert [f["properties"]["name"] for f in drawn if f["properties"]["kind"] == "offer"] == [
        "CCAS – Accueil"
    ]
