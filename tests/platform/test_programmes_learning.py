"""What the field teaches: adaptations made alike become proposals, or the first version of a protocol with none."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from essaim.platform.programmes import adapting, learning, services
from essaim.platform.sites import services as sites
from tests.platform.access.programmes import FRAME
from tests.platform.test_programmes_adaptation import days, next_version


@pytest.fixture
def programme(make, writer):
    """Three sites: two set the days at 4, one at 5."""
    programme = make.programme()
    version = make.version(programme)
    for name, value in (("Bourg", 4), ("Val", 4), ("Mont", 5)):
        site = make.site(programme, name=name, protocol_version=version)
        adapting.set_territory(site, ["rural"], by=writer)
        days(site, value, writer)
    return programme


def alike(programme):
    return learning.found_alike(programme, programme.sites.all())


def test_what_two_sites_did_alike_is_found_with_its_territories_and_its_fidelity(programme) -> None:
    (found,) = alike(programme)
    assert (found.title, [site.name for site in found.sites]) == (
        "Rythme, Jours par semaine",
        ["Bourg", "Val"],
    )
    assert found.territory == (("rural", 2),)
    assert found.fidelity == (("Oui, la fonction est respectée", 2),)
    assert found.reasons == (("Personnes\xa0: besoins ou motivation", 2),)


def test_a_click_drafts_a_proposal_credited_to_the_sites(programme, make, login) -> None:
    person = make.member(programme.roles.first().organisation, name="Camille")
    url = reverse("programmes:recurrence", args=[programme.slug])
    page = login(person).post(url, {"found": alike(programme)[0].key}, follow=True)
    proposal = programme.proposals.get()
    assert proposal.credit == "Bourg, Val, Camille"
    assert "2 sites le font" in page.content.decode()


def test_the_credit_of_the_sites_reaches_the_published_version(programme, make, writer) -> None:
    for site in programme.sites.exclude(name="Mont"):
        adapting.add_component(
            site,
            title="Un goûter",
            function="Se parler",
            form="À quatre heures",
            frame_answers=FRAME,
            by=writer,
        )
    (added,) = (one for one in alike(programme) if one.is_addition)
    proposal = learning.propose_found(programme, added, by=writer)
    draft = services.accept(proposal, reason="Deux sites le font.", by=writer)
    services.publish_draft(services.submit_draft(draft), by=writer)
    component = services.current_version(programme).protocol.component("un-gouter")
    assert (component.function, component.form) == ("Se parler", "À quatre heures")
    assert component.credits[0].name == "Bourg, Val, Écriture"


def test_an_accepted_value_becomes_the_default_with_the_range_and_the_credit(programme, make, login) -> None:
    """Three sites with a derogation beyond the range: accepting fills in the draft, and leads to what it wrote."""
    for site in programme.sites.all():
        days(site, 6, make.user(), derogation_reason="Le marché est six jours sur sept.")
    person = make.member(programme.roles.first().organisation)
    proposal = learning.propose_found(programme, alike(programme)[0], by=person)
    url = reverse("programmes:proposal", args=[programme.slug, proposal.pk])
    assert "De 1 à 6" in login(person).get(url).content.decode()
    page = login(person).post(
        url + "decide/", {"decision": "accept", "reason": "Ils sont trois."}, follow=True
    )
    parameter = services.draft_of(programme).protocol.component("rythme").parameters[0]
    assert (parameter.min, parameter.max, parameter.default) == (1, 6, 6)
    assert parameter.sources == (f"proposition-{proposal.pk}",)
    assert page.context["form"]["max"].value() == 6


def test_a_value_of_another_kind_is_not_proposed(programme, writer) -> None:
    with pytest.raises(ValidationError, match="ne convient pas"):
        services.propose(
            programme, title="T", text="T", component_id="rythme", parameter_id="jours", by=writer,
            proposed_value="souvent",
        )  # fmt: skip


def test_a_protocol_without_component_gets_its_first_from_the_sites(make, writer) -> None:
    programme = make.programme()
    version = make.version(programme, make.protocol(components=[]))
    for name in ("Bourg", "Val"):
        site = make.site(programme, name=name, protocol_version=version)
        adapting.add_component(
            site,
            title="Aller vers",
            function="Rencontrer dehors",
            form="À pied",
            frame_answers=FRAME,
            by=writer,
        )
    draft = learning.draft_first_version(programme, alike(programme), by=writer)
    (component,) = draft.protocol.components
    assert component.credits[0].name == "Bourg, Val"
    assert services.examine_draft(draft).is_ready


def test_a_protocol_that_has_components_does_not_get_a_first_version(programme, writer) -> None:
    with pytest.raises(ValidationError, match="déjà des composants"):
        learning.draft_first_version(programme, alike(programme), by=writer)


def test_the_map_puts_first_what_is_adapted_most_and_says_where_and_why(programme) -> None:
    version = services.current_version(programme)
    rows = learning.adaptation_map(version.protocol, list(programme.sites.all()))
    assert [(row.title, row.moved) for row in rows] == [("Rythme", 3), ("Accueil", 0)]
    assert (rows[0].territory, rows[0].reasons[0][1]) == ((("rural", 3),), 3)


def test_two_sites_side_by_side_show_what_differs(programme) -> None:
    one, other = programme.sites.get(name="Bourg"), programme.sites.get(name="Mont")
    (row,) = learning.side_by_side(one, other)
    assert [said.replace("\xa0", " ") for said in row.said] == ["4 jours", "5 jours"]


def test_two_sites_of_two_versions_are_not_compared(programme, make) -> None:
    one, other = programme.sites.get(name="Bourg"), make.site(programme, name="Neuf")
    sites.update_site(other, protocol_version=next_version(make, one, max=6))
    with pytest.raises(ValidationError, match="même version"):
        learning.side_by_side(one, other)


def test_the_map_lists_derogations_those_that_wait_first(programme, writer) -> None:
    days(programme.sites.get(name="Mont"), 9, writer, derogation_reason="Le marché.")
    version = services.current_version(programme)
    ((site, where, decision),) = learning.derogations(version.protocol, list(programme.sites.all()))
    assert (site.name, where, decision.derogation.state) == ("Mont", "Rythme, Jours par semaine", "requested")
