"""The life of each clause from the first version to the last: introduced in, changed in, come from, thanks to whom."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Literal

from essaim.protocol.adaptation import Place
from essaim.protocol.diff import Difference, differences
from essaim.protocol.document import Component, Credit, Marker, Protocol, Requirement
from essaim.protocol.lineage import Routes, routes, same_component

StepKind = Literal["introduced", "renamed", "moved", "split", "merged", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one version did to a clause.

    ``origins``: titles, in the version before, of what it was taken from (``split``, ``merged``, ``moved``) or of
    what it was called (``renamed``). ``fields``: what changed (names of fields; ``parameters``, ``markers`` and
    ``requirements`` for what a component holds). ``credits``: whom the version thanks for it.
    """

    version: str
    kind: StepKind
    origins: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    credits: tuple[Credit, ...] = ()


def provenance(versions: Sequence[Protocol]) -> dict[Place, tuple[Step, ...]]:
    """Steps of every component ``(id, None)`` and parameter ``(id, parameter)`` of the last version, oldest first.

    Args:
        versions: from the first to the last, each following the one before it.

    A clause that comes from others has their steps too.
    """
    if not versions:
        return {}
    first = versions[0]
    known: dict[Place, tuple[Step, ...]] = {
        place: (Step(version=first.version, kind="introduced", credits=_credits(first, place)),)
        for place in _places(first)
    }
    for old, new in pairwise(versions):
        known = _next(old, new, known)
    return known


def _places(protocol: Protocol) -> Iterator[Place]:
    for component in protocol.components:
        yield component.id, None
        for parameter in component.parameters:
            yield component.id, parameter.id


def _credits(protocol: Protocol, place: Place) -> tuple[Credit, ...]:
    component = protocol.component(place[0])
    return component.credits if component and place[1] is None else ()


def _next(
    old: Protocol, new: Protocol, known: dict[Place, tuple[Step, ...]]
) -> dict[Place, tuple[Step, ...]]:
    origins = _origins(routes(old, new))
    changed = _changed(old, new)
    return {
        place: _inherited(known, origins.get(place, ()))
        + _steps(old, new, place, origins.get(place, ()), changed.get(place, ()))
        for place in _places(new)
    }


def _origins(found: Routes) -> dict[Place, tuple[Place, ...]]:
    """Later place → earlier places it comes from."""
    inverse: dict[Place, list[Place]] = {}
    for component, later in found.components.items():
        for id in later:
            inverse.setdefault((id, None), []).append((component, None))
    for origin, places in found.parameters.items():
        for place in places:
            inverse.setdefault(place, []).append(origin)
    return {place: tuple(before) for place, before in inverse.items()}


def _changed(old: Protocol, new: Protocol) -> dict[Place, tuple[str, ...]]:
    """Fields that changed, by later place."""
    found: dict[Place, list[str]] = {}
    targets = {one.id: one.component for one in (new.label.requirements if new.label else ())}
    for d in differences(old, new):
        for place, name in _told(d, targets):
            found.setdefault(place, []).append(name)
    return {place: tuple(dict.fromkeys(names)) for place, names in found.items()}


def _told(d: Difference, targets: dict[str, str]) -> Iterator[tuple[Place, str]]:
    """Where a difference shows, and under which name; credits are told by themselves."""
    if d.section == "components" and d.kind == "changed" and d.field != "credits":
        yield (d.component, None), d.field
    elif d.section in ("parameters", "markers"):
        yield (d.component, None), d.section
        if d.parameter and d.kind == "changed":
            yield (d.component, d.parameter), d.field
    elif d.section == "requirements" and d.item in targets:
        yield (targets[d.item], None), d.section


def _inherited(known: dict[Place, tuple[Step, ...]], origins: Iterable[Place]) -> tuple[Step, ...]:
    """Steps of all the origins, once each, in the order of the versions."""
    steps = dict.fromkeys(step for origin in origins for step in known[origin])
    return tuple(sorted(steps, key=lambda step: tuple(map(int, step.version.split(".")))))


def _steps(
    old: Protocol, new: Protocol, place: Place, origins: tuple[Place, ...], fields: tuple[str, ...]
) -> tuple[Step, ...]:
    """What the step from ``old`` to ``new`` did to one place; nothing when it left it alone."""
    thanks = _new_credits(old, new, place, origins)
    if not origins:
        return (Step(version=new.version, kind="introduced", credits=thanks),)
    kind, taken = _kind(old, new, place, origins)
    if kind == "changed" and not fields and not thanks:
        return ()
    return (Step(version=new.version, kind=kind, origins=taken, fields=fields, credits=thanks),)


def _new_credits(
    old: Protocol, new: Protocol, place: Place, origins: tuple[Place, ...]
) -> tuple[Credit, ...]:
    before = {credit for origin in origins for credit in _credits(old, origin)}
    return tuple(credit for credit in _credits(new, place) if credit not in before)


def _kind(
    old: Protocol, new: Protocol, place: Place, origins: tuple[Place, ...]
) -> tuple[StepKind, tuple[str, ...]]:
    if place[1] is not None:
        return _parameter_kind(old, new, place, origins)
    component = new.component(place[0])
    assert component is not None
    itself = same_component(component, {one.id: one for one in old.components})
    others = tuple(_title(old, origin) for origin in origins if itself is None or origin[0] != itself.id)
    if len(origins) > 1:
        return "merged", others
    if itself is None:
        return "split", others
    return ("changed", ()) if itself.id == component.id else ("renamed", (itself.title,))


def _parameter_kind(
    old: Protocol, new: Protocol, place: Place, origins: tuple[Place, ...]
) -> tuple[StepKind, tuple[str, ...]]:
    earlier = {one.id: one for one in old.components}
    home: Component | None = new.component(place[0])
    before = same_component(home, earlier) if home else None
    moved = tuple(_title(old, (id, None)) for id, _ in origins if before is None or before.id != id)
    if moved:
        return "moved", moved
    renamed = tuple(_title(old, origin) for origin in origins if origin[1] != place[1])
    return ("renamed", renamed) if renamed else ("changed", ())


def _title(protocol: Protocol, place: Place) -> str:
    component = protocol.component(place[0])
    assert component is not None
    found = next((p.label for p in component.parameters if p.id == place[1]), "")
    return found or component.title


Clause = tuple[str, str, str]
"""(``markers`` or ``requirements``, component that holds it or nothing, identifier)."""


def clauses_provenance(versions: Sequence[Protocol]) -> dict[Clause, tuple[Step, ...]]:
    """Steps of every marker and label requirement of the last version, oldest first (``versions`` as above).

    A marker goes on under its identifier, or its label, in what its component became.
    """
    known: dict[Clause, tuple[Step, ...]] = {}
    earlier: Protocol | None = None
    for version in versions:
        known = {key: _clause_steps(earlier, version, key, known) for key in _clauses(version)}
        earlier = version
    return known


def _clauses(protocol: Protocol) -> dict[Clause, Marker | Requirement]:
    found: dict[Clause, Marker | Requirement] = {
        ("markers", component.id, marker.id): marker
        for component in protocol.components
        for marker in component.markers
    }
    requirements = protocol.label.requirements if protocol.label else ()
    return found | {("requirements", "", one.id): one for one in requirements}


def _clause_steps(
    old: Protocol | None, new: Protocol, key: Clause, known: dict[Clause, tuple[Step, ...]]
) -> tuple[Step, ...]:
    origin = _clause_before(old, new, key) if old else None
    if old is None or origin is None:
        return (Step(version=new.version, kind="introduced"),)
    before, after = _clauses(old)[origin], _clauses(new)[key]
    changed = tuple(
        one.name
        for one in fields(after)
        if one.name != "id" and getattr(before, one.name) != getattr(after, one.name)
    )
    home = old.component(origin[1]) if origin[1] != key[1] else None
    goes_on = home and same_component(_component(new, key[1]), {home.id: home}) is not None
    if home and not goes_on:
        step = Step(version=new.version, kind="moved", origins=(home.title,), fields=changed)
    elif changed:
        step = Step(version=new.version, kind="changed", fields=changed)
    else:
        return known[origin]
    return (*known[origin], step)


def _clause_before(old: Protocol, new: Protocol, key: Clause) -> Clause | None:
    """The same clause in the version before; ``None`` when it is new."""
    clauses = _clauses(old)
    if key in clauses or key[0] != "markers":
        return key if key in clauses else None
    label = _clauses(new)[key].label  # type: ignore[union-attr]
    homes = [id for id, later in routes(old, new).components.items() if key[1] in later]
    held = [one for one in clauses if one[0] == "markers" and one[1] in homes]
    named = [one for one in held if one[2] == key[2]]
    return next(iter([*named, *(one for one in held if clauses[one].label == label)]), None)  # type: ignore[union-attr]


def _component(protocol: Protocol, id: str) -> Component:
    found = protocol.component(id)
    assert found is not None
    return found
