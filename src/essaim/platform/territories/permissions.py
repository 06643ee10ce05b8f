"""Who may do what with a study: the network prepares and decides; its partners read what has been ranked.

A person asked to state weights (``committee``) reads the study once ranked, whatever their organisation.
"""

from typing import Any

from essaim.platform.programmes.permissions import roles_on_programme
from essaim.platform.rights import ANY_STATE, Policy, actions
from essaim.platform.territories.models import Seat, Study, WeightSession

_READ = actions("view", "export")
_READERS: dict[str, frozenset[str]] = {"ranked": _READ, "decided": _READ}
STUDY_ABILITIES = {
    "network": {
        "draft": actions("view", "export", "edit", "run", "copy", "delete", "open_session"),
        "ranked": actions(
            "view", "export", "edit", "run", "copy", "choose_wave", "decide", "delete", "open_session"
        ),
        "decided": actions("view", "export", "copy", "decide"),
    },
    "committee": _READERS,
    "animator": _READERS,
    "funder": _READERS,
    "evaluator": _READERS,
    "partner": _READERS,
}

_ADOPTED: dict[str, frozenset[str]] = {"adopted": actions("view")}
SESSION_ABILITIES = {
    "network": {
        "open": actions("view", "answer", "invite", "reveal", "close"),
        "revealed": actions("view", "adopt", "close"),
        "adopted": actions("view"),
        "closed": actions("view"),
    },
    "committee": {
        "open": actions("view", "answer"),
        "revealed": actions("view"),
        "adopted": actions("view"),
        "closed": actions("view"),
    },
    "animator": _ADOPTED,
    "funder": _ADOPTED,
    "evaluator": _ADOPTED,
    "partner": _ADOPTED,
}


def _seats(user: Any) -> frozenset[tuple[int, int]]:
    """(session, study) of the seats that a person holds, read once per request."""
    if not user.is_authenticated:
        return frozenset()
    if not hasattr(user, "_essaim_seats"):
        held = Seat.objects.filter(user=user).values_list("session_id", "session__study_id")
        user._essaim_seats = frozenset(held)
    found: frozenset[tuple[int, int]] = user._essaim_seats
    return found


def _roles(user: Any, study: Study) -> frozenset[str]:
    seated = any(held == study.pk for _session, held in _seats(user))
    return roles_on_programme(user, study.programme) | ({"committee"} if seated else frozenset())


def _session_roles(user: Any, session: WeightSession) -> frozenset[str]:
    seated = any(held == session.pk for held, _study in _seats(user))
    return roles_on_programme(user, session.study.programme) | ({"committee"} if seated else frozenset())


STUDY_POLICY: Policy[Study] = Policy(abilities=STUDY_ABILITIES, roles=_roles, state=lambda study: study.state)
SESSION_POLICY: Policy[WeightSession] = Policy(
    abilities=SESSION_ABILITIES, roles=_session_roles, state=lambda session: session.state
)

GRAFT_ABILITIES = {
    "network": {ANY_STATE: actions("view", "edit", "edit_activities")},
    "animator": {ANY_STATE: actions("view", "edit")},
    "receiver": {ANY_STATE: actions("view", "edit")},
    "funder": {ANY_STATE: actions("view")},
    "evaluator": {ANY_STATE: actions("view")},
    "partner": {ANY_STATE: actions("view")},
}
GRAFT_POLICY: Policy[Any] = Policy(
    abilities=GRAFT_ABILITIES, roles=roles_on_programme, state=lambda _programme: ANY_STATE
)
"""Needs, offer and findings of the territories of a programme: those of the territory know them best."""
