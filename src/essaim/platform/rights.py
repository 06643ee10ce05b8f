"""How rights are computed, once for all domains: a table role × state → actions, and who holds which role.

Each domain's ``permissions.py`` declares one :class:`Policy` a kind of object. The table is data, read whole by the
tests; a view calls :func:`require`. What a person may not even see answers 404, what they see but may not do, 403.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _

T = TypeVar("T")
ANY_STATE = "*"


@dataclass(frozen=True, slots=True)
class Policy(Generic[T]):
    """Rights on one kind of object.

    ``abilities[role][state]`` is the set of actions; the state ``"*"`` adds to every state.
    ``roles(user, obj)`` gives the roles the user holds on that object; ``state(obj)`` its state.
    """

    abilities: Mapping[str, Mapping[str, frozenset[str]]]
    roles: Callable[[Any, T], frozenset[str]]
    state: Callable[[T], str]

    def actions(self, user: Any, obj: T) -> frozenset[str]:
        """All that ``user`` may do with ``obj`` now."""
        state = self.state(obj)
        allowed: set[str] = set()
        for role in self.roles(user, obj):
            by_state = self.abilities.get(role, {})
            allowed |= by_state.get(ANY_STATE, frozenset()) | by_state.get(state, frozenset())
        return frozenset(allowed)

    def can(self, user: Any, action: str, obj: T) -> bool:
        return action in self.actions(user, obj)

    def require(self, user: Any, action: str, obj: T) -> None:
        """Raise 404 when the object is foreign to the user, 403 when the action is not theirs."""
        actions = self.actions(user, obj)
        if "view" not in actions:
            raise Http404
        if action not in actions:
            raise PermissionDenied(_("Votre rôle ne permet pas cette action ici."))


def actions(*names: str) -> frozenset[str]:
    """A readable cell of an abilities table."""
    return frozenset(names)
