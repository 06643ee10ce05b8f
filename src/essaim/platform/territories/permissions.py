"""Who may do what with a study: the network prepares and decides; its partners read what has been ranked."""

from typing import Any

from essaim.platform.programmes.permissions import roles_on_programme
from essaim.platform.rights import Policy, actions
from essaim.platform.territories.models import Study

_READ = actions("view", "export")
_READERS: dict[str, frozenset[str]] = {"ranked": _READ, "decided": _READ}
STUDY_ABILITIES = {
    "network": {
        "draft": actions("view", "export", "edit", "run", "copy", "delete"),
        "ranked": actions("view", "export", "edit", "run", "copy", "choose_wave", "decide", "delete"),
        "decided": actions("view", "export", "copy", "decide"),
    },
    "animator": _READERS,
    "funder": _READERS,
    "evaluator": _READERS,
    "partner": _READERS,
}


def _roles(user: Any, study: Study) -> frozenset[str]:
    return roles_on_programme(user, study.programme)


STUDY_POLICY: Policy[Study] = Policy(abilities=STUDY_ABILITIES, roles=_roles, state=lambda study: study.state)
