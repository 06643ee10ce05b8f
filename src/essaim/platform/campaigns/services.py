"""Campaigns and applications: every write goes through here, and what other domains may ask."""

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from essaim.platform.campaigns import defaults
from essaim.platform.campaigns.models import (
    Application,
    Campaign,
    Invitation,
    QuestionSet,
    StepRecord,
    TeamCommitment,
    Transition,
)
from essaim.platform.campaigns.path import appointments_for as appointments_for
from essaim.platform.campaigns.path import todo_for as todo_for
from essaim.platform.campaigns.questions import build_form, default_questions, to_json
from essaim.platform.programmes import services as programmes

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.organisations.models import Organisation
    from essaim.platform.programmes.models import Programme
    from essaim.protocol.document import Selection

State = Application.State
PASSAGES: dict[str, frozenset[str]] = {
    State.DRAFT: frozenset({State.SUBMITTED, State.WITHDRAWN}),
    State.IN_PATH: frozenset({State.SUBMITTED, State.DECLINED, State.WITHDRAWN}),
    State.SUBMITTED: frozenset({State.IN_PATH, State.CONFIRMED, State.DECLINED, State.WITHDRAWN}),
    State.CONFIRMED: frozenset({State.WITHDRAWN}),
    State.DECLINED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
"""Which state may follow which: a decision is taken once, on what has been submitted."""


@transaction.atomic
def create_campaign(programme: "Programme", **fields: Any) -> Campaign:
    """A campaign in preparation, with the steps, criteria and questions of its mode unless they are given.

    ``questions`` may be given; steps come from the protocol's selection when it states some.
    """
    questions = fields.pop("questions", None) or default_questions(fields["mode"])
    if fields["mode"] == Campaign.Mode.TWO_PAGE:
        fields["criteria"] = fields.get("criteria") or [defaults.wish_criterion()]
    if fields["mode"] == Campaign.Mode.SEQUENCED:
        fields["steps"] = fields.get("steps") or _steps_for(programme)
    campaign = Campaign(programme=programme, **fields)
    campaign.full_clean()
    campaign.save()
    write_questions(campaign, questions)
    return campaign


def _steps_for(programme: "Programme") -> list[dict[str, Any]]:
    selection = protocol_selection(programme)
    if selection is not None and selection.steps:
        return defaults.protocol_steps(selection)
    return defaults.path_steps()


def protocol_selection(programme: "Programme") -> "Selection | None":
    """How the programme's last published protocol says that receivers are chosen."""
    version = programmes.current_version(programme)
    return version.protocol.selection if version else None


def update_campaign(campaign: Campaign, **fields: Any) -> Campaign:
    """Change a campaign; its steps stay once an application walks them."""
    if "steps" in fields and fields["steps"] != campaign.steps:
        kept = {step["id"] for step in fields["steps"]}
        done = set(StepRecord.objects.filter(application__campaign=campaign).values_list("step", flat=True))
        if done - kept:
            raise ValidationError(_("Une étape déjà parcourue par une structure ne se retire pas."))
    for name, value in fields.items():
        setattr(campaign, name, value)
    campaign.full_clean()
    campaign.save()
    return campaign


def publish(campaign: Campaign) -> Campaign:
    return update_campaign(campaign, state=Campaign.State.PUBLISHED)


def close(campaign: Campaign) -> Campaign:
    return update_campaign(campaign, state=Campaign.State.CLOSED)


@transaction.atomic
def write_questions(campaign: Campaign, questions: list[dict[str, Any]]) -> QuestionSet:
    """The questions asked from now on. A version already answered stays: a new one follows it."""
    current = campaign.question_sets.first()
    if current is not None and current.questions == questions:
        return current
    if current is None or current.applications.exists():
        current = QuestionSet(campaign=campaign, version=current.version + 1 if current else 1)
    current.questions = questions
    current.full_clean()
    current.save()
    return current


def invite_structure(
    campaign: Campaign, organisation: "Organisation", by: "User", note: str = ""
) -> Invitation:
    """Ask a structure to apply; it then sees the campaign even when it is kept for those invited."""
    if campaign.invitations.filter(organisation=organisation).exists():
        raise ValidationError({"organisation": _("Cette structure est déjà invitée.")})
    invitation = Invitation(campaign=campaign, organisation=organisation, by=by, note=note)
    invitation.full_clean()
    invitation.save()
    return invitation


@transaction.atomic
def apply(
    campaign: Campaign,
    organisation: "Organisation",
    by: "User",
    *,
    begun_on: date | None = None,
    **fields: Any,
) -> Application:
    """Begin an application; on a sequenced campaign the path begins at once, before anything is written.

    ``fields``: territory_level, territory_code, contact_name, contact_email, and simulated.
    Errors: ``ValidationError`` when the campaign is not open or when the territory is unknown.
    """
    begun_on = begun_on or timezone.localdate()
    if not campaign.is_open(begun_on):
        raise ValidationError(_("Cette campagne n’est pas ouverte : on ne peut pas y candidater."))
    first = State.IN_PATH if campaign.mode == Campaign.Mode.SEQUENCED else State.DRAFT
    application = Application(
        campaign=campaign, organisation=organisation, question_set=campaign.question_sets.first(),
        state=first, begun_on=begun_on, **fields,
    )  # fmt: skip
    application.full_clean()
    application.save()
    _trace(application, "", first, by, begun_on, "")
    return application


def update_application(application: Application, **fields: Any) -> Application:
    """Change the territory or the contact of an application."""
    for name, value in fields.items():
        setattr(application, name, value)
    application.full_clean()
    application.save()
    return application


def save_answers(application: Application, answers: dict[str, Any]) -> Application:
    """Keep answers, complete or not; each one given is checked against its question."""
    form = build_form(application.question_set.questions, answers, complete=False)
    if not form.is_valid():
        raise ValidationError(
            [f"{form.fields[name].label} : {text}" for name, errors in form.errors.items() for text in errors]
        )
    application.answers = to_json(form.cleaned_data)
    application.full_clean()
    application.save()
    return application


def submit(application: Application, by: "User", on: date | None = None) -> Application:
    """The structure confirms its application: every required question answered, the campaign still open."""
    on = on or timezone.localdate()
    if not application.campaign.is_open(on):
        raise ValidationError(_("La campagne est close : la candidature ne peut plus être déposée."))
    missing = unanswered(application)
    if missing:
        raise ValidationError(
            _("Il reste à répondre à : %(questions)s.") % {"questions": " ; ".join(missing)}
        )
    application.submitted_on = on
    return _pass_to(application, State.SUBMITTED, by, on, "")


def unanswered(application: Application) -> list[str]:
    """Labels of the required questions that have no answer yet."""
    return [
        question["label"]
        for question in application.question_set.questions
        if question.get("required") and application.answers.get(question["id"]) in (None, "", [])
    ]


def decide(
    application: Application, outcome: str, reason: str, by: "User", on: date | None = None
) -> Application:
    """The network confirms, declines, or sends back to the path; always with a reason, kept and shown."""
    if outcome not in (State.CONFIRMED, State.DECLINED, State.IN_PATH):
        raise ValidationError({"outcome": _("Cette décision n’existe pas.")})
    if not reason.strip():
        raise ValidationError({"reason": _("Une décision dit sa raison : la structure la lira.")})
    return _pass_to(application, outcome, by, on, reason)


def withdraw(application: Application, by: "User", reason: str = "", on: date | None = None) -> Application:
    return _pass_to(application, State.WITHDRAWN, by, on, reason)


@transaction.atomic
def _pass_to(application: Application, state: str, by: "User", on: date | None, reason: str) -> Application:
    if state not in PASSAGES[application.state]:
        raise ValidationError(
            _("Une candidature « %(from)s » ne peut pas devenir « %(to)s ».")
            % {"from": application.get_state_display(), "to": State(state).label}
        )
    before, application.state = application.state, state
    application.full_clean()
    application.save()
    _trace(application, before, state, by, on or timezone.localdate(), reason)
    return application


def _trace(application: Application, before: str, after: str, by: "User", on: date, reason: str) -> None:
    passage = Transition(
        application=application, from_state=before, to_state=after, by=by, on=on, reason=reason
    )
    passage.full_clean()
    passage.save()


def record_step(
    application: Application,
    step: str,
    by: "User",
    *,
    done_on: date | None = None,
    next_on: date | None = None,
    note: str = "",
) -> StepRecord:
    """What was done of a step, or when it is due; recording a step again replaces what was said of it."""
    record = application.step_records.filter(step=step).first() or StepRecord(
        application=application, step=step
    )
    record.done_on, record.next_on, record.note, record.by = done_on, next_on, note, by
    record.full_clean()
    record.save()
    return record  # fmt: skip


def commit_team(application: Application, **fields: Any) -> TeamCommitment:
    """What a team says of its commitment; a team that speaks again replaces what it said."""
    commitment = application.commitments.filter(team=fields["team"]).first() or TeamCommitment(
        application=application
    )
    for name, value in fields.items():
        setattr(commitment, name, value)
    commitment.full_clean()
    commitment.save()
    return commitment


def remove_commitment(commitment: TeamCommitment) -> None:
    commitment.delete()


def declared_interest(programme: "Programme") -> list[Application]:
    """Applications that declare an interest now: submitted, in path or confirmed, with their commitments.

    ``territories`` counts them by territory; ``simulated`` on any of them makes the criterion simulated.
    """
    return list(
        Application.objects.filter(
            campaign__programme=programme, state__in=[State.SUBMITTED, State.IN_PATH, State.CONFIRMED]
        ).prefetch_related("commitments")
    )


def confirmed_applications(programme: "Programme") -> list[Application]:
    """Confirmed applications, from which sites open."""
    return list(
        Application.objects.filter(campaign__programme=programme, state=State.CONFIRMED).select_related(
            "organisation", "campaign"
        )
    )


def applications_of(campaign: Campaign, regions: Collection[str] | None = None) -> list[Application]:
    """Applications the network may see (drafts stay with their authors), within ``regions`` when given."""
    found = campaign.applications.exclude(state=State.DRAFT).select_related("organisation", "question_set")
    if regions is not None:
        found = found.filter(region__in=regions)
    return list(found.prefetch_related("commitments", "step_records", "transitions"))
