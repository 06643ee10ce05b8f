"""Versions of a study are frozen and replay; two of them say what moved and why."""

import pytest
from django.urls import reverse

from essaim.platform.territories import exports, ranking, services
from essaim.platform.territories.models import Version
from essaim.platform.territories.version_reading import comparison_in_words
from essaim.territory.study import from_yaml


def _again(study, **fields):
    return services.run_study(services.update_document(study, **fields))


def test_each_different_ranking_is_a_version_and_the_same_one_is_not(make) -> None:
    study = make.study(ranked=True)
    services.run_study(study)
    assert [v.number for v in study.versions.all()] == [1]
    _again(study, k=5)
    assert [(v.number, v.document["k"]) for v in study.versions.all()] == [(2, 5), (1, 4)]
    assert all(v.by for v in study.versions.all())


def test_a_version_replays_to_its_own_fingerprint(make) -> None:
    study = make.study(ranked=True)
    _again(study, k=5, weights=[])
    for version in Version.objects.all():
        again = ranking.rank(from_yaml(exports.study_yaml(version)), ranking.table_of(version.inputs))
        assert ranking.fingerprint(ranking.result_of(again)) == version.result_sha256


def test_what_changed_between_two_versions_is_said_in_french(make) -> None:
    study = make.study(ranked=True)
    kept = [c for c in study.document["criteria"] if c["key"] != "far_share"]
    added = {"key": "density", "family": "need", "indicator": "density", "direction": "low"}
    _again(study, k=5, criteria=[*kept, added], scope={"regions": ["75"]}, weights=["need >= resources"])
    after, before = study.versions.all()
    told = comparison_in_words(before, after)
    text = " ".join(told["changes"])
    assert "Territoires cherchés : 4 → 5" in text and "Régions : toutes → Nouvelle-Aquitaine" in text
    assert "Critère retiré\xa0: Part de la population loin" in text and "Critère ajouté\xa0: Densité" in text
    gone = next(move for move in told["moves"] if move["places"][1] is None)
    assert gone["name"] in told["left"] and gone["why"] == []


def test_a_place_that_moved_has_its_causes(make) -> None:
    study = make.study(ranked=True)
    _again(study, weights=["resources >= 2 * need"])
    after, before = study.versions.all()
    told = comparison_in_words(before, after)
    moved = next(move for move in told["moves"] if move["steps"])
    assert any("poids +" in line or "poids \u2212" in line for line in moved["why"])
    assert (
        "Poids, retiré\xa0: famille «\xa0besoin\xa0» ≥ famille «\xa0ressources présentes\xa0»"
        in told["changes"]
    )


def test_two_studies_are_compared_on_a_page_and_a_foreign_one_is_not_found(make, login) -> None:
    head = make.organisation()
    programme = make.programme(head=head)
    first, second = make.study(programme, ranked=True), make.study(programme, ranked=True, document={"k": 6})
    foreign = make.study(ranked=True).versions.get()
    client, url = login(make.member(head)), reverse("territories:compare", args=[programme.slug])
    asked = {"before": first.versions.get().pk, "after": second.versions.get().pk}
    page = client.get(url, asked).content.decode()
    assert "Territoires cherchés : 4 → 6" in page and "Entrent parmi les premiers" in page
    assert client.get(url, asked | {"after": foreign.pk}).status_code == 404
    assert client.get(url, asked | {"after": "x"}).status_code == 404


def test_the_same_twice_is_said_to_be_the_same(make, login) -> None:
    head = make.organisation()
    programme = make.programme(head=head)
    study = make.study(programme, ranked=True)
    version = study.versions.get()
    url = reverse("territories:compare", args=[programme.slug])
    make.study(programme, ranked=True)
    page = login(make.member(head)).get(url, {"before": version.pk, "after": version.pk}).content.decode()
    assert "exactement le même résultat" in page and "Rien\xa0: périmètre" in page


@pytest.mark.parametrize("unit", ["epci"])
def test_other_units_are_compared_in_words_only(make, unit: str) -> None:
    one = make.study(ranked=True).versions.get()
    other = make.study(ranked=True, document={"unit": unit, "scope": {"regions": ["94"]}}).versions.get()
    told = comparison_in_words(one, other)
    assert not told["comparable"] and "Unité : département → intercommunalité" in told["changes"]
