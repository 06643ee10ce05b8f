"""Reading an application: where it stands on its path, what makes it fragile, what waits for whom this week."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from essaim.platform.campaigns.fragility import Facts, Finding, assess
from essaim.platform.campaigns.models import Application, Campaign, StepRecord, TeamCommitment
from essaim.platform.campaigns.permissions import APPLICATION_POLICY
from essaim.platform.campaigns.questions import MOTIVES
from essaim.platform.organisations.permissions import organisation_ids
from essaim.platform.programmes.permissions import programmes_where, roles_on_programme
from essaim.platform.todo import Todo

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User

_LEADING = {TeamCommitment.Kind.MANAGEMENT, TeamCommitment.Kind.BOARD}


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of the path with what was recorded of it."""

    step: dict[str, Any]
    record: StepRecord | None

    @property
    def is_done(self) -> bool:
        return self.record is not None and self.record.done_on is not None

    @property
    def due(self) -> date | None:
        return self.record.next_on if self.record and not self.is_done else None

    @property
    def is_late(self) -> bool:
        return self.due is not None and self.due < timezone.localdate()


def steps_of(application: Application) -> list[StepView]:
    """The campaign's steps in order, each with its record."""
    records = {record.step: record for record in application.step_records.all()}
    return [StepView(step, records.get(step["id"])) for step in application.campaign.steps]


def next_step(application: Application) -> StepView | None:
    """The first step that is not done yet."""
    return next((view for view in steps_of(application) if not view.is_done), None)


def facts_of(application: Application) -> Facts:
    """What the rules of fragility read."""
    steps = steps_of(application)
    commitments = list(application.commitments.all())
    exchanges = [view for view in steps if view.step.get("exchange")]
    motives = application.answers.get(MOTIVES)
    late = [view.step["title"] for view in steps if view.is_late and not application.is_over]
    return Facts(
        mode=application.campaign.mode,
        begun_on=application.begun_on,
        submitted_on=application.submitted_on,
        hurried_days=application.campaign.hurried_days,
        teams_committed=sum(c.committed != "no" and c.kind not in _LEADING for c in commitments),
        teams_refusing=tuple(c.team for c in commitments if c.committed == "no"),
        exchange_planned=bool(exchanges),
        exchange_done=any(view.is_done for view in exchanges),
        motives=tuple(motives) if motives is not None else None,
        late_step=late[0] if late else "",
    )


def fragilities(application: Application) -> list[Finding]:
    return assess(facts_of(application))


def people_committed(application: Application) -> int:
    """People of the teams that commit, fully or in part."""
    return sum(c.people for c in application.commitments.all() if c.committed != "no")


@dataclass(frozen=True, slots=True)
class Appointment:
    """An application in somebody's regions, its next step, and when it is due."""

    application: Application
    step: StepView | None

    @property
    def due(self) -> date | None:
        return self.step.due if self.step else None

    @property
    def is_late(self) -> bool:
        return self.step is not None and self.step.is_late


def appointments_for(user: "User") -> list[Appointment]:
    """What the user accompanies, the late and the nearest first, then what has no date."""
    programmes = [
        programme
        for programme in programmes_where(user, "view_network")
        if roles_on_programme(user, programme) & {"network", "animator"}
    ]
    found = [
        Appointment(application, next_step(application))
        for application in _accompanied(programmes)
        if APPLICATION_POLICY.can(user, "record_step", application)
    ]
    return sorted(found, key=lambda a: (a.due is None, a.due or date.max, str(a.application)))


def _accompanied(programmes: Iterable[Any]) -> QuerySet[Application]:
    return (
        Application.objects.filter(
            campaign__programme__in=list(programmes),
            state__in=[Application.State.IN_PATH, Application.State.SUBMITTED],
        )
        .exclude(campaign__steps=[])
        .select_related("organisation", "campaign__programme")
        .prefetch_related("campaign__programme__roles", "step_records")
    )


def applications_for(user: "User") -> list[Application]:
    """The applications of the user's own organisations, in every programme."""
    return list(
        Application.objects.filter(organisation__in=organisation_ids(user, "manager", "member"))
        .select_related("organisation", "campaign__programme", "question_set")
        .prefetch_related("commitments", "step_records")
    )


def todo_for(user: "User") -> list[Todo]:
    """What waits for the user: to write, to mobilise, to accompany, to decide."""
    return [*_todo_receiving(user), *_todo_accompanying(user), *_todo_deciding(user)]


def _url(application: Application) -> str:
    return reverse("campaigns:application", args=[application.campaign.programme.slug, application.pk])


def _todo_receiving(user: "User") -> list[Todo]:
    found = []
    for application in applications_for(user):
        context = f"{application.campaign} – {application.territory_name}"
        open_now = application.campaign.is_open()
        if application.state in (Application.State.DRAFT, Application.State.IN_PATH) and open_now:
            due = application.campaign.closes_on
            found.append(Todo(_("Écrire et déposer la candidature"), _url(application), context, due))
        if not application.is_over and not application.commitments.all():
            found.append(Todo(_("Recueillir l’engagement de chaque équipe"), _url(application), context))
    return [*found, *_todo_invited(user)]


def _todo_invited(user: "User") -> list[Todo]:
    mine = organisation_ids(user, "manager", "member")
    campaigns = Campaign.objects.filter(
        state=Campaign.State.PUBLISHED, invitations__organisation__in=mine
    ).exclude(applications__organisation__in=mine)
    return [
        Todo(
            _("Répondre à l’invitation à candidater"),
            reverse("campaigns:campaign", args=[campaign.programme.slug, campaign.pk]),
            str(campaign),
            campaign.closes_on,
        )
        for campaign in campaigns.select_related("programme").distinct()
        if campaign.is_open()
    ]


def _todo_accompanying(user: "User") -> list[Todo]:
    soon = timezone.localdate() + timedelta(days=7)
    return [
        Todo(
            _("Étape « %(step)s »") % {"step": appointment.step.step["title"]},
            _url(appointment.application),
            str(appointment.application),
            appointment.due,
        )
        for appointment in appointments_for(user)
        if appointment.step and appointment.due and appointment.due <= soon
    ]


def _todo_deciding(user: "User") -> list[Todo]:
    heads = [p for p in programmes_where(user, "create_campaign") if "network" in roles_on_programme(user, p)]
    waiting = Application.objects.filter(
        Q(campaign__programme__in=heads), state=Application.State.SUBMITTED
    ).select_related("organisation", "campaign__programme")
    return [
        Todo(_("Décider d’une candidature"), _url(application), f"{application.campaign} – {application}")
        for application in waiting
    ]
