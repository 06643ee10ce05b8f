"""The three-way upgrade: carry a site's decisions from one version of a protocol to a later one.

``prepare(base, new)`` traces the versions once; ``.apply(site)`` is then a look-up for each decision. Every
decision ends in exactly one of three places: the result, a conflict for a person, or the list of what
no longer applies. The rules, with what is proven of them, are in ``docs/methods/protocol-merge.md``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Literal

from essaim.protocol.adaptation import (
    Adaptation,
    Decision,
    Place,
    component_objection,
    content,
    find_parameter,
)
from essaim.protocol.codec import FreeText, FreeValue, Id, Text, Value
from essaim.protocol.diff import Difference, differences
from essaim.protocol.document import Component, Parameter, Protocol
from essaim.protocol.latitude import Latitude, latitude
from essaim.protocol.lineage import Routes, routes
from essaim.words import Told, marked, told

ConflictKind = Literal[
    "both_changed", "meaning_changed", "outside_latitude", "not_permitted", "split", "merged", "both_added"
]

CONFLICT_MESSAGES: dict[str, Told] = {
    "both_changed": told("Le protocole et le site ont changé la même chose."),
    "meaning_changed": told("Le paramètre n’a plus le même type ou la même unité."),
    "outside_latitude": told("La valeur du site sort de la latitude de la nouvelle version."),
    "not_permitted": told("Le composant est du cœur : le site ne peut pas en décider ainsi sans dérogation."),
    "split": told("Ce que le site avait décidé est partagé en plusieurs dans la nouvelle version."),
    "merged": told("Plusieurs éléments n’en font plus qu’un dans la nouvelle version."),
    "both_added": told("Le protocole et le site ont chacun un composant de ce nom."),
}

RetiredReason = Literal["removed", "split", "already_said", "unknown"]

RETIRED_MESSAGES: dict[str, str] = {
    "removed": marked("La nouvelle version ne comporte plus cet élément."),
    "split": marked("L’élément gardé tel quel est partagé en plusieurs, que le site suit désormais."),
    "already_said": marked("Une autre décision dit déjà que le site garde cet élément."),
    "unknown": marked("La version de base ne comporte pas cet élément."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """What a person must decide. ``decisions`` are the site's, as they were on the base version."""

    id: Text
    kind: ConflictKind
    decisions: tuple[Decision, ...]
    candidates: tuple[Text, ...] = ()
    """Places of the new version the decision may go to: ``component`` or ``component/parameter``."""
    base: FreeValue | None = None
    """What the base version said there (default value, or form), when it said something."""
    new: FreeValue | None = None
    message: FreeText = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """A decision that no longer applies, and why."""

    decision: Decision
    reason: RetiredReason
    message: FreeText = ""


_DECIDED = {True: "form", False: "default"}
"""The field of the protocol that a decision stands for, on a component as a whole or on a parameter."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The outcome for one site: ``result`` holds what is settled, on the new version."""

    plan: "Plan" = field(repr=False)
    site: Adaptation
    result: Adaptation
    conflicts: tuple[Conflict, ...]
    retired: tuple[Retired, ...]

    @property
    def kept(self) -> tuple[Id, ...]:
        """Identifiers of the decisions that stay."""
        return tuple(decision.id for decision in self.result.decisions)

    @property
    def moved(self) -> tuple[Difference, ...]:
        """What changes for the site by itself: all but the forms and values it decided and what it does not do."""
        own = {(d.place, _DECIDED[d.parameter is None]) for d in self.site.decisions if d.status == "adapted"}
        own = {(later, field) for place, field in own for later in self.plan.routes.of(place) or ()}
        undone = {d.place for d in self.site.decisions if d.status == "not_done"}
        left = {later[0] for place in undone for later in self.plan.routes.of(place) or ()}
        return tuple(
            d
            for d in self.plan.differences
            if d.component and d.component not in left and (d.place, d.field) not in own
        )

    @property
    def to_reread(self) -> tuple[Id, ...]:
        """Decisions that stay although the function or the kind of their component changed."""
        changed = {
            d.component
            for d in self.plan.differences
            if d.component and d.field in ("function", "kind", "deprecated")
        }
        return tuple(d.id for d in self.result.decisions if d.status != "kept" and d.component in changed)


@dataclass(frozen=True, slots=True)
class _Target:
    """What the new version says of one place of the base, for one kind of territory."""

    places: tuple[Place, ...]
    stays: bool
    """Whether the place is the same in both versions: decisions then stay as the objects they are."""
    merged: bool
    meaning_changed: bool = False
    default_changed: bool = False
    latitude_changed: bool = False
    base: Value | None = None
    new: Value | None = None
    latitude: Latitude | None = None
    objections: dict[tuple[type, Value], str | None] = field(default_factory=dict)
    """Objections already worked out, by value: many sites share few values (texts excepted)."""

    @property
    def kind(self) -> str:
        """Type of the parameter in the new version."""
        return self.latitude.parameter.type if self.latitude else ""

    def objection(self, value: Value | None) -> str | None:
        if self.latitude is None or value is None:
            return told("aucune valeur n’est donnée")
        if isinstance(value, str) and self.latitude.parameter.type == "text":
            return self.latitude.objection(value)
        key = (type(value), value)
        if key not in self.objections:
            self.objections[key] = self.latitude.objection(value)
        return self.objections[key]


class Plan:
    """What changed between two versions, ready to be applied to any number of sites."""

    def __init__(self, base: Protocol, new: Protocol) -> None:
        if base.id != new.id:
            raise ValueError(
                f"« {new.id} » n’est pas une version de « {base.id} » : comparez le même protocole."
            )
        self.base, self.new = base, new
        self.routes: Routes = routes(base, new)
        self._earlier = {component.id: component for component in base.components}
        self._later = {component.id: component for component in new.components}
        self._heirs = {id: c for c in new.components for id in (*c.replaces, c.id)}
        self._targets: dict[frozenset[str], dict[Place, _Target]] = {}
        arrivals: dict[Place, int] = {}
        for places in self.routes.parameters.values():
            for place in places:
                arrivals[place] = arrivals.get(place, 0) + 1
        self._shared = {place for place, count in arrivals.items() if count > 1}

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        return differences(self.base, self.new)

    def apply(self, site: Adaptation) -> Upgrade:
        """Upgrade one site; total (never fails on decisions) and deterministic.

        Raises:
            ValueError: when ``site`` is not an adaptation of the base version.
        """
        if site.protocol != self.base.id or site.version != self.base.version:
            raise ValueError(
                f"L’adaptation de « {site.site} » porte sur {site.protocol} {site.version}, pas sur "
                f"{self.base.id} {self.base.version} : prenez la version de base de l’adaptation."
            )
        targets = self._for(frozenset(site.territory_types))
        settled: list[Decision] = []
        origins: list[Decision] = []
        conflicts: list[Conflict] = []
        retired: list[Retired] = []
        for decision in site.decisions:
            outcome = self._judge(decision, targets)
            if isinstance(outcome, Decision):
                settled.append(outcome)
                origins.append(decision)
            elif isinstance(outcome, Conflict):
                conflicts.append(outcome)
            else:
                retired.append(outcome)
        if len({(one.component, one.parameter) for one in settled}) < len(settled):
            settled, collided, repeated = _one_a_place(origins, settled)
            conflicts += collided
            retired += repeated
        result = replace(site, version=self.new.version, decisions=tuple(settled))
        return Upgrade(self, site, result, tuple(conflicts), tuple(retired))

    def _for(self, types: frozenset[str]) -> dict[Place, _Target]:
        if types not in self._targets:
            self._targets[types] = dict(self._trace(types))
        return self._targets[types]

    def _trace(self, types: frozenset[str]) -> Iterator[tuple[Place, _Target]]:
        for id in self._earlier:
            places = self.routes.of((id, None)) or ()
            merged = len(places) == 1 and places[0][0] in self.routes.merged
            yield (id, None), _Target(places, places == ((id, None),), merged)
        for origin, targets in self.routes.parameters.items():
            if len(targets) != 1:
                yield origin, _Target(targets, False, False)
                continue
            before = _effective(self.base, self._earlier, origin, types)
            after = _effective(self.new, self._later, targets[0], types)
            kind = before.parameter.type
            yield (
                origin,
                _Target(
                    targets,
                    targets == (origin,),
                    targets[0] in self._shared,
                    meaning(before.parameter) != meaning(after.parameter),
                    not same_value(kind, before.default, after.default),
                    bounds(before) != bounds(after),
                    before.default,
                    after.default,
                    after,
                ),
            )

    def _judge(self, decision: Decision, targets: dict[Place, _Target]) -> Decision | Conflict | Retired:
        if decision.status == "added":
            return self._judge_added(decision)
        target = targets.get((decision.component, decision.parameter))
        if target is None:
            return _retired("unknown", decision)
        if not target.places:
            return _retired("removed", decision)
        if decision.status == "kept":
            return _retired("split", decision) if len(target.places) > 1 else _settle(decision, target)
        if len(target.places) > 1:
            return _conflict("split", decision, target.places)
        if target.merged:
            return _conflict("merged", decision, target.places, target.base, target.new)
        if decision.parameter is None:
            return self._judge_component(decision, target)
        return _judge_value(decision, target)

    def _judge_component(self, decision: Decision, target: _Target) -> Decision | Conflict:
        before, after = self._earlier[decision.component], self._later[target.places[0][0]]
        why = component_objection(after.kind, decision)
        if why and not (decision.is_derogation and before.kind == after.kind):
            return _conflict("not_permitted", decision, target.places, before.form, after.form, why)
        if decision.status == "not_done":
            clash = before.function != after.function
        else:
            clash = content(before) != content(after) and decision.form != after.form
        if clash:
            return _conflict("both_changed", decision, target.places, before.form, after.form)
        return _settle(decision, target)

    def _judge_added(self, decision: Decision) -> Decision | Conflict:
        """The site's own component, in case the protocol has or had one under the same identifier."""
        before = self._earlier.get(decision.component)
        if before is None:
            after = self._heirs.get(decision.component)
            places: tuple[Place, ...] = () if after is None else ((after.id, None),)
        else:
            places = self.routes.of((before.id, None)) or ()
            if len(places) > 1:
                return _conflict("split", decision, places, before.form)
            after = self._later[places[0][0]] if places else None
        mine = content(decision.addition) if decision.addition else None
        theirs, was = after and content(after), before and content(before)
        if theirs != was and theirs != mine:
            forms = (None if one is None else one.form for one in (before, after))
            return _conflict("both_added", decision, places, *forms)
        return _at(decision, places[0]) if places else decision


def prepare(base: Protocol, new: Protocol) -> Plan:
    """Trace ``base`` → ``new`` once, to upgrade any number of sites.

    Raises:
        ValueError: when they are not versions of one protocol.
    """
    return Plan(base, new)


def upgrade(base: Protocol, new: Protocol, site: Adaptation) -> Upgrade:
    """Upgrade one site; for many sites, :func:`prepare` once."""
    return prepare(base, new).apply(site)


def meaning(parameter: Parameter) -> tuple[str, str]:
    """What makes a value mean the same: 12 is not the same in weeks and in months."""
    return parameter.type, parameter.unit


def bounds(lat: Latitude) -> tuple[object, ...]:
    """All that decides whether a value is allowed."""
    step = lat.parameter.step
    origin = (lat.parameter.min or 0) if step else None
    counts = lat.min_items, lat.max_items, lat.max_length
    return lat.min, lat.max, step, origin, frozenset(lat.options), counts


def same_value(kind: str, one: Value | None, other: Value | None) -> bool:
    """Whether two values of a parameter of this type are the same; the order of a set does not count."""
    if kind == "set" and isinstance(one, tuple) and isinstance(other, tuple):
        return frozenset(one) == frozenset(other)
    return one == other


def _effective(
    protocol: Protocol, components: dict[str, Component], place: Place, types: frozenset[str]
) -> Latitude:
    component, name = place
    parameter = find_parameter(components[component], str(name))
    assert parameter is not None, "routes only name parameters that exist"
    return latitude(protocol, component, parameter, types)


def _judge_value(decision: Decision, target: _Target) -> Decision | Conflict:
    if target.meaning_changed:
        return _conflict("meaning_changed", decision, target.places, target.base, target.new)
    why = target.objection(decision.value)
    if why and (target.latitude_changed or not decision.is_derogation):
        return _conflict("outside_latitude", decision, target.places, target.base, target.new, why)
    if target.default_changed and not same_value(target.kind, decision.value, target.new):
        return _conflict("both_changed", decision, target.places, target.base, target.new)
    return _settle(decision, target)


def _settle(decision: Decision, target: _Target) -> Decision:
    return decision if target.stays else _at(decision, target.places[0])


def _at(decision: Decision, place: Place) -> Decision:
    """``decision`` on another place; the same object when it does not move."""
    if decision.place == place:
        return decision
    component, parameter = place
    addition = decision.addition and replace(decision.addition, id=component)
    return replace(decision, component=component, parameter=parameter, addition=addition)


def _conflict(
    kind: ConflictKind,
    decision: Decision,
    places: Iterable[Place],
    base: Value | None = None,
    new: Value | None = None,
    why: str | None = None,
) -> Conflict:
    return Conflict(
        id=decision.id,
        kind=kind,
        decisions=(decision,),
        candidates=tuple(show_place(place) for place in places),
        base=base,
        new=new,
        message=_because(kind, why) if why else CONFLICT_MESSAGES[kind],
    )


@lru_cache(maxsize=1024)
def _because(kind: ConflictKind, why: str) -> Told:
    """The message of a conflict with its reason; many sites share few reasons."""
    return told("%(message)s (%(why)s)", message=CONFLICT_MESSAGES[kind], why=why)


def _retired(reason: RetiredReason, decision: Decision) -> Retired:
    return Retired(decision=decision, reason=reason, message=RETIRED_MESSAGES[reason])


def show_place(place: Place) -> str:
    """``component`` or ``component/parameter``."""
    return place[0] if place[1] is None else f"{place[0]}/{place[1]}"


def _one_a_place(
    origins: list[Decision], settled: list[Decision]
) -> tuple[list[Decision], list[Conflict], list[Retired]]:
    """Two decisions that arrive at one place: one is enough when all say « kept », else a person chooses."""
    groups: dict[Place, list[tuple[Decision, Decision]]] = {}
    for before, after in zip(origins, settled, strict=True):
        groups.setdefault(after.place, []).append((before, after))
    kept: list[Decision] = []
    conflicts: list[Conflict] = []
    retired: list[Retired] = []
    for place, pairs in groups.items():
        if len(pairs) == 1 or all(after.status == "kept" for _, after in pairs):
            kept.append(pairs[0][1])
            retired += [_retired("already_said", before) for before, _ in pairs[1:]]
            continue
        befores = tuple(before for before, _ in pairs)
        conflicts.append(
            Conflict(
                id="+".join(before.id for before in befores),
                kind="merged",
                decisions=befores,
                candidates=(show_place(place),),
                message=CONFLICT_MESSAGES["merged"],
            )
        )
    return kept, conflicts, retired
