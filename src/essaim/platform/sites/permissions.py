"""Who may do what with a site, and which sites a person sees.

Roles on a site, beside those on its programme (``network``, ``funder``, ``evaluator``, ``partner``):
``animator`` regional animator of the network whose regions hold the site (all regions when none is set)
``receiver`` member of a structure that receives the site
``peer``     member of a structure that receives another site of the programme: sees the graft, not the money
"""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from essaim.platform.organisations.permissions import organisation_ids
from essaim.platform.programmes.permissions import animator_regions, roles_on_programme
from essaim.platform.rights import ANY_STATE, Policy, actions
from essaim.platform.sites.models import Site

_READ = actions("view", "view_copil")
_LIVE = actions("edit_team", "edit_copil", "edit_milestones", "assess")
ABILITIES = {
    "network": {
        ANY_STATE: _READ | actions("view_money", "edit", "edit_money", "propose"),
        "live": _LIVE | actions("change_stage", "close", "adapt", "decide_derogation"),
    },
    "animator": {
        ANY_STATE: _READ,
        "live": actions("edit_copil", "edit_milestones", "assess", "change_stage"),
    },
    "receiver": {
        ANY_STATE: _READ | actions("view_money", "propose"),
        "live": _LIVE | actions("adapt", "edit_money"),
    },
    "peer": {ANY_STATE: actions("view"), "live": actions("assess")},
    "funder": {ANY_STATE: _READ | actions("view_money")},
    "evaluator": {ANY_STATE: _READ},
    "partner": {ANY_STATE: _READ},
}
SEE_ALL = frozenset({"network", "funder", "evaluator", "partner"})


def roles_on_site(user: Any, site: Site) -> frozenset[str]:
    """The roles a user holds on a site today (see the module's docstring)."""
    on_programme = roles_on_programme(user, site.programme)
    roles = set(on_programme & (SEE_ALL | {"animator"}))
    if "animator" in roles and not _animates(user, site):
        roles.discard("animator")
    mine = organisation_ids(user)
    if mine & {structure.pk for structure in site.structures.all()}:
        roles.add("receiver")
    elif "receiver" in on_programme:
        roles.add("peer")
    return frozenset(roles)


def _animates(user: Any, site: Site) -> bool:
    regions = animator_regions(user, site.programme)
    return not regions or site.region_code in regions


POLICY: Policy[Site] = Policy(
    abilities=ABILITIES,
    roles=roles_on_site,
    state=lambda site: "ended" if site.stage == Site.Stage.ENDED else "live",
)


def visible_sites(user: Any, programme: Any) -> QuerySet[Site]:
    """The sites of the programme that the person may follow: all, those of their regions, or those they receive.

    A person with no role in the programme and no site of it gets 404, as for any foreign object.
    """
    sites = Site.objects.filter(programme=programme)
    roles = roles_on_programme(user, programme)
    if roles & SEE_ALL:
        return sites
    mine = sites.filter(structures__in=organisation_ids(user)).values("pk")
    if "animator" in roles:
        regions = animator_regions(user, programme)
        in_reach = sites.filter(region_code__in=regions) if regions else sites
        return in_reach | sites.filter(pk__in=mine)
    if not mine.exists() and not ("member" in roles and programme.visibility == "public"):
        raise Http404
    return sites.filter(pk__in=mine)
