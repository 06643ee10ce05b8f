"""Campaigns and applications: modes, the path, teams, decisions, who sees what."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from essaim.platform.campaigns import path, services
from essaim.platform.campaigns.models import Application, Campaign
from essaim.platform.programmes import services as programmes
from tests.platform.world import build_world

TODAY = timezone.localdate()


def test_a_two_page_campaign_has_one_criterion_the_wish(make) -> None:
    campaign = make.campaign(mode="two_page")
    assert [criterion["id"] for criterion in campaign.criteria] == ["wish"]
    with pytest.raises(ValidationError, match="un seul critère"):
        make.campaign(mode="two_page", criteria=[{"id": "a", "text": "A"}, {"id": "b", "text": "B"}])


def test_two_pages_bound_the_answers(make) -> None:
    application = make.application(make.campaign(mode="two_page"))
    with pytest.raises(ValidationError, match="3000"):
        services.save_answers(application, {"wish": "x" * 3001})


def test_a_sequenced_path_takes_the_steps_the_protocol_states(make) -> None:
    programme = make.programme()
    steps = [
        {"id": "faisabilite", "title": "Étude de faisabilité", "sources": ["cahier"]},
        {"id": "journee", "title": "Journée d’échange", "sources": ["cahier"]},
    ]
    selection = {"mode": "sequenced", "steps": steps, "sources": ["cahier"]}
    make.version(programme, make.protocol(selection=selection))
    campaign = make.campaign(programme)
    assert [(step["id"], step["exchange"]) for step in campaign.steps] == [
        ("faisabilite", False),
        ("journee", True),
    ]


def test_without_a_protocol_the_path_is_the_one_the_meeting_described(make) -> None:
    steps = make.campaign(mode="sequenced").steps
    assert [step["id"] for step in steps] == ["presentation", "exchange-day", "accompaniment"]
    assert all("22 mars 2022" in step["source"] for step in steps)


def test_a_campaign_cannot_close_before_it_opens(make) -> None:
    with pytest.raises(ValidationError, match="avant d’ouvrir"):
        make.campaign(opens_on=date(2026, 5, 1), closes_on=date(2026, 4, 1))


def test_the_path_begins_before_anything_is_written(make) -> None:
    application = make.application(make.campaign(mode="sequenced"))
    assert application.state == "in_path"
    assert [t.to_state for t in application.transitions.all()] == ["in_path"]


def test_an_application_of_another_mode_begins_as_a_draft(make) -> None:
    assert make.application(make.campaign(mode="open_call")).state == "draft"


def test_nobody_applies_before_the_opening_nor_after_the_end(make) -> None:
    soon = make.campaign(opens_on=TODAY + timedelta(days=1))
    over = make.campaign(opens_on=TODAY - timedelta(days=9), closes_on=TODAY - timedelta(days=1))
    for campaign in (soon, over, make.campaign(state="draft")):
        with pytest.raises(ValidationError, match="pas ouverte"):
            make.application(campaign)


def test_an_application_names_a_territory_that_exists(make) -> None:
    with pytest.raises(ValidationError, match="99999"):
        make.application(territory_code="99999")


def test_an_arrondissement_is_folded_to_its_commune(make) -> None:
    application = make.application(territory_code="75112")
    assert (application.territory_code, application.territory_name, application.region) == (
        "75056",
        "Paris",
        "11",
    )


def test_a_file_is_submitted_only_when_each_required_question_is_answered(make) -> None:
    application = make.application()
    manager = make.member(application.organisation)
    with pytest.raises(ValidationError, match="Il reste à répondre"):
        services.submit(application, manager)
    services.submit(make.written(application), manager)
    assert (application.state, application.submitted_on) == ("submitted", TODAY)


def test_a_closed_campaign_takes_no_more_files(make) -> None:
    application = make.written(make.application())
    services.close(application.campaign)
    with pytest.raises(ValidationError, match="close"):
        services.submit(application, make.member(application.organisation))


def test_a_decision_says_its_reason_and_is_traced(make) -> None:
    application = make.written(make.application())
    head = make.user()
    services.submit(application, head)
    with pytest.raises(ValidationError, match="raison"):
        services.decide(application, "confirmed", "  ", head)
    services.decide(application, "confirmed", "Toute l’équipe s’engage.", head)
    last = application.transitions.last()
    assert (last.from_state, last.to_state, last.reason) == (
        "submitted",
        "confirmed",
        "Toute l’équipe s’engage.",
    )


def test_a_path_is_not_confirmed_before_the_structure_confirms_it(make) -> None:
    with pytest.raises(ValidationError, match="ne peut pas devenir"):
        services.decide(make.application(), "confirmed", "Trop tôt.", make.user())


@pytest.mark.parametrize("state", Application.State.values)
def test_every_passage_not_in_the_table_is_refused(make, state: str) -> None:
    allowed = {"confirmed", "declined", "in_path"} & services.PASSAGES[state]
    for outcome in ("confirmed", "declined", "in_path"):
        application = make.application()
        application.state = state
        if outcome in allowed:
            assert services.decide(application, outcome, "Parce que.", make.user()).state == outcome
        else:
            with pytest.raises(ValidationError):
                services.decide(application, outcome, "Parce que.", make.user())


def test_a_team_that_speaks_again_replaces_what_it_said(make) -> None:
    application = make.application()
    for committed in ("no", "yes"):
        services.commit_team(application, kind="technical", team="Encadrement", people=4, committed=committed)
    assert [(c.team, c.committed) for c in application.commitments.all()] == [("Encadrement", "yes")]


def test_a_step_is_recorded_with_who_and_when(make) -> None:
    application, animator = make.application(), make.user()
    services.record_step(
        application, "presentation", animator, done_on=TODAY, note="Toute l’équipe était là."
    )
    assert path.next_step(application).step["id"] == "exchange-day"
    with pytest.raises(ValidationError, match="ne fait pas partie"):
        services.record_step(application, "inconnue", animator)
    with pytest.raises(ValidationError, match="aujourd’hui"):
        services.record_step(application, "accompaniment", animator, done_on=TODAY + timedelta(days=1))


def test_a_step_already_walked_stays_in_the_path(make) -> None:
    application = make.application()
    services.record_step(application, "presentation", make.user(), done_on=TODAY)
    with pytest.raises(ValidationError, match="déjà parcourue"):
        services.update_campaign(application.campaign, steps=application.campaign.steps[1:])


def test_answered_questions_stay_as_they_were(make) -> None:
    application = make.application()
    asked = application.question_set.questions
    services.write_questions(
        application.campaign, [{"id": "autre", "label": "Autre question", "type": "text", "required": True}]
    )
    application.refresh_from_db()
    assert application.question_set.questions == asked
    assert application.campaign.question_sets.first().version == 2
    assert make.application(application.campaign).question_set.version == 2


def test_questions_nobody_answered_are_corrected_in_place(make) -> None:
    campaign = make.campaign()
    services.write_questions(campaign, [{"id": "q", "label": "Q", "type": "text"}])
    assert [s.version for s in campaign.question_sets.all()] == [1]


def test_a_campaign_for_invited_structures_is_foreign_to_the_others(make, login) -> None:
    campaign = make.campaign(audience="invited")
    invited, other = make.organisation(kind="structure"), make.organisation(kind="structure")
    services.invite_structure(campaign, invited, by=make.user())
    url = reverse("campaigns:campaign", args=[campaign.programme.slug, campaign.pk])
    assert login(make.member(invited)).get(url).status_code == 200
    assert login(make.member(other)).get(url).status_code == 404


def test_a_public_campaign_is_read_without_an_account(make, client) -> None:
    campaign = make.campaign(audience="public")
    url = reverse("campaigns:campaign", args=[campaign.programme.slug, campaign.pk])
    assert client.get(url).status_code == 200


def test_the_network_does_not_read_a_draft(make, login) -> None:
    head = make.organisation()
    campaign = make.campaign(make.programme(head=head), mode="open_call")
    application = make.application(campaign)
    network = login(make.member(head))
    url = reverse("campaigns:application", args=[campaign.programme.slug, application.pk])
    assert network.get(url).status_code == 404
    services.submit(make.written(application), make.user())
    assert network.get(url).status_code == 200


def test_an_animator_sees_only_their_regions(make) -> None:
    head = make.organisation()
    programme = make.programme(head=head)
    campaign = make.campaign(programme)
    bordeaux = make.application(campaign, territory_code="33063")
    make.application(campaign, territory_code="59350")
    animator = make.member(head, role="animator")
    membership = animator.memberships.get()
    membership.regions = ["75"]
    membership.save()
    assert [a.application for a in path.appointments_for(animator)] == [bordeaux]


def test_the_week_starts_with_what_is_late(make) -> None:
    head = make.organisation()
    campaign = make.campaign(make.programme(head=head))
    network = make.member(head)
    dates = {"33063": TODAY + timedelta(days=3), "59350": TODAY - timedelta(days=2), "13055": None}
    for code, day in dates.items():
        application = make.application(campaign, territory_code=code)
        if day:
            services.record_step(application, "presentation", network, next_on=day)
    found = path.appointments_for(network)
    assert [a.application.territory_code for a in found] == ["59350", "33063", "13055"]
    assert [a.is_late for a in found] == [True, False, False]


def test_what_waits_for_each_person(make) -> None:
    head = make.organisation()
    campaign = make.campaign(make.programme(head=head))
    network, structure = make.member(head), make.organisation(kind="structure")
    receiver = make.member(structure)
    services.invite_structure(campaign, structure, by=network)
    assert [t.title for t in services.todo_for(receiver)] == ["Répondre à l’invitation à candidater"]
    application = make.application(campaign, organisation=structure, by=receiver)
    services.record_step(application, "presentation", network, next_on=TODAY)
    assert {t.title for t in services.todo_for(receiver)} == {
        "Écrire et déposer la candidature",
        "Recueillir l’engagement de chaque équipe",
    }
    assert [t.title for t in services.todo_for(network)] == ["Étape «\xa0Présentation\xa0»"]
    services.submit(make.written(application), receiver)
    assert "Décider d’une candidature" in {t.title for t in services.todo_for(network)}


def test_declared_interest_leaves_out_drafts_and_refusals(make) -> None:
    programme = make.programme()
    make.application(make.campaign(programme, mode="open_call"))
    living = make.application(make.campaign(programme))
    refused = make.application(make.campaign(programme))
    services.decide(refused, "declined", "Hors du cadre.", make.user())
    assert services.declared_interest(programme) == [living]


def test_the_table_of_applications_asks_a_bounded_number_of_queries(
    make, login, django_assert_max_num_queries
) -> None:
    head = make.organisation()
    campaign = make.campaign(make.programme(head=head))
    for code in ("33063", "59350", "13055", "31555", "44109"):
        make.application(campaign, territory_code=code)
    client = login(make.member(head))
    url = reverse("campaigns:applications", args=[campaign.programme.slug, campaign.pk])
    with django_assert_max_num_queries(20):
        assert client.get(url).status_code == 200


def test_the_whole_path_by_the_screens(make, client) -> None:
    world = build_world(make)
    slug = world.programme.slug
    client.force_login(world.network)
    response = client.post(
        reverse("campaigns:create", args=[slug]),
        {
            "title": "Vague 1", "mode": "sequenced", "wave": 1, "opens_on": TODAY.isoformat(), "audience": "members",
            "text": "Essayons.", "hurried_days": 21, "criteria_text": "Une équipe complète\nUn partenaire santé",
        },
    )  # fmt: skip
    campaign = Campaign.objects.get()
    assert response.url == reverse("campaigns:campaign", args=[slug, campaign.pk])
    assert [c["id"] for c in campaign.criteria] == ["une_equipe_complete", "un_partenaire_sante"]
    client.post(reverse("campaigns:publish", args=[slug, campaign.pk]))

    client.force_login(world.receiver)
    client.post(
        reverse("campaigns:apply", args=[slug, campaign.pk]),
        {"organisation": world.structure.pk, "territory_level": "commune", "territory_code": "33063",
         "contact_name": "A", "contact_email": "a@exemple.test"},
    )  # fmt: skip
    application = Application.objects.get()
    own = [slug, application.pk]
    client.post(
        reverse("campaigns:answers", args=own),
        {"need": "B", "existing": "E", "team": "T", "motives": ["need"]},
    )
    client.post(
        reverse("campaigns:team", args=own),
        {
            "team": "Accompagnement",
            "kind": "support",
            "people": 3,
            "committed": "yes",
            "on": TODAY.isoformat(),
        },
    )
    client.force_login(world.animator)
    client.post(
        reverse("campaigns:step", args=[*own, "exchange-day"]),
        {"done_on": TODAY.isoformat(), "note": "Bien."},
    )
    client.force_login(world.receiver)
    client.post(reverse("campaigns:submit", args=own))
    client.force_login(world.network)
    client.post(reverse("campaigns:decide", args=own), {"outcome": "confirmed", "reason": "Équipe entière."})
    application.refresh_from_db()
    assert application.state == "confirmed"
    page = client.get(reverse("campaigns:application", args=own)).content.decode()
    assert "Équipe entière." in page and "Accompagnement" in page


def test_steps_and_questions_are_changed_by_the_screens(make, login) -> None:
    head = make.organisation()
    campaign = make.campaign(make.programme(head=head), state="draft")
    client = login(make.member(head))
    args = [campaign.programme.slug, campaign.pk]
    rows = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0"}
    client.post(
        reverse("campaigns:edit_steps", args=args),
        rows
        | {
            "form-0-title": "Visite",
            "form-0-ORDER": "2",
            "form-1-title": "Accueil par des pairs",
            "form-1-ORDER": "1",
        },
    )
    client.post(
        reverse("campaigns:edit_questions", args=args),
        rows | {"form-0-label": "Pourquoi ?", "form-0-type": "long_text",
                "form-1-label": "Quand ?", "form-1-type": "choice", "form-1-choices": "Cet hiver\nAu printemps"},
    )  # fmt: skip
    campaign.refresh_from_db()
    assert [step["id"] for step in campaign.steps] == ["accueil_par_des_pairs", "visite"]
    questions = campaign.question_sets.get().questions
    assert questions[1]["choices"] == [
        {"id": "cet_hiver", "label": "Cet hiver"},
        {"id": "au_printemps", "label": "Au printemps"},
    ]


def test_a_former_head_of_network_no_longer_prepares_campaigns(make, login) -> None:
    former = make.organisation()
    programme = make.programme()
    programmes.add_role(programme, former, "head", start="2015", end="2017")
    response = login(make.member(former)).get(reverse("campaigns:create", args=[programme.slug]))
    assert response.status_code == 404
