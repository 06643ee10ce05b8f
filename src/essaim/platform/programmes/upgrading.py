"""Carrying a site to a newer version: what moves alone, what stays, what a person must decide; nothing is lost."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from essaim.platform.programmes.adapting import DecisionReading, adaptation_of, decision_in_words
from essaim.platform.programmes.comparing import Group, groups
from essaim.platform.programmes.models import ProtocolVersion, UpgradeChoices
from essaim.platform.programmes.reading import value_in_words
from essaim.platform.sites import services as sites
from essaim.protocol import Protocol
from essaim.protocol.adaptation import (
    Adaptation,
    Decision,
    Derogation,
    check_adaptation,
    find_parameter,
    objection,
)
from essaim.protocol.merge import Conflict, Retired, Upgrade
from essaim.protocol.merge import upgrade as merge
from essaim.protocol.versions import weigh

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.sites.models import Site

FOLLOW = "follow"


@dataclass(frozen=True, slots=True)
class Dispute:
    """A conflict put in words, with what a person may choose."""

    conflict: Conflict
    title: str
    mine: tuple[DecisionReading, ...]
    base: str
    new: str
    options: tuple[tuple[str, str], ...]
    """(choice, label): ``follow``, or ``decision@component/parameter``."""


@dataclass(frozen=True, slots=True)
class Work:
    """An upgrade before it is confirmed."""

    base: Protocol
    new: Protocol
    upgrade: Upgrade
    moves: list[Group]
    kept: tuple[DecisionReading, ...]
    disputes: tuple[Dispute, ...]
    retired: tuple[tuple[DecisionReading, Retired], ...]
    choices: Mapping[str, Mapping[str, str]]
    """Choices kept from an earlier visit, by conflict."""

    @property
    def to_reread(self) -> tuple[DecisionReading, ...]:
        ids = set(self.upgrade.to_reread)
        return tuple(reading for reading in self.kept if reading.decision.id in ids)


def start(site: "Site", target: ProtocolVersion) -> Work:
    """The upgrade of the site to ``target``, with the choices already made for it."""
    base, adaptation = adaptation_of(site)
    new = target.protocol
    outcome = merge(base, new, adaptation)
    moved = outcome.moved
    weighed = [one for one in weigh(base, new) if one.difference in moved]
    kept_choices = UpgradeChoices.objects.filter(site=site, target=target).first()
    same = kept_choices is not None and kept_choices.base_sha256 == adaptation.fingerprint()
    return Work(
        base,
        new,
        outcome,
        groups(weighed, base, new),
        tuple(decision_in_words(new, decision) for decision in outcome.result.decisions),
        tuple(_dispute(base, new, conflict) for conflict in outcome.conflicts),
        tuple((decision_in_words(base, one.decision), one) for one in outcome.retired),
        kept_choices.choices if kept_choices and same else {},
    )


def _dispute(base: Protocol, new: Protocol, conflict: Conflict) -> Dispute:
    first = conflict.decisions[0]
    options = [(FOLLOW, _("Suivre la nouvelle version"))]
    for decision in conflict.decisions:
        for place in conflict.candidates or (_place(decision),):
            label = _("Garder notre décision : %(place)s") % {"place": title_of(new, place)}
            if len(conflict.decisions) > 1:
                label += f" ({title_of(base, _place(decision))})"
            options.append((f"{decision.id}@{place}", label))
    return Dispute(
        conflict,
        title_of(base, _place(first)),
        tuple(decision_in_words(base, decision) for decision in conflict.decisions),
        _said(base, _place(first), conflict.base),
        _said(new, conflict.candidates[0] if conflict.candidates else _place(first), conflict.new),
        tuple(options),
    )


def _place(decision: Decision) -> str:
    return "/".join(filter(None, (decision.component, decision.parameter)))


def title_of(protocol: Protocol, place: str) -> str:
    """« Component, parameter » in words; the identifier where the protocol does not know it."""
    component_id, _slash, parameter_id = place.partition("/")
    component = protocol.component(component_id)
    if component is None:
        return place
    parameter = find_parameter(component, parameter_id) if parameter_id else None
    return f"{component.title}, {parameter.label}" if parameter else component.title


def _said(protocol: Protocol, place: str, value: object) -> str:
    component_id, _slash, parameter_id = place.partition("/")
    component = protocol.component(component_id)
    parameter = find_parameter(component, parameter_id) if component and parameter_id else None
    if parameter:
        return value_in_words(parameter, value)
    return str(value or "")


def keep_choices(site: "Site", target: ProtocolVersion, choices: Mapping[str, Mapping[str, str]]) -> None:
    """Keep what was chosen so far, to be taken up later."""
    _base, adaptation = adaptation_of(site)
    kept = UpgradeChoices.objects.filter(site=site, target=target).first()
    kept = kept or UpgradeChoices(site=site, target=target)
    kept.choices = {id: dict(choice) for id, choice in choices.items()}
    kept.base_sha256 = adaptation.fingerprint()
    kept.full_clean()
    kept.save()


@transaction.atomic
def confirm(
    site: "Site", target: ProtocolVersion, choices: Mapping[str, Mapping[str, str]], *, by: "User"
) -> None:
    """Move the site to ``target`` with a choice for every conflict; one new revision holds the outcome.

    Raises:
        ValidationError: a conflict has no choice, what is kept lies outside latitude with no reason for a derogation,
            or somebody saved the adaptation in between.
    """
    work = start(site, target)
    decisions = list(work.upgrade.result.decisions)
    for dispute in work.disputes:
        chosen = choices.get(dispute.conflict.id, {})
        if chosen.get("choice") not in dict(dispute.options):
            raise ValidationError(_("Il reste à choisir : %(title)s.") % {"title": dispute.title})
        if chosen["choice"] != FOLLOW:
            decisions.append(_kept(work, dispute, chosen))
    adaptation = work.upgrade.site
    final = replace(
        work.upgrade.result,
        decisions=tuple(decisions),
        revision=adaptation.revision + 1,
        previous=adaptation.fingerprint(),
    )
    _checked(final, work.new)
    sites.save_adaptation(site, final.to_dict(), by)
    for kept in UpgradeChoices.objects.filter(site=site):
        kept.delete()


def _kept(work: Work, dispute: Dispute, chosen: Mapping[str, str]) -> Decision:
    """The site's decision at its new place; a derogation when it lies outside latitude there."""
    decision_id, place = chosen["choice"].split("@")
    decision = next(d for d in dispute.conflict.decisions if d.id == decision_id)
    component, _slash, parameter = place.partition("/")
    addition = decision.addition and replace(decision.addition, id=component)
    moved = replace(
        decision, component=component, parameter=parameter or None, addition=addition, derogation=None
    )
    why = objection(work.new, moved, work.upgrade.site.territory_types)
    if why is None:
        return moved
    if not chosen.get("reason", "").strip():
        raise ValidationError(
            _("%(title)s : %(why)s. Suivre la nouvelle version, ou dire pourquoi demander une dérogation.")
            % {"title": dispute.title, "why": why}
        )
    return replace(moved, derogation=Derogation(state="requested", reason=chosen["reason"]))


def _checked(final: Adaptation, new: Protocol) -> None:
    problems = check_adaptation(final, new)
    if problems:
        raise ValidationError([f"{problem.message} {problem.mend}" for problem in problems])
