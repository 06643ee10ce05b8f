"""What is computed, as documents that others read and keep: ``essaim/upgrade/1``, ``essaim/recurrence/1``."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from essaim.protocol import codec
from essaim.protocol.adaptation import Adaptation, Decision
from essaim.protocol.codec import FreeText, Id, Text, Version
from essaim.protocol.merge import Conflict, Retired, Upgrade
from essaim.protocol.notes import sentence
from essaim.protocol.recurrence import Recurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A change of the protocol that the site follows by itself."""

    component: Id
    parameter: Id | None = None
    kind: Text
    field: FreeText = ""
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeDocument:
    """``result`` is usable as it is when ``conflicts`` is empty."""

    format: Literal["essaim/upgrade/1"]
    protocol: Id
    from_version: Version
    to_version: Version
    site: Text
    result: Adaptation
    moved: tuple[Moved, ...]
    kept: tuple[Id, ...]
    to_reread: tuple[Id, ...]
    conflicts: tuple[Conflict, ...]
    retired: tuple[Retired, ...]

    def to_dict(self) -> dict[str, Any]:
        data: dict[str, Any] = codec.encode(self)
        return data


def upgrade_document(upgrade: Upgrade) -> UpgradeDocument:
    """Everything about the upgrade of one site."""
    return UpgradeDocument(
        format="essaim/upgrade/1",
        protocol=upgrade.site.protocol,
        from_version=upgrade.site.version,
        to_version=upgrade.result.version,
        site=upgrade.site.site,
        result=upgrade.result,
        moved=tuple(
            Moved(
                component=difference.component,
                parameter=difference.parameter or None,
                kind=difference.kind,
                field=difference.field,
                text=sentence(difference),
            )
            for difference in upgrade.moved
        ),
        kept=upgrade.kept,
        to_reread=upgrade.to_reread,
        conflicts=upgrade.conflicts,
        retired=upgrade.retired,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many times a code (a type of territory, an answer of FRAME) was met."""

    code: Id
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceEntry:
    """Alike decisions of several sites; ``component`` is empty for components that sites added."""

    status: Literal["adapted", "not_done", "added"]
    component: FreeText = ""
    parameter: Id | None = None
    sites: tuple[Text, ...]
    decisions: tuple[Id, ...]
    territory_types: tuple[Count, ...] = ()
    fidelity: tuple[Count, ...] = ()
    example: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceDocument:
    """What the sites of a network did alike; ``sites`` says how many were read."""

    format: Literal["essaim/recurrence/1"]
    protocol: Id
    version: Version
    sites: int
    recurrences: tuple[RecurrenceEntry, ...]

    def to_dict(self) -> dict[str, Any]:
        data: dict[str, Any] = codec.encode(self)
        return data


def recurrence_document(
    protocol: Id, version: Version, sites: int, found: Iterable[Recurrence]
) -> RecurrenceDocument:
    """The recurrences of a network of ``sites`` read, on a version of a protocol."""
    return RecurrenceDocument(
        format="essaim/recurrence/1",
        protocol=protocol,
        version=version,
        sites=sites,
        recurrences=tuple(
            RecurrenceEntry(
                status=one.status,  # type: ignore[arg-type]
                component=one.place[0],
                parameter=one.place[1],
                sites=one.sites,
                decisions=one.decisions,
                territory_types=_counts(one.territory_types),
                fidelity=_counts(one.fidelity),
                example=one.example,
            )
            for one in found
        ),
    )


def _counts(pairs: Iterable[tuple[str, int]]) -> tuple[Count, ...]:
    return tuple(Count(code=code, count=count) for code, count in pairs)
