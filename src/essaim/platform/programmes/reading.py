"""A protocol put in French for readers: the same content for the screen, the PDF and the Word file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.platform.dates import in_words
from essaim.protocol import Protocol
from essaim.protocol.document import (
    ESSENCE,
    Component,
    Deprecation,
    Marker,
    Parameter,
    Requirement,
    Scale,
    Source,
    Variant,
)
from essaim.protocol.latitude import Latitude, latitude

KINDS = {"core": gettext_lazy("invariant"), "adaptable": gettext_lazy("adaptable")}
TERRITORY_TYPES = {
    "rural": gettext_lazy("rural"),
    "low_density": gettext_lazy("peu dense"),
    "overseas": gettext_lazy("outre-mer"),
    "qpv": gettext_lazy("quartier prioritaire"),
    "mountain": gettext_lazy("montagne"),
    "urban": gettext_lazy("urbain"),
}
DIMENSIONS = {
    "adherence": gettext_lazy("adhérence"),
    "exposure": gettext_lazy("exposition"),
    "quality": gettext_lazy("qualité"),
    "responsiveness": gettext_lazy("réactivité des participants"),
}
PARAMETER_TYPES = {
    "number": gettext_lazy("un nombre"),
    "duration": gettext_lazy("une durée"),
    "choice": gettext_lazy("un choix"),
    "set": gettext_lazy("plusieurs choix"),
    "boolean": gettext_lazy("oui ou non"),
    "text": gettext_lazy("un texte"),
}
TOOL_KINDS = {
    "document": gettext_lazy("document"),
    "form": gettext_lazy("formulaire"),
    "training": gettext_lazy("formation"),
    "software": gettext_lazy("logiciel"),
    "link": gettext_lazy("lien"),
}
LEVELS = {
    "person": gettext_lazy("personne"),
    "site": gettext_lazy("site"),
    "territory": gettext_lazy("territoire"),
    "programme": gettext_lazy("programme"),
}
DIRECTIONS = {
    "up": gettext_lazy("à augmenter"),
    "down": gettext_lazy("à réduire"),
    "none": gettext_lazy("à suivre"),
}
APPLIES_TO = {
    "territory": gettext_lazy("le territoire"),
    "structure": gettext_lazy("la structure d’accueil"),
    "partnership": gettext_lazy("le partenariat"),
}
SELECTION_MODES = {
    "open_call": gettext_lazy("appel ouvert"),
    "two_page": gettext_lazy("réponse en deux pages"),
    "sequenced": gettext_lazy("parcours par étapes"),
    "law": gettext_lazy("habilitation fixée par la loi"),
    "none": gettext_lazy("pas de sélection décrite"),
}


@dataclass(frozen=True, slots=True)
class Citation:
    """A source as it is cited: its number in the list at the end."""

    number: int
    source: Source


@dataclass(frozen=True, slots=True)
class ParameterReading:
    parameter: Parameter
    latitude: str
    default: str
    sources: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class MarkerReading:
    marker: Marker
    dimension: str
    target: str


@dataclass(frozen=True, slots=True)
class ComponentReading:
    component: Component
    kind: str
    parameters: tuple[ParameterReading, ...]
    markers: tuple[MarkerReading, ...]
    tools: tuple[str, ...]
    roles: tuple[str, ...]
    prerequisites: tuple[str, ...]
    indicators: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    sources: tuple[Citation, ...]
    variants: tuple[str, ...]
    """Titles of the variants that touch it."""


@dataclass(frozen=True, slots=True)
class VariantReading:
    variant: Variant
    territory_types: str
    changes: tuple[tuple[str, str], ...]
    """(component and parameter, what becomes of it there)."""
    sources: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Sourced:
    """An item of a list (role, tool, step…) with its citations and its labels in words."""

    item: Any
    labels: dict[str, str]
    sources: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that the page of a protocol shows, in its order."""

    protocol: Protocol
    essence_sources: tuple[Citation, ...]
    core: tuple[ComponentReading, ...]
    adaptable: tuple[ComponentReading, ...]
    variants: tuple[VariantReading, ...]
    roles: tuple[Sourced, ...]
    prerequisites: tuple[Sourced, ...]
    tools: tuple[Sourced, ...]
    indicators: tuple[Sourced, ...]
    requirements: tuple[Sourced, ...]
    selection_mode: str
    selection_sources: tuple[Citation, ...]
    steps: tuple[Sourced, ...]
    criteria: tuple[Sourced, ...]
    citations: tuple[Citation, ...]

    @property
    def components(self) -> tuple[ComponentReading, ...]:
        return self.core + self.adaptable


def read(protocol: Protocol, territory_types: Sequence[str] = ()) -> Reading:
    """Put a protocol in French, its references resolved, its latitudes those of a territory of these types."""
    citations = tuple(Citation(i, source) for i, source in enumerate(protocol.sources, 1))
    cite = _Citer(citations)
    components = [_component(protocol, component, cite, territory_types) for component in protocol.components]
    label, selection = protocol.label, protocol.selection
    titles = {component.id: component.title for component in protocol.components}
    titles[ESSENCE] = _("L’essence : pour qui et pourquoi")
    return Reading(
        protocol,
        cite(protocol.essence.sources),
        tuple(reading for reading in components if reading.component.kind == "core"),
        tuple(reading for reading in components if reading.component.kind == "adaptable"),
        tuple(_variant(protocol, variant, cite) for variant in protocol.variants),
        tuple(_sourced(role, cite) for role in protocol.roles),
        tuple(
            _sourced(item, cite, applies_to=APPLIES_TO[item.applies_to]) for item in protocol.prerequisites
        ),
        tuple(_sourced(tool, cite, kind=TOOL_KINDS[tool.kind]) for tool in protocol.tools),
        tuple(
            _sourced(item, cite, level=LEVELS[item.level], direction=DIRECTIONS[item.direction])
            for item in protocol.indicators
        ),
        tuple(
            _sourced(item, cite, component=titles.get(item.component, item.component))
            for item in (label.requirements if label else ())
        ),
        str(SELECTION_MODES[selection.mode]) if selection else "",
        cite(selection.sources if selection else ()),
        tuple(_sourced(step, cite) for step in (selection.steps if selection else ())),
        tuple(_sourced(criterion, cite) for criterion in (selection.criteria if selection else ())),
        citations,
    )


class _Citer:
    """From source identifiers to citations; an identifier that is not declared is left out."""

    def __init__(self, citations: Sequence[Citation]) -> None:
        self.by_id = {citation.source.id: citation for citation in citations}

    def __call__(self, ids: Iterable[str]) -> tuple[Citation, ...]:
        return tuple(self.by_id[id] for id in ids if id in self.by_id)


def _sourced(item: Any, cite: _Citer, **labels: Any) -> Sourced:
    return Sourced(item, {name: str(label) for name, label in labels.items()}, cite(item.sources))


def _component(
    protocol: Protocol, component: Component, cite: _Citer, territory_types: Sequence[str]
) -> ComponentReading:
    requirements = protocol.label.requirements if protocol.label else ()

    def named(items: Iterable[Any], ids: tuple[str, ...], field: str) -> tuple[str, ...]:
        names = {item.id: getattr(item, field) for item in items}
        return tuple(names[id] for id in ids if id in names)

    return ComponentReading(
        component,
        str(KINDS[component.kind]),
        tuple(
            _parameter(parameter, latitude(protocol, component.id, parameter, territory_types), cite)
            for parameter in component.parameters
        ),
        tuple(
            MarkerReading(marker, str(DIMENSIONS[marker.dimension]), target_in_words(marker))
            for marker in component.markers
        ),
        named(protocol.tools, component.tools, "title"),
        named(protocol.roles, component.roles, "title"),
        named(protocol.prerequisites, component.prerequisites, "text"),
        named(protocol.indicators, component.indicators, "label"),
        tuple(r for r in requirements if r.component == component.id),
        cite(component.sources),
        tuple(v.title for v in protocol.variants if any(c.component == component.id for c in v.changes)),
    )


def _parameter(parameter: Parameter, there: Latitude, cite: _Citer) -> ParameterReading:
    default = value_in_words(parameter, there.default)
    return ParameterReading(parameter, latitude_in_words(there), default, cite(parameter.sources))


def _variant(protocol: Protocol, variant: Variant, cite: _Citer) -> VariantReading:
    return VariantReading(
        variant,
        listed([str(TERRITORY_TYPES[kind]) for kind in variant.territory_types], _("ou")),
        changes_in_words(protocol, variant),
        cite(variant.sources),
    )


def changes_in_words(protocol: Protocol, variant: Variant) -> tuple[tuple[str, str], ...]:
    """(component and parameter, what becomes of it there) for everything that a variant changes."""
    changes = []
    for change in variant.changes:
        component = protocol.component(change.component)
        parameter = (
            next((p for p in component.parameters if p.id == change.parameter), None) if component else None
        )
        if component is None or parameter is None:
            continue
        there = latitude(protocol, component.id, parameter, variant.territory_types)
        words = latitude_in_words(there)
        if there.default is not None:
            words += " " + _("Au départ : %(value)s.") % {"value": value_in_words(parameter, there.default)}
        changes.append((_("%(component)s, %(parameter)s") % {
            "component": component.title, "parameter": parameter.label}, words))  # fmt: skip
    return tuple(changes)


def listed(words: Sequence[str], link: str) -> str:
    """« a, b et c »."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {link} {words[-1]}"


def quantity(number: float, unit: str) -> str:
    """A number with its unit, as French writes it: « 2,5 jours », « 1 an », « 80 % »."""
    text = str(number_format(number, use_l10n=True, force_grouping=True))
    if not unit:
        return text
    plural = unit in _COUNTED and abs(number) >= 2
    return f"{text}\N{NO-BREAK SPACE}{_COUNTED[unit] if plural else unit}"


_COUNTED = {
    "minute": "minutes",
    "heure": "heures",
    "demi-journée": "demi-journées",
    "jour": "jours",
    "semaine": "semaines",
    "mois": "mois",
    "an": "ans",
}


def value_in_words(parameter: Parameter, value: object) -> str:
    """A value of a parameter in words; empty when there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    labels = {option.id: option.label for option in parameter.options}
    if isinstance(value, tuple | list):
        return listed([labels.get(str(item), str(item)) for item in value], _("et")) or _("aucun")
    if isinstance(value, int | float):
        return quantity(value, parameter.unit)
    return labels.get(str(value), str(value))


def latitude_in_words(there: Latitude) -> str:
    """What a site may choose, in one sentence."""
    kind = there.parameter.type
    if kind in ("number", "duration"):
        return _interval(there)
    if kind == "boolean":
        return _("Oui ou non, au choix du site.")
    if kind == "text":
        if there.max_length is None:
            return _("Texte libre.")
        return _("Texte libre, %(count)s signes au plus.") % {"count": there.max_length}
    labels = [option.label for option in there.parameter.options if option.id in there.options]
    if kind == "choice":
        if len(labels) == 1:
            return _("Fixé : %(value)s.") % {"value": labels[0]}
        return _("Au choix : %(values)s.") % {"values": listed(labels, _("ou"))}
    return _set(there, labels)


def _interval(there: Latitude) -> str:
    unit, low, high = there.parameter.unit, there.min, there.max
    if low is None and high is None:
        words = _("Libre, en %(unit)s.") % {"unit": unit} if unit else _("Nombre libre.")
    elif low is None or high is None:
        bound = high if low is None else low
        assert bound is not None
        pattern = _("Au plus %(bound)s.") if low is None else _("Au moins %(bound)s.")
        words = pattern % {"bound": quantity(bound, unit)}
    elif low == high:
        words = _("Fixé à %(value)s.") % {"value": quantity(low, unit)}
    else:
        words = _("De %(low)s à %(high)s.") % {"low": quantity(low, ""), "high": quantity(high, unit)}
    step = there.parameter.step
    if step and step != 1 and low != high:
        words += " " + _("Par pas de %(step)s.") % {"step": quantity(step, unit)}
    return words


def _set(there: Latitude, labels: list[str]) -> str:
    least, most = there.min_items or 0, there.max_items
    if least == len(labels):
        return _("Tous : %(values)s.") % {"values": listed(labels, _("et"))}
    values = listed(labels, _("et"))
    if most is None or most >= len(labels):
        if not least:
            return _("Un ou plusieurs parmi : %(values)s.") % {"values": values}
        return _("Au moins %(least)s parmi : %(values)s.") % {"least": least, "values": values}
    if least == most:
        return _("Exactement %(least)s parmi : %(values)s.") % {"least": least, "values": values}
    return _("De %(least)s à %(most)s parmi : %(values)s.") % {"least": least, "most": most, "values": values}


def target_in_words(marker: Marker) -> str:
    """What shows that the marker is met."""
    scale, target = marker.scale, marker.target
    if scale.type == "boolean":
        return _("oui") if target is not False else _("non")
    if target is None or isinstance(target, str | tuple):
        return _("le plus haut possible") if marker.direction == "up" else _("le plus bas possible")
    if scale.type == "likert":
        return _("%(target)s sur %(points)s au moins") % {"target": target, "points": scale.points}
    pattern = _("%(target)s au moins") if marker.direction == "up" else _("%(target)s au plus")
    return pattern % {"target": quantity(target, scale.unit)}


def scale_in_words(scale: Scale) -> str:
    """How a marker is observed."""
    if scale.type == "boolean":
        return _("oui ou non")
    if scale.type == "likert":
        return _("degrés de 1 à %(points)s") % {"points": scale.points}
    low = "" if scale.min is None else quantity(scale.min, "")
    high = "" if scale.max is None else quantity(scale.max, scale.unit)
    return _("nombre de %(low)s à %(high)s") % {"low": low, "high": high}


def end_in_words(end: Deprecation) -> str:
    """The announced end of a component."""
    words = _("annoncée dans la version %(since)s") % {"since": end.since}
    if end.until:
        words += ", " + _("retiré le %(until)s au plus tard") % {"until": in_words(end.until)}
    return f"{words} ({end.reason})" if end.reason else words
