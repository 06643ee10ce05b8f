"""Ideas flow back: proposed, discussed, decided with a reason, taken into a draft with their credit."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from essaim.platform.programmes import services
from essaim.platform.programmes.models import Proposal


@pytest.fixture
def programme(make):
    programme = make.programme(slug="ateliers")
    make.version(programme)
    return programme


def test_a_proposal_keeps_its_author_and_the_site_it_comes_from(make, programme) -> None:
    site = make.site(programme, name="Bourg")
    author = make.user("Dominique")
    proposal = services.propose(
        programme, title="Ouvrir le samedi", text="Les gens travaillent.", component_id="rythme",
        by=author, site=site,
    )  # fmt: skip
    assert (proposal.state, proposal.credit) == (Proposal.State.OPEN, "Bourg, Dominique")


def test_a_proposal_on_a_component_that_is_not_there_is_refused(make, programme) -> None:
    with pytest.raises(ValidationError, match="pas dans le protocole"):
        services.propose(programme, title="x", text="y", component_id="inconnu", by=make.user())


def test_a_proposal_cannot_come_from_the_site_of_another_programme(make, programme) -> None:
    with pytest.raises(ValidationError, match="autre programme"):
        services.propose(programme, title="x", text="y", by=make.user(), site=make.site())


def test_an_accepted_form_enters_a_draft_with_source_and_credit(make, programme) -> None:
    author, network = make.user("Dominique"), make.user("Camille")
    proposal = services.propose(
        programme, title="Ouvrir le samedi", text="Les gens travaillent.", component_id="rythme",
        by=author, proposed_form="Des journées régulières, samedi compris",
    )  # fmt: skip
    draft = services.accept(proposal, reason="Trois sites le font.", by=network)
    component = draft.protocol.component("rythme")
    assert component.form == "Des journées régulières, samedi compris"
    assert [credit.name for credit in component.credits] == ["Dominique"]
    assert f"proposition-{proposal.pk}" in component.sources
    assert (draft.state, draft.number) == ("draft", "1.1.0")
    proposal.refresh_from_db()
    assert (proposal.state, proposal.version, proposal.decided_by) == ("accepted", draft, network)


def test_a_proposal_without_component_adds_an_adaptable_one(make, programme) -> None:
    proposal = services.propose(programme, title="Un goûter", text="Se parler.", by=make.user())
    draft = services.accept(proposal, reason="Simple et utile.", by=make.user())
    added = draft.protocol.component("un-gouter")
    assert (added.kind, added.function) == ("adaptable", "Se parler.")
    assert services.examine_draft(draft).is_ready


def test_two_accepted_proposals_share_one_draft(make, programme) -> None:
    drafts = {
        services.accept(
            services.propose(programme, title=title, text="Oui.", by=make.user()),
            reason="Oui.",
            by=make.user(),
        ).pk
        for title in ("Un", "Deux")
    }
    assert len(drafts) == 1


def test_a_decision_needs_a_reason_and_is_taken_once(make, programme) -> None:
    proposal = services.propose(programme, title="x", text="y", by=make.user())
    with pytest.raises(ValidationError):
        services.decline(proposal, reason=" ", by=make.user())
    services.decline(proposal, reason="Déjà prévu.", by=make.user())
    with pytest.raises(ValidationError, match="déjà décidée"):
        services.accept(proposal, reason="Finalement oui.", by=make.user())


def test_publishing_the_draft_publishes_its_proposals_and_thanks_their_authors(make, programme) -> None:
    proposal = services.propose(programme, title="Un goûter", text="Se parler.", by=make.user("Dominique"))
    draft = services.accept(proposal, reason="Oui.", by=make.user())
    version = services.publish_draft(services.submit_draft(draft), by=make.user())
    proposal.refresh_from_db()
    assert proposal.state == Proposal.State.PUBLISHED
    assert "Dominique" in version.notes


def test_giving_up_the_draft_reopens_its_proposals(make, programme) -> None:
    proposal = services.propose(programme, title="Un goûter", text="Se parler.", by=make.user())
    services.discard_draft(services.accept(proposal, reason="Oui.", by=make.user()))
    proposal.refresh_from_db()
    assert (proposal.state, proposal.version, proposal.reason) == (Proposal.State.OPEN, None, "")


def test_the_network_is_told_what_waits_for_it_and_nobody_else_is(make) -> None:
    head = make.organisation()
    programme = make.programme(head=head)
    make.version(programme)
    services.propose(programme, title="Un goûter", text="Se parler.", by=make.user())
    assert [todo.title for todo in services.todo_for(make.member(head))] == [
        "Décider de la proposition\xa0: Un goûter"
    ]
    assert services.todo_for(make.member()) == []


def test_the_protocol_page_says_where_a_component_comes_from_and_thanks_its_authors(login, make) -> None:
    head = make.organisation()
    programme = make.programme(head=head)
    make.version(programme)
    person = make.member(head, name="Aline")
    proposal = services.propose(
        programme,
        title="Deux fois",
        text="Utile.",
        component_id="rythme",
        proposed_form="Deux fois",
        by=person,
    )
    draft = services.accept(proposal, reason="Bonne idée.", by=person)
    services.publish_draft(services.submit_draft(draft), by=person)
    page = login(person).get(reverse("programmes:protocol", args=[programme.slug])).content.decode()
    for words in (
        "Introduit dans la version 1.0.0",
        "changé dans 1.1.0",
        "change\xa0: la forme",
        "Aline (Deux fois)",
    ):
        assert words in page
    assert reverse("programmes:proposal", args=[programme.slug, proposal.pk]) in page
