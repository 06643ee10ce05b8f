"""What a site holds, row by row: team, COPIL, meetings, milestones, money; and the fidelity sheet."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from essaim.platform.form_errors import report
from essaim.platform.http import Request
from essaim.platform.sites import services
from essaim.platform.sites.fidelity import FidelityForm
from essaim.platform.sites.forms import CopilForm, MeetingForm, MilestoneForm, TeamForm
from essaim.platform.sites.models import CopilMeeting, CopilMember, Milestone, Site, TeamMember
from essaim.platform.sites.permissions import POLICY
from essaim.platform.sites.views import site_of


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of row: its model and form, the right that changes it, how its pages are titled."""

    model: type[Model]
    form: type[forms.ModelForm]
    action: str
    adding: str | Promise


KINDS = {
    "team": Kind(TeamMember, TeamForm, "edit_team", gettext_lazy("Ajouter un poste à l’équipe")),
    "copil": Kind(CopilMember, CopilForm, "edit_copil", gettext_lazy("Ajouter un membre au COPIL")),
    "meetings": Kind(CopilMeeting, MeetingForm, "edit_copil", gettext_lazy("Noter une réunion du COPIL")),
    "milestones": Kind(Milestone, MilestoneForm, "edit_milestones", gettext_lazy("Ajouter une échéance")),
}


def _place(request: Request, slug: str, pk: int, kind: str) -> tuple[Site, Kind]:
    if kind not in KINDS:
        raise Http404
    return site_of(request, slug, pk, KINDS[kind].action), KINDS[kind]


def _back(site: Site, kind: str) -> str:
    anchor = "copil" if kind == "meetings" else kind
    return reverse("sites:detail", args=[site.programme.slug, site.pk]) + f"#{anchor}"


def new(request: Request, slug: str, pk: int, kind: str) -> HttpResponse:
    site, shape = _place(request, slug, pk, kind)
    return _form(request, site, kind, shape.model(site=site), str(shape.adding))  # type: ignore[misc]


def edit(request: Request, slug: str, pk: int, kind: str, part: int) -> HttpResponse:
    site, shape = _place(request, slug, pk, kind)
    found = get_object_or_404(shape.model, site=site, pk=part)
    delete_url = reverse("sites:part_delete", args=[slug, pk, kind, part])
    return _form(request, site, kind, found, str(found), delete_url)


def _form(
    request: Request, site: Site, kind: str, part: Model, title: str, delete_url: str = ""
) -> HttpResponse:
    form = KINDS[kind].form(request.POST or None, instance=part)
    if request.method == "POST" and form.is_valid():
        services.save_part(part, **form.cleaned_data)
        messages.success(request, _("Enregistré."))
        return redirect(_back(site, kind))
    context = {
        "programme": site.programme,
        "form": form,
        "tab": "sites",
        "title": title,
        "overline": site.name,
        "submit": _("Enregistrer"),
        "back": _back(site, kind),
        "delete_url": delete_url,
    }
    return render(request, "sites/form.html", context)


def delete(request: Request, slug: str, pk: int, kind: str, part: int) -> HttpResponse:
    site, shape = _place(request, slug, pk, kind)
    found = get_object_or_404(shape.model, site=site, pk=part)
    if request.method == "POST":
        services.delete_part(found)
        messages.success(request, _("Supprimé. L’historique en garde la trace."))
        return redirect(_back(site, kind))
    context = {"programme": site.programme, "part": found, "back": _back(site, kind), "overline": site.name}
    return render(request, "sites/delete.html", context)


@require_POST
def done(request: Request, slug: str, pk: int, part: int) -> HttpResponse:
    site = site_of(request, slug, pk, "edit_milestones")
    services.mark_done(get_object_or_404(Milestone, site=site, pk=part))
    return redirect(_back(site, "milestones"))


def assess(request: Request, slug: str, pk: int) -> HttpResponse:
    """One sheet with every marker of the site's protocol version; what is left empty is not recorded."""
    site = site_of(request, slug, pk, "assess")
    form = FidelityForm(request.POST or None, markers=services.markers_of(site))
    if request.method == "POST" and form.is_valid():
        try:
            kept = services.record_sheet(
                site, form.observations(), assessor=_assessor(request.user, site), **form.circumstances()
            )
        except ValidationError as error:
            report(form, error)
        else:
            messages.success(request, _("%(count)s observations enregistrées.") % {"count": len(kept)})
            return redirect(_back(site, "fidelity"))
    context = {
        "programme": site.programme,
        "site": site,
        "form": form,
        "assessor": _assessor(request.user, site),
        "back": _back(site, "fidelity"),
    }
    return render(request, "sites/assess.html", context)


def _assessor(user: Any, site: Site) -> str:
    """A receiver assesses itself, another receiver is a peer, the network and its animators are the network."""
    roles = POLICY.roles(user, site)
    if "receiver" in roles:
        return "self"
    return "network" if roles & {"network", "animator"} else "peer"
