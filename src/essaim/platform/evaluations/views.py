"""Pages of evaluation plans: written, frozen, departed from in the open."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from essaim.platform.evaluations import documents, services, services_draws
from essaim.platform.evaluations.forms import DepartureForm, PlanForm
from essaim.platform.evaluations.permissions import POLICY
from essaim.platform.http import Request
from essaim.platform.programmes.permissions import POLICY as PROGRAMME
from essaim.platform.programmes.services import programme_by_slug, programme_for
from essaim.platform.sites.services import opened_sites


def plans(request: Request, slug: str) -> HttpResponse:
    programme = programme_by_slug(slug)
    context = {
        "programme": programme,
        "plans": services.plans_for(request.user, programme),
        "can": PROGRAMME.actions(request.user, programme),
    }
    return render(request, "evaluations/plans.html", context)


def show_form(
    request: Request, programme: Any, form: Any, title: str, back: str, **context: Any
) -> HttpResponse:
    context = {"programme": programme, "form": form, "title": title, "back": back, **context}
    context.setdefault("submit", _("Enregistrer"))
    return render(request, "evaluations/form.html", context)


def create(request: Request, slug: str) -> HttpResponse:
    programme = programme_for(request.user, slug, "create_plan")
    form = PlanForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        plan = services.create_plan(programme, by=request.user, **form.cleaned_data)
        messages.success(
            request, _("Plan enregistré en brouillon. Le geler avant que le premier site n’ouvre.")
        )
        return redirect("evaluations:plan", slug=slug, pk=plan.pk)
    back = reverse("evaluations:plans", args=[slug])
    lead = _(
        "Écrit avant l’ouverture des sites, ce plan dit ce qui sera mesuré, comparé, et décidé selon la réponse. Une "
        "fois gelé il ne change plus : les écarts se notent."
    )
    return show_form(request, programme, form, _("Nouveau plan d’évaluation"), back, lead=lead)


def edit(request: Request, slug: str, pk: int) -> HttpResponse:
    plan = services.plan_for(request.user, slug, pk, "edit")
    form = PlanForm(request.POST or None, instance=plan)
    if request.method == "POST" and form.is_valid():
        services.update_plan(plan, **form.cleaned_data)
        messages.success(request, _("Plan enregistré."))
        return redirect("evaluations:plan", slug=slug, pk=pk)
    back = reverse("evaluations:plan", args=[slug, pk])
    return show_form(request, plan.programme, form, _("Modifier le plan"), back)


def plan(request: Request, slug: str, pk: int) -> HttpResponse:
    found = services.plan_for(request.user, slug, pk)
    context = {
        "programme": found.programme,
        "plan": found,
        "can": POLICY.actions(request.user, found),
        "decisions": documents.decisions(found),
        "departures": found.departures.select_related("author"),
        "draws": found.draws.all(),
        "live": services_draws.live_draw(found),
        "held": services_draws.held_draw(found),
        "panels": found.panels.all(),
        "estimates": services.estimates_of(found),
    }
    return render(request, "evaluations/plan.html", context)


def freeze(request: Request, slug: str, pk: int) -> HttpResponse:
    found = services.plan_for(request.user, slug, pk, "freeze")
    if request.method == "POST":
        try:
            services.freeze_plan(found)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            messages.success(request, _("Plan gelé : son empreinte et sa date font foi."))
        return redirect("evaluations:plan", slug=slug, pk=pk)
    context = {"programme": found.programme, "plan": found, "opened": len(opened_sites(found.programme))}
    return render(request, "evaluations/freeze.html", context)


def departure(request: Request, slug: str, pk: int) -> HttpResponse:
    found = services.plan_for(request.user, slug, pk, "depart")
    form = DepartureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.note_departure(found, by=request.user, **form.cleaned_data)
        messages.success(request, _("Écart noté : il figurera dans chaque rapport."))
        return redirect("evaluations:plan", slug=slug, pk=pk)
    back = reverse("evaluations:plan", args=[slug, pk])
    return show_form(request, found.programme, form, _("Noter un écart au plan"), back)
