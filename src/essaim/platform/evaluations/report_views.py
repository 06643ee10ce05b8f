"""A report: its progress while it is computed, its page, its files, its lesson."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from essaim.evaluation.reading import Verdict
from essaim.platform.evaluations import documents, exports, services, word
from essaim.platform.evaluations import report as reports
from essaim.platform.evaluations.forms import LessonForm
from essaim.platform.evaluations.forms_sizing import CostForm
from essaim.platform.evaluations.models import Estimate
from essaim.platform.evaluations.permissions import POLICY
from essaim.platform.form_errors import report as show_errors
from essaim.platform.http import Request
from essaim.platform.pdf import PdfUnavailable, render_pdf


def report(request: Request, slug: str, pk: int) -> HttpResponse:
    estimated = services.estimate_for(request.user, slug, pk)
    can = POLICY.actions(request.user, estimated.plan)
    if estimated.state != Estimate.State.DONE:
        context = {
            "programme": estimated.plan.programme,
            "plan": estimated.plan,
            "estimate": estimated,
            "can": can,
        }
        return render(request, "evaluations/running.html", context)
    context = {**documents.context_of(estimated), "can": can, "method": documents.method(estimated)}
    return render(request, "evaluations/report.html", context)


def progress(request: Request, slug: str, pk: int) -> HttpResponse:
    """The progress of an estimate, asked again by the page until it is over; then the page loads the report."""
    estimated = services.estimate_for(request.user, slug, pk)
    response = render(request, "evaluations/_progress.html", {"estimate": estimated, "slug": slug})
    if estimated.is_over:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def replay(request: Request, slug: str, pk: int) -> HttpResponse:
    estimated = services.estimate_for(request.user, slug, pk, "run")
    again = services.replay(estimated, by=request.user)
    return redirect("evaluations:report", slug=slug, pk=again.pk)


def lesson(request: Request, slug: str, pk: int) -> HttpResponse:
    """The lesson that the report calls for, started from what it says."""
    estimated = services.estimate_for(request.user, slug, pk, "write_lesson")
    if estimated.state != Estimate.State.DONE:
        raise Http404
    form = LessonForm(request.POST or None, initial=_started(estimated))
    if request.method == "POST" and form.is_valid():
        try:
            kept = services.write_lesson(estimated, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("Leçon gardée, liée au rapport."))
            return redirect("community:lesson", slug, kept.pk)
    context = {
        "programme": estimated.plan.programme,
        "form": form,
        "title": _("La leçon de ce rapport"),
        "lead": _(
            "Un résultat nul ou défavorable est une leçon comme une autre. Dire aussi ce que l’on ne sait pas."
        ),
        "submit": _("Garder la leçon"),
        "back": reverse("evaluations:report", args=[slug, pk]),
    }
    return render(request, "evaluations/form.html", context)


def cost(request: Request, slug: str, pk: int) -> HttpResponse:
    """What a unit of effect costs: asked once the effect is known, kept with the report."""
    estimated = services.estimate_for(request.user, slug, pk, "run")
    if estimated.state != Estimate.State.DONE:
        raise Http404
    form = CostForm(request.POST or None, initial=estimated.costs.get("given", {}))
    if request.method == "POST" and form.is_valid():
        try:
            services.record_cost(estimated, form.cleaned_data)
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("Coûts gardés : le rapport dit ce que coûte une unité d’effet."))
            return redirect("evaluations:report", slug=slug, pk=pk)
    context = {
        "programme": estimated.plan.programme,
        "form": form,
        "title": _("Ce que coûte une unité d’effet"),
        "lead": _(
            "Un coût rapporté à un effet incertain est incertain lui aussi : le rapport dira de combien."
        ),
        "submit": _("Calculer et garder"),
        "back": reverse("evaluations:report", args=[slug, pk]),
    }
    return render(request, "evaluations/form.html", context)


def _started(estimated: Estimate) -> dict[str, Any]:
    """A lesson begun from the report; the author finishes it.

    Whether an effect that is seen is good depends on the outcome (unemployment should fall): the author says it.
    """
    verdict = estimated.report["verdict"]
    return {
        "kind": "" if verdict == Verdict.CLEAR.value else "null_result",
        "title": f"{estimated.plan.question} {_(verdict).capitalize()}."[:200],
        "evidence": " ".join(reports.said(estimated.report, "reading")[:3]),
    }


def _html(estimated: Estimate) -> bytes:
    return render_to_string("evaluations/report_file.html", _file_context(estimated)).encode()


def _pdf(estimated: Estimate) -> bytes:
    return render_pdf("evaluations/report_file.html", _file_context(estimated))


def _file_context(estimated: Estimate) -> dict[str, Any]:
    return {**documents.context_of(estimated), "method": documents.method(estimated)}


def _json(estimated: Estimate) -> bytes:
    return json.dumps(estimated.result, ensure_ascii=False, indent=2).encode()


KINDS: dict[str, tuple[Callable[[Estimate], bytes], str]] = {
    "html": (_html, "text/html; charset=utf-8"),
    "pdf": (_pdf, "application/pdf"),
    "docx": (
        word.word,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "csv": (lambda estimated: exports.every_number(estimated).encode(), "text/csv; charset=utf-8"),
    "json": (_json, "application/json"),
    "py": (lambda estimated: exports.script(estimated).encode(), "text/x-python; charset=utf-8"),
}


def download(request: Request, slug: str, pk: int, kind: str) -> HttpResponse:
    """The report as a file to keep or to print, its numbers, or the script that finds them again."""
    estimated = services.estimate_for(request.user, slug, pk)
    if kind not in KINDS or estimated.state != Estimate.State.DONE:
        raise Http404
    write, content_type = KINDS[kind]
    try:
        content = write(estimated)
    except PdfUnavailable as error:
        messages.error(request, str(error))
        return redirect("evaluations:report", slug=slug, pk=pk)
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{exports.file_name(estimated, kind)}"'
    return response
