"""Pages of the panels of a plan: read or made, shown, kept only when the person agrees, looked at, estimated."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from essaim.evaluation import Panel as CorePanel
from essaim.evaluation.checks import Check, check_panel
from essaim.platform.evaluations import exports, held, maturity, panels, pending, services
from essaim.platform.evaluations.forms import HeldForm, OptionsForm, PanelForm
from essaim.platform.evaluations.models import EvaluationPlan, Panel
from essaim.platform.evaluations.openings import openings
from essaim.platform.evaluations.permissions import POLICY
from essaim.platform.evaluations.views import show_form
from essaim.platform.form_errors import report
from essaim.platform.http import Request
from essaim.platform.opendata.services import Refused, read_address
from essaim.platform.sites.services import opened_sites
from essaim.platform.telling import reader, tell


def panel_new(request: Request, slug: str, pk: int) -> HttpResponse:
    found = services.plan_for(request.user, slug, pk, "add_panel")
    form = PanelForm(request.POST or None, request.FILES or None)
    draft, token = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            draft = _read(form, found)
        except panels.BadPanel as error:
            form.add_error("address" if form.cleaned_data["address"] else "outcome", str(error))
        else:
            said = {name: form.cleaned_data[name] for name in ("title", "source", "simulated")}
            token = pending.keep(request.session, found.pk, draft, said)
    context = {"programme": found.programme, "plan": found, "form": form, "draft": draft, "token": token}
    return render(request, "evaluations/panel_new.html", context)


def panel_held(request: Request, slug: str, pk: int) -> HttpResponse:
    """A panel from a series of imported open data and the openings of the programme's sites."""
    found = services.plan_for(request.user, slug, pk, "add_panel")
    series = held.Held.of(found.programme)
    form = HeldForm(request.POST or None, choices=series.choices())
    draft, token = None, ""
    if request.method == "POST" and form.is_valid():
        choice = form.cleaned_data["series"]
        try:
            draft = held.draft_from(found.programme, series, choice, form.window)
        except panels.BadPanel as error:
            form.add_error(None, str(error))
        else:
            said = held.said_of(series, choice)
            said["title"] = form.cleaned_data["title"] or said["title"]
            kept = {**said, "simulated": draft.simulated}
            token = pending.keep(request.session, found.pk, draft, kept)
    context = {
        "programme": found.programme,
        "plan": found,
        "form": form,
        "draft": draft,
        "token": token,
        "rule": tell(held.EXPOSURE_RULE),
        "has_series": bool(series.series),
        "has_dates": any(site.opened_on for site in opened_sites(found.programme)),
    }
    return render(request, "evaluations/panel_held.html", context)


def _read(form: PanelForm, plan: EvaluationPlan) -> panels.Draft:
    outcome, origin = _sent(form.cleaned_data)
    draft = _joined(form, plan, outcome)
    first, *others = draft.inputs
    return replace(draft, inputs=[{**first, **origin}, *others])


def _sent(given: dict[str, Any]) -> tuple[tuple[str, bytes], dict[str, str]]:
    """Name and content of the file that was sent, or is read now at its address; and that address, with the time."""
    if not given["address"]:
        return (given["outcome"].name, given["outcome"].read()), {}
    try:
        name, final, content = read_address(given["address"])
    except Refused as error:
        raise panels.BadPanel(str(error)) from error
    return (name, content), {"address": final, "imported": timezone.now().isoformat(timespec="seconds")}


def _joined(form: PanelForm, plan: EvaluationPlan, outcome: tuple[str, bytes]) -> panels.Draft:
    given, window = form.cleaned_data, form.window
    persons = given["counts_persons"]
    waves = given["example"] or (given["waves"] and (given["waves"].name, given["waves"].read()))
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
    kept = pending.take(request.session, found.pk, request.POST.get("token", ""))
    if kept is None:
        messages.error(
            request, _("Cet aperçu a déjà servi, ou un autre l’a remplacé : en demander un nouveau.")
        )
        return redirect("evaluations:panel_new", slug=slug, pk=pk)
    draft, said = kept
    panel = services.add_panel(found, draft, by=request.user, **said)
    messages.success(request, _("Panel gardé, avec son empreinte."))
    return redirect("evaluations:panel", slug=slug, pk=pk, panel=panel.pk)


@require_POST
def panel_give_up(request: Request, slug: str, pk: int) -> HttpResponse:
    found = services.plan_for(request.user, slug, pk, "add_panel")
    pending.give_up(request.session, found.pk, request.POST.get("token", ""))
    messages.success(request, _("Panel abandonné : rien n’en est gardé."))
    return redirect("evaluations:plan", slug=slug, pk=pk)


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
        "example": exports.example(frame, found),
    }
    return render(request, "evaluations/panel.html", context)


def _checks(read: CorePanel) -> list[Check]:
    """The checks of a panel, in the reader's language."""
    return check_panel(read, reader())


def panel_csv(request: Request, slug: str, pk: int, panel: int) -> HttpResponse:
    _plan, kept = _panel(request, slug, pk, panel, "download_panel")
    name = exports.panel_name(kept.pk)
    return FileResponse(kept.file.open("rb"), as_attachment=True, filename=name, content_type="text/csv")  # type: ignore[return-value]


def maturity_view(request: Request, slug: str, pk: int, panel: int) -> HttpResponse:
    """What was observed at equal maturity, site by site, by wave and by protocol version."""
    found, kept = _panel(request, slug, pk, panel, "view")
    with kept.file.open("rb") as file:
        frame, read = panels.load(file.read())
    unit, names = _(read.calendar.kind.units), maturity.names_of(frame)
    waves = maturity.curves(read, maturity.waves_of(read), names)
    versions = maturity.curves(read, maturity.versions_of(frame, found.programme), names)
    views = [(_("Par vague"), waves), (_("Par version du protocole"), versions)]
    context = {
        "programme": found.programme,
        "plan": found,
        "panel": kept,
        "unit": unit,
        "views": [
            (title, found_curves, maturity.curves_svg(found_curves, title, unit) if found_curves else "")
            for title, found_curves in views
        ],
        "sites": maturity.Table.of(waves) if maturity.drawn(waves) else None,
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
    return show_form(
        request, found.programme, form, _("Lancer l’estimation"), back, lead=lead, submit=_("Estimer")
    )
