"""A site's adaptation and its upgrades: never silent outside latitude, nothing lost from version to version."""

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from essaim.platform.programmes import adapting, upgrading
from essaim.platform.sites import services as sites
from tests.platform.access.programmes import FRAME


@pytest.fixture
def structure(make):
    return make.organisation("Accueil", kind="structure")


@pytest.fixture
def site(make, structure):
    programme = make.programme()
    version = make.version(programme)
    site = make.site(programme, name="Bourg", structures=[structure])
    sites.update_site(site, protocol_version=version)
    return site


def days(site, value, by, **more):
    adapting.take_decision(
        site, component="rythme", parameter="jours", status="adapted", value=value, by=by,
        frame_answers=FRAME, **more,
    )  # fmt: skip


def held(site):
    site.refresh_from_db()
    return adapting.adaptation_of(site)[1]


def next_version(make, site, **parameter):
    """The protocol moved on: fields of « jours » changed."""
    protocol = make.protocol("2.0.0")
    component = protocol.component("rythme")
    changed = replace(component, parameters=(replace(component.parameters[0], **parameter),))
    return make.version(site.programme, replace(protocol, components=(protocol.components[0], changed)))


def test_a_decision_within_latitude_is_kept_with_its_description(site, writer) -> None:
    days(site, 4, writer)
    decision = held(site).at("rythme", "jours")
    assert (decision.value, decision.frame, decision.derogation) == (4, FRAME, None)
    assert decision.recorded_by == writer.name


def test_outside_latitude_is_refused_unless_a_derogation_is_asked(site, writer) -> None:
    with pytest.raises(ValidationError, match="dérogation"):
        days(site, 9, writer)
    days(site, 9, writer, derogation_reason="Le marché est tous les jours.")
    assert held(site).at("rythme", "jours").derogation.state == "requested"


def test_the_network_answers_a_derogation_once(site, writer, make) -> None:
    days(site, 9, writer, derogation_reason="Le marché.")
    adapting.answer_derogation(site, "rythme-jours", granted=True, note="D’accord.", by=make.user("Réseau"))
    assert held(site).at("rythme", "jours").derogation.decided_by == "Réseau"
    with pytest.raises(ValidationError, match="n’attend"):
        adapting.answer_derogation(site, "rythme-jours", granted=False, note="Non.", by=make.user())


def test_a_derogation_asked_is_on_the_desk_of_the_network_then_its_refusal_on_the_site_s(
    site, structure, writer, make
) -> None:
    head, receiver = make.member(site.programme.roles.first().organisation), make.member(structure)
    asked, refused = (
        "Répondre à une dérogation demandée",
        "Une dérogation est refusée\xa0: revoir la décision",
    )

    def waits(user, title):
        return title in [todo.title for todo in sites.todo_for(user)]

    days(site, 9, writer, derogation_reason="Le marché.")
    assert waits(head, asked) and not waits(receiver, refused)
    adapting.answer_derogation(site, "rythme-jours", granted=False, note="Trop.", by=head)
    assert not waits(head, asked) and waits(receiver, refused)


def test_a_derogation_that_ends_is_on_the_desk_of_the_site(site, structure, writer, make) -> None:
    days(site, 9, writer, derogation_reason="Le marché.")
    adapting.answer_derogation(
        site, "rythme-jours", granted=True, note="Un temps.", until="2026-01", by=make.user()
    )
    titles = [todo.title for todo in sites.todo_for(make.member(structure))]
    assert "Une dérogation prend fin\xa0: la redemander ou suivre le protocole" in titles


def test_an_invariant_cannot_be_left_out_in_silence(site, writer) -> None:
    with pytest.raises(ValidationError, match="cœur"):
        adapting.take_decision(site, component="accueil", status="not_done", by=writer, frame_answers=FRAME)


def test_a_site_adds_a_component_of_its_own(site, writer) -> None:
    adapting.add_component(
        site, title="Un goûter", function="Se parler", form="", frame_answers=FRAME, by=writer
    )
    assert [d.addition.title for d in held(site).decisions] == ["Un goûter"]


def test_following_the_protocol_again_keeps_the_past_revision(site, writer) -> None:
    days(site, 4, writer)
    adapting.follow_again(site, "rythme-jours", by=writer)
    assert held(site).decisions == ()
    assert [len(r.document.get("decisions", [])) for r in site.adaptations.order_by("number")] == [1, 0]


def test_what_only_the_site_changed_stays(make, site, writer) -> None:
    days(site, 4, writer)
    target = next_version(make, site, label="Jours ouverts par semaine")
    upgrading.confirm(site, target, {}, by=writer)
    assert (held(site).version, held(site).at("rythme", "jours").value) == ("2.0.0", 4)
    assert site.protocol_version == target


def test_where_both_changed_a_person_must_choose(make, site, writer) -> None:
    days(site, 4, writer)
    target = next_version(make, site, default=3)
    work = upgrading.start(site, target)
    assert [(d.title, d.base, d.new) for d in work.disputes] == [
        ("Rythme, Jours par semaine", "2 jours".replace(" ", "\xa0"), "3 jours".replace(" ", "\xa0"))
    ]
    with pytest.raises(ValidationError, match="attend un choix"):
        upgrading.confirm(site, target, {}, by=writer)
    mine = {work.disputes[0].conflict.id: {"choice": work.disputes[0].options[1][0], "reason": ""}}
    upgrading.confirm(site, target, mine, by=writer)
    assert held(site).at("rythme", "jours").value == 4


def test_following_the_new_version_drops_the_decision_there_only(make, site, writer) -> None:
    days(site, 4, writer)
    target = next_version(make, site, default=3)
    conflict = upgrading.start(site, target).disputes[0].conflict.id
    upgrading.confirm(site, target, {conflict: {"choice": upgrading.FOLLOW}}, by=writer)
    assert held(site).decisions == ()


def test_what_is_kept_outside_the_new_latitude_becomes_a_derogation(make, site, writer) -> None:
    days(site, 4, writer)
    target = next_version(make, site, max=3)
    dispute = upgrading.start(site, target).disputes[0]
    keep = {"choice": dispute.options[1][0], "reason": ""}
    with pytest.raises(ValidationError, match="dérogation"):
        upgrading.confirm(site, target, {dispute.conflict.id: keep}, by=writer)
    keep["reason"] = "Le marché."
    upgrading.confirm(site, target, {dispute.conflict.id: keep}, by=writer)
    assert held(site).at("rythme", "jours").derogation.state == "requested"


def test_choices_are_taken_up_where_they_were_left_unless_the_site_moved(make, site, writer) -> None:
    days(site, 4, writer)
    target = next_version(make, site, default=3)
    conflict = upgrading.start(site, target).disputes[0].conflict.id
    upgrading.keep_choices(site, target, {conflict: {"choice": "follow", "reason": ""}})
    assert upgrading.start(site, target).choices[conflict]["choice"] == "follow"
    days(site, 5, writer)
    assert upgrading.start(site, target).choices == {}


def test_a_receiver_decides_on_the_screen(make, site, structure, login) -> None:
    client = login(make.member(structure, name="Accueillante"))
    args = [site.programme.slug, site.pk, "rythme", "jours"]
    url = reverse("programmes:decide_parameter", args=args)
    asked = client.post(url, {"status": "adapted", "value": "4"})
    assert "Une adaptation s’explique" in asked.content.decode()
    answers = {
        "status": "adapted", "value": "4", "frame_what": "content", "frame_when": "preparation",
        "frame_planning": "planned_proactive", "frame_decided_by": ["team"], "frame_level": "organisation",
        "frame_nature": ["tailoring"], "frame_reasons": ["recipient_needs"], "frame_fidelity": "consistent",
    }  # fmt: skip
    assert client.post(url, answers).status_code == 302
    page = client.get(reverse("programmes:adaptation", args=args[:2])).content.decode()
    assert "4\xa0jours" in page
    assert held(site).at("rythme", "jours").recorded_by == "Accueillante"


def test_the_upgrade_screen_shows_both_sides_and_confirms(make, site, structure, login, writer) -> None:
    days(site, 4, writer)
    next_version(make, site, default=3)
    client = login(make.member(structure))
    url = reverse("programmes:upgrade", args=[site.programme.slug, site.pk])
    page = client.get(url).content.decode()
    assert "Suivre la nouvelle version" in page
    assert client.post(url, {}).status_code == 200
    assert held(site).version == "1.0.0"
    outcome = client.post(url, {"choice_0": "follow"}, follow=True)
    assert "Rien n’est encore écrit" in outcome.content.decode()
    assert held(site).version == "1.0.0"
    client.post(reverse("programmes:upgrade_outcome", args=[site.programme.slug, site.pk]))
    assert held(site).version == "2.0.0"


def test_a_conflict_is_told_in_english_to_who_reads_english(make, site, structure, login, writer) -> None:
    days(site, 4, writer)
    next_version(make, site, max=3, default=2)
    client = login(make.member(structure))
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
    page = client.get(reverse("programmes:upgrade", args=[site.programme.slug, site.pk])).content.decode()
    assert (
        "The site’s value is outside the latitude of the new version. (4 is not within the latitude" in page
    )


def test_a_value_decided_anew_within_the_new_latitude_settles_the_conflict(
    make, site, structure, login, writer
) -> None:
    days(site, 4, writer)
    next_version(make, site, max=3)
    client = login(make.member(structure))
    url = reverse("programmes:upgrade", args=[site.programme.slug, site.pk])
    anew = "amend:rythme-jours@rythme/jours"
    assert "hors latitude" in client.post(url, {"choice_0": anew, "new_0": "5"}).content.decode().lower()
    client.post(url, {"choice_0": anew, "new_0": "3"})
    client.post(reverse("programmes:upgrade_outcome", args=[site.programme.slug, site.pk]))
    assert (held(site).version, held(site).at("rythme", "jours").value) == ("2.0.0", 3)


def test_an_addition_whose_name_the_protocol_took_is_kept_under_another(make, site, writer) -> None:
    adapting.add_component(
        site, title="Goûter", function="Se parler", form="À quatre heures", frame_answers=FRAME, by=writer
    )
    theirs = replace(make.protocol().component("accueil"), id="gouter", function="Manger", form="Du pain")
    protocol = make.protocol("2.0.0")
    target = make.version(site.programme, replace(protocol, components=(*protocol.components, theirs)))
    dispute = upgrading.start(site, target).disputes[0]
    keep = {"choice": dispute.options[1][0]}
    upgrading.confirm(site, target, {dispute.conflict.id: keep}, by=writer)
    kept = held(site).decisions[0]
    assert (kept.component, kept.addition.form) == ("gouter-local", "À quatre heures")


def test_the_version_of_a_site_that_decided_is_not_changed_by_hand(make, site, writer) -> None:
    days(site, 4, writer)
    with pytest.raises(ValidationError, match="décisions sur sa version"):
        sites.update_site(site, protocol_version=next_version(make, site, max=4))


def test_the_map_counts_what_each_site_does_in_few_queries(
    make, site, writer, login, django_assert_max_num_queries
) -> None:
    days(site, 4, writer)
    for name in ("Deux", "Trois", "Quatre"):
        other = make.site(site.programme, name=name)
        sites.update_site(other, protocol_version=site.protocol_version)
    head = site.programme.roles.first().organisation
    client = login(make.member(head))
    with django_assert_max_num_queries(14):
        page = client.get(reverse("programmes:adaptation_map", args=[site.programme.slug]))
    rows = {row.title: row for row in page.context["rows"]}
    assert rows["Rythme"].counts == {"adapted": 1, "followed": 3}
    assert rows["Accueil"].counts == {"followed": 4}
