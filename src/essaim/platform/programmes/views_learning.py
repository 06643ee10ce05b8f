"""What the field teaches: adaptations made alike, the network's map, two sites side by side."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from essaim.platform.http import Request
from essaim.platform.programmes import learning
from essaim.platform.programmes.permissions import POLICY
from essaim.platform.programmes.services import current_version, programme_for
from essaim.platform.sites.permissions import visible_sites


def recurrence(request: Request, slug: str) -> HttpResponse:
    """What several sites did alike; a click drafts the proposal, or the first version of a protocol with none."""
    programme = programme_for(request.user, slug, "view_network")
    found = learning.found_alike(programme, visible_sites(request.user, programme).distinct())
    if request.method == "POST" and "first_version" in request.POST:
        POLICY.require(request.user, "edit_protocol", programme)
        try:
            learning.draft_first_version(programme, found, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("programmes:recurrence", slug=slug)
        messages.success(
            request, _("Une première version est en préparation : les sites y sont nommés. La relire.")
        )
        return redirect("programmes:draft", slug=slug)
    if request.method == "POST":
        POLICY.require(request.user, "propose", programme)
        chosen = next((one for one in found if one.key == request.POST.get("found")), None)
        if chosen is None:
            messages.error(request, _("Ces adaptations ont changé entre-temps : relire la liste."))
            return redirect("programmes:recurrence", slug=slug)
        proposal = learning.propose_found(programme, chosen, by=request.user)
        messages.success(
            request, _("Proposition rédigée, avec les sites pour auteurs. La discussion est ouverte.")
        )
        return redirect("programmes:proposal", slug=slug, pk=proposal.pk)
    version = current_version(programme)
    context = {
        "programme": programme,
        "version": version,
        "found": found,
        "can": POLICY.actions(request.user, programme),
        "is_empty_protocol": bool(version and not version.protocol.components),
        "additions": [one for one in found if one.is_addition],
    }
    return render(request, "programmes/recurrence.html", context)


def adaptation_map(request: Request, slug: str) -> HttpResponse:
    """Which component is adapted most, where and why, among the sites that follow the version in force."""
    programme = programme_for(request.user, slug, "view_proposals")
    version = current_version(programme)
    seen = visible_sites(request.user, programme).filter(protocol_version=version)
    followers = list(seen.distinct()) if version else []
    context = {
        "programme": programme,
        "version": version,
        "sites": followers,
        "rows": learning.adaptation_map(version.protocol, followers) if version and followers else [],
        "derogations": learning.derogations(version.protocol, followers) if version else [],
        "can": POLICY.actions(request.user, programme),
    }
    return render(request, "programmes/adaptation_map.html", context)


def compare_sites(request: Request, slug: str) -> HttpResponse:
    """Two sites of one version, place by place: what they do differently."""
    programme = programme_for(request.user, slug, "view_proposals")
    seen = visible_sites(request.user, programme).filter(protocol_version__isnull=False)
    known = {str(site.pk): site for site in seen.select_related("protocol_version").distinct()}
    one, other = (known.get(request.GET.get(name, "")) for name in ("one", "other"))
    context = {"programme": programme, "sites": list(known.values()), "one": one, "other": other}
    if one and other:
        try:
            context["rows"] = learning.side_by_side(one, other)
        except ValidationError as error:
            context["refusal"] = " ".join(error.messages)
    return render(request, "programmes/compare_sites.html", context)
