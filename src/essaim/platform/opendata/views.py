"""Pages of imported official data: what is there, bringing a file, its progress, what would change, a vintage."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from essaim.opendata.sources import SOURCES
from essaim.platform.http import Request
from essaim.platform.opendata import services, store
from essaim.platform.opendata.forms import BringForm, ResumeForm
from essaim.platform.opendata.models import Import, Vintage
from essaim.platform.opendata.permissions import IMPORT_POLICY, VINTAGE_POLICY, bringing

SHOWN_ROWS = 15


def sources(request: Request) -> HttpResponse:
    """Every source that is read, with its vintages; what is on its way."""
    held = {
        code: list(found)
        for code, found in groupby(services.vintages_seen_by(request.user), key=lambda v: v.source)
    }
    rows = [{"source": item, "vintages": held.get(code, [])} for code, item in SOURCES.items()]
    context = {
        "present": [row for row in rows if row["vintages"]],
        "absent": [row for row in rows if not row["vintages"]],
        "imports": services.imports_seen_by(request.user),
        "can_bring": bool(bringing(request.user)),
    }
    return render(request, "opendata/sources.html", context)


def bring(request: Request) -> HttpResponse:
    organisations = bringing(request.user)
    if not organisations:
        raise PermissionDenied(_("Apporter des données revient aux têtes de réseau."))
    initial = {"source": request.GET.get("source", "")}
    form = BringForm(
        request.POST or None, request.FILES or None, initial=initial, organisations=organisations
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            started = services.start(data["source"], data["organisation"], request.user, **form.brought())
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return redirect("opendata:import", pk=started.pk)
    return render(request, "opendata/bring.html", {"form": form})


def _import(request: Request, pk: int, action: str) -> Import:
    found = get_object_or_404(Import.objects.select_related("organisation", "by", "result"), pk=pk)
    IMPORT_POLICY.require(request.user, action, found)
    return found


def _page(request: Request, found: Import, template: str, **context: Any) -> HttpResponse:
    can = IMPORT_POLICY.actions(request.user, found)
    return render(request, f"opendata/{template}.html", {"import": found, "can": can, **context})


def import_page(request: Request, pk: int) -> HttpResponse:
    found = _import(request, pk, "view")
    resume_form = ResumeForm(initial={"vintage": found.vintage})
    return _page(request, found, "import", form=resume_form)


def progress(request: Request, pk: int) -> HttpResponse:
    """Where the import is; the page polls it and reloads itself when it stops moving."""
    found = _import(request, pk, "view")
    response = _page(request, found, "_progress")
    if not found.is_moving or found.is_stalled:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def confirm(request: Request, pk: int) -> HttpResponse:
    found = _import(request, pk, "confirm")
    try:
        kept = services.confirm(found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("opendata:import", pk=pk)
    messages.success(request, _("%(vintage)s : prêt à servir dans les études.") % {"vintage": kept})
    return redirect("opendata:vintage", pk=kept.pk)


@require_POST
def resume(request: Request, pk: int) -> HttpResponse:
    found = _import(request, pk, "resume")
    form = ResumeForm(request.POST)
    try:
        if form.is_valid():
            services.resume(found, form.cleaned_data["vintage"])
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("opendata:import", pk=pk)


def abandon(request: Request, pk: int) -> HttpResponse:
    found = _import(request, pk, "abandon")
    if request.method == "POST":
        services.abandon(found)
        messages.success(request, _("Import abandonné : rien n’a changé."))
        return redirect("opendata:sources")
    return _page(request, found, "abandon")


def _vintage(request: Request, pk: int, action: str) -> Vintage:
    found = get_object_or_404(Vintage.objects.select_related("organisation", "by"), pk=pk)
    VINTAGE_POLICY.require(request.user, action, found)
    return found


def vintage(request: Request, pk: int) -> HttpResponse:
    found = _vintage(request, pk, "view")
    can = VINTAGE_POLICY.actions(request.user, found)
    main = next(iter(found.tables))
    rows = store.scan(found.path, main).head(SHOWN_ROWS).collect()
    shown = [column for column in rows.columns if column != "geometry"]
    context = {
        "vintage": found,
        "can": can,
        "columns": shown,
        "rows": [[_cell(value) for value in row] for row in rows.select(shown).iter_rows()],
        "others": [
            v for v in services.vintages_seen_by(request.user) if v.source == found.source and v.pk != pk
        ],
    }
    return render(request, "opendata/vintage.html", context)


def _cell(value: Any) -> Any:
    """A cell as a reader sees it: lists side by side, an absent value as a dash."""
    if value is None:
        return "–"
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def delete(request: Request, pk: int) -> HttpResponse:
    found = _vintage(request, pk, "delete")
    if request.method == "POST":
        services.delete_vintage(found)
        messages.success(
            request, _("Millésime retiré. Les études déjà classées gardent les valeurs utilisées.")
        )
        return redirect("opendata:sources")
    return render(request, "opendata/delete.html", {"vintage": found})
