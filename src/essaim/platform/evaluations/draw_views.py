"""Pages of the draw of the waves: prepared by few, read and replayed by anybody."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from essaim.platform.evaluations import services, services_draws
from essaim.platform.evaluations.forms import CancelDrawForm, DrawForm, HoldForm, PlaceWavesForm
from essaim.platform.evaluations.models import EvaluationPlan, WaveDraw
from essaim.platform.evaluations.permissions import POLICY
from essaim.platform.form_errors import report
from essaim.platform.http import Request
from essaim.rollout.balance import too_much


def _shown(found: WaveDraw) -> dict[str, Any]:
    """What the page of a draw shows: territories by wave once held, before that who will be drawn and how."""
    request = services_draws.request_from({"inputs": found.inputs})
    waves: dict[int, list[dict[str, Any]]] = {}
    for row in found.record.get("allocation", []):
        waves.setdefault(row["wave"], []).append({**row, "name": found.names.get(row["code"], "")})
    strata = sorted({t.stratum for t in request.drawn} - {""})
    return {
        "draw": found,
        "cancelled": services_draws.cancelled_before(found),
        "drawn_count": len(request.drawn),
        "first": [(t.code, found.names.get(t.code, ""), t.first) for t in request.first],
        "sizes": [size + (len(request.first) if not wave else 0) for wave, size in enumerate(request.sizes)],
        "strata": [(s, sum(t.stratum == s for t in request.drawn)) for s in strata],
        "covariates": sorted({name for t in request.drawn for name in t.covariates}),
        "waves": sorted(waves.items()),
        "balance": found.record.get("balance", {}),
        "constraint": _constraint(found.record),
        "rows": [
            (t.code, found.names.get(t.code, ""), t.stratum, t.first)
            for t in sorted(request.territories, key=lambda t: t.code)
        ],
    }


def _constraint(record: dict[str, Any]) -> dict[str, Any] | None:
    """What the constraint of a record left, its warnings ready to be told in the reader's language."""
    left = record.get("constraint")
    return left and {**left, "warnings": too_much(left["kept"], len(left["always"]), len(left["never"]))}


@login_not_required
def public(request: Request, fingerprint: str) -> HttpResponse:
    """A published draw, for anybody; the server replays it each time the page is read."""
    found = services_draws.public_draw(fingerprint)
    context = _shown(found)
    if found.record:
        context["replayed"] = services_draws.replayed(found) is not None
    return render(request, "evaluations/draw_public.html", context)


@login_not_required
def public_json(request: Request, fingerprint: str) -> HttpResponse:
    """The file that ``essaim rollout draw`` reads: the data before the draw, the record after."""
    found = services_draws.public_draw(fingerprint)
    content = json.dumps(found.record or services_draws.known_before(found), ensure_ascii=False, indent=1)
    name = f"tirage-{fingerprint[:12]}{'' if found.record else '-avant'}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/json", headers=headers)


def draw(request: Request, slug: str, pk: int, draw: int) -> HttpResponse:
    plan, found = _found(request, slug, pk, draw)
    context = {
        **_shown(found),
        "programme": plan.programme,
        "plan": plan,
        "can": POLICY.actions(request.user, plan),
    }
    if found.state == WaveDraw.State.DRAFT:
        context["rehearsal"] = services_draws.rehearsal(services_draws.request_from({"inputs": found.inputs}))
    return render(request, "evaluations/draw.html", context)


def _found(
    request: Request, slug: str, pk: int, draw: int, action: str = "draw"
) -> tuple[EvaluationPlan, WaveDraw]:
    plan = services.plan_for(request.user, slug, pk, action)
    return plan, services_draws.draw_of(plan, draw)


def new(request: Request, slug: str, pk: int) -> HttpResponse:
    plan = services.plan_for(request.user, slug, pk, "draw")
    initial = {
        "table": services_draws.table_of_sites(plan),
        "capacities": request.GET.get("capacities", ""),
        "method": WaveDraw.Method.STRATIFIED,
        "keep": 10,
    }
    return _declare(request, plan, None, DrawForm(request.POST or None, initial=initial))


def edit(request: Request, slug: str, pk: int, draw: int) -> HttpResponse:
    plan, found = _found(request, slug, pk, draw)
    return _declare(request, plan, found, DrawForm(request.POST or None, instance=found))


def _declare(request: Request, plan: EvaluationPlan, found: WaveDraw | None, form: DrawForm) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            kept = services_draws.save_draw(plan, found, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            report(form, error)
        else:
            return redirect("evaluations:draw", plan.programme.slug, plan.pk, kept.pk)
    lead = _(
        "Un tirage public en trois temps : les données et leur empreinte sont publiées, puis un résultat public que "
        "personne ne pouvait connaître donne la graine, et n’importe qui peut refaire le tirage."
    )
    return _form(
        request, plan, form, _("Préparer le tirage des vagues"), _("Voir ce qui sera tiré"), lead=lead
    )


@require_POST
def publish(request: Request, slug: str, pk: int, draw: int) -> HttpResponse:
    plan, found = _found(request, slug, pk, draw)
    try:
        services_draws.publish_draw(found)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("Empreinte publiée : la page du tirage est ouverte à tous."))
    return redirect("evaluations:draw", slug, plan.pk, found.pk)


def hold(request: Request, slug: str, pk: int, draw: int) -> HttpResponse:
    plan, found = _found(request, slug, pk, draw)
    form = HoldForm(request.POST or None)
    done = _("Tirage fait : le procès-verbal est public.")
    lead = _("Ce qui a été annoncé : %(rule)s") % {"rule": found.seed_rule}
    return _step(
        request, plan, found, form, (_("Faire le tirage"), _("Tirer"), lead, done),
        lambda: services_draws.hold_draw(found, form.cleaned_data["public_text"]),
    )  # fmt: skip


def cancel(request: Request, slug: str, pk: int, draw: int) -> HttpResponse:
    plan, found = _found(request, slug, pk, draw)
    form = CancelDrawForm(request.POST or None)
    lead = (
        _("Ce tirage est un brouillon que personne n’a vu : il sera effacé.")
        if found.state == WaveDraw.State.DRAFT
        else _("Un tirage publié ne s’efface pas : il restera visible, avec la raison de son annulation.")
    )
    return _step(
        request, plan, found, form, (_("Annuler ce tirage"), _("Annuler le tirage"), lead, _("Tirage annulé.")),
        lambda: services_draws.cancel_draw(found, form.cleaned_data["because"]),
    )  # fmt: skip


def place(request: Request, slug: str, pk: int, draw: int) -> HttpResponse:
    """The drawn waves become those of the programme, and its sites take them."""
    plan, found = _found(request, slug, pk, draw, "place_waves")
    if not found.is_held:
        raise Http404
    count = len(found.inputs["capacities"])
    first = (plan.programme.waves.aggregate(last=Max("number"))["last"] or 0) + 1
    form = PlaceWavesForm(request.POST or None, waves=count, initial={"first_number": first})
    if request.method == "POST" and form.is_valid():
        try:
            said = services_draws.place_waves(found, form.openings, form.cleaned_data["first_number"])
        except ValidationError as error:
            report(form, error)
        else:
            _tell(request, said)
            return redirect("sites:waves", slug)
    lead = _(
        "Les vagues du programme porteront la graine et l’empreinte du tirage ; les sites de ces territoires y entrent."
    )
    return _form(
        request, plan, form, _("Poser les vagues tirées"), _("Poser les vagues"), lead=lead, draw=found
    )


def _tell(request: Request, said: dict[str, list[str]]) -> None:
    messages.success(request, _("Vagues posées : %(count)s sites placés.") % {"count": len(said["placed"])})
    if said["opened"]:
        text = _("Déjà ouverts, laissés dans leur vague : %(names)s.")
        messages.warning(request, text % {"names": ", ".join(said["opened"])})
    if said["without_site"]:
        text = _("Territoires tirés sans site sur la plateforme : %(names)s.")
        messages.warning(request, text % {"names": ", ".join(said["without_site"])})


def _step(
    request: Request, plan: EvaluationPlan, found: WaveDraw, form: Any, texts: tuple[str, str, str, str],
    act: Callable[[], Any],
) -> HttpResponse:  # fmt: skip
    title, submit, lead, done = texts
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except ValidationError as error:
            report(form, error)
        else:
            messages.success(request, done)
            still = plan.draws.filter(pk=found.pk).exists()
            return (
                redirect("evaluations:draw", plan.programme.slug, plan.pk, found.pk)
                if still
                else redirect("evaluations:plan", plan.programme.slug, plan.pk)
            )
    return _form(request, plan, form, title, submit, lead=lead, draw=found)


def _form(
    request: Request,
    plan: EvaluationPlan,
    form: Any,
    title: str,
    submit: str,
    *,
    lead: str,
    draw: WaveDraw | None = None,
) -> HttpResponse:
    slug = plan.programme.slug
    back = (
        reverse("evaluations:draw", args=[slug, plan.pk, draw.pk])
        if draw
        else reverse("evaluations:plan", args=[slug, plan.pk])
    )
    context = {
        "programme": plan.programme,
        "form": form,
        "title": title,
        "submit": submit,
        "lead": lead,
        "back": back,
    }
    return render(request, "evaluations/form.html", context)
