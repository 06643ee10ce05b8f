"""A person's answers to the conflicts of an upgrade, and the revision that comes of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from essaim.protocol.adaptation import (
    Adaptation,
    Decision,
    Derogation,
    Place,
    content,
    find_parameter,
    next_revision,
    objection,
)
from essaim.protocol.codec import Value
from essaim.protocol.merge import Conflict, Upgrade
from essaim.protocol.problem import InvalidDocument, Problem

Action = Literal["keep", "take", "drop"]

ACTION_LABELS: dict[Action, str] = {
    "keep": "Garder notre décision",
    "take": "Suivre la nouvelle version",
    "drop": "Retirer la décision",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The answer to one conflict.

    Args:
        action: keep the site's decision, follow the new version (recorded as « kept »), or withdraw the decision.
        target: where the decision goes, among the candidates (``component`` or ``component/parameter``); for a
            component of the site whose name the protocol took, its new identifier. Needed when there are several.
        decision: which of the site's decisions, when several meet.
        value, form: the decision, amended, when the person keeps it otherwise.
        derogation_reason: why the site asks for a derogation, when what it keeps lies outside latitude.
    """

    action: Action
    target: str = ""
    decision: str = ""
    value: Value | None = None
    form: str = ""
    derogation_reason: str = ""


def resolve(upgrade: Upgrade, choices: Mapping[str, Choice]) -> Adaptation:
    """The next revision of the site, on the new version, once every conflict has its choice.

    Args:
        choices: by conflict identifier.

    Raises:
        InvalidDocument: naming each conflict without a choice, or whose choice cannot be followed.
    """
    problems: list[Problem] = []
    settled = list(upgrade.result.decisions)
    for conflict in upgrade.conflicts:
        try:
            decision = _answer(upgrade, conflict, choices.get(conflict.id))
            if decision is not None:
                _free(settled, decision)
                settled.append(decision)
        except _CannotFollow as refused:
            problems.append(Problem(upgrade.site.site, None, conflict.id, str(refused), refused.mend))
    unknown = set(choices) - {conflict.id for conflict in upgrade.conflicts}
    problems += [
        Problem(upgrade.site.site, None, id, "Ce conflit n’existe pas.", "Retirez ce choix.")
        for id in sorted(unknown)
    ]
    if problems:
        raise InvalidDocument(problems)
    order = {decision.id: i for i, decision in enumerate(upgrade.site.decisions)}
    settled.sort(key=lambda decision: order[decision.id])
    return replace(next_revision(upgrade.site, tuple(settled)), version=upgrade.result.version)


class _CannotFollow(Exception):
    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.mend = mend


def _answer(upgrade: Upgrade, conflict: Conflict, choice: Choice | None) -> Decision | None:
    if choice is None:
        raise _CannotFollow(
            "Ce conflit attend un choix.", f"Choisissez : {', '.join(ACTION_LABELS.values())}."
        )
    if choice.action == "drop":
        return None
    decision = _chosen(conflict, choice)
    if decision.status == "added":
        return _own(upgrade, decision, choice)
    component, parameter = _target(conflict, choice)
    decision = replace(decision, component=component, parameter=parameter)
    if choice.action == "take":
        return replace(decision, status="kept", value=None, form="", frame=None, derogation=None)
    if choice.value is not None:
        decision = replace(decision, value=choice.value)
    if choice.form:
        decision = replace(decision, form=choice.form)
    return _lawful(upgrade, decision, choice)


def _chosen(conflict: Conflict, choice: Choice) -> Decision:
    if len(conflict.decisions) == 1 and not choice.decision:
        return conflict.decisions[0]
    for decision in conflict.decisions:
        if decision.id == choice.decision:
            return decision
    ids = ", ".join(decision.id for decision in conflict.decisions)
    raise _CannotFollow("Plusieurs décisions se rencontrent ici.", f"Dites laquelle : {ids}.")


def _target(conflict: Conflict, choice: Choice) -> Place:
    target = choice.target or (conflict.candidates[0] if len(conflict.candidates) == 1 else "")
    if target not in conflict.candidates:
        raise _CannotFollow(
            "La décision peut aller à plusieurs endroits.", f"Choisissez : {', '.join(conflict.candidates)}."
        )
    component, _, parameter = target.partition("/")
    return component, parameter or None


def _own(upgrade: Upgrade, decision: Decision, choice: Choice) -> Decision:
    """A component of the site's own: kept under a free identifier, or given up for the protocol's."""
    new = upgrade.plan.new
    name = choice.target or decision.component
    theirs = new.component(name)
    if choice.action == "take":
        if theirs is None:
            raise _CannotFollow("La nouvelle version n’a pas ce composant.", "Gardez l’ajout ou retirez-le.")
        return replace(decision, component=name, status="kept", addition=None, frame=None, derogation=None)
    if decision.addition is None or (theirs is not None and content(theirs) != content(decision.addition)):
        raise _CannotFollow(
            "Le protocole a un autre composant de ce nom.", "Donnez un nouvel identifiant (target)."
        )
    return replace(decision, component=name, addition=replace(decision.addition, id=name))


def _lawful(upgrade: Upgrade, decision: Decision, choice: Choice) -> Decision:
    """``decision`` as it is when the site may take it alone, else with the derogation asked anew."""
    component = upgrade.plan.new.component(decision.component)
    if decision.parameter and (component is None or find_parameter(component, decision.parameter) is None):
        raise _CannotFollow(
            f"« {decision.parameter} » n’existe pas.", "Choisissez une place de la nouvelle version."
        )
    why = objection(upgrade.plan.new, decision, upgrade.site.territory_types)
    if why is None:
        return replace(decision, derogation=None) if decision.derogation else decision
    if not choice.derogation_reason.strip():
        raise _CannotFollow(f"Hors latitude : {why}.", "Restez dans la latitude ou demandez une dérogation.")
    return replace(decision, derogation=Derogation(state="requested", reason=choice.derogation_reason))


def _free(settled: list[Decision], decision: Decision) -> None:
    for other in settled:
        if other.place == decision.place:
            raise _CannotFollow(
                f"La décision « {other.id} » porte déjà sur cet élément.",
                "Choisissez-en une autre, ou retirez celle-ci.",
            )
