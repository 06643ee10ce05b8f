"""Evaluation plans, panels and estimates: every write goes through here."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from essaim import __version__
from essaim.platform.community.services import create_lesson
from essaim.platform.evaluations import costs, panels, report, services_draws, sizing
from essaim.platform.evaluations.models import Departure, Estimate, EvaluationPlan, Panel, WaveDraw
from essaim.platform.evaluations.panels import Draft
from essaim.platform.evaluations.permissions import POLICY
from essaim.platform.evaluations.tasks import run_estimate as task
from essaim.platform.programmes.permissions import POLICY as PROGRAMME
from essaim.platform.programmes.permissions import programmes_where
from essaim.platform.sites.services import opened_sites
from essaim.platform.todo import Todo
from essaim.protocol.codec import fingerprint

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.community.models import Lesson
    from essaim.platform.programmes.models import Programme

PLANNED = (
    "question", "outcome", "unit", "comparison", "waves", "control", "anticipation", "smallest_effect",
    "if_positive", "if_null", "if_negative", "if_unknown",
)  # fmt: skip


# Reading


def plans_for(user: Any, programme: "Programme") -> list[EvaluationPlan]:
    """The plans of the programme that the person may see; 404 when the programme is foreign to them."""
    PROGRAMME.require(user, "view", programme)
    found = list(EvaluationPlan.objects.filter(programme=programme).prefetch_related("panels"))
    for plan in found:
        plan.programme = programme  # its roles are read once
    return [plan for plan in found if POLICY.can(user, "view", plan)]


def plan_for(user: Any, slug: str, pk: int, action: str = "view") -> EvaluationPlan:
    """The plan when it is this programme's and the person may do ``action``; 404 or 403 otherwise."""
    plan = (
        EvaluationPlan.objects.select_related("programme", "author")
        .prefetch_related("programme__roles")
        .filter(pk=pk, programme__slug=slug)
        .first()
    )
    if plan is None:
        raise Http404
    POLICY.require(user, action, plan)
    return plan


def estimate_for(user: Any, slug: str, pk: int, action: str = "view") -> Estimate:
    """The estimate when the person may do ``action`` on its plan; 404 or 403 otherwise."""
    found = (
        Estimate.objects.select_related("panel__plan__programme", "author", "lesson", "replays")
        .filter(pk=pk, panel__plan__programme__slug=slug)
        .first()
    )
    if found is None:
        raise Http404
    POLICY.require(user, action, found.plan)
    return found


def estimates_of(plan: EvaluationPlan) -> QuerySet[Estimate]:
    return Estimate.objects.filter(panel__plan=plan).select_related("panel", "author", "lesson")


# Plans


def create_plan(programme: "Programme", *, by: "User", **fields: Any) -> EvaluationPlan:
    return update_plan(EvaluationPlan(programme=programme, author=by), **fields)


def update_plan(plan: EvaluationPlan, **fields: Any) -> EvaluationPlan:
    """Change a draft; a frozen plan changes no more, its departures are noted instead."""
    if plan.is_frozen:
        raise ValidationError(_("Ce plan est gelé : noter un écart plutôt que le réécrire."))
    for name, value in fields.items():
        setattr(plan, name, value)
    plan.full_clean()
    plan.save()
    return plan


def record_sizing(plan: EvaluationPlan, given: Mapping[str, Any]) -> EvaluationPlan:
    """Keep in a draft what its design could detect, with what was assumed. Raises ``ValidationError``."""
    return update_plan(plan, sizing=sizing.computed(given))


@transaction.atomic
def freeze_plan(plan: EvaluationPlan) -> EvaluationPlan:
    """Freeze a plan with its time stamp and hash, and count the sites that had already opened."""
    plan = EvaluationPlan.objects.select_for_update().select_related("programme").get(pk=plan.pk)
    if plan.is_frozen:
        raise ValidationError(_("Ce plan est déjà gelé."))
    plan.frozen_at = timezone.now()
    plan.opened_at_freeze = len(opened_sites(plan.programme))
    live = services_draws.live_draw(plan)
    plan.document = {
        "format": "essaim/evaluation-plan/1",
        "programme": plan.programme.slug,
        "frozen_at": plan.frozen_at.isoformat(timespec="seconds"),
        "sites_opened": plan.opened_at_freeze,
        "draw": live.fingerprint if live else "",
        "sizing": plan.sizing,
        **{name: getattr(plan, name) for name in PLANNED},
    }
    plan.sha256 = fingerprint(plan.document)
    plan.state = EvaluationPlan.State.FROZEN
    plan.full_clean()
    plan.save()
    return plan


def note_departure(plan: EvaluationPlan, *, what: str, why: str, by: "User") -> Departure:
    if not plan.is_frozen:
        raise ValidationError(_("Le plan n’est pas gelé : le modifier directement."))
    departure = Departure(plan=plan, what=what, why=why, author=by)
    departure.full_clean()
    departure.save()
    return departure


# Panels


def read_panel(name: str, content: bytes) -> Draft:
    """A panel that is already joined (unit, time, cohort, outcome), checked but not kept. Raises ``BadPanel``."""
    return panels.from_one_file((name, content))


@transaction.atomic
def add_panel(
    plan: EvaluationPlan, draft: Draft, *, title: str, source: str, by: "User", simulated: bool = False
) -> Panel:
    """Keep a panel read by ``panels.from_two_files`` or ``panels.from_one_file``."""
    panel = Panel(
        plan=plan,
        title=title,
        source=source,
        sha256=draft.sha256,
        inputs=draft.inputs,
        notes=draft.notes,
        window=draft.window,
        window_reason=draft.window_reason,
        units=draft.units,
        exposed=draft.exposed,
        periods=draft.periods,
        waves=draft.waves,
        simulated=simulated or draft.simulated or plan.simulated,
        author=by,
    )
    panel.file.save(f"{draft.sha256[:16]}.csv", ContentFile(draft.csv), save=False)
    panel.full_clean()
    panel.save()
    return panel


# Estimates


def run_estimate(
    panel: Panel, *, by: "User", options: Mapping[str, Any] | None = None, replays: Estimate | None = None
) -> Estimate:
    """Start an estimate as a background task; without ``options``, those of the plan."""
    plan = panel.plan
    chosen = {
        "control": plan.control,
        "base": "varying",
        "anticipation": plan.anticipation,
        "level": 0.95,
        "seed": 0,
        "window": None,
        **_inference(services_draws.held_draw(plan)),
        **(options or {}),
    }
    estimated = Estimate(
        panel=panel,
        options=chosen,
        departures=report.departures_of(plan, chosen),
        panel_sha256=panel.sha256,
        code_version=__version__,
        seed=chosen["seed"],
        replays=replays,
        author=by,
    )
    estimated.full_clean()
    estimated.save()
    task.enqueue(estimated.pk)
    estimated.refresh_from_db()
    return estimated


def _inference(held: WaveDraw | None) -> dict[str, Any]:
    """Where the waves were drawn, that draw is replayed; elsewhere CR2."""
    if held is None:
        return {"inference": "cr2"}
    return {"inference": "randomisation", "draw": held.fingerprint}


def replay(estimated: Estimate, *, by: "User") -> Estimate:
    """Run an estimate again with its own settings; ``same_result`` of the new one says whether it was found again."""
    return run_estimate(estimated.panel, by=by, options=estimated.options, replays=estimated)


def record_cost(estimated: Estimate, given: Mapping[str, Any]) -> Estimate:
    """Keep with a finished report what a unit of its effect costs. Raises ``ValidationError`` with the reason."""
    if estimated.state != Estimate.State.DONE:
        raise ValidationError(_("L’estimation n’est pas terminée."))
    estimated.costs = costs.computed(estimated.result, given)
    estimated.full_clean()
    estimated.save()
    return estimated


@transaction.atomic
def write_lesson(estimated: Estimate, *, by: "User", **lesson: Any) -> "Lesson":
    """The lesson that a report calls for; one a report."""
    if estimated.lesson_id:
        raise ValidationError(_("La leçon de ce rapport est déjà écrite."))
    kept = create_lesson(estimated.plan.programme, by=by, simulated=estimated.panel.simulated, **lesson)
    estimated.lesson = kept
    estimated.save()
    return kept


# What waits


def todo_for(user: Any) -> list[Todo]:
    """For those who may write plans: plans to freeze, reports whose lesson is not written."""
    programmes = programmes_where(user, "create_plan")
    drafts = EvaluationPlan.objects.filter(programme__in=programmes, state=EvaluationPlan.State.DRAFT)
    unlearnt = Estimate.objects.filter(
        panel__plan__programme__in=programmes, state=Estimate.State.DONE, lesson=None, replays=None
    )
    return [
        Todo(
            _("Geler le plan d’évaluation : %(question)s") % {"question": plan.question},
            reverse("evaluations:plan", args=[plan.programme.slug, plan.pk]),
            plan.programme.title,
        )
        for plan in drafts.select_related("programme")
    ] + [
        Todo(
            _("Écrire la leçon du rapport : %(question)s") % {"question": found.plan.question},
            reverse("evaluations:report", args=[found.plan.programme.slug, found.pk]),
            found.plan.programme.title,
        )
        for found in unlearnt.select_related("panel__plan__programme")
    ]
