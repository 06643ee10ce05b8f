"""Reading a folder of ``programmes/``: what a programme is, who holds which role, in which public policies.

Nothing is written here. Shapes are dataclasses read by the core's codec, so that a mistake is told with its file,
its line and how to mend it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from essaim.opendata.schema import Column, Row
from essaim.opendata.tables import read_table
from essaim.platform.dates import in_words as date_in_words
from essaim.protocol import InvalidDocument, Protocol, load
from essaim.protocol.codec import Date, FreeText, Id, Text, Url, decode_into
from essaim.protocol.document import Source
from essaim.protocol.problem import Finding
from essaim.protocol.versions import parse
from essaim.protocol.yamltext import read_yaml

RoleName = Literal["originator", "head", "co_steerer", "sponsor", "funder", "partner", "evaluator"]
StageName = Literal["spotted", "supported", "evaluated", "spreading", "generalised", "stopped"]
SITE_STATUS = {name: name for name in ("active", "project", "closed", "unknown")}
SITE_COLUMNS = (
    Column("name"),
    Column("structure", blank=True),
    Column("commune_code", blank=True, width=5, kind="code"),
    Column("departement", blank=True, width=2, kind="code"),
    Column("opened_on", blank=True),
    Column("closed_on", blank=True),
    Column("status", choices=SITE_STATUS),
    Column("source"),
    Column("note", blank=True, required=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleEntry:
    organisation: Id
    role: RoleName
    start: Date | None = None
    end: Date | None = None
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameEntry:
    frame: Id
    start: Date | None = None
    end: Date | None = None
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactEntry:
    text: Text
    date: Date | None = None
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GateEntry:
    stage: StageName
    date: Date | None = None
    reason: Text
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InnovationEntry:
    stage: StageName
    since: Date | None = None
    history: tuple[GateEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeFile:
    """``programme.yaml``; sources are those of the protocol and of the shared files, by identifier."""

    slug: Id
    title: Text
    bearer: FreeText = ""
    summary: Text
    started_on: Date | None = None
    status: Literal["active", "project", "ended"] = "active"
    url: Url | None = None
    sources: tuple[Source, ...] = ()
    roles: tuple[RoleEntry, ...] = ()
    frames: tuple[FrameEntry, ...] = ()
    facts: tuple[FactEntry, ...] = ()
    sites_completeness: Literal["partial", "complete", "unknown"] = "unknown"
    innovation: InnovationEntry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationEntry:
    slug: Id
    name: Text
    kind: Literal["network", "structure", "funder", "evaluator", "authority", "other"]
    note: FreeText = ""
    url: Url | None = None
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationsFile:
    sources: tuple[Source, ...] = ()
    organisations: tuple[OrganisationEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FramePolicy:
    slug: Id
    name: Text
    kind: Literal["strategy", "plan", "policy", "contract", "law"]
    start: Date | None = None
    end: Date | None = None
    reference: FreeText = ""
    note: FreeText = ""
    sources: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FramesFile:
    sources: tuple[Source, ...] = ()
    frames: tuple[FramePolicy, ...] = ()


@dataclass(frozen=True, slots=True)
class Folder:
    """All that one folder says, ready to be written."""

    programme: ProgrammeFile
    protocol: Protocol
    earlier: tuple[Protocol, ...]
    """Earlier versions, oldest first."""
    sites: tuple[Row, ...]
    organisations: Mapping[str, OrganisationEntry]
    frames: Mapping[str, FramePolicy]
    sources: Mapping[str, Source]

    def cite(self, ids: Iterable[str]) -> list[dict[str, str]]:
        """Citations as the platform keeps them; ``KeyError`` when an identifier is not declared."""
        return [citation(self.sources[id]) for id in ids]


def citation(source: Source) -> dict[str, str]:
    return {
        "title": source.title,
        "publisher": source.publisher,
        "date": source.date or "",
        "url": source.url or "",
    }


def in_words(citations: Iterable[Mapping[str, str]]) -> str:
    """Citations on one line, as a text field keeps them."""
    return " ; ".join(
        ", ".join(part for part in (c["title"], c["publisher"], date_in_words(c["date"])) if part)
        for c in citations
    )


def read_folder(folder: Path) -> Folder:
    """Read and cross-check one programme, its earlier versions (``versions/*.yaml``) included; the shared files lie
    beside the folder.

    Raises:
        InvalidDocument: naming every mistake of the YAML files.
        TableError: naming every mistake of ``sites.csv``.
        OSError: when a file is missing.
    """
    programme: ProgrammeFile = _read(ProgrammeFile, folder / "programme.yaml")
    protocol = load(folder / "protocol.yaml")
    organisations: OrganisationsFile = _read(OrganisationsFile, folder.parent / "organisations.yaml")
    frames: FramesFile = _read(FramesFile, folder.parent / "frames.yaml")
    sites = read_table(folder / "sites.csv", SITE_COLUMNS).require().rows
    shared = (*frames.sources, *organisations.sources, *protocol.sources, *programme.sources)
    read = Folder(
        programme,
        protocol,
        tuple(sorted(map(load, (folder / "versions").glob("*.yaml")), key=lambda one: parse(one.version))),
        tuple(sites),
        {entry.slug: entry for entry in organisations.organisations},
        {entry.slug: entry for entry in frames.frames},
        {source.id: source for source in shared},
    )
    _cross_check(read, folder)
    return read


def _read(cls: type, path: Path) -> Any:
    text = read_yaml(path.read_bytes())
    findings: list[Finding] = []
    if not text.findings:
        value = decode_into(cls, text.data, (), findings)
        if not findings:
            return value
    raise InvalidDocument(
        [finding.at(str(path), line) for finding, line in text.findings]
        + [finding.at(str(path), text.line(finding.path)) for finding in findings]
    )


def _cross_check(read: Folder, folder: Path) -> None:
    """The folder bears the programme's identifier; organisations, frames and sources that are named exist."""
    programme, missing = read.programme, []
    if not programme.slug == read.protocol.id == folder.name:
        same = "l’identifiant (le même pour le dossier, le programme et le protocole)"
        missing.append(("slug", same, programme.slug))
    for i, role in enumerate(programme.roles):
        if role.organisation not in read.organisations:
            missing.append((f"roles[{i}]", "l’organisation", role.organisation))
    for i, frame in enumerate(programme.frames):
        if frame.frame not in read.frames:
            missing.append((f"frames[{i}]", "le cadre", frame.frame))
    missing += [(where, "la source", id) for where, id in _cited(read) if id not in read.sources]
    if missing:
        raise InvalidDocument(
            Finding((where,), f"{what} « {id} » n’est pas déclarée.", "Déclarez-la, ou corrigez le nom.").at(
                str(folder), None
            )
            for where, what, id in missing
        )


def _cited(read: Folder) -> Iterator[tuple[str, str]]:
    """(place, identifier) of every source that the programme and its sites cite."""
    programme = read.programme
    for i, role in enumerate(programme.roles):
        yield from ((f"roles[{i}]", id) for id in role.sources)
    for i, frame in enumerate(programme.frames):
        yield from ((f"frames[{i}]", id) for id in frame.sources)
    for i, fact in enumerate(programme.facts):
        yield from ((f"facts[{i}]", id) for id in fact.sources)
    for i, gate in enumerate(programme.innovation.history if programme.innovation else ()):
        yield from ((f"innovation.history[{i}]", id) for id in gate.sources)
    for site in read.sites:
        yield from ((f"sites.csv, ligne {site.number}", id) for id in site_sources(site))


def site_sources(site: Row) -> list[str]:
    return str(site["source"]).split("|")
