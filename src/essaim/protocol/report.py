"""The upgrade of a site as a document that others can read, check and keep (``essaim/upgrade/1``)."""

from dataclasses import dataclass
from typing import Any, Literal

from essaim.protocol import codec
from essaim.protocol.adaptation import Adaptation
from essaim.protocol.codec import FreeText, Id, Text, Version
from essaim.protocol.merge import Conflict, Retired, Upgrade
from essaim.protocol.notes import sentence


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
