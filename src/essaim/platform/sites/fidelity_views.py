"""Fidelity on screen: one site in full, the network in one table; adaptation is shown elsewhere, on purpose."""

from django.http import HttpResponse
from django.shortcuts import render

from essaim.platform.http import Request
from essaim.platform.programmes.services import current_version, programme_for
from essaim.platform.sites.fidelity_scores import fidelity_of, network_fidelity
from essaim.platform.sites.models import FidelityEntry
from essaim.platform.sites.permissions import POLICY, visible_sites
from essaim.platform.sites.views import site_of
from essaim.protocol.fidelity import ASSESSORS, Assessor


def site_fidelity(request: Request, slug: str, pk: int) -> HttpResponse:
    site = site_of(request, slug, pk)
    found = None
    if site.protocol_version:
        found = fidelity_of(site.protocol_version.protocol, site.fidelity.all())
    context = {
        "programme": site.programme,
        "site": site,
        "found": found,
        "assessors": FidelityEntry.Assessor.choices,
        "can": POLICY.actions(request.user, site),
    }
    return render(request, "sites/fidelity.html", context)


def network(request: Request, slug: str) -> HttpResponse:
    """Every site that follows the version in force, as one kind of assessor saw it."""
    programme = programme_for(request.user, slug, "view_network")
    version = current_version(programme)
    asked = request.GET.get("by", "")
    assessor: Assessor = asked if asked in ASSESSORS else "self"  # type: ignore[assignment]
    seen = visible_sites(request.user, programme).filter(protocol_version=version)
    followers = list(seen.distinct().prefetch_related("fidelity")) if version else []
    context = {
        "programme": programme,
        "version": version,
        "sites": followers,
        "assessor": assessor,
        "assessors": FidelityEntry.Assessor.choices,
        "rows": network_fidelity(version, followers, assessor) if version else [],
    }
    return render(request, "sites/network_fidelity.html", context)
