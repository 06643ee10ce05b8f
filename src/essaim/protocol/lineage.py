"""Where each component and parameter of a version has gone in a later one.

A later component descends from an earlier one when it has its identifier, or names it in ``replaces``,
``split_from`` or ``merged_from``. These lists are cumulative, so that any two versions can be compared
without those between. A link that the earlier version already knew (a part split off long ago) is not
followed again.
"""

from dataclasses import dataclass, replace

from essaim.protocol.adaptation import Place
from essaim.protocol.document import Component, Parameter, Protocol


@dataclass(frozen=True, slots=True)
class Routes:
    """``components``: earlier id → later ids (none: removed; several: split), in the later order.

    ``parameters``: earlier place → later places, likewise. ``merged``: later ids that come from several.
    """

    components: dict[str, tuple[str, ...]]
    parameters: dict[tuple[str, str], tuple[tuple[str, str], ...]]
    merged: frozenset[str]

    def of(self, place: Place) -> tuple[Place, ...] | None:
        """Later places of a place; ``None`` when the earlier version does not know it."""
        component, parameter = place
        if parameter is not None:
            return self.parameters.get((component, parameter))
        later = self.components.get(component)
        return None if later is None else tuple((id, None) for id in later)


def routes(base: Protocol, new: Protocol) -> Routes:
    """Trace every component and parameter of ``base`` in ``new``."""
    earlier = {component.id: component for component in base.components}
    components: dict[str, list[str]] = {id: [] for id in earlier}
    merged = set()
    for component in new.components:
        origins = [id for id in _new_ancestors(component, earlier) if id in earlier]
        for origin in origins:
            components[origin].append(component.id)
        if len(origins) > 1:
            merged.add(component.id)
    heirs = {id: tuple(later) for id, later in components.items()}
    return Routes(heirs, _parameter_routes(base, new, heirs), frozenset(merged))


def ancestors(component: Component) -> tuple[str, ...]:
    """Every identifier this component has had or comes from, its own first."""
    return (component.id, *component.replaces, *component.split_from, *component.merged_from)


def same_component(component: Component, earlier: dict[str, Component]) -> Component | None:
    """The earlier component that this one continues, under the same identifier or a former one."""
    return next((earlier[id] for id in (component.id, *component.replaces) if id in earlier), None)


def _new_ancestors(component: Component, earlier: dict[str, Component]) -> list[str]:
    """Ancestors less those that its earlier self already had, once each."""
    self_before = same_component(component, earlier)
    if self_before is None:
        return list(dict.fromkeys(ancestors(component)))
    known = set(ancestors(self_before)) - {self_before.id}
    return [id for id in dict.fromkeys(ancestors(component)) if id not in known]


def _parameter_routes(
    base: Protocol, new: Protocol, heirs: dict[str, tuple[str, ...]]
) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    """A parameter stays in the component that goes on, or goes where ``moved_from`` says.

    Failing both, it is sought under its identifier in the parts or in the whole its component has become.
    """
    earlier = {component.id: component for component in base.components}
    later = {component.id: component for component in new.components}
    moved = _moves(new, {(c.id, p.id) for c in base.components for p in c.parameters})
    result = {}
    for component in base.components:
        going_on = [id for id in heirs[component.id] if same_component(later[id], earlier) is component]
        others = [id for id in heirs[component.id] if id not in going_on]
        for parameter in component.parameters:
            place = component.id, parameter.id
            found = _sought(going_on, later, component, parameter.id) + moved.get(place, [])
            result[place] = tuple(dict.fromkeys(found or _sought(others, later, component, parameter.id)))
    return result


def _sought(
    ids: list[str], later: dict[str, Component], before: Component, parameter: str
) -> list[tuple[str, str]]:
    found = ((id, _continued(later[id], before, parameter)) for id in ids)
    return [(id, name) for id, name in found if name is not None]


def _continued(component: Component, before: Component, parameter: str) -> str | None:
    """Identifier in ``component`` of what continues a parameter of ``before``: the same, or renamed."""
    if any(candidate.id == parameter for candidate in component.parameters):
        return parameter
    taken = {p.id for p in before.parameters}
    renamed = (c.id for c in component.parameters if parameter in c.replaces and c.id not in taken)
    return next(renamed, None)


def _moves(new: Protocol, earlier: set[tuple[str, str]]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Earlier place → places of ``new`` that come from it in another component, through a move made since."""
    moved: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for component in new.components:
        ids = (component.id, *component.replaces)
        for parameter in component.parameters:
            names = (parameter.id, *parameter.replaces)
            if any((id, name) in earlier for id in ids for name in names):
                continue  # it was already in this component: the move is older than the earlier version
            for address in parameter.moved_from:
                origin, _, name = address.partition("/")
                moved.setdefault((origin, name), []).append((component.id, parameter.id))
    return moved


def with_lineage(base: Protocol, new: Protocol) -> Protocol:
    """``new`` with the lineage of ``base`` carried over, so that older versions find their way too.

    Authors write only the step from ``base``. What they say of identifiers that ``base`` does not have is dropped:
    it was copied from elsewhere, and would send decisions astray.
    """
    earlier = {component.id: component for component in base.components}
    known = routes(base, new)
    came_from: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for origin, places in known.parameters.items():
        for place in places:
            came_from.setdefault(place, []).append(origin)
    components = tuple(_carried(component, earlier, came_from) for component in new.components)
    return replace(new, components=components)


def _carried(
    component: Component,
    earlier: dict[str, Component],
    came_from: dict[tuple[str, str], list[tuple[str, str]]],
) -> Component:
    before = same_component(component, earlier)
    replaces, split_from, merged_from = (
        [id for id in getattr(component, name) if id in earlier]
        for name in ("replaces", "split_from", "merged_from")
    )
    if before is not None:
        replaces += [before.id, *before.replaces]
        split_from += before.split_from
        merged_from += before.merged_from
    for names in (split_from, merged_from):
        for id in tuple(names):
            if id in earlier:
                names += ancestors(earlier[id])
    parameters = tuple(
        _carried_parameter(before, parameter, earlier, came_from.get((component.id, parameter.id), []))
        for parameter in component.parameters
    )
    return replace(
        component,
        replaces=_others(replaces, component.id),
        split_from=_others(split_from, component.id),
        merged_from=_others(merged_from, component.id),
        parameters=parameters,
    )


def _carried_parameter(
    before: Component | None,
    parameter: Parameter,
    earlier: dict[str, Component],
    origins: list[tuple[str, str]],
) -> Parameter:
    replaces: list[str] = []
    moved_from: list[str] = []
    for id, name in origins:
        source = next(p for p in earlier[id].parameters if p.id == name)
        names = (name, *source.replaces)
        moved_from += source.moved_from
        if before is not None and before.id == id:
            replaces += names
        else:
            moved_from += [f"{home}/{old}" for home in (id, *earlier[id].replaces) for old in names]
    return replace(
        parameter,
        replaces=_others(replaces, parameter.id),
        moved_from=tuple(dict.fromkeys(moved_from)),
    )


def _others(ids: list[str], own: str) -> tuple[str, ...]:
    return tuple(id for id in dict.fromkeys(ids) if id != own)
