"""Fidelity on screen: scores by dimension and assessor, what is missing named, never mixed nor counted as zero."""

import pytest
from django.urls import reverse
from django.utils import timezone

from essaim.platform.sites import services
from essaim.platform.sites.fidelity_scores import fidelity_of, network_fidelity
from essaim.platform.sites.models import FidelityEntry


@pytest.fixture
def site(make, writer):
    components = make.protocol().to_dict()["components"]
    components[0]["markers"] = [
        {"id": "ouverte", "label": "La porte est ouverte", "dimension": "adherence", "scale": {"type": "boolean"}},
        {"id": "accueillis", "label": "Accueillis sous un jour", "dimension": "adherence",
         "scale": {"type": "number", "min": 0, "max": 100, "unit": "%"}, "target": 80},
    ]  # fmt: skip
    programme = make.programme()
    version = make.version(programme, make.protocol(components=components))
    return make.site(programme, name="Bourg", protocol_version=version)


def observe(site, marker, value, who="self", **more):
    services.record_fidelity(site, component="accueil", marker=marker, value=value, assessor=who, **more)


def scores_of(site):
    return fidelity_of(site.protocol_version.protocol, site.fidelity.all())


def test_a_score_is_the_mean_of_what_was_observed_and_names_what_was_not(site) -> None:
    observe(site, "accueillis", 40)
    (line,) = scores_of(site).lines
    assert line.scores["self"].value == 0.5
    assert line.missing["self"] == ("La porte est ouverte",)


def test_the_sheet_keeps_why_a_marker_was_not_observed_with_who_says_so(site, make, login) -> None:
    client = login(make.member(site.programme.roles.first().organisation))
    url = reverse("sites:assess", args=[site.programme.slug, site.pk])
    day = timezone.localdate().isoformat()
    refused = client.post(url, {"at": day, "m0": "true", "w0": "refused", "w1": "other"})
    assert {"w0", "note"} <= set(refused.context["form"].errors)
    client.post(url, {"at": day, "m0": "true", "w1": "no_means"})
    (line,) = scores_of(site).lines
    assert line.scores["network"].value == 1
    assert line.missing["network"] == ("Accueillis sous un jour (pas de moyen de l’observer)",)
    assert line.scores["self"] is None


def test_what_can_no_longer_be_seen_is_missing_not_what_it_was(site) -> None:
    observe(site, "ouverte", True)
    observe(site, "ouverte", FidelityEntry.Unseen.NOT_APPLICABLE)
    (line,) = scores_of(site).lines
    assert (line.scores["self"].value, line.missing["self"][0]) == (
        None,
        "La porte est ouverte (sans objet ici)",
    )


def test_assessors_stand_side_by_side(site) -> None:
    observe(site, "ouverte", True)
    observe(site, "ouverte", False, "peer")
    (line,) = scores_of(site).lines
    assert [line.scores[who] and line.scores[who].value for who in ("self", "peer", "network")] == [
        1,
        0,
        None,
    ]


def test_of_two_observations_of_one_day_the_last_written_counts(site) -> None:
    observe(site, "ouverte", False)
    observe(site, "ouverte", True)
    assert scores_of(site).lines[0].scores["self"].value == 1


def test_what_bears_on_a_marker_of_another_version_is_counted_apart(site) -> None:
    observe(site, "disparu", True)
    observe(site, "accueillis", 400)
    assert (scores_of(site).unscored, scores_of(site).assessors) == (2, ())


def test_a_network_shows_sites_that_observed_nothing_as_unknown(site, make) -> None:
    observe(site, "ouverte", True)
    other = make.site(site.programme, protocol_version=site.protocol_version)
    (row,) = network_fidelity(site.protocol_version, [site, other], "self")
    assert (row.seen, row.extent) == (1, (1, 1))
    assert row.values[1][1] is None


def test_the_screens_say_what_is_missing(site, make, login) -> None:
    observe(site, "accueillis", 40)
    client = login(make.member(site.programme.roles.first().organisation))
    page = client.get(reverse("sites:site_fidelity", args=[site.programme.slug, site.pk])).content.decode()
    assert "0,50" in page and "La porte est ouverte" in page
    page = client.get(
        reverse("sites:network_fidelity", args=[site.programme.slug]) + "?by=peer"
    ).content.decode()
    assert "pas observé" in page
