"""Who may do what with meetings, lessons and questions."""

from typing import Any

from essaim.platform.community.models import Event
from essaim.platform.organisations.permissions import organisation_ids
from essaim.platform.programmes.permissions import roles_on_programme
from essaim.platform.rights import ANY_STATE, Policy, actions

EVENT_ABILITIES = {
    "organiser": {ANY_STATE: actions("view", "edit", "publish", "delete")},
    "network": {ANY_STATE: actions("view", "edit", "publish", "delete")},
    "animator": {ANY_STATE: actions("view")},
    "receiver": {ANY_STATE: actions("view")},
    "funder": {ANY_STATE: actions("view")},
    "evaluator": {ANY_STATE: actions("view")},
    "partner": {ANY_STATE: actions("view")},
    "public": {"public": actions("view")},
}

COMMUNITY_ABILITIES = {
    "network": {ANY_STATE: actions("view", "write_lesson", "ask", "answer")},
    "animator": {ANY_STATE: actions("view", "write_lesson", "ask", "answer")},
    "receiver": {ANY_STATE: actions("view", "write_lesson", "ask", "answer")},
    "evaluator": {ANY_STATE: actions("view", "write_lesson")},
    "partner": {ANY_STATE: actions("view", "ask", "answer")},
    "funder": {ANY_STATE: actions("view")},
}
"""The community of one programme: those who spread it, receive it, pay for it and evaluate it."""


def _event_roles(user: Any, event: Event) -> frozenset[str]:
    roles = set(roles_on_programme(user, event.programme)) if event.programme else {"public"}
    if event.organiser_id in organisation_ids(user):
        roles.add("organiser")
    return frozenset(roles)


EVENT_POLICY: Policy[Event] = Policy(
    abilities=EVENT_ABILITIES, roles=_event_roles, state=lambda event: event.visibility
)
COMMUNITY_POLICY: Policy[Any] = Policy(
    abilities=COMMUNITY_ABILITIES, roles=roles_on_programme, state=lambda programme: ANY_STATE
)


def events_seen_by(user: Any) -> list[Event]:
    """Meetings that the user may open, newest first."""
    events = Event.objects.select_related("organiser", "programme").prefetch_related("programme__roles")
    return [event for event in events if EVENT_POLICY.can(user, "view", event)]
