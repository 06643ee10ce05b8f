"""Who may do what with imported data: the network that brought it manages it, what is for all is read by all.

What is for the whole site is brought by whoever runs it, on the command line (``essaim opendata import``).
"""

from typing import TYPE_CHECKING, Any

from essaim.platform.opendata.models import Import, Vintage
from essaim.platform.organisations.permissions import memberships, organisation_ids
from essaim.platform.rights import ANY_STATE, Policy, actions

if TYPE_CHECKING:
    from essaim.platform.organisations.models import Organisation

VINTAGE_ABILITIES = {
    "owner": {ANY_STATE: actions("view", "refresh", "delete")},
    "reader": {ANY_STATE: actions("view")},
}
IMPORT_ABILITIES = {
    "owner": {
        "waiting": actions("view", "resume"),
        "running": actions("view", "resume"),
        "ready": actions("view", "confirm", "resume", "abandon"),
        "failed": actions("view", "resume", "abandon"),
        "done": actions("view"),
    },
    "reader": {ANY_STATE: actions("view")},
}


def _roles(user: Any, item: Vintage | Import) -> frozenset[str]:
    """``owner``: manager or member of its network; ``reader``: its animators, and everybody for what is for all."""
    if item.organisation_id is None:
        return frozenset({"reader"} if user.is_authenticated else ())
    if item.organisation_id in organisation_ids(user, "manager", "member"):
        return frozenset({"owner"})
    return frozenset({"reader"} if item.organisation_id in organisation_ids(user) else ())


VINTAGE_POLICY: Policy[Vintage] = Policy(VINTAGE_ABILITIES, _roles, lambda vintage: ANY_STATE)
IMPORT_POLICY: Policy[Import] = Policy(IMPORT_ABILITIES, _roles, lambda running: running.state)


def bringing(user: Any) -> list["Organisation"]:
    """The networks and authorities for which a person may bring data: those where they are manager or member."""
    return [
        membership.organisation
        for membership in memberships(user)
        if membership.role in ("manager", "member")
        and membership.organisation.kind in ("network", "authority")
    ]
