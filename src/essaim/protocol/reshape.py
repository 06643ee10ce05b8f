"""Splitting, merging, renaming and moving the pieces of a protocol, with the lineage that the upgrade follows.

Each function returns the protocol reshaped; what points to the piece (label requirements, variants) follows it.
``base`` is the published version that sites live by: what arrives in a component takes no identifier that a decision
on ``base`` may still name there. Unknown identifiers raise ``KeyError``; what cannot be done raises ``ValueError``
with the reason in French.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from essaim.protocol.document import Change, Component, Marker, Parameter, Protocol
from essaim.protocol.lineage import ancestors, same_component

Moves = Mapping[tuple[str, str], tuple[str, str]]
"""Former place of a parameter → its new place."""


def split(
    protocol: Protocol,
    component: str,
    part: str,
    *,
    title: str,
    function: str,
    form: str = "",
    parameters: Collection[str] = (),
    markers: Collection[str] = (),
) -> Protocol:
    """Take a part off a component, as a new one just after it, with some of its parameters and markers."""
    whole = _component(protocol, component)
    _free(protocol, part)
    taken = [p for p in whole.parameters if p.id in parameters]
    new = replace(
        whole,
        id=part,
        title=title,
        function=function,
        form=form,
        evidence="",
        parameters=tuple(_moved(whole, p, p.id) for p in taken),
        markers=tuple(m for m in whole.markers if m.id in markers),
        replaces=(),
        split_from=_distinct(ancestors(whole), part),
        merged_from=(),
        deprecated=None,
    )
    left = replace(
        whole,
        parameters=tuple(p for p in whole.parameters if p not in taken),
        markers=tuple(m for m in whole.markers if m.id not in markers),
    )
    result = _swap(protocol, whole, left, new)
    return _retargeted(result, {(component, p.id): (part, p.id) for p in taken}, {})


def absorb(protocol: Protocol, component: str, other: str, base: Protocol | None = None) -> Protocol:
    """Merge ``other`` into ``component``, which keeps its identifier and title; texts are put end to end, to be read
    again. A parameter or marker whose identifier is already taken is named after the component it comes from."""
    if component == other:
        raise ValueError("Un composant ne se réunit pas avec lui-même.")
    kept, gone = _component(protocol, component), _component(protocol, other)
    names = _names(gone.parameters, _taken(kept, base), other)
    marks = _names(gone.markers, {marker.id for marker in kept.markers}, other)
    cited: dict[str, Any] = {
        name: tuple(dict.fromkeys((*getattr(kept, name), *getattr(gone, name))))
        for name in ("sources", "tools", "roles", "prerequisites", "indicators", "credits")
    }
    whole = replace(
        kept,
        kind="core" if "core" in (kept.kind, gone.kind) else "adaptable",
        function=_joined(kept.function, gone.function),
        form=_joined(kept.form, gone.form),
        evidence=_joined(kept.evidence, gone.evidence),
        parameters=(*kept.parameters, *(_moved(gone, p, names[p.id]) for p in gone.parameters)),
        markers=(*kept.markers, *(replace(m, id=marks[m.id]) for m in gone.markers)),
        merged_from=_distinct((*kept.merged_from, *ancestors(gone)), component),
        **cited,
    )
    result = _swap(_swap(protocol, gone), kept, whole)
    moves = {(other, name): (component, new) for name, new in names.items()}
    return _retargeted(result, moves, {other: component})


def rename(protocol: Protocol, component: str, new: str) -> Protocol:
    """Give a component another identifier; it remembers the one it had."""
    before = _component(protocol, component)
    if new == component:
        return protocol
    _free(protocol, new)
    after = replace(before, id=new, replaces=_distinct((component, *before.replaces), new))
    moves = {(component, p.id): (new, p.id) for p in before.parameters}
    return _retargeted(_swap(protocol, before, after), moves, {component: new})


def move_parameter(
    protocol: Protocol, component: str, parameter: str, to: str, base: Protocol | None = None
) -> Protocol:
    """Hand a parameter over to another component, under its identifier or, when it is taken there, a new one."""
    home, target = _component(protocol, component), _component(protocol, to)
    moved = next((p for p in home.parameters if p.id == parameter), None)
    if moved is None:
        raise KeyError(parameter)
    if home is target:
        return protocol
    left = replace(home, parameters=tuple(p for p in home.parameters if p is not moved))
    arrived = _moved(home, moved, _names((moved,), _taken(target, base), component)[parameter])
    protocol = _swap(protocol, home, left)
    protocol = _swap(protocol, target, replace(target, parameters=(*target.parameters, arrived)))
    return _retargeted(protocol, {(component, parameter): (to, arrived.id)}, {})


def _component(protocol: Protocol, id: str) -> Component:
    found = protocol.component(id)
    if found is None:
        raise KeyError(id)
    return found


def _free(protocol: Protocol, id: str) -> None:
    """An identifier that names, or once named, a component would send decisions astray."""
    if any(id in ancestors(component) for component in protocol.components):
        raise ValueError(f"« {id} » nomme ou a nommé un autre composant : choisissez un autre identifiant.")


def _swap(protocol: Protocol, old: Component, *new: Component) -> Protocol:
    listed = [c for one in protocol.components for c in (new if one.id == old.id else (one,))]
    return replace(protocol, components=tuple(listed))


def _moved(home: Component, parameter: Parameter, id: str) -> Parameter:
    """The parameter as it arrives elsewhere: it remembers every address it had."""
    addresses = [
        f"{at}/{name}" for at in (home.id, *home.replaces) for name in (parameter.id, *parameter.replaces)
    ]
    moved_from = tuple(dict.fromkeys((*addresses, *parameter.moved_from)))
    return replace(parameter, id=id, replaces=(), moved_from=moved_from)


def _taken(target: Component, base: Protocol | None) -> set[str]:
    """Identifiers that name a parameter of this component, or may still name one for a site."""
    before = same_component(target, {one.id: one for one in base.components}) if base else None
    known = (*target.parameters, *(before.parameters if before else ()))
    return {name for parameter in known for name in (parameter.id, *parameter.replaces)}


def _names(
    arriving: tuple[Parameter, ...] | tuple[Marker, ...], taken: set[str], stem: str
) -> dict[str, str]:
    """Identifier of each item that arrives → one that is free."""
    names: dict[str, str] = {}
    for one in arriving:
        candidate, number = one.id, 1
        while candidate in {*taken, *names.values()}:
            suffix = f"-{one.id}" if number == 1 else f"-{one.id}-{number}"
            candidate, number = f"{stem[: 80 - len(suffix)]}{suffix}"[-80:], number + 1
        names[one.id] = candidate
    return names


def _joined(first: str, second: str) -> str:
    return first if second in ("", first) else f"{first}\n\n{second}".strip()


def _distinct(ids: Collection[str], own: str) -> tuple[str, ...]:
    return tuple(id for id in dict.fromkeys(ids) if id != own)


def _retargeted(protocol: Protocol, moves: Moves, components: Mapping[str, str]) -> Protocol:
    """Variants and requirements point to where parameters and components have gone."""

    def follow(change: Change) -> Change:
        component, parameter = moves.get(
            (change.component, change.parameter), (change.component, change.parameter)
        )
        return replace(change, component=component, parameter=parameter)

    variants = tuple(replace(v, changes=tuple(map(follow, v.changes))) for v in protocol.variants)
    label = protocol.label
    if label:
        requirements = tuple(
            replace(one, component=components.get(one.component, one.component)) for one in label.requirements
        )
        label = replace(label, requirements=requirements)
    return replace(protocol, variants=variants, label=label)
