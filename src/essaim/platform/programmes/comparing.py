"""What differs between two versions, for readers: grouped by component, word by word inside texts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.platform.programmes.reading import (
    APPLIES_TO,
    DIMENSIONS,
    DIRECTIONS,
    KINDS,
    LEVELS,
    PARAMETER_TYPES,
    SELECTION_MODES,
    TERRITORY_TYPES,
    TOOL_KINDS,
    changes_in_words,
    end_in_words,
    listed,
    quantity,
    scale_in_words,
    target_in_words,
    value_in_words,
)
from essaim.protocol import Protocol, codec
from essaim.protocol.adaptation import find_parameter
from essaim.protocol.diff import Difference, Words, words
from essaim.protocol.document import ESSENCE, Deprecation, Parameter, Scale, item_title
from essaim.protocol.notes import FIELDS
from essaim.protocol.versions import Weighed

SECTIONS = {
    "protocol": gettext_lazy("Le protocole"),
    "essence": gettext_lazy("L’essence"),
    "components": gettext_lazy("Les composants"),
    "sources": gettext_lazy("Les sources"),
    "variants": gettext_lazy("Les variantes selon le territoire"),
    "roles": gettext_lazy("Les rôles"),
    "prerequisites": gettext_lazy("Avant de commencer"),
    "tools": gettext_lazy("Les outils"),
    "indicators": gettext_lazy("Les indicateurs"),
    "label": gettext_lazy("Le label"),
    "requirements": gettext_lazy("Les exigences du label"),
    "selection": gettext_lazy("Le choix des receveurs"),
    "steps": gettext_lazy("Les étapes du choix"),
    "criteria": gettext_lazy("Les critères"),
}
KIND_WORDS = {
    "added": gettext_lazy("ajouté"),
    "removed": gettext_lazy("retiré"),
    "changed": gettext_lazy("changé"),
    "renamed": gettext_lazy("renommé"),
    "moved": gettext_lazy("déplacé"),
    "split": gettext_lazy("partagé"),
    "merged": gettext_lazy("réuni"),
    "reordered": gettext_lazy("ordre changé"),
}
BUMPS = {
    "major": gettext_lazy("majeur"),
    "minor": gettext_lazy("mineur"),
    "patch": gettext_lazy("rédaction"),
    "none": gettext_lazy("aucun changement"),
    "first": gettext_lazy("première version"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One difference: what it bears on, and either words side by side or a before and an after."""

    subject: str
    kind: str
    bump: str
    reason: str
    words: tuple[Words, ...] = ()
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class Group:
    """Differences of one component, or of one list."""

    heading: str
    rows: list[Row] = field(default_factory=list)


def groups(changes: Iterable[Weighed], old: Protocol, new: Protocol) -> list[Group]:
    """Differences grouped as a reader looks for them, in the order of the document."""
    found: dict[str, Group] = {}
    for weighed in changes:
        heading = _heading(weighed.difference, old, new)
        found.setdefault(heading, Group(heading)).rows.append(_row(weighed, old, new))
    return list(found.values())


def _heading(d: Difference, old: Protocol, new: Protocol) -> str:
    component = (new.component(d.component) or old.component(d.component)) if d.component else None
    return component.title if component else str(SECTIONS.get(d.section, d.section))


def _row(weighed: Weighed, old: Protocol, new: Protocol) -> Row:
    d = weighed.difference
    common = (_subject(d, old, new), str(KIND_WORDS[d.kind]), weighed.bump, _(weighed.reason))
    if d.field == "unknowns":
        gone = [one for one in d.old or () if one not in (d.new or ())]
        come = [one for one in d.new or () if one not in (d.old or ())]
        return Row(*common, before=" ".join(gone), after=" ".join(come))
    if d.kind == "changed" and isinstance(d.old, str) and isinstance(d.new, str) and d.field not in CODES:
        return Row(*common, words=words(d.old, d.new))
    return Row(*common, before=_plain(d, d.old, old), after=_plain(d, d.new, new))


def _parameter(d: Difference, protocol: Protocol) -> Parameter | None:
    component = protocol.component(d.component) if d.parameter else None
    return find_parameter(component, d.parameter) if component else None


def _subject(d: Difference, old: Protocol, new: Protocol) -> str:
    parameter = _parameter(d, new) or _parameter(d, old)
    parts = [parameter.label if parameter else _item(d, new) or _item(d, old)]
    if d.field:
        parts.append(_(FIELDS.get(d.field, d.field)))
    return " : ".join(part for part in parts if part) or str(SECTIONS.get(d.section, d.section))


def _item(d: Difference, protocol: Protocol) -> str:
    """Title of the item of a list."""
    if not d.item:
        return ""
    label, selection = protocol.label, protocol.selection
    lists: dict[str, Any] = {
        "requirements": label.requirements if label else (),
        "steps": selection.steps if selection else (),
        "criteria": selection.criteria if selection else (),
    }
    component = protocol.component(d.component) if d.component else None
    lists["markers"] = component.markers if component else ()
    items = lists.get(d.section, getattr(protocol, d.section, ()))
    for one in items:
        if one.id == d.item:
            return item_title(one)
    return ""


def _plain(d: Difference, value: Any, protocol: Protocol) -> str:
    """A value in words; an item added or removed by its title."""
    if value is None or value in ((), []):
        return ""
    for fields, say in READERS:
        if d.field in fields:
            return say(d, value, protocol)
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    if isinstance(value, int | float):
        return quantity(value, "")
    if isinstance(value, dict):
        return str(next((value[name] for name in ("title", "label", "text", "name") if name in value), ""))
    if isinstance(value, list | tuple):
        return listed([_plain(d, one, protocol) for one in value], _("et"))
    return _titled(protocol, value)


def _titled(protocol: Protocol, value: Any) -> str:
    component = protocol.component(str(value))
    return component.title if component else str(value)


def _coded(d: Difference, value: Any, _protocol: Protocol) -> str:
    known = CODES[d.field]
    several = value if isinstance(value, list | tuple) else [value]
    return listed([str(known.get(one, one)) for one in several], _("et"))


def _cited(d: Difference, value: Any, protocol: Protocol) -> str:
    titles = {one.id: item_title(one) for one in getattr(protocol, d.field)}
    return listed([titles.get(one, str(one)) for one in value], _("et"))


def _bound(d: Difference, value: Any, protocol: Protocol) -> str:
    parameter = _parameter(d, protocol)
    return value_in_words(parameter, value) if parameter else quantity(value, "")


def _aimed(d: Difference, value: Any, protocol: Protocol) -> str:
    component = protocol.component(d.component)
    marker = next((one for one in component.markers if one.id == d.item), None) if component else None
    return target_in_words(marker) if marker else str(value)


def _rules(d: Difference, _value: Any, protocol: Protocol) -> str:
    variant = next((one for one in protocol.variants if one.id == d.item), None)
    told = changes_in_words(protocol, variant) if variant else ()
    return " ".join(f"{where}\N{NO-BREAK SPACE}: {what}" for where, what in told)


def _on(_d: Difference, value: Any, protocol: Protocol) -> str:
    return _("l’essence") if value == ESSENCE else _titled(protocol, value)


CODES: dict[str, dict[str, Any]] = {
    "kind": {**KINDS, **TOOL_KINDS},
    "type": PARAMETER_TYPES,
    "dimension": DIMENSIONS,
    "direction": DIRECTIONS,
    "level": LEVELS,
    "applies_to": APPLIES_TO,
    "mode": SELECTION_MODES,
    "territory_types": TERRITORY_TYPES,
    "component": {},
    "default": {},
}
"""Fields that hold a code or an identifier: told in words, not compared word by word."""

READERS: tuple[tuple[tuple[str, ...], Callable[[Difference, Any, Protocol], str]], ...] = (
    (("default", "min", "max", "step"), _bound),
    (("scale",), lambda _d, value, _p: scale_in_words(codec.decode(Scale, value))),
    (("deprecated",), lambda _d, value, _p: end_in_words(codec.decode(Deprecation, value))),
    (("target",), _aimed),
    (("changes",), _rules),
    (("component",), _on),
    (("sources", "tools", "roles", "prerequisites", "indicators"), _cited),
    (tuple(name for name in CODES if CODES[name]), _coded),
)
"""How the value of a field is told, where it is not a text, a number or an item with a title."""
