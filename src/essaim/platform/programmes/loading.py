"""Writing a folder of ``programmes/`` into the platform; a second load of the same folder writes nothing."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from essaim.opendata.schema import Row
from essaim.platform.audit import writing_as
from essaim.platform.organisations import services as organisations
from essaim.platform.programmes import versions
from essaim.platform.programmes.folder import Folder, in_words, read_folder, site_sources
from essaim.platform.programmes.models import (
    GateDecision,
    Innovation,
    PolicyFrame,
    Programme,
    ProgrammeFrame,
    ProgrammeRole,
)
from essaim.protocol import Protocol
from essaim.protocol.notes import release_notes

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.organisations.models import Organisation

M = TypeVar("M", bound=models.Model)


@transaction.atomic
def load_folder(folder: Path, *, by: "User") -> Programme:
    """Load one programme from its folder (``programme.yaml``, ``protocol.yaml``, ``versions/*.yaml`` for the earlier
    versions, ``sites.csv``), as public.

    The shared ``organisations.yaml`` and ``frames.yaml`` lie beside the folder. Nothing is written when any file is
    wrong, nor when the files are those of the last load (what people changed on the site since then stays).

    Raises:
        InvalidDocument, TableError, OSError: what is wrong with the files, or missing.
        ValidationError: the protocol differs from the version published under the same number.
    """
    fingerprint = _fingerprint(folder)
    loaded = Programme.objects.filter(slug=folder.name, loaded_from=fingerprint).first()
    if loaded:
        return loaded
    read = read_folder(folder)
    with writing_as(by):
        programme = _programme(read, fingerprint)
        _roles(read, programme)
        _frames(read, programme)
        for protocol in (*read.earlier, read.protocol):
            _protocol(programme, protocol, by)
        _innovation(read, programme)
    return programme


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    shared = ("../organisations.yaml", "../frames.yaml", "programme.yaml", "protocol.yaml", "sites.csv")
    for path in (*(folder / name for name in shared), *sorted((folder / "versions").glob("*.yaml"))):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _put(model: type[M], key: dict[str, Any], fields: dict[str, Any]) -> M:
    """The object of this key with these fields: created, changed, or left alone when it already is so."""
    found = model._default_manager.filter(**key).first() or model(**key)
    changed = [name for name, value in fields.items() if getattr(found, name) != value]
    if changed or found.pk is None:
        for name in changed:
            setattr(found, name, fields[name])
        found.full_clean()
        found.save()
    return found


def _programme(read: Folder, fingerprint: str) -> Programme:
    entry = read.programme
    facts = [
        {"text": fact.text, "date": fact.date or "", "sources": read.cite(fact.sources)}
        for fact in entry.facts
    ]
    return _put(
        Programme,
        {"slug": entry.slug},
        {
            "title": entry.title,
            "bearer": entry.bearer,
            "summary": entry.summary,
            "started_on": entry.started_on or "",
            "status": entry.status,
            "website": entry.url or "",
            "facts": facts,
            "known_sites": [_site(read, row) for row in read.sites],
            "sites_completeness": entry.sites_completeness,
            "visibility": Programme.Visibility.PUBLIC,
            "loaded_from": fingerprint,
        },
    )


def _site(read: Folder, row: Row) -> dict[str, Any]:
    names = ("name", "structure", "commune_code", "departement", "opened_on", "closed_on", "status", "note")
    return {name: row.get(name) or "" for name in names} | {"sources": read.cite(site_sources(row))}


def organisation(read: Folder, slug: str) -> "Organisation":
    """The organisation of this identifier, created from the shared file when it is not there yet."""
    found = organisations.find_organisation(slug)
    if found:
        return found
    entry = read.organisations[slug]
    return organisations.create_organisation(
        slug=slug,
        name=entry.name,
        kind=entry.kind,
        note=entry.note,
        website=entry.url or "",
        source=in_words(read.cite(entry.sources)),
    )


def _roles(read: Folder, programme: Programme) -> None:
    for entry in read.programme.roles:
        key = {
            "programme": programme,
            "organisation": organisation(read, entry.organisation),
            "role": entry.role,
            "start": entry.start or "",
        }
        _put(ProgrammeRole, key, {"end": entry.end or "", "source": in_words(read.cite(entry.sources))})


def _frames(read: Folder, programme: Programme) -> None:
    for entry in read.programme.frames:
        policy = read.frames[entry.frame]
        frame = _put(
            PolicyFrame,
            {"slug": policy.slug},
            {
                "name": policy.name,
                "kind": policy.kind,
                "start": policy.start or "",
                "end": policy.end or "",
                "reference": policy.reference,
                "note": policy.note,
                "source": in_words(read.cite(policy.sources)),
            },
        )
        _put(
            ProgrammeFrame,
            {"programme": programme, "frame": frame, "start": entry.start or ""},
            {"end": entry.end or "", "source": in_words(read.cite(entry.sources))},
        )


def _protocol(programme: Programme, protocol: Protocol, by: "User") -> None:
    published = versions.version_numbered(programme, protocol.version)
    if published is None:
        base = versions.current_version(programme)
        notes = release_notes(base.protocol, protocol) if base else _("Première version publiée.")
        versions.publish_document(programme, protocol, by=by, notes=notes)
    elif published.sha256 != versions.following(published.base, protocol).fingerprint():
        raise ValidationError(
            _(
                "La version %(number)s de %(programme)s est déjà publiée avec un autre contenu : "
                "une version publiée ne change plus, donner un nouveau numéro au protocole."
            )
            % {"number": published.number, "programme": programme.title}
        )


def _innovation(read: Folder, programme: Programme) -> None:
    """Its funnel history, once: what the network decided since on the site is not undone by a file."""
    entry = read.programme.innovation
    if entry is None or Innovation.objects.filter(programme=programme).exists():
        return
    held = sorted(programme.roles.select_related("organisation"), key=lambda role: role.role != "head")
    if not held:
        raise ValidationError(_("Aucune organisation ne suit %(title)s.") % {"title": programme.title})
    innovation = Innovation(
        programme=programme,
        title=programme.title,
        summary=programme.summary,
        owner=held[0].organisation,
        stage=entry.stage,
    )
    innovation.full_clean()
    innovation.save()
    before = ""
    for gate in entry.history:
        decision = GateDecision(
            innovation=innovation,
            from_stage=before,
            to_stage=gate.stage,
            decided_on=gate.date or "",
            reason=gate.reason,
            source=in_words(read.cite(gate.sources)),
        )
        decision.full_clean()
        decision.save()
        before = gate.stage
