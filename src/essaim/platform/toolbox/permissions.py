"""Who may do what with a tool: the network keeps its own, a site what it made, and those of the programme see all."""

from typing import Any

from essaim.platform.programmes.permissions import roles_on_programme
from essaim.platform.rights import ANY_STATE, Policy, actions
from essaim.platform.sites.permissions import POLICY as SITE
from essaim.platform.sites.services import received_by
from essaim.platform.toolbox.models import Tool

_READ = actions("view", "download")
ABILITIES = {
    "network": {ANY_STATE: _READ, "network": actions("add_version", "edit")},
    "keeper": {ANY_STATE: _READ, "site": actions("add_version", "edit", "offer")},
    "receiver": {ANY_STATE: _READ | actions("use", "fork")},
    "animator": {ANY_STATE: _READ},
    "funder": {ANY_STATE: _READ},
    "evaluator": {ANY_STATE: _READ},
    "partner": {ANY_STATE: _READ},
}


def roles_on_tool(user: Any, tool: Tool) -> frozenset[str]:
    """The roles on the programme; ``keeper`` when the tool is of a site that the person may adapt."""
    roles = set(roles_on_programme(user, tool.programme))
    if tool.site is not None and SITE.can(user, "adapt", tool.site):
        roles.add("keeper")
    return frozenset(roles)


POLICY: Policy[Tool] = Policy(
    abilities=ABILITIES, roles=roles_on_tool, state=lambda tool: "site" if tool.site_id else "network"
)


def own_sites(user: Any, programme: Any) -> list[Any]:
    """Sites of the programme that the person's structures carry, in which tools are used and forked."""
    return list(received_by(user).filter(programme=programme))
