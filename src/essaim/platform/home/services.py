"""The desk: what each person finds first, gathered from every domain."""

from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from typing import Any

from django.conf import settings

from essaim.platform.campaigns.services import appointments_for
from essaim.platform.programmes.permissions import roles_on_programme
from essaim.platform.programmes.services import all_programmes
from essaim.platform.sites.services import followed_sites, received_by
from essaim.platform.todo import Todo

_DESK_ROLES = ("network", "animator", "funder", "evaluator", "partner")


@dataclass(slots=True)
class Desk:
    """``todos`` soonest first, programmes by the role held on them, the sites that the person carries.

    ``followed``: for a network or an animator, each programme with the rows of its sites, late ones first.
    ``appointments``: for an animator, the next steps of the applications of their regions.
    """

    todos: list[Todo]
    by_role: dict[str, list[Any]] = field(default_factory=dict)
    sites: list[Any] = field(default_factory=list)
    followed: dict[str, list[tuple[Any, list[Any]]]] = field(default_factory=dict)
    appointments: list[Any] = field(default_factory=list)


def desk(user: Any) -> Desk:
    """Everything that waits for a person, and the programmes they work on, by role."""
    by_role: dict[str, list[Any]] = {}
    for programme in all_programmes():
        for role in roles_on_programme(user, programme) & set(_DESK_ROLES):
            by_role.setdefault(role, []).append(programme)
    return Desk(
        todos_for(user),
        by_role,
        list(received_by(user)),
        {
            role: [(programme, followed_sites(user, programme)) for programme in by_role.get(role, [])]
            for role in ("network", "animator")
        },
        appointments_for(user) if "animator" in by_role else [],
    )


def todos_for(user: Any) -> list[Todo]:
    """What every domain asks of a person: late and soonest first, undated last."""
    found: list[Todo] = []
    for domain in settings.DOMAINS:
        module = f"essaim.platform.{domain}.services"
        ask = getattr(import_module(module), "todo_for", None) if domain != "home" else None
        if ask:
            found += ask(user)
    return sorted(found, key=lambda todo: (todo.due or date.max, todo.context, todo.title))
