"""The innovation funnel: an initiative is spotted, passes gates, spreads or stops; every reason is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from essaim.platform.programmes.models import GateDecision, Innovation

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User

_S = Innovation.Stage
GATES: Mapping[str, tuple[str, ...]] = {
    _S.SPOTTED: (_S.SUPPORTED, _S.STOPPED),
    _S.SUPPORTED: (_S.EVALUATED, _S.SPREADING, _S.STOPPED),
    _S.EVALUATED: (_S.SPREADING, _S.SUPPORTED, _S.STOPPED),
    _S.SPREADING: (_S.EVALUATED, _S.GENERALISED, _S.STOPPED),
    _S.GENERALISED: (_S.STOPPED,),
    _S.STOPPED: (_S.SPOTTED, _S.SUPPORTED),
}
"""Stage → stages it may pass to. Spreading before evaluating is allowed and shows as such: it is what happens."""


@dataclass(frozen=True, slots=True)
class Column:
    """One stage of the board."""

    stage: str
    label: str
    innovations: list[Innovation]


def next_stages(innovation: Innovation) -> list[tuple[str, str]]:
    """(stage, label) that the innovation may pass to."""
    return [(stage, str(_S(stage).label)) for stage in GATES[innovation.stage]]


def board(innovations: list[Innovation]) -> list[Column]:
    """The innovations by stage, in the order of the funnel."""
    return [
        Column(stage, str(stage.label), [one for one in innovations if one.stage == stage]) for stage in _S
    ]


@transaction.atomic
def spot(*, reason: str, evidence: str = "", decided_on: str = "", **fields: Any) -> Innovation:
    """Put an initiative in the funnel, with what drew the eye."""
    innovation = Innovation(stage=_S.SPOTTED, **fields)
    innovation.full_clean()
    innovation.save()
    _record(innovation, "", _S.SPOTTED, decided_on, reason, evidence)
    return innovation


@transaction.atomic
def pass_gate(
    innovation: Innovation, to_stage: str, *, reason: str, evidence: str = "", decided_on: str = ""
) -> GateDecision:
    """Move an innovation to another stage, or stop it; the reason stays.

    Raises:
        ValidationError: the funnel has no such gate from where the innovation is, or the reason is empty.
    """
    innovation = Innovation.objects.select_for_update().get(pk=innovation.pk)
    if to_stage not in GATES[innovation.stage]:
        raise ValidationError(
            _("Depuis l’étape « %(stage)s », ce passage n’existe pas.")
            % {"stage": innovation.get_stage_display()}
        )
    before, innovation.stage = innovation.stage, to_stage
    innovation.full_clean()
    innovation.save()
    return _record(innovation, before, to_stage, decided_on, reason, evidence)


def _record(
    innovation: Innovation, before: str, after: str, decided_on: str, reason: str, evidence: str
) -> GateDecision:
    decision = GateDecision(
        innovation=innovation,
        from_stage=before,
        to_stage=after,
        decided_on=decided_on,
        reason=reason,
        evidence=evidence,
    )
    decision.full_clean()
    decision.save()
    return decision


def innovations_of(user: "User") -> list[Innovation]:
    """Innovations the user may see: those of their organisations, and those whose programme they may see."""
    from essaim.platform.programmes.permissions import INNOVATION_POLICY

    found = Innovation.objects.select_related("owner", "programme").prefetch_related("programme__roles")
    return [one for one in found if INNOVATION_POLICY.can(user, "view", one)]
