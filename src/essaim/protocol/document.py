"""The protocol document: what spreads, what may never change, what may adapt and how far.

A protocol is an immutable value, written as YAML (``protocol.yaml``) or JSON: both hold the same content,
in the same order. Components and everything below them have stable identifiers: adaptations point to them.
"""

from dataclasses import dataclass
from typing import Any, Literal

from essaim.protocol import codec
from essaim.protocol.codec import Address, Date, FreeText, FreeValue, Id, Number, Text, Url, Version

FORMAT = "essaim/protocol/1"
ESSENCE = "essence"
"""Reserved name: a label requirement may bear on the essence rather than on a component."""

TerritoryType = Literal["rural", "low_density", "overseas", "qpv", "mountain", "urban"]
ParameterType = Literal["number", "duration", "choice", "set", "boolean", "text"]
Dimension = Literal["adherence", "exposure", "quality", "responsiveness"]
Direction = Literal["up", "down", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a statement comes from; cited elsewhere by its ``id``."""

    id: Id
    title: Text
    publisher: FreeText = ""
    date: Date | None = None
    url: Url | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Essence:
    """For whom and why: what no adaptation touches."""

    for_whom: Text
    why: Text
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    id: Id
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One typed latitude of a component; which fields fit which type is said by ``PARAMETER_FIELDS``."""

    id: Id
    label: Text
    type: ParameterType
    unit: FreeText = ""
    min: Number | None = None
    max: Number | None = None
    step: Number | None = None
    options: tuple[Option, ...] = ()
    min_items: int | None = None
    max_items: int | None = None
    max_length: int | None = None
    default: FreeValue | None = None
    note: FreeText = ""
    sources: tuple[Id, ...] = ()
    replaces: tuple[Id, ...] = ()
    """Identifiers this parameter had in earlier versions, in the same component."""
    moved_from: tuple[Address, ...] = ()
    """Where it was in earlier versions, when another component held it: ``component/parameter``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How a marker is observed: yes/no, a number between ``min`` and ``max``, or ``points`` degrees."""

    type: Literal["boolean", "number", "likert"]
    min: Number | None = None
    max: Number | None = None
    unit: FreeText = ""
    points: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """One observable sign that a component is lived as meant."""

    id: Id
    label: Text
    dimension: Dimension
    scale: Scale
    target: FreeValue | None = None
    """Value from which the marker is fully met; without it, the best end of the scale."""
    direction: Literal["up", "down"] = "up"
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecation:
    """A component about to go: since which version, until which date, why."""

    since: Version
    until: Date | None = None
    reason: FreeText = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Who brought a clause: a site, an organisation, a proposal."""

    name: Text
    note: FreeText = ""
    date: Date | None = None
    url: Url | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A piece of the protocol: its function (why, fixed) and its form (how, free within the latitude).

    Lineage towards all earlier versions: ``replaces`` (former identifiers), ``split_from`` (it was a
    part of), ``merged_from`` (it absorbed). Authors write the last step; ``versions.with_lineage`` adds
    the older ones. ``tools``, ``roles``, ``prerequisites`` and ``indicators`` cite identifiers of the
    document.
    """

    id: Id
    kind: Literal["core", "adaptable"]
    title: Text
    function: Text
    form: FreeText = ""
    sources: tuple[Id, ...] = ()
    evidence: FreeText = ""
    parameters: tuple[Parameter, ...] = ()
    markers: tuple[Marker, ...] = ()
    tools: tuple[Id, ...] = ()
    roles: tuple[Id, ...] = ()
    prerequisites: tuple[Id, ...] = ()
    indicators: tuple[Id, ...] = ()
    replaces: tuple[Id, ...] = ()
    split_from: tuple[Id, ...] = ()
    merged_from: tuple[Id, ...] = ()
    deprecated: Deprecation | None = None
    credits: tuple[Credit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a variant changes in one parameter; a field left out keeps the value of the protocol."""

    component: Id
    parameter: Id
    min: Number | None = None
    max: Number | None = None
    options: tuple[Id, ...] = ()
    min_items: int | None = None
    max_items: int | None = None
    max_length: int | None = None
    default: FreeValue | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A rule that narrows or shifts latitude where the territory is of one of ``territory_types``."""

    id: Id
    title: Text
    territory_types: tuple[TerritoryType, ...]
    reason: Text
    changes: tuple[Change, ...] = ()
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    id: Id
    title: Text
    held_by: FreeText = ""
    description: FreeText = ""
    fte: Number | None = None
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prerequisite:
    id: Id
    text: Text
    applies_to: Literal["territory", "structure", "partnership"]
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    id: Id
    title: Text
    version: FreeText = ""
    kind: Literal["document", "form", "training", "software", "link"]
    url: Url | None = None
    description: FreeText = ""
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    id: Id
    label: Text
    definition: FreeText = ""
    unit: FreeText = ""
    level: Literal["person", "site", "territory", "programme"]
    rhythm: FreeText = ""
    direction: Direction = "none"
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One requirement of the label, on a component or on the essence, with the evidence asked."""

    id: Id
    text: Text
    component: Id
    evidence: FreeText = ""
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A view on the protocol: what is required, on what evidence, who reviews (``reviewed_by``), for how long."""

    title: Text
    description: FreeText = ""
    reviewed_by: FreeText = ""
    valid_months: int | None = None
    """How long the label holds before it is reviewed again; ``None`` when nothing says."""
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    id: Id
    title: Text
    who: FreeText = ""
    description: FreeText = ""
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    id: Id
    text: Text
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """How receivers are chosen."""

    mode: Literal["open_call", "two_page", "sequenced", "law", "none"]
    description: FreeText = ""
    steps: tuple[Step, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A version of a protocol. The order of every list is content; equal protocols have one fingerprint."""

    format: Literal["essaim/protocol/1"]
    id: Id
    version: Version
    title: Text
    summary: FreeText = ""
    essence: Essence
    sources: tuple[Source, ...] = ()
    unknowns: tuple[Text, ...] = ()
    components: tuple[Component, ...] = ()
    variants: tuple[Variant, ...] = ()
    roles: tuple[Role, ...] = ()
    prerequisites: tuple[Prerequisite, ...] = ()
    tools: tuple[Tool, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    label: Label | None = None
    selection: Selection | None = None

    @classmethod
    def from_dict(cls, data: Any, file: str = "") -> "Protocol":
        """Build from plain data (a JSON document); the shape is checked, the content by ``check.validate``.

        Raises:
            InvalidDocument: naming every misshapen field.
        """
        result: Protocol = codec.decode(cls, data, file)
        return result

    def to_dict(self) -> dict[str, Any]:
        """Plain data in the order of the fields, defaults left out; ready for JSON."""
        data: dict[str, Any] = codec.encode(self)
        return data

    def canonical_json(self) -> str:
        return codec.canonical_json(self.to_dict())

    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON: the identity of the content."""
        return codec.fingerprint(self.to_dict())

    def component(self, id: str) -> Component | None:
        """The component of this identifier, if any."""
        return next((component for component in self.components if component.id == id), None)


def item_title(item: Any) -> str:
    """What a person calls an item of any list of a protocol: its title, its label or its text."""
    return str(next(getattr(item, name) for name in ("title", "label", "text") if hasattr(item, name)))
