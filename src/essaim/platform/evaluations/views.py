"""Pages of evaluation plans and of the panels they are answered with."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from essaim.evaluation import Panel as CorePanel
from essaim.evaluation.checks import Check, check_panel
from essaim.platform.evaluations import documents, held, maturity, panels, pending, services, services_draws
from essaim.platform.evaluations import report as reports
from essaim.platform.evaluations.forms import DepartureForm, HeldForm, OptionsForm, PanelForm, PlanForm
from essaim.platform.evaluations.models import EvaluationPlan, Panel
from essaim.platform.evaluations.openings import openings
from essaim.platform.evaluations.permissions import POLICY
from essaim.platform.evaluations.telling import reader
from essaim.platform.form_errors import report
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


def _form(request: Request, programme: Any, form: Any, title: str, back: str, **context: Any) -> HttpResponse:
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
    return _form(request, programme, form, _("Nouveau plan d’évaluation"), back, lead=lead)


def edit(request: Request, slug: str, pk: int) -> HttpResponse:
    plan = services.plan_for(request.user, slug, pk, "edit")
    form = PlanForm(request.POST or None, instance=plan)
    if request.method == "POST" and form.is_valid():
        services.update_plan(plan, **form.cleaned_data)
        messages.success(request, _("Plan enregistré."))
        return redirect("evaluations:plan", slug=slug, pk=pk)
    back = reverse("evaluations:plan", args=[slug, pk])
    return _form(request, plan.programme, form, _("Modifier le plan"), back)


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
    return _form(request, found.programme, form, _("Noter un écart au plan"), back)


# Panels: read, shown, and kept only when the person agrees


def panel_new(request: Request, slug: str, pk: int) -> HttpResponse:
    found = services.plan_for(request.user, slug, pk, "add_panel")
    form = PanelForm(request.POST or None, request.FILES or None)
    draft = None
    if request.method == "POST" and form.is_valid():
        try:
            draft = _read(form, found)
        except panels.BadPanel as error:
            form.add_error("outcome", str(error))
        else:
            said = {name: form.cleaned_data[name] for name in ("title", "source", "simulated")}
            pending.keep(request.session, found.pk, draft, said)
    context = {"programme": found.programme, "plan": found, "form": form, "draft": draft}
    return render(request, "evaluations/panel_new.html", context)


def panel_held(request: Request, slug: str, pk: int) -> HttpResponse:
    """A panel from a series of imported open data and the openings of the programme's sites."""
    found = services.plan_for(request.user, slug, pk, "add_panel")
    series = held.Held.of(found.programme)
    form = HeldForm(request.POST or None, choices=series.choices())
    draft = None
    if request.method == "POST" and form.is_valid():
        choice = form.cleaned_data["series"]
        try:
            draft = held.draft_from(found.programme, series, choice, form.window)
        except panels.BadPanel as error:
            form.add_error(None, str(error))
        else:
            said = held.said_of(series, choice)
            said["title"] = form.cleaned_data["title"] or said["title"]
            pending.keep(request.session, found.pk, draft, {**said, "simulated": draft.simulated})
    context = {
        "programme": found.programme,
        "plan": found,
        "form": form,
        "draft": draft,
        "rule": held.exposure_rule(),
        "has_series": bool(series.series),
        "has_dates": any(site.opened_on for site in opened_sites(found.programme)),
    }
    return render(request, "evaluations/panel_held.html", context)


def _read(form: PanelForm, plan: EvaluationPlan) -> panels.Draft:
    given, window = form.cleaned_data, form.window
    outcome = (given["outcome"].name, given["outcome"].read())
    waves = given["example"] or (given["waves"] and (given["waves"].name, given["waves"].read()))
    persons = given["counts_persons"]
    if not waves:
        return panels.from_one_file(outcome, counts_persons=persons)
    if waves != "sites":
        return panels.from_two_files(outcome, waves, window, counts_persons=persons)
    found = openings(plan.programme)
    draft = panels.from_two_files(
        outcome,
        (_("sites du programme"), found.csv),
        window,
        counts_persons=persons,
        leaving=found.leaving,
        notes=found.notes,
    )
    return replace(draft, simulated=draft.simulated or found.simulated)


@require_POST
def panel_confirm(request: Request, slug: str, pk: int) -> HttpResponse:
    found = services.plan_for(request.user, slug, pk, "add_panel")
    kept = pending.take(request.session, found.pk)
    if kept is None:
        messages.error(request, _("Il n’y a pas d’aperçu à confirmer : envoyer d’abord le fichier."))
        return redirect("evaluations:panel_new", slug=slug, pk=pk)
    draft, said = kept
    panel = services.add_panel(found, draft, by=request.user, **said)
    messages.success(request, _("Panel gardé, avec son empreinte."))
    return redirect("evaluations:panel", slug=slug, pk=pk, panel=panel.pk)


def _panel(request: Request, slug: str, pk: int, panel: int, action: str) -> tuple[EvaluationPlan, Panel]:
    found = services.plan_for(request.user, slug, pk, action)
    return found, get_object_or_404(found.panels, pk=panel)


def panel(request: Request, slug: str, pk: int, panel: int) -> HttpResponse:
    found, kept = _panel(request, slug, pk, panel, "view")
    with kept.file.open("rb") as file:
        frame, read = panels.load(file.read())
    context = {
        "programme": found.programme,
        "plan": found,
        "panel": kept,
        "can": POLICY.actions(request.user, found),
        "estimates": kept.estimates.select_related("author"),
        "checks": _checks(read),
        "example": reports.example(frame, found),
    }
    return render(request, "evaluations/panel.html", context)


def _checks(read: CorePanel) -> list[Check]:
    """The checks of a panel, in the reader's language."""
    return check_panel(read, reader())


def panel_csv(request: Request, slug: str, pk: int, panel: int) -> HttpResponse:
    _plan, kept = _panel(request, slug, pk, panel, "download_panel")
    name = reports.panel_name(kept.pk)
    return FileResponse(kept.file.open("rb"), as_attachment=True, filename=name, content_type="text/csv")  # type: ignore[return-value]


def maturity_view(request: Request, slug: str, pk: int, panel: int) -> HttpResponse:
    """What was observed at equal maturity, by wave and by protocol version."""
    found, kept = _panel(request, slug, pk, panel, "view")
    with kept.file.open("rb") as file:
        frame, read = panels.load(file.read())
    unit = read.calendar.kind.units
    views = [
        (_("Par vague"), maturity.curves(read, maturity.waves_of(read))),
        (_("Par version du protocole"), maturity.curves(read, maturity.versions_of(frame, found.programme))),
    ]
    context = {
        "programme": found.programme,
        "plan": found,
        "panel": kept,
        "unit": unit,
        "views": [
            (title, found_curves, maturity.curves_svg(found_curves, title, unit) if found_curves else "")
            for title, found_curves in views
        ],
    }
    return render(request, "evaluations/maturity.html", context)


def estimate(request: Request, slug: str, pk: int, panel: int) -> HttpResponse:
    found, kept = _panel(request, slug, pk, panel, "run")
    initial = {"control": found.control, "anticipation": found.anticipation}
    form = OptionsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            estimated = services.run_estimate(kept, by=request.user, options=form.cleaned_data)
        except ValidationError as error:
            report(form, error)
        else:
            return redirect("evaluations:report", slug=slug, pk=estimated.pk)
    back = reverse("evaluations:panel", args=[slug, pk, panel])
    lead = _(
        "Les réglages sont ceux du plan. Les changer est permis ; chaque différence sera écrite dans le rapport."
    )
    return _form(
        request, found.programme, form, _("Lancer l’estimation"), back, lead=lead, submit=_("Estimer")
    )
