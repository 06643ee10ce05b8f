"""Versions of a programme's protocol: read the published ones, publish a document."""

from typing import TYPE_CHECKING

from django.utils import timezone

from essaim.platform.programmes.comparing import Group, groups
from essaim.platform.programmes.models import Programme, ProtocolVersion
from essaim.protocol import Protocol, require_valid
from essaim.protocol.lineage import with_lineage
from essaim.protocol.versions import weigh

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User

_PUBLISHED = ProtocolVersion.State.PUBLISHED


def published_versions(programme: Programme) -> list[ProtocolVersion]:
    """Published versions, newest first, authors fetched with them."""
    return list(
        programme.versions.filter(state=_PUBLISHED).select_related("author").order_by("-published_at", "-pk")
    )


def current_version(programme: Programme) -> ProtocolVersion | None:
    """The version published last; ``None`` before the first."""
    return programme.versions.filter(state=_PUBLISHED).order_by("-published_at", "-pk").first()


def version_numbered(programme: Programme, number: str) -> ProtocolVersion | None:
    """The published version of this number."""
    return programme.versions.filter(state=_PUBLISHED, number=number).first()


def following(base: ProtocolVersion | None, protocol: Protocol) -> Protocol:
    """The document as it is published after ``base``: authors write the last step of its lineage only."""
    return with_lineage(base.protocol, protocol) if base else protocol


def publish_document(
    programme: Programme, protocol: Protocol, *, by: "User", notes: str = "", simulated: bool = False
) -> ProtocolVersion:
    """Publish a whole document at once, under the number it bears, its lineage completed (:func:`following`).

    Raises:
        InvalidDocument: what the protocol lacks (a component without source, an empty latitude…).
        ValidationError: this number is already published.
    """
    base = current_version(programme)
    protocol = following(base, protocol)
    require_valid(protocol)
    version = ProtocolVersion(
        programme=programme,
        base=base,
        number=protocol.version,
        document=protocol.to_dict(),
        sha256=protocol.fingerprint(),
        state=_PUBLISHED,
        notes=notes,
        author=by,
        published_at=timezone.now(),
        simulated=simulated,
    )
    version.full_clean()
    version.save()
    return version


def compare(old: ProtocolVersion, new: ProtocolVersion) -> list[Group]:
    """What changed from one version to another, for readers."""
    before, after = old.protocol, new.protocol
    return groups(weigh(before, after), before, after)
