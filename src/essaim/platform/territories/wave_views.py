"""The wave of a study, and the sheet that the committee signs."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from essaim.platform.http import Request
from essaim.platform.pdf import PdfUnavailable, pdf_response, render_pdf
from essaim.platform.territories import reading, services, sheet
from essaim.platform.territories.views import page, study_for
from essaim.platform.territories.wave_forms import WaveForm

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def wave(request: Request, slug: str, pk: int) -> HttpResponse:
    """Choose the territories of a wave together: size, cost, regions, distances, people near, some in or out."""
    found = study_for(request, slug, pk, "choose_wave")
    form = WaveForm(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.choose_wave(found, form.plan())
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("Vague proposée : elle remplace les premiers du classement."))
            return redirect("territories:wave", slug=slug, pk=pk)
    rows = [row for row in reading.table_rows(found.rows(), found) if row["proposed"]]
    return page(request, found, "wave", form=form, rows=rows, asked=reading.wave_in_words(found))


def sheet_pdf(request: Request, slug: str, pk: int) -> HttpResponse:
    found = study_for(request, slug, pk, "export")
    if not found.result:
        return _not_yet(request, slug, pk)
    try:
        content = render_pdf("territories/sheet_pdf.html", sheet.sheet_of(found))
    except PdfUnavailable as error:
        messages.error(request, str(error))
        return redirect("territories:study", slug=slug, pk=pk)
    return pdf_response(content, f"{slug}-decision-{pk}.pdf")


def sheet_word(request: Request, slug: str, pk: int) -> HttpResponse:
    found = study_for(request, slug, pk, "export")
    if not found.result:
        return _not_yet(request, slug, pk)
    response = HttpResponse(sheet.sheet_docx(found), content_type=DOCX)
    response["Content-Disposition"] = f'attachment; filename="{slug}-decision-{pk}.docx"'
    return response


def _not_yet(request: Request, slug: str, pk: int) -> HttpResponse:
    messages.error(request, _("La fiche se tire d’un classement : classer d’abord les territoires."))
    return redirect("territories:study", slug=slug, pk=pk)
