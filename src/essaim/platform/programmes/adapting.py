"""A site's adaptation, written through the core's rules: decisions, additions, derogations asked and answered."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from essaim.platform.programmes.drafts import free_id
from essaim.platform.programmes.reading import ComponentReading, ParameterReading, read, value_in_words
from essaim.platform.sites import services as sites
from essaim.platform.telling import problems_told, tell
from essaim.protocol import InvalidDocument, Protocol, frame
from essaim.protocol.adaptation import (
    Adaptation,
    Decision,
    Frame,
    OutsideLatitude,
    decide,
    find_parameter,
    new_adaptation,
    next_revision,
    withdraw,
)
from essaim.protocol.document import Component

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.sites.models import AdaptationRevision, Site

OVERSEAS = frozenset({"01", "02", "03", "04", "06"})
"""Region codes of Guadeloupe, Martinique, Guyane, La Réunion and Mayotte."""


@dataclass(frozen=True, slots=True)
class DecisionReading:
    """A decision in words."""

    decision: Decision
    value: str
    frame: tuple[tuple[str, str], ...]
    """(question, answers) of FRAME."""


@dataclass(frozen=True, slots=True)
class PlaceReading:
    """A parameter of the base beside what the site decided on it."""

    base: ParameterReading
    decision: DecisionReading | None


@dataclass(frozen=True, slots=True)
class ComponentPlaces:
    """A component of the base beside what the site decided on it and on its parameters."""

    base: ComponentReading
    decision: DecisionReading | None
    parameters: tuple[PlaceReading, ...]


@dataclass(frozen=True, slots=True)
class AdaptationReading:
    protocol: Protocol
    adaptation: Adaptation
    components: tuple[ComponentPlaces, ...]
    additions: tuple[DecisionReading, ...]


def adaptation_of(site: "Site") -> tuple[Protocol, Adaptation]:
    """The protocol version that the site follows and what it decided on it (nothing yet: an empty adaptation).

    Raises:
        ValidationError: nobody said which version the site follows.
    """
    if site.protocol_version is None:
        raise ValidationError(
            _("On ne sait pas quelle version du protocole ce site suit : la préciser d’abord.")
        )
    protocol = site.protocol_version.protocol
    return protocol, adaptation_on(protocol, site, sites.current_adaptation(site))


def adaptation_on(protocol: Protocol, site: "Site", revision: "AdaptationRevision | None") -> Adaptation:
    """The site's last ``revision`` when it bears on this version; an empty adaptation otherwise."""
    if revision and revision.base_version == protocol.version:
        return Adaptation.from_dict(revision.document)
    return new_adaptation(protocol, site.name, ["overseas"] if site.region_code in OVERSEAS else [])


def read_adaptation(protocol: Protocol, adaptation: Adaptation) -> AdaptationReading:
    """Base and site side by side, in the order of the protocol."""
    components = tuple(
        ComponentPlaces(
            base,
            _decision(protocol, adaptation.at(base.component.id)),
            tuple(
                PlaceReading(
                    parameter,
                    _decision(protocol, adaptation.at(base.component.id, parameter.parameter.id)),
                )
                for parameter in base.parameters
            ),
        )
        for base in read(protocol, adaptation.territory_types).components
    )
    added = [d for d in adaptation.decisions if d.status == "added"]
    return AdaptationReading(
        protocol, adaptation, components, tuple(decision_in_words(protocol, d) for d in added)
    )


def _decision(protocol: Protocol, decision: Decision | None) -> DecisionReading | None:
    return decision_in_words(protocol, decision) if decision else None


def decision_in_words(protocol: Protocol, decision: Decision) -> DecisionReading:
    component = protocol.component(decision.component)
    parameter = find_parameter(component, decision.parameter) if component and decision.parameter else None
    value = value_in_words(parameter, decision.value) if parameter else ""
    answers = []
    for name, aspect in frame.ASPECTS.items() if decision.frame else ():
        given = getattr(decision.frame, name)
        codes = given if isinstance(given, tuple) else (given,)
        answers.append((_(aspect.question), " · ".join(_(frame.label(name, code)) for code in codes)))
    return DecisionReading(decision, value, tuple(answers))


def _save(site: "Site", adaptation: Adaptation, by: "User") -> None:
    sites.save_adaptation(site, adaptation.to_dict(), by)


def take_decision(
    site: "Site",
    *,
    component: str,
    parameter: str | None = None,
    status: str,
    by: "User",
    value: Any = None,
    form: str = "",
    frame_answers: Frame | None = None,
    note: str = "",
    decided_on: str = "",
    derogation_reason: str = "",
) -> None:
    """Keep what the site decides on one place; outside latitude it becomes a derogation asked of the network.

    Raises:
        ValidationError: outside latitude with no reason for a derogation, an incomplete decision, or somebody else
            saved the adaptation in between.
    """
    protocol, adaptation = adaptation_of(site)
    before = adaptation.at(component, parameter)
    adapted = status == "adapted"
    decision = Decision(
        id=before.id if before else free_id("-".join(filter(None, (component, parameter))), _ids(adaptation)),
        component=component,
        parameter=parameter,
        status=status,  # type: ignore[arg-type]
        value=value if adapted and parameter else None,
        form=form if adapted and not parameter else "",
        note=note,
        frame=None if status == "kept" else frame_answers,
        decided_on=decided_on or None,
        recorded_by=by.name,
    )
    try:
        _save(site, decide(adaptation, protocol, decision, derogation_reason), by)
    except OutsideLatitude as error:
        raise ValidationError({"derogation_reason": tell(error.said)}) from error
    except InvalidDocument as error:
        raise ValidationError(problems_told(error.problems)) from error


def add_component(
    site: "Site", *, title: str, function: str, form: str, frame_answers: Frame, by: "User", note: str = ""
) -> None:
    """A component of the site's own; the network may later find it alike elsewhere."""
    protocol, adaptation = adaptation_of(site)
    taken = {c.id for c in protocol.components} | {d.component for d in adaptation.decisions}
    id = free_id(title, taken)
    decision = Decision(
        id=free_id(id, _ids(adaptation)),
        component=id,
        status="added",
        addition=Component(id=id, kind="adaptable", title=title, function=function, form=form),
        frame=frame_answers,
        note=note,
        recorded_by=by.name,
    )
    try:
        _save(site, decide(adaptation, protocol, decision), by)
    except InvalidDocument as error:
        raise ValidationError(problems_told(error.problems)) from error


def _ids(adaptation: Adaptation) -> set[str]:
    return {decision.id for decision in adaptation.decisions}


def follow_again(site: "Site", decision_id: str, *, by: "User") -> None:
    """Withdraw a decision: the site follows the protocol there again. Past revisions keep it."""
    _protocol, adaptation = adaptation_of(site)
    if decision_id not in _ids(adaptation):
        raise ValidationError(_("Cette décision n’est plus dans l’adaptation du site."))
    _save(site, withdraw(adaptation, decision_id), by)


def set_territory(site: "Site", types: list[str], *, by: "User") -> None:
    """Say what kind of territory the site stands on: variants of the protocol follow."""
    _protocol, adaptation = adaptation_of(site)
    changed = next_revision(adaptation, adaptation.decisions)
    _save(site, replace(changed, territory_types=tuple(sorted(types))), by)  # type: ignore[arg-type]


@transaction.atomic
def answer_derogation(
    site: "Site", decision_id: str, *, granted: bool, note: str, by: "User", until: str = ""
) -> None:
    """The network's answer to a derogation that a site asked.

    Raises:
        ValidationError: no derogation waits on this decision.
    """
    _protocol, adaptation = adaptation_of(site)
    asked = next((d for d in adaptation.decisions if d.id == decision_id), None)
    if asked is None or asked.derogation is None or asked.derogation.state != "requested":
        raise ValidationError(_("Aucune dérogation n’attend de réponse ici."))
    answered = replace(
        asked.derogation,
        state="granted" if granted else "refused",
        note=note,
        until=until or None,
        decided_by=by.name,
        decided_on=timezone.localdate().isoformat(),
    )
    decisions = tuple(
        replace(d, derogation=answered) if d.id == decision_id else d for d in adaptation.decisions
    )
    _save(site, next_revision(adaptation, decisions), by)
