"""Who may do what with a programme: rights follow the dated roles of organisations.

Roles on a programme (other domains build on them):
``network``   manager or member of an organisation that is now its head or co-steerer
``animator``  regional animator of such an organisation
``funder``    member of an organisation that now funds or sponsors it
``evaluator`` member of an organisation that now evaluates it
``receiver``  member of a structure that receives one of its sites
``partner``   member of its originator or of a current partner
``member``    any other person who is logged in
``public``    anybody, when the programme is public
"""

from typing import Any

from django.shortcuts import get_object_or_404

from essaim.platform.organisations.permissions import memberships, organisation_ids
from essaim.platform.programmes.models import Innovation, Programme, ProgrammeRole
from essaim.platform.rights import ANY_STATE, Policy, actions

_READ = actions("view", "view_protocol")
ABILITIES = {
    "network": {
        ANY_STATE: actions(
            "view", "view_protocol", "view_network", "edit", "edit_protocol", "publish", "decide_proposal",
            "create_study", "create_campaign", "create_site", "create_plan", "create_lesson", "import_sites",
            "publish_event", "funder_sheet", "panel", "view_proposals", "propose", "upgrade_network",
        )
    },
    "animator": {ANY_STATE: _READ | actions("view_network", "create_lesson", "view_proposals", "propose")},
    "receiver": {ANY_STATE: _READ | actions("view_proposals", "propose")},
    "funder": {ANY_STATE: _READ | actions("view_network", "funder_sheet", "view_proposals")},
    "evaluator": {
        ANY_STATE: _READ
        | actions("view_network", "create_plan", "create_lesson", "panel", "view_proposals", "propose")
    },
    "partner": {ANY_STATE: _READ | actions("view_network", "view_proposals", "propose")},
    "member": {"public": _READ},
    "public": {"public": _READ},
}  # fmt: skip

_BY_ORGANISATION = {
    ProgrammeRole.Role.HEAD: "network",
    ProgrammeRole.Role.CO_STEERER: "network",
    ProgrammeRole.Role.FUNDER: "funder",
    ProgrammeRole.Role.SPONSOR: "funder",
    ProgrammeRole.Role.EVALUATOR: "evaluator",
    ProgrammeRole.Role.PARTNER: "partner",
    ProgrammeRole.Role.ORIGINATOR: "partner",
}


def roles_on_programme(user: Any, programme: Programme) -> frozenset[str]:
    """The roles a user holds on a programme today (see the module's docstring)."""
    roles = {"public"}
    if user.is_authenticated:
        roles.add("member")
    mine = {membership.organisation_id: membership.role for membership in memberships(user)}
    for role in programme.roles.all():
        if role.organisation_id in mine and role.is_current():
            name = _BY_ORGANISATION[ProgrammeRole.Role(role.role)]
            roles.add("animator" if name == "network" and mine[role.organisation_id] == "animator" else name)
    if programme.pk in _received(user):
        roles.add("receiver")
    return frozenset(roles)


def _received(user: Any) -> frozenset[int]:
    """Ids of the programmes that the user's organisations receive, read once per request."""
    if not organisation_ids(user):
        return frozenset()
    if not hasattr(user, "_essaim_received"):
        received = Programme.objects.filter(sites__structures__in=organisation_ids(user))
        user._essaim_received = frozenset(received.values_list("pk", flat=True))
    found: frozenset[int] = user._essaim_received
    return found


def animator_regions(user: Any, programme: Programme) -> frozenset[str]:
    """INSEE codes of the regions that the user animates for the programme."""
    heads = {
        role.organisation_id
        for role in programme.roles.all()
        if role.is_current() and _BY_ORGANISATION[ProgrammeRole.Role(role.role)] == "network"
    }
    return frozenset(
        region
        for membership in memberships(user)
        if membership.role == "animator" and membership.organisation_id in heads
        for region in membership.regions
    )


POLICY: Policy[Programme] = Policy(
    abilities=ABILITIES, roles=roles_on_programme, state=lambda programme: programme.visibility
)


def programmes_where(user: Any, action: str) -> list[Programme]:
    """Programmes on which the user may do ``action`` now, by title."""
    return [
        programme
        for programme in Programme.objects.prefetch_related("roles")
        if POLICY.can(user, action, programme)
    ]


def open_programme(slug: str) -> Programme:
    """The programme of an address, its roles fetched with it; 404 when there is none. The caller checks the right."""
    return get_object_or_404(Programme.objects.prefetch_related("roles"), slug=slug)


INNOVATION_ABILITIES = {
    "owner": {ANY_STATE: actions("view", "decide", "edit")},
    "network": {ANY_STATE: actions("view", "decide", "edit")},
    "reader": {ANY_STATE: actions("view")},
}


def roles_on_innovation(user: Any, innovation: Innovation) -> frozenset[str]:
    """``owner`` (member of the organisation that follows it), ``network`` of its programme, ``reader`` of it."""
    roles = set()
    if innovation.owner_id in organisation_ids(user, "manager", "member"):
        roles.add("owner")
    if innovation.programme:
        if POLICY.can(user, "view", innovation.programme):
            roles.add("reader")
        if "network" in roles_on_programme(user, innovation.programme):
            roles.add("network")
    return frozenset(roles)


INNOVATION_POLICY: Policy[Innovation] = Policy(
    abilities=INNOVATION_ABILITIES, roles=roles_on_innovation, state=lambda innovation: innovation.stage
)
