"""Who may do what with an evaluation plan. A draft belongs to those who write it; a frozen plan binds in the open."""

from essaim.platform.evaluations.models import EvaluationPlan
from essaim.platform.programmes.permissions import roles_on_programme
from essaim.platform.rights import ANY_STATE, Policy, actions

_WRITERS = {
    ANY_STATE: actions("view", "add_panel", "run", "download_panel", "write_lesson", "draw"),
    "draft": actions("edit", "freeze"),
    "frozen": actions("depart"),
}
_READERS = {"frozen": actions("view")}
_HEAD = {**_WRITERS, ANY_STATE: _WRITERS[ANY_STATE] | actions("place_waves")}
ABILITIES = {
    "network": _HEAD,
    "evaluator": _WRITERS,
    "animator": _READERS,
    "funder": _READERS,
    "partner": _READERS,
    "receiver": _READERS,
}


POLICY: Policy[EvaluationPlan] = Policy(
    abilities=ABILITIES,
    roles=lambda user, plan: roles_on_programme(user, plan.programme),
    state=lambda plan: plan.state,
)
