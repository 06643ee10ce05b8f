"""Meetings, lessons and exchanges."""

from datetime import date
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from docx import Document

from essaim.platform.community import services


@pytest.fixture
def event(make):
    network = make.organisation()
    event = services.create_event(
        slug="journee", title="Journée d’échanges", date=date(2026, 3, 2), organiser=network
    )
    session = services.add_session(event, kind="round_table", number=1, title="Accueillir")
    speaker = services.add_speaker(session, name="Personne Invitée", function="directrice")
    services.add_teaching(session, text="Il faut du temps.", quote="du temps", speaker=speaker)
    return event


def test_the_minutes_hold_what_was_said_and_by_whom(event) -> None:
    from essaim.platform.community.minutes import minutes_docx

    text = "\n".join(p.text for p in Document(BytesIO(minutes_docx(event))).paragraphs)
    assert "Table ronde 1 – Accueillir" in text
    assert "Il faut du temps. « du temps » (Personne Invitée)" in text


def test_an_event_is_private_until_its_network_publishes_it(event, client) -> None:
    page = reverse("community:event", args=[event.slug])
    assert client.get(page).status_code == 404
    services.publish_event(event, True)
    assert client.get(page).status_code == 200


def test_a_lesson_says_on_what_it_rests(make, writer) -> None:
    with pytest.raises(ValidationError):
        services.create_lesson(
            make.programme(), by=writer, kind="failed", title="Échec", learnt="Ceci.", evidence=""
        )


def test_the_list_of_lessons_needs_a_fixed_number_of_queries(
    make, login, django_assert_max_num_queries
) -> None:
    network = make.organisation()
    programme = make.programme(head=network)
    member = make.member(network)
    for number in range(12):
        services.create_lesson(
            programme, by=member, kind="idea", title=f"Idée {number}", learnt="Ceci.", evidence="Cela."
        )
    client = login(member)
    with django_assert_max_num_queries(12):
        client.get(reverse("community:lessons", args=[programme.slug]))
