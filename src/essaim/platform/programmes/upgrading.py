"""Carrying a site to a newer version: what moves alone, what stays, what a person must decide; nothing is lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from essaim.platform.programmes.adapting import DecisionReading, adaptation_of, decision_in_words
from essaim.platform.programmes.comparing import Group, groups
from essaim.platform.programmes.drafts import free_id
from essaim.platform.programmes.models import ProtocolVersion, UpgradeChoices
from essaim.platform.programmes.reading import value_in_words
from essaim.platform.sites import services as sites
from essaim.platform.telling import problems_told
from essaim.protocol import InvalidDocument, Protocol
from essaim.protocol.adaptation import Adaptation, Decision, check_adaptation, find_parameter
from essaim.protocol.document import Parameter
from essaim.protocol.merge import Conflict, Retired, Upgrade
from essaim.protocol.merge import upgrade as merge
from essaim.protocol.resolution import Choice, resolve
from essaim.protocol.versions import weigh

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.sites.models import Site

FOLLOW = "follow"
Choices = Mapping[str, Mapping[str, Any]]
"""By conflict: ``choice`` (one of the options), ``reason`` of a derogation, ``value`` or ``form`` decided anew."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """A conflict put in words, with what a person may choose."""

    conflict: Conflict
    title: str
    mine: tuple[DecisionReading, ...]
    base: str
    new: str
    options: tuple[tuple[str, str], ...]
    """(choice, label): ``follow``, ``keep:decision@place`` or ``amend:decision@place``."""
    parameter: Parameter | None
    """What is decided anew, in the new version; ``None`` for a local form."""

    @property
    def can_amend(self) -> bool:
        return any(choice.startswith("amend:") for choice, _label in self.options)


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
    choices: Choices
    """Choices kept from an earlier visit, by conflict."""

    @property
    def to_reread(self) -> tuple[DecisionReading, ...]:
        ids = set(self.upgrade.to_reread)
        return tuple(reading for reading in self.kept if reading.decision.id in ids)

    @property
    def kept_titled(self) -> list[tuple[str, DecisionReading]]:
        return [(title_of(self.new, place_of(one.decision)), one) for one in self.kept]

    @property
    def retired_titled(self) -> list[tuple[str, DecisionReading, Retired]]:
        return [(title_of(self.base, place_of(one.decision)), one, why) for one, why in self.retired]


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
        for place in _places(new, conflict, decision):
            options.append((f"keep:{decision.id}@{place}", _keeping(base, new, conflict, decision, place)))
    alone = len(conflict.decisions) == len(conflict.candidates) == 1
    if alone and first.status == "adapted":
        options.append((f"amend:{first.id}@{conflict.candidates[0]}", _("Décider autrement")))
    target = conflict.candidates[0] if conflict.candidates else place_of(first)
    return Dispute(
        conflict,
        title_of(base, place_of(first)),
        tuple(decision_in_words(base, decision) for decision in conflict.decisions),
        _said(base, place_of(first), conflict.base),
        _said(new, target, conflict.new),
        tuple(options),
        _parameter(new, target),
    )


def _places(new: Protocol, conflict: Conflict, decision: Decision) -> tuple[str, ...]:
    """Where the decision may be kept; a component of the site whose name is taken gets another."""
    if decision.status == "added":
        return (free_id(f"{decision.component}-local", {component.id for component in new.components}),)
    return conflict.candidates or (place_of(decision),)


def _keeping(base: Protocol, new: Protocol, conflict: Conflict, decision: Decision, place: str) -> str:
    if decision.addition:
        return _("Garder notre ajout : %(title)s") % {"title": decision.addition.title}
    label = _("Garder notre décision : %(place)s") % {"place": title_of(new, place)}
    if len(conflict.decisions) > 1:
        label += f" ({title_of(base, place_of(decision))})"
    return label


def place_of(decision: Decision) -> str:
    """``component`` or ``component/parameter``."""
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
    parameter = _parameter(protocol, place)
    return value_in_words(parameter, value) if parameter else str(value or "")


def _parameter(protocol: Protocol, place: str) -> Parameter | None:
    component_id, _slash, parameter_id = place.partition("/")
    component = protocol.component(component_id)
    return find_parameter(component, parameter_id) if component and parameter_id else None


def keep_choices(site: "Site", target: ProtocolVersion, choices: Choices) -> None:
    """Keep what was chosen so far, to be taken up later."""
    _base, adaptation = adaptation_of(site)
    kept = UpgradeChoices.objects.filter(site=site, target=target).first()
    kept = kept or UpgradeChoices(site=site, target=target)
    kept.choices = {id: dict(choice) for id, choice in choices.items()}
    kept.base_sha256 = adaptation.fingerprint()
    kept.full_clean()
    kept.save()


@transaction.atomic
def confirm(site: "Site", target: ProtocolVersion, choices: Choices, *, by: "User") -> None:
    """Move the site to ``target`` with a choice for every conflict; one new revision holds the outcome.

    Raises:
        ValidationError: a conflict has no choice, what is kept lies outside latitude with no reason for a derogation,
            or somebody saved the adaptation in between.
    """
    work = start(site, target)
    sites.save_adaptation(site, outcome(work, choices).to_dict(), by)
    for kept in UpgradeChoices.objects.filter(site=site):
        kept.delete()


def outcome(work: Work, choices: Choices) -> Adaptation:
    """What the site would decide on the new version with these choices; nothing is written.

    Raises:
        ValidationError: as :func:`confirm`.
    """
    titles = {dispute.conflict.id: dispute.title for dispute in work.disputes}
    known = {d.conflict.id: dict(d.options) for d in work.disputes}
    made = {
        id: _choice(chosen)
        for id, chosen in choices.items()
        if id in known and chosen.get("choice") in known[id]
    }
    return settled(work.upgrade, made, titles)


def settled(
    upgrade: Upgrade, made: Mapping[str, Choice], titles: Mapping[str, str] | None = None
) -> Adaptation:
    """The next revision by the rules of the core, checked whole; refusals are said under their title."""
    try:
        final = resolve(upgrade, made)
    except InvalidDocument as error:
        raise ValidationError(
            [
                f"{(titles or {}).get(one.path, one.path)}{_(' :')} {said}"
                for one, said in zip(error.problems, problems_told(error.problems), strict=True)
            ]
        ) from error
    problems = check_adaptation(final, upgrade.plan.new)
    if problems:
        raise ValidationError(problems_told(problems))
    return final


def _choice(chosen: Mapping[str, Any]) -> Choice:
    if chosen["choice"] == FOLLOW:
        return Choice(action="drop")
    action, _colon, rest = chosen["choice"].partition(":")
    decision, _at, place = rest.partition("@")
    new: dict[str, Any] = {}
    if action == "amend":
        value = chosen.get("value")
        new = {"value": tuple(value) if isinstance(value, list) else value, "form": chosen.get("form", "")}
        if new["value"] is None and not new["form"]:
            raise ValidationError(_("Dire ce que le site fait à la place."))
    return Choice(
        action="keep", decision=decision, target=place, derogation_reason=chosen.get("reason", ""), **new
    )
