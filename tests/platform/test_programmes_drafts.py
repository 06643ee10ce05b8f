"""A version in preparation: numbered by what changed, read again, published once, never changed afterwards."""

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from essaim.platform.programmes import services


@pytest.fixture
def programme(make):
    programme = make.programme()
    make.version(programme)
    return programme


@pytest.fixture
def draft(programme, writer):
    return services.open_draft(programme, by=writer)


def edited(draft, id: str, **fields):
    """The draft saved with one component changed."""
    protocol = draft.protocol
    components = tuple(replace(c, **fields) if c.id == id else c for c in protocol.components)
    return services.save_draft(draft, replace(protocol, components=components))


def test_a_draft_starts_as_a_copy_and_there_is_one_at_a_time(programme, draft, make) -> None:
    assert draft.protocol == services.current_version(programme).protocol
    assert services.open_draft(programme, by=make.user()) == draft


@pytest.mark.parametrize(
    ("component", "change", "number"),
    [
        ("accueil", {"function": "Que chacun reste"}, "2.0.0"),
        ("rythme", {"form": "Deux jours de suite"}, "1.1.0"),
        ("rythme", {"title": "Le rythme"}, "1.0.1"),
    ],
)
def test_the_number_follows_from_what_changed(draft, component, change, number) -> None:
    assert edited(draft, component, **change).number == number


def test_nothing_changed_cannot_be_published(draft) -> None:
    with pytest.raises(ValidationError, match="Rien n’a changé"):
        services.submit_draft(draft)


def test_a_draft_may_be_incomplete_but_not_published_so(draft) -> None:
    incomplete = edited(draft, "rythme", sources=())
    assert services.examine_draft(incomplete).problems
    with pytest.raises(ValidationError, match="ne cite aucune source"):
        services.submit_draft(incomplete)


def test_a_version_is_published_after_being_read_only(draft, make) -> None:
    changed = edited(draft, "rythme", form="Deux jours de suite")
    with pytest.raises(ValidationError, match="après relecture"):
        services.publish_draft(changed, by=make.user())
    version = services.publish_draft(services.submit_draft(changed), by=make.user(), notes="Plus régulier.")
    assert (version.number, version.notes, version.is_published) == ("1.1.0", "Plus régulier.", True)


@pytest.mark.parametrize(("number", "said"), [("1.0.1", "trop peu"), ("2.0.0", "annonce plus")])
def test_a_wrong_number_is_refused(draft, make, number, said) -> None:
    read = services.submit_draft(edited(draft, "rythme", form="Deux jours de suite"))
    with pytest.raises(ValidationError, match=said):
        services.publish_draft(read, by=make.user(), number=number)


def test_what_is_being_read_does_not_change_until_taken_back(draft) -> None:
    read = services.submit_draft(edited(draft, "rythme", form="Deux jours de suite"))
    with pytest.raises(ValidationError, match="en relecture"):
        edited(read, "rythme", form="Trois jours")
    assert edited(services.take_back(read), "rythme", form="Trois jours").state == "draft"


def test_a_draft_that_somebody_else_saved_is_not_overwritten(draft) -> None:
    seen = draft.sha256
    edited(draft, "rythme", form="Deux jours de suite")
    with pytest.raises(ValidationError, match="entre-temps"):
        services.save_draft(draft, draft.protocol, expected=seen)


def test_a_first_protocol_is_its_essence_alone(make, writer) -> None:
    programme = make.programme()
    draft = services.start_protocol(
        programme, for_whom="Les voisins", why="S’entraider", source="Charte", by=writer
    )
    assert draft.protocol.components == ()
    version = services.publish_draft(services.submit_draft(draft), by=writer)
    assert version.number == "1.0.0"


def test_an_objection_of_the_committee_stops_publication_until_the_version_is_changed_or_agreed(
    draft, make
) -> None:
    reader, writer = make.user("Relecteur"), make.user()
    read = services.submit_draft(edited(draft, "rythme", form="Deux jours de suite"))
    services.give_opinion(read, stance="change", text="Dire lesquels.", by=reader)
    with pytest.raises(ValidationError, match=r"Relecteur demande de revoir avant de publier.*Dire lesquels"):
        services.publish_draft(read, by=writer)
    services.give_opinion(read, stance="agree", text="", by=reader)
    assert services.publish_draft(read, by=writer).is_published


def test_an_opinion_holds_for_what_was_read_only(draft, make) -> None:
    read = services.submit_draft(edited(draft, "rythme", form="Deux jours de suite"))
    services.give_opinion(read, stance="agree", text="", by=make.user())
    again = services.submit_draft(edited(services.take_back(read), "rythme", form="Lundi et mardi"))
    review = services.review_of(again)
    assert (review.current, len(review.earlier)) == ((), 1)


def test_an_objection_says_what_to_change(draft, make) -> None:
    read = services.submit_draft(edited(draft, "rythme", form="Deux jours de suite"))
    with pytest.raises(ValidationError, match="ce qui est à revoir"):
        services.give_opinion(read, stance="change", text=" ", by=make.user())
