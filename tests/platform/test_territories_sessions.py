"""Weights sessions: answered in private, laid side by side, adopted and recorded."""

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from essaim.platform.territories import services, sessions
from essaim.platform.territories.models import Seat
from essaim.platform.territories.permissions import SESSION_ABILITIES, SESSION_POLICY, STUDY_POLICY

NEED, RESOURCES = "need >= 70%", "resources >= 70%"


def _given(session, user, *sentences: str) -> Seat:
    return sessions.hand_in(sessions.add_sentences(sessions.seat_of(session, user), sentences))


@pytest.fixture
def opened(make):
    """A network, one of its members, and a session on a study of the network's programme."""
    head = make.organisation()
    member = make.member(head)
    study = make.study(make.programme(head=head), document={"weights": []})
    return sessions.open_session(study, member), member


def test_the_table_of_rights_is_whole() -> None:
    """The state machine, read on one screen: what each may do in each state."""
    rows = {
        (role, state): sorted(held)
        for role, by_state in SESSION_ABILITIES.items()
        for state, held in by_state.items()
    }
    assert {key: row for key, row in rows.items() if key[0] in ("network", "committee")} == {
        ("network", "open"): ["answer", "close", "invite", "reveal", "view"],
        ("network", "revealed"): ["adopt", "close", "view"],
        ("network", "adopted"): ["view"],
        ("network", "closed"): ["view"],
        ("committee", "open"): ["answer", "view"],
        ("committee", "revealed"): ["view"],
        ("committee", "adopted"): ["view"],
        ("committee", "closed"): ["view"],
    }
    assert all(
        row == ["view"] and state == "adopted"
        for (role, state), row in rows.items()
        if role not in ("network", "committee")
    )


def test_opposite_answers_are_disputed_and_the_committee_adopts(opened, make) -> None:
    session, member = opened
    _given(session, member, NEED)
    _given(session, make.user(), RESOURCES)
    _given(session, make.user(), "need >= resources")
    sessions.reveal(session)
    found = session.agreement
    assert RESOURCES in found["clash"] and len(found["clash"]) == 2 and found["counts"]["disputed"] > 0
    held = {p["sentence"]: len(p["holds"]) for p in found["positions"]}
    assert held == {NEED: 1, RESOURCES: 1, "need >= resources": 2}
    sessions.adopt(session, ["need >= resources"], "Le besoin d’abord.", member)
    session.study.refresh_from_db()
    assert session.study.document["weights"] == ["need >= resources"]
    assert (session.state, session.ended_by, session.adopted) == ("adopted", member, ["need >= resources"])


def test_what_contradicts_itself_is_adopted_by_nobody(opened, make) -> None:
    session, member = opened
    _given(session, member, NEED)
    _given(session, make.user(), RESOURCES)
    sessions.reveal(session)
    with pytest.raises(ValidationError, match="se contredisent"):
        sessions.adopt(session, [NEED, RESOURCES], "", member)
    with pytest.raises(ValidationError, match="inconnue"):
        sessions.adopt(session, ["need >= 10%"], "", member)
    session.refresh_from_db()
    assert session.state == "revealed"


def test_an_answer_that_was_not_handed_in_does_not_count(opened, make) -> None:
    session, member = opened
    _given(session, member, NEED)
    sessions.add_sentences(sessions.seat_of(session, make.user()), [RESOURCES])
    with pytest.raises(ValidationError, match="deux réponses"):
        sessions.reveal(session)


def test_nothing_is_said_once_the_answers_are_side_by_side(opened, make) -> None:
    session, member = opened
    seats = [_given(session, member, NEED), _given(session, make.user())]
    sessions.reveal(session)
    seats[0].refresh_from_db()
    for late in (sessions.hand_in, lambda s: sessions.add_sentences(s, ["need >= 80%"])):
        with pytest.raises(ValidationError, match="plus possible"):
            late(seats[0])
    with pytest.raises(ValidationError, match="plus possible"):
        sessions.invite(session, "tard@exemple.test", member, "TOKEN")


def test_ones_own_contradiction_is_refused_and_named(opened) -> None:
    session, member = opened
    _given(session, member, NEED)
    with pytest.raises(ValidationError, match="se contredisent"):
        sessions.add_sentences(sessions.seat_of(session, member), [RESOURCES])
    assert sessions.seat_of(session, member).sentences == [NEED]


def test_nobody_reads_the_answer_of_another_before_the_reveal(opened, make, login) -> None:
    session, member = opened
    _given(session, make.user(), "need >= 77%")
    url = reverse("territories:session", args=[session.study.programme.slug, session.pk])
    page = login(member).get(url).content.decode()
    assert "≥ 77" not in page and "1 réponse déposée" in page


def test_without_names_the_side_by_side_says_no_name(opened, make, login) -> None:
    session, member = opened
    other = make.user(name="Camille Unetelle")
    _given(session, member, NEED)
    _given(session, other, RESOURCES)
    sessions.reveal(session)
    url = reverse("territories:session", args=[session.study.programme.slug, session.pk])
    page = login(member).get(url).content.decode()
    assert "Camille" not in page and "Voix 1" in page and "Voix 2" in page and "<svg" in page


def test_with_names_each_answer_carries_its_own(make) -> None:
    head = make.organisation()
    member = make.member(head, name="Dominique")
    session = sessions.open_session(make.study(make.programme(head=head)), member, named=True)
    _given(session, member)
    _given(session, make.user(name="Camille"))
    assert set(sessions.reveal(session).voices) == {"Dominique", "Camille"}


def test_criteria_do_not_change_under_a_session(opened) -> None:
    session, member = opened
    study = session.study
    with pytest.raises(ValidationError, match="séance de poids est en cours"):
        services.update_document(study, criteria=study.document["criteria"][:1])
    services.update_document(study, k=5)
    with pytest.raises(ValidationError, match="déjà ouverte"):
        sessions.open_session(study, member)
    sessions.close(session, member)
    assert sessions.open_session(study, member).state == "open"


def test_one_criterion_is_nothing_to_weigh(make) -> None:
    study = make.study(document={"weights": []})
    alone = services.update_document(study, criteria=study.document["criteria"][:1])
    with pytest.raises(ValidationError, match="deux critères"):
        sessions.open_session(alone, make.user())


def test_a_link_opens_an_account_a_seat_and_nothing_else(opened) -> None:
    session, member = opened
    client, slug = Client(), session.study.programme.slug
    sender = Client()
    sender.force_login(member)
    sender.post(
        reverse("territories:session_act", args=[slug, session.pk, "invite"]), {"email": "Elue@Exemple.test"}
    )
    link = next(word for word in mail.outbox[-1].body.split() if word.startswith("http"))
    path = link.split("testserver")[1]
    assert "Ouvrir mon compte" in client.get(path).content.decode()
    entered = client.post(path, {"name": "Élue", "password": "une phrase assez longue"})
    assert entered.url == reverse("territories:session", args=[slug, session.pk])
    act = reverse("territories:session_act", args=[slug, session.pk, "order"])
    client.post(act, {"need": "1", "resources": "2"})
    client.post(reverse("territories:session_act", args=[slug, session.pk, "hand-in"]))
    seat = Seat.objects.get(email="elue@exemple.test")
    assert seat.sentences == ["need >= resources"] and seat.given_at
    assert client.get(reverse("territories:session", args=[slug, session.pk])).status_code == 200
    for name in ("reveal", "invite", "close"):
        assert (
            client.post(reverse("territories:session_act", args=[slug, session.pk, name])).status_code == 403
        )
    assert client.get(reverse("territories:study", args=[slug, session.study_id])).status_code == 404


def test_a_link_is_for_the_person_it_was_sent_to(opened, make) -> None:
    session, member = opened
    seat = sessions.invite(session, "elue@exemple.test", member, "TOKEN")
    stranger, known = Client(), make.user()
    stranger.force_login(known)
    assert (
        "adressée à elue@exemple.test"
        in stranger.post(reverse("territories:seat", args=[seat.token])).content.decode()
    )
    mine = sessions.invite(session, known.email, member, "TOKEN")
    assert "Se connecter" in Client().get(reverse("territories:seat", args=[mine.token])).content.decode()
    assert stranger.post(reverse("territories:seat", args=[mine.token])).status_code == 302


def test_the_committee_reads_the_study_once_ranked(opened, make) -> None:
    session, _member = opened
    person = make.user()
    _given(session, person)
    assert not STUDY_POLICY.can(person, "view", session.study)
    services.run_study(session.study)
    assert STUDY_POLICY.actions(person, session.study) == {"view", "export"}
    assert SESSION_POLICY.can(person, "answer", session) and not SESSION_POLICY.can(
        make.user(), "view", session
    )


def test_a_seat_waits_on_the_desk_until_the_answer_is_handed_in(opened, make) -> None:
    session, _member = opened
    person = make.user()
    sessions.add_sentences(sessions.seat_of(session, person), [NEED])
    assert [todo.title for todo in services.todo_for(person)] == ["Dire ce qui pèse, en privé"]
    sessions.hand_in(sessions.seat_of(session, person))
    assert services.todo_for(person) == []
