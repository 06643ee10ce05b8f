"""Editing a protocol item by item: pure functions from a protocol to the next, whatever the list the item is in.

A *place* names a list: ``("components", "")`` or, inside a component, ``("parameters", "its-id")``.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from essaim.protocol import Protocol
from essaim.protocol.document import (
    Change,
    Component,
    Criterion,
    Indicator,
    Label,
    Marker,
    Parameter,
    Prerequisite,
    Requirement,
    Role,
    Selection,
    Source,
    Step,
    Tool,
    Variant,
    item_title,
)

Place = tuple[str, str]

CLASSES: dict[str, type] = {
    "components": Component,
    "sources": Source,
    "variants": Variant,
    "roles": Role,
    "prerequisites": Prerequisite,
    "tools": Tool,
    "indicators": Indicator,
    "requirements": Requirement,
    "steps": Step,
    "criteria": Criterion,
    "parameters": Parameter,
    "markers": Marker,
}
IN_COMPONENT = ("parameters", "markers")
IN_LABEL = ("requirements",)
IN_SELECTION = ("steps", "criteria")
CITED_BY_COMPONENTS = ("tools", "roles", "prerequisites", "indicators")


def items(protocol: Protocol, place: Place) -> tuple[Any, ...]:
    """The list at a place; ``KeyError`` when the section or the component does not exist."""
    section, component = place
    if section not in CLASSES or bool(component) != (section in IN_COMPONENT):
        raise KeyError(section)
    if component:
        found = protocol.component(component)
        if found is None:
            raise KeyError(component)
        return tuple(getattr(found, section))
    if section in IN_LABEL:
        return protocol.label.requirements if protocol.label else ()
    if section in IN_SELECTION:
        return tuple(getattr(protocol.selection, section)) if protocol.selection else ()
    return tuple(getattr(protocol, section))


def item(protocol: Protocol, place: Place, id: str) -> Any:
    """One item of the list; ``KeyError`` when it is not there."""
    for one in items(protocol, place):
        if one.id == id:
            return one
    raise KeyError(id)


def _with(protocol: Protocol, place: Place, changed: tuple[Any, ...]) -> Protocol:
    section, component = place
    fields: dict[str, Any] = {section: changed}
    if component:
        components = tuple(
            replace(one, **fields) if one.id == component else one for one in protocol.components
        )
        return replace(protocol, components=components)
    if section in IN_LABEL:
        label = protocol.label or Label(title=_("Label %(title)s") % {"title": protocol.title})
        return replace(protocol, label=replace(label, requirements=changed))
    if section in IN_SELECTION:
        selection = protocol.selection or Selection(mode="sequenced", sources=protocol.essence.sources)
        return replace(protocol, selection=replace(selection, **fields))
    return replace(protocol, **fields)


def put(protocol: Protocol, place: Place, new: Any) -> Protocol:
    """The item in the place of the one that has its identifier, or at the end."""
    known = items(protocol, place)
    if any(one.id == new.id for one in known):
        return _with(protocol, place, tuple(new if one.id == new.id else one for one in known))
    return _with(protocol, place, (*known, new))


def move(protocol: Protocol, place: Place, id: str, step: int) -> Protocol:
    """The item one place earlier (``step=-1``) or later; at an end nothing moves."""
    known = list(items(protocol, place))
    at = known.index(item(protocol, place, id))
    to = min(max(at + step, 0), len(known) - 1)
    known.insert(to, known.pop(at))
    return _with(protocol, place, tuple(known))


def put_before(protocol: Protocol, place: Place, id: str, next_id: str) -> Protocol:
    """The item just before another of its list, or at the end when ``next_id`` is empty; ``KeyError`` when unknown."""
    moved = item(protocol, place, id)
    if next_id == id:
        return protocol
    rest = [one for one in items(protocol, place) if one.id != id]
    at = rest.index(item(protocol, place, next_id)) if next_id else len(rest)
    rest.insert(at, moved)
    return _with(protocol, place, tuple(rest))


def remove(protocol: Protocol, place: Place, id: str) -> Protocol:
    """Without the item, nor what only made sense with it (see :func:`consequences`).

    Raises:
        ValidationError: a source that is still cited.
    """
    left = tuple(one for one in items(protocol, place) if one.id != item(protocol, place, id).id)
    if place[0] == "sources":
        citing = _citing(protocol, id)
        if citing:
            raise ValidationError(
                _("Cette source est encore citée par : %(where)s. Citer d’abord une autre source.")
                % {"where": ", ".join(citing)}
            )
    protocol = _with(protocol, place, left)
    if place[0] in CITED_BY_COMPONENTS:
        protocol = _uncited(protocol, place[0], id)
    if place[0] in ("components", "parameters"):
        protocol = _without_target(protocol, place, id)
    return protocol


def _uncited(protocol: Protocol, section: str, id: str) -> Protocol:
    def without(component: Component) -> Component:
        fields: dict[str, Any] = {section: tuple(one for one in getattr(component, section) if one != id)}
        return replace(component, **fields)

    return replace(protocol, components=tuple(map(without, protocol.components)))


def _concerns(place: Place, id: str) -> Callable[[Any], bool]:
    """Whether a change of a variant, or a requirement, bears on what is removed."""
    if place[0] == "components":
        return lambda one: bool(one.component == id)
    return lambda one: (one.component, getattr(one, "parameter", None)) == (place[1], id)


def _without_target(protocol: Protocol, place: Place, id: str) -> Protocol:
    gone = _concerns(place, id)
    variants = tuple(
        replace(one, changes=tuple(change for change in one.changes if not gone(change)))
        for one in protocol.variants
    )
    label = protocol.label
    if label:
        label = replace(label, requirements=tuple(one for one in label.requirements if not gone(one)))
    return replace(protocol, variants=variants, label=label)


def consequences(protocol: Protocol, place: Place, id: str) -> list[str]:
    """What goes with an item when it is removed, for the person who confirms."""
    said = []
    if place[0] in ("components", "parameters"):
        gone = _concerns(place, id)
        said += [
            _("la variante « %(title)s » ne changera plus rien sur ce point") % {"title": one.title}
            for one in protocol.variants
            if any(gone(change) for change in one.changes)
        ]
        said += [
            _("l’exigence du label « %(text)s »") % {"text": one.text}
            for one in (protocol.label.requirements if protocol.label else ())
            if gone(one)
        ]
    if place[0] in CITED_BY_COMPONENTS:
        said += [
            _("le composant « %(title)s » n’y renverra plus") % {"title": one.title}
            for one in protocol.components
            if id in getattr(one, place[0])
        ]
    return said


def _citing(protocol: Protocol, source: str) -> list[str]:
    """Titles of what cites a source."""
    sections = (
        "components",
        "variants",
        "roles",
        "prerequisites",
        "tools",
        "indicators",
        *IN_LABEL,
        *IN_SELECTION,
    )
    found = [one for section in sections for one in items(protocol, (section, ""))]
    found += [one for c in protocol.components for one in (*c.parameters, *c.markers)]
    said = [item_title(one) for one in found if source in one.sources]
    if source in protocol.essence.sources:
        said.append(_("l’essence"))
    if protocol.selection and source in protocol.selection.sources:
        said.append(_("le choix des receveurs"))
    return said


def without_part(protocol: Protocol, part: str) -> Protocol:
    """Without its ``label`` or its ``selection``."""
    fields: dict[str, Any] = {part: None}
    return replace(protocol, **fields)


def held_by_part(protocol: Protocol, part: str) -> list[str]:
    """What goes with the label or the choice of receivers, for the person who confirms."""
    sections = IN_LABEL if part == "label" else IN_SELECTION
    return [item_title(one) for section in sections for one in items(protocol, (section, ""))]


def change_of(variant: Variant, component: str, parameter: str) -> Change | None:
    """What a variant changes in a parameter, if anything."""
    return next((c for c in variant.changes if (c.component, c.parameter) == (component, parameter)), None)


def put_change(protocol: Protocol, variant: str, change: Change) -> Protocol:
    """The variant with this change, in the place of the one on the same parameter or at the end."""
    found = item(protocol, ("variants", ""), variant)
    known = change_of(found, change.component, change.parameter)
    changes = (
        tuple(change if one is known else one for one in found.changes) if known else (*found.changes, change)
    )
    return put(protocol, ("variants", ""), replace(found, changes=changes))


def remove_change(protocol: Protocol, variant: str, component: str, parameter: str) -> Protocol:
    """The variant without what it changes in a parameter; ``KeyError`` when it changes nothing there."""
    found = item(protocol, ("variants", ""), variant)
    gone = change_of(found, component, parameter)
    if gone is None:
        raise KeyError(parameter)
    left = tuple(one for one in found.changes if one is not gone)
    return put(protocol, ("variants", ""), replace(found, changes=left))
