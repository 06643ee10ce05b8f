"""Who may do what with an organisation and its people."""

from typing import Any

from essaim.platform.organisations.models import Membership, Organisation
from essaim.platform.rights import ANY_STATE, Policy, actions

ABILITIES = {
    "manager": {ANY_STATE: actions("view", "edit", "view_people", "invite", "change_member")},
    "member": {ANY_STATE: actions("view", "view_people")},
    "animator": {ANY_STATE: actions("view", "view_people")},
    "other": {ANY_STATE: actions("view")},
}


def memberships(user: Any) -> list[Membership]:
    """The user's memberships, read once per request (kept on the user object)."""
    if not user.is_authenticated:
        return []
    if not hasattr(user, "_essaim_memberships"):
        user._essaim_memberships = list(user.memberships.select_related("organisation"))
    found: list[Membership] = user._essaim_memberships
    return found


def organisation_ids(user: Any, *roles: str) -> frozenset[int]:
    """Ids of the organisations where the user holds one of ``roles`` (any role when none is named)."""
    return frozenset(m.organisation_id for m in memberships(user) if not roles or m.role in roles)


def _roles(user: Any, organisation: Organisation) -> frozenset[str]:
    held = {m.role for m in memberships(user) if m.organisation_id == organisation.pk}
    return frozenset(held or ({"other"} if user.is_authenticated else set()))


POLICY: Policy[Organisation] = Policy(abilities=ABILITIES, roles=_roles, state=lambda organisation: ANY_STATE)
