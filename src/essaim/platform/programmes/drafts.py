"""A new version in preparation: copied from the published one, edited, read again, published.

A draft may be incomplete: what is missing is said, and refused only at publication. Its number follows from what
changed since the version it starts from.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from essaim.platform.programmes.models import Programme, ProtocolVersion
from essaim.platform.programmes.reviewing import objections
from essaim.platform.programmes.versions import current_version
from essaim.platform.telling import problems_told, tell
from essaim.protocol import Problem, Protocol, validate
from essaim.protocol.document import Component, Essence, Source
from essaim.protocol.lineage import with_lineage
from essaim.protocol.notes import release_notes
from essaim.protocol.versions import Weighed, next_version, required_bump, version_problems, weigh

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User

FIRST = "1.0.0"


@dataclass(frozen=True, slots=True)
class DraftState:
    """Where a draft stands: what changed since its base, what that asks for, what prevents publication."""

    protocol: Protocol
    base: Protocol | None
    changes: tuple[Weighed, ...]
    bump: str
    problems: tuple[Problem, ...]
    refusals: tuple[str, ...]
    notes: str

    @property
    def is_ready(self) -> bool:
        return not self.problems and not self.refusals


def draft_of(programme: Programme) -> ProtocolVersion | None:
    """The version in preparation, if any."""
    return (
        programme.versions.exclude(state=ProtocolVersion.State.PUBLISHED)
        .select_related("base", "author")
        .first()
    )


def open_draft(programme: Programme, *, by: "User") -> ProtocolVersion:
    """The version in preparation; a copy of the published one when none is open.

    Raises:
        ValidationError: nothing is published yet (:func:`start_protocol` writes the first draft).
    """
    found = draft_of(programme)
    if found:
        return found
    base = current_version(programme)
    if base is None:
        raise ValidationError(_("Aucune version n’est publiée : écrire d’abord pour qui et pourquoi."))
    return _save(ProtocolVersion(programme=programme, base=base, author=by), base.protocol)


def start_protocol(
    programme: Programme, *, for_whom: str, why: str, source: str, by: "User"
) -> ProtocolVersion:
    """The first draft of a protocol: its essence and what it rests on, no component yet."""
    if programme.versions.exists():
        raise ValidationError(_("Ce programme a déjà un protocole."))
    cited = Source(id=free_id(source, ()), title=source)
    protocol = Protocol(
        format="essaim/protocol/1",
        id=programme.slug,
        version=FIRST,
        title=programme.title,
        summary=programme.summary,
        essence=Essence(for_whom=for_whom, why=why, sources=(cited.id,)),
        sources=(cited,),
    )
    return _save(ProtocolVersion(programme=programme, author=by), Protocol.from_dict(protocol.to_dict()))


def _save(draft: ProtocolVersion, protocol: Protocol) -> ProtocolVersion:
    base = draft.base.protocol if draft.base else None
    if base:
        protocol = with_lineage(base, protocol)
    number = next_version(base.version, required_bump(base, protocol)) if base else FIRST
    protocol = _announced(replace(protocol, version=number), base)
    draft.number, draft.document, draft.sha256 = number, protocol.to_dict(), protocol.fingerprint()
    draft.full_clean()
    draft.save()
    return draft


def _announced(protocol: Protocol, base: Protocol | None) -> Protocol:
    """An end announced in this draft is announced since the version it becomes."""
    known = {c.id: c.deprecated for c in base.components if c.deprecated} if base else {}

    def dated(component: Component) -> Component:
        end = component.deprecated
        if end is None:
            return component
        before = known.get(component.id)
        return replace(component, deprecated=replace(end, since=before.since if before else protocol.version))

    return replace(protocol, components=tuple(map(dated, protocol.components)))


@transaction.atomic
def save_draft(draft: ProtocolVersion, protocol: Protocol, *, expected: str = "") -> ProtocolVersion:
    """Keep an edited draft, numbered by what changed, its lineage completed with that of its base.

    ``expected``: fingerprint of the draft that was edited.

    Raises:
        InvalidDocument: a text is empty or too long, an identifier is malformed…
        ValidationError: somebody saved the draft in between, or it is being read again or published.
    """
    draft = ProtocolVersion.objects.select_for_update(of=("self",)).select_related("base").get(pk=draft.pk)
    if draft.state != ProtocolVersion.State.DRAFT:
        raise ValidationError(
            _("Cette version est en relecture : la reprendre en brouillon pour la modifier.")
        )
    if expected and expected != draft.sha256:
        raise ValidationError(
            _(
                "Quelqu’un a modifié le brouillon entre-temps : recharger la page pour partir de sa version. "
                "Rien n’a été écrasé."
            )
        )
    return _save(draft, Protocol.from_dict(protocol.to_dict()))


def examine_draft(draft: ProtocolVersion) -> DraftState:
    """What changed since the base, the bump it asks for, and what prevents publication."""
    protocol = draft.protocol
    base = draft.base.protocol if draft.base else None
    changes = weigh(base, protocol) if base else ()
    refusals: tuple[str, ...] = ()
    if base:
        refusals = version_problems(base, protocol) if changes else (_("Rien n’a changé depuis %(number)s.") % {
            "number": base.version},)  # fmt: skip
    return DraftState(
        protocol,
        base,
        changes,
        required_bump(base, protocol) if base else "first",
        validate(protocol),
        refusals,
        draft.notes or (release_notes(base, protocol) if base else _("Première version.")),
    )


@transaction.atomic
def submit_draft(draft: ProtocolVersion) -> ProtocolVersion:
    """Give the draft to the network to read; it no longer changes until published or taken back."""
    state = examine_draft(draft)
    if not state.is_ready:
        raise ValidationError(_refused(state))
    draft.state = ProtocolVersion.State.REVIEW
    draft.notes = state.notes
    draft.full_clean()
    draft.save()
    return draft


def _refused(state: DraftState) -> list[str]:
    """What prevents publication, in the reader's language."""
    return [*problems_told(state.problems), *map(tell, state.refusals)]


def take_back(draft: ProtocolVersion) -> ProtocolVersion:
    """Open again a version that was being read; its notes are written anew at the next reading."""
    draft.state, draft.notes = ProtocolVersion.State.DRAFT, ""
    draft.full_clean()
    draft.save()
    return draft


@transaction.atomic
def publish_draft(
    draft: ProtocolVersion, *, by: "User", notes: str = "", number: str = ""
) -> ProtocolVersion:
    """Publish the version that was read; it no longer changes.

    Args:
        notes: release notes as edited; those written from the differences when empty.
        number: the number announced; the computed one when empty.

    Raises:
        ValidationError: it is not being read, is incomplete, somebody of the committee asks to change it, or its
            number says more or less than what changed.
    """
    draft = ProtocolVersion.objects.select_for_update(of=("self",)).select_related("base").get(pk=draft.pk)
    if draft.state != ProtocolVersion.State.REVIEW:
        raise ValidationError(_("Une version se publie après relecture."))
    if number and number != draft.number:
        protocol = replace(draft.protocol, version=number)
        why = (
            version_problems(draft.base.protocol, protocol) if draft.base else (_("La première est 1.0.0."),)
        )
        if why:
            raise ValidationError(list(why))
    state = examine_draft(draft)
    refused = [*_refused(state), *objections(draft)]
    if refused:
        raise ValidationError(refused)
    draft.state = ProtocolVersion.State.PUBLISHED
    draft.notes = notes.strip() or state.notes
    draft.author, draft.published_at = by, timezone.now()
    draft.full_clean()
    draft.save()
    for proposal in draft.proposals.all():
        proposal.state = proposal.State.PUBLISHED
        proposal.save()
    return draft


@transaction.atomic
def discard_draft(draft: ProtocolVersion) -> None:
    """Give up a draft. Proposals accepted into it are to be decided again."""
    for proposal in draft.proposals.all():
        proposal.version, proposal.state, proposal.reason = None, proposal.State.OPEN, ""
        proposal.decided_by = proposal.decided_at = None
        proposal.save()
    draft.delete()


def free_id(title: str, taken: "set[str] | tuple[str, ...]") -> str:
    """An identifier made from a title, that none of ``taken`` bears; it never changes afterwards."""
    stem = slugify(title)[:70].strip("-_") or "element"
    if stem == "essence":
        stem = "element"
    candidate, number = stem, 2
    while candidate in taken:
        candidate, number = f"{stem}-{number}", number + 1
    return candidate
