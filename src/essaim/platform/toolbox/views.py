"""The toolbox on screen: what the network gives, what sites made of it, and the way back."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from essaim.platform.form_errors import report
from essaim.platform.http import Request
from essaim.platform.programmes.permissions import POLICY as PROGRAMME
from essaim.platform.programmes.services import programme_for
from essaim.platform.toolbox import services
from essaim.platform.toolbox.forms import OfferForm, ToolForm, VersionForm
from essaim.platform.toolbox.models import Tool
from essaim.platform.toolbox.permissions import POLICY, own_sites


def tools(request: Request, slug: str) -> HttpResponse:
    programme = programme_for(request.user, slug, "view_proposals")
    found = list(services.tools_of(programme))
    context = {
        "programme": programme,
        "network": [one for one in found if one.site is None],
        "local": [one for one in found if one.site is not None],
        "named": services.not_yet_here(programme),
        "can": PROGRAMME.actions(request.user, programme),
    }
    return render(request, "toolbox/tools.html", context)


def _form(request: Request, programme: Any, form: Any, **context: Any) -> HttpResponse:
    return render(request, "toolbox/form.html", {"programme": programme, "form": form, **context})


def new(request: Request, slug: str) -> HttpResponse:
    """A tool of the network; begun from one that the protocol names when the address says so."""
    programme = programme_for(request.user, slug, "edit_protocol")
    named = {one.id: one for one in services.not_yet_here(programme)}
    begun = named.get(request.GET.get("named", ""))
    initial = (
        {"title": begun.title, "kind": begun.kind, "description": begun.description, "url": begun.url}
        if begun
        else {}
    )
    form = ToolForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("title", "kind", "description", "file", "url")}
        try:
            tool = services.add_tool(
                programme, by=request.user, protocol_id=begun.id if begun else "", **fields
            )
        except ValidationError as error:
            report(form, error)
        else:
            messages.success(request, _("L’outil est dans la boîte à outils."))
            return redirect("toolbox:tool", slug=slug, pk=tool.pk)
    back = reverse("toolbox:tools", args=[slug])
    return _form(
        request, programme, form, title=_("Ajouter un outil du réseau"), submit=_("Ajouter"), back=back
    )


def tool(request: Request, slug: str, pk: int) -> HttpResponse:
    found = services.tool_for(request.user, slug, pk)
    mine = own_sites(request.user, found.programme)
    using = {one.site_id: one for one in found.uses.select_related("version")}
    context = {
        "programme": found.programme,
        "tool": found,
        "versions": sorted(found.versions.all(), key=lambda version: -version.number),
        "latest": found.latest,
        "forks": Tool.objects.filter(origin__tool=found).select_related("site", "origin"),
        "uses": found.uses.select_related("site", "version"),
        "mine": [(site, using.get(site.pk)) for site in mine],
        "origin_moved": bool(found.origin and found.origin.tool.latest.number > found.origin.number),
        "can": POLICY.actions(request.user, found),
    }
    return render(request, "toolbox/tool.html", context)


def version(request: Request, slug: str, pk: int) -> HttpResponse:
    found = services.tool_for(request.user, slug, pk, "add_version")
    form = VersionForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_version(found, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            report(form, error)
        else:
            messages.success(
                request, _("Nouvelle version ajoutée ; ceux qui utilisent l’outil en sont avertis.")
            )
            return redirect("toolbox:tool", slug=slug, pk=pk)
    back = reverse("toolbox:tool", args=[slug, pk])
    title = _("Une nouvelle version : %(title)s") % {"title": found.title}
    return _form(request, found.programme, form, title=title, submit=_("Ajouter la version"), back=back)


def _site(request: Request, found: Tool) -> Any:
    """The site of the person that a button names."""
    wanted = request.POST.get("site", "")
    for site in own_sites(request.user, found.programme):
        if str(site.pk) == wanted:
            return site
    raise Http404


@require_POST
def fork(request: Request, slug: str, pk: int) -> HttpResponse:
    found = services.tool_for(request.user, slug, pk, "fork")
    own = services.fork(found.latest, _site(request, found), by=request.user)
    messages.success(
        request, _("Votre site a sa propre version : vous pouvez la changer, l’origine reste connue.")
    )
    return redirect("toolbox:tool", slug=slug, pk=own.pk)


@require_POST
def use(request: Request, slug: str, pk: int) -> HttpResponse:
    """A site takes the last version, or no longer uses the tool."""
    found = services.tool_for(request.user, slug, pk, "use")
    site = _site(request, found)
    if "stop" in request.POST:
        services.stop_using(found, site)
    else:
        services.use(found, site)
        messages.success(request, _("Noté : le site sera averti des prochaines versions."))
    return redirect("toolbox:tool", slug=slug, pk=pk)


@require_POST
def catch_up(request: Request, slug: str, pk: int) -> HttpResponse:
    services.catch_up(services.tool_for(request.user, slug, pk, "add_version"))
    messages.success(request, _("Noté : vous avez vu ce que l’outil d’origine est devenu."))
    return redirect("toolbox:tool", slug=slug, pk=pk)


def offer(request: Request, slug: str, pk: int) -> HttpResponse:
    found = services.tool_for(request.user, slug, pk, "offer")
    form = OfferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            proposal = services.offer(found, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            report(form, error)
        else:
            messages.success(request, _("Proposition envoyée au réseau. La discussion est ouverte."))
            return redirect("programmes:proposal", slug=slug, pk=proposal.pk)
    back = reverse("toolbox:tool", args=[slug, pk])
    title = _("Offrir au réseau : %(title)s") % {"title": found.title}
    return _form(request, found.programme, form, title=title, submit=_("Proposer au réseau"), back=back)


def download(request: Request, slug: str, pk: int, number: int) -> HttpResponse:
    """A file to save: never shown inside the site, whatever it holds."""
    found = services.tool_for(request.user, slug, pk, "download")
    kept = get_object_or_404(found.versions, number=number)
    if not kept.file:
        raise Http404
    response = FileResponse(
        kept.file.open("rb"),
        as_attachment=True,
        filename=kept.filename,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response  # type: ignore[return-value]
