"""Commitments and budget lines of a programme and its sites, and the funder's one page."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from essaim.platform.http import Request
from essaim.platform.pdf import PdfUnavailable, pdf_response, render_pdf
from essaim.platform.programmes.permissions import POLICY as PROGRAMME
from essaim.platform.programmes.services import programme_by_slug, programme_for
from essaim.platform.sites import overview, services, sheet
from essaim.platform.sites.forms import CommitmentForm, LineForm
from essaim.platform.sites.models import BudgetLine, Commitment, Site


def money(request: Request, slug: str) -> HttpResponse:
    """All the money of a programme: the network's own work, and its sites."""
    programme = programme_for(request.user, slug, "funder_sheet")
    commitments = programme.commitments.select_related("site").prefetch_related("lines")
    context = {
        "programme": programme,
        "money": overview.money_of(commitments),
        "can": PROGRAMME.actions(request.user, programme),
    }
    return render(request, "sites/money.html", context)


def _site_asked(request: Request, slug: str) -> Site | None:
    """The site named by ``?site=``, when the person may change its money; ``None`` for the network's own work."""
    asked = request.GET.get("site", "")
    if not asked:
        programme_for(request.user, slug, "edit")
        return None
    if not asked.isdigit():
        raise Http404
    site = services.site_for(request.user, int(asked), "edit_money")
    if site.programme.slug != slug:
        raise Http404
    return site


def _commitment(request: Request, slug: str, pk: int) -> Commitment:
    """The commitment of an address, when the person may change it."""
    found = get_object_or_404(Commitment.objects.select_related("programme"), pk=pk, programme__slug=slug)
    if found.site_id is None:
        programme_for(request.user, slug, "edit")
    else:
        services.site_for(request.user, found.site_id, "edit_money")
    return found


def _back(commitment: Commitment) -> str:
    slug = commitment.programme.slug
    if commitment.site_id:
        return reverse("sites:detail", args=[slug, commitment.site_id]) + "#money"
    return reverse("sites:money", args=[slug])


def _form(request: Request, commitment: Commitment, form: Any, part: Any, **context: Any) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        services.save_part(part, **form.cleaned_data)
        messages.success(request, _("Enregistré."))
        return redirect(_back(commitment))
    context |= {
        "programme": commitment.programme,
        "form": form,
        "tab": "sites",
        "overline": commitment.site.name if commitment.site else _("Travail propre du réseau"),
        "submit": _("Enregistrer"),
        "back": _back(commitment),
    }
    return render(request, "sites/form.html", context)


def commitment_new(request: Request, slug: str) -> HttpResponse:
    site = _site_asked(request, slug)
    commitment = Commitment(programme=programme_by_slug(slug), site=site)
    form = CommitmentForm(request.POST or None, instance=commitment)
    return _form(request, commitment, form, commitment, title=_("Nouvel engagement financier"))


def commitment_edit(request: Request, slug: str, pk: int) -> HttpResponse:
    commitment = _commitment(request, slug, pk)
    form = CommitmentForm(request.POST or None, instance=commitment)
    delete_url = reverse("sites:commitment_delete", args=[slug, pk])
    return _form(request, commitment, form, commitment, title=str(commitment), delete_url=delete_url)


def commitment_delete(request: Request, slug: str, pk: int) -> HttpResponse:
    commitment = _commitment(request, slug, pk)
    return _delete(request, commitment, commitment)


def line_new(request: Request, slug: str, pk: int) -> HttpResponse:
    commitment = _commitment(request, slug, pk)
    line = BudgetLine(commitment=commitment)
    form = LineForm(request.POST or None, instance=line, initial={"year": timezone.localdate().year})
    title = _("Une année de l’engagement : %(funder)s") % {"funder": commitment.funder}
    return _form(request, commitment, form, line, title=title)


def line_edit(request: Request, slug: str, pk: int, line: int) -> HttpResponse:
    commitment = _commitment(request, slug, pk)
    found = get_object_or_404(commitment.lines, pk=line)
    form = LineForm(request.POST or None, instance=found)
    delete_url = reverse("sites:line_delete", args=[slug, pk, line])
    return _form(request, commitment, form, found, title=str(found), delete_url=delete_url)


def line_delete(request: Request, slug: str, pk: int, line: int) -> HttpResponse:
    commitment = _commitment(request, slug, pk)
    return _delete(request, commitment, get_object_or_404(commitment.lines, pk=line))


def _delete(request: Request, commitment: Commitment, part: Any) -> HttpResponse:
    if request.method == "POST":
        services.delete_part(part)
        messages.success(request, _("Supprimé. L’historique en garde la trace."))
        return redirect(_back(commitment))
    context = {"programme": commitment.programme, "part": part, "back": _back(commitment)}
    return render(request, "sites/delete.html", context)


def funder_sheet(request: Request, slug: str) -> HttpResponse:
    programme = programme_for(request.user, slug, "funder_sheet")
    return render(request, "sites/funder_sheet.html", sheet.sheet_of(programme))


def funder_sheet_pdf(request: Request, slug: str) -> HttpResponse:
    """One page for a funder: sites, waves, money, what is unknown."""
    programme = programme_for(request.user, slug, "funder_sheet")
    try:
        content = render_pdf("sites/funder_sheet_pdf.html", sheet.sheet_of(programme))
    except PdfUnavailable as error:
        messages.error(request, str(error))
        return redirect("sites:funder_sheet", slug=slug)
    return pdf_response(content, f"{slug}-fiche-financeur.pdf")
