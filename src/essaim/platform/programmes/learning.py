"""What the field teaches the protocol: adaptations made alike, a network's map, two sites side by side."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from essaim.platform.programmes.adapting import (
    DecisionReading,
    adaptation_of,
    adaptation_on,
    decision_in_words,
)
from essaim.platform.programmes.drafts import free_id, open_draft, save_draft
from essaim.platform.programmes.models import Programme, Proposal, ProtocolVersion
from essaim.platform.programmes.proposals import comment, propose
from essaim.platform.programmes.reading import TERRITORY_TYPES, listed, value_in_words
from essaim.platform.programmes.upgrading import title_of
from essaim.platform.programmes.versions import current_version
from essaim.platform.sites import services as sites
from essaim.protocol import Protocol, frame
from essaim.protocol.adaptation import Adaptation, Decision, find_parameter
from essaim.protocol.compare import Pair, compare_sites, matrix
from essaim.protocol.document import Source
from essaim.protocol.merge import show_place
from essaim.protocol.recurrence import Recurrence, draft_protocol, recurrences

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.sites.models import Site

Counted = tuple[tuple[str, int], ...]
"""(words, how many), the most frequent first."""


@dataclass(frozen=True, slots=True)
class Found:
    """Alike decisions in words. ``title``: the place, or the name of what was added; ``key`` names the group."""

    key: str
    recurrence: Recurrence
    title: str
    example: DecisionReading
    sites: "tuple[Site, ...]"
    territory: Counted
    fidelity: Counted
    reasons: Counted

    @property
    def is_addition(self) -> bool:
        return self.recurrence.status == "added"

    @property
    def is_number(self) -> bool:
        """Numbers are alike when they are close, other values when they are equal."""
        return type(self.example.decision.value) in (int, float)

    @property
    def evidence(self) -> str:
        """What was counted, in one paragraph."""
        count = len(self.sites)
        parts = [
            ngettext("%(n)s site le fait : %(names)s.", "%(n)s sites le font : %(names)s.", count)
            % {"n": count, "names": listed([site.name for site in self.sites], _("et"))},
            _("Types de territoire : %(kinds)s.")
            % {"kinds": _counted(self.territory) or _("non renseignés")},
            _("Fidèle à la fonction ? %(answers)s.") % {"answers": _counted(self.fidelity)},
        ]
        if self.reasons:
            parts.append(_("Raisons données : %(reasons)s.") % {"reasons": _counted(self.reasons)})
        return " ".join(parts)


def _counted(counted: Counted) -> str:
    return ", ".join(f"{words} ({n})" for words, n in counted)


def found_alike(programme: Programme, seen: "Iterable[Site]") -> list[Found]:
    """Adaptations and additions that several of the ``seen`` sites made alike, the most shared first."""
    version = current_version(programme)
    if version is None:
        return []
    protocol = version.protocol
    by_pk = {str(site.pk): site for site in seen}
    held = [
        replace(Adaptation.from_dict(revision.document), site=str(revision.site_id))
        for revision in sites.latest_revisions(by_pk.values()).values()
    ]
    return [_found(protocol, one, by_pk, held) for one in recurrences(protocol, held)]


def _found(protocol: Protocol, one: Recurrence, by_pk: "dict[str, Site]", held: list[Adaptation]) -> Found:
    example = one.example
    title = example.addition.title if example.addition else title_of(protocol, show_place(one.place))
    who = tuple(by_pk[pk] for pk in one.sites)
    identity = (one.status, one.place, sorted(one.sites), sorted(one.decisions))
    members = set(one.sites)
    decisions = [
        d for a in held if a.site in members for d in a.decisions if d.id in one.decisions and d.frame
    ]
    return Found(
        hashlib.sha256(repr(identity).encode()).hexdigest()[:16],
        one,
        title,
        decision_in_words(protocol, example),
        who,
        tuple((str(TERRITORY_TYPES[kind]), n) for kind, n in one.territory_types),  # type: ignore[index]
        tuple((_(frame.label("fidelity", code)), n) for code, n in one.fidelity),
        reasons_of(decisions),
    )


def reasons_of(decisions: Iterable[Decision]) -> Counted:
    """Why, as FRAME says it, the most frequent first."""
    counts = Counter(code for d in decisions if d.frame for code in d.frame.reasons)
    return tuple((_(frame.label("reasons", code)), n) for code, n in counts.most_common())


@transaction.atomic
def propose_found(programme: Programme, found: Found, *, by: "User") -> Proposal:
    """A proposal drafted from what several sites did alike, credited to them; the counts open its discussion."""
    addition = found.example.decision.addition
    if addition:
        said: dict[str, Any] = {
            "title": addition.title,
            "text": addition.function,
            "proposed_form": addition.form,
        }
    else:
        said = {
            "title": _("Ce que des sites font autrement : %(what)s") % {"what": found.title},
            "text": _what(found),
            "component_id": found.recurrence.place[0],
            "proposed_form": found.example.decision.form,
            **_value_of(found.example.decision),
        }
    said["title"] = said["title"][:200]
    simulated = all(site.simulated for site in found.sites)
    proposal = propose(programme, by=by, contributors=found.sites, simulated=simulated, **said)
    comment(proposal, text=found.evidence, by=by)
    return proposal


def _value_of(decision: Decision) -> dict[str, Any]:
    """The value that the parameter would start from, as a proposal keeps it."""
    if decision.parameter is None or decision.value is None:
        return {}
    value = list(decision.value) if isinstance(decision.value, tuple) else decision.value
    return {"parameter_id": decision.parameter, "proposed_value": value}


def _what(found: Found) -> str:
    decision = found.example.decision
    if decision.status == "not_done":
        return _("Ce composant est laissé de côté.")
    if decision.parameter:
        return _("Réglé autour de : %(value)s.") % {"value": found.example.value}
    return _("La façon de faire est proche de : %(form)s") % {"form": decision.form}


@transaction.atomic
def draft_first_version(programme: Programme, found: Iterable[Found], *, by: "User") -> ProtocolVersion:
    """Put the components that sites added alike into the version in preparation of a protocol that has none.

    Raises:
        ValidationError: the protocol already has components, or nothing was added alike.
    """
    additions = [one for one in found if one.is_addition]
    draft = open_draft(programme, by=by)
    protocol = draft.protocol
    if protocol.components or not additions:
        raise ValidationError(
            _(
                "Le protocole a déjà des composants, ou rien n’a été ajouté de la même façon par plusieurs sites."
            )
        )
    source = Source(
        id=free_id("apports-des-sites", {one.id for one in protocol.sources}),
        title=_("Ce que les sites ont ajouté de la même façon"),
        publisher=programme.title,
        date=timezone.localdate().isoformat(),
    )
    named = [replace(one.recurrence, sites=tuple(site.name for site in one.sites)) for one in additions]
    return save_draft(draft, draft_protocol(protocol, named, source))


@dataclass(frozen=True, slots=True)
class MapRow:
    """One component in the network's map: its state in each site, how many in each state, and why it is adapted."""

    title: str
    kind: str
    cells: tuple[str, ...]
    counts: dict[str, int]
    reasons: Counted
    territory: Counted
    """Types of territory of the sites that adapt it, leave it or derogate."""

    @property
    def moved(self) -> int:
        """How many sites do otherwise."""
        return sum(self.counts.get(state, 0) for state in ("adapted", "not_done", "derogation", "added"))


def adaptation_map(protocol: Protocol, followers: "list[Site]") -> list[MapRow]:
    """Components × sites that follow this version, the most adapted first."""
    revisions = sites.latest_revisions(followers)
    held = [adaptation_on(protocol, site, revisions.get(site.pk)) for site in followers]
    table = matrix(protocol, held)
    kinds = {component.id: component.kind for component in protocol.components}
    titles = {component.id: component.title for component in protocol.components}
    for adaptation in held:
        titles |= {d.component: d.addition.title for d in adaptation.decisions if d.addition}
    rows = [
        MapRow(
            titles.get(id, id),
            kinds.get(id, "added"),
            cells,
            {str(state): n for state, n in counts.items()},
            reasons_of(d for a in held for d in a.decisions if d.component == id),
            _where(held, id),
        )
        for id, cells, counts in zip(table.components, table.cells, table.counts, strict=True)
    ]
    return sorted(rows, key=lambda row: -row.moved)


def derogations(protocol: Protocol, followers: "list[Site]") -> "list[tuple[Site, str, Decision]]":
    """Every derogation asked, granted or refused: (site, where, decision), those that wait for an answer first."""
    revisions = sites.latest_revisions(followers)
    found = [
        (site, title_of(protocol, show_place(decision.place)), decision)
        for site in followers
        for decision in adaptation_on(protocol, site, revisions.get(site.pk)).decisions
        if decision.derogation
    ]
    return sorted(
        found, key=lambda one: one[2].derogation is not None and one[2].derogation.state != "requested"
    )


def _where(held: list[Adaptation], component: str) -> Counted:
    counts = Counter(
        kind
        for adaptation in held
        if any(d.component == component and d.status != "kept" for d in adaptation.decisions)
        for kind in adaptation.territory_types
    )
    return tuple((str(TERRITORY_TYPES[kind]), n) for kind, n in counts.most_common())


@dataclass(frozen=True, slots=True)
class PairReading:
    """One place in two sites, in words; ``states`` are those of the map."""

    title: str
    states: tuple[str, str]
    said: tuple[str, str]
    pair: Pair

    @property
    def sides(self) -> list[tuple[str, str]]:
        """(state, what is done) of each site."""
        return list(zip(self.states, self.said, strict=True))


def side_by_side(one: "Site", other: "Site") -> list[PairReading]:
    """What two sites of one version do differently, place by place.

    Raises:
        ValidationError: they do not follow the same version.
    """
    protocol, left = adaptation_of(one)
    if one.protocol_version_id != other.protocol_version_id:
        raise ValidationError(
            _(
                "Ces deux sites ne suivent pas la même version : passer le plus ancien à la nouvelle pour comparer."
            )
        )
    right = adaptation_of(other)[1]
    return [
        PairReading(
            _titled(protocol, pair),
            (pair.one.state, pair.other.state),
            (_local(protocol, pair.one), _local(protocol, pair.other)),
            pair,
        )
        for pair in compare_sites(protocol, left, right)
        if pair.differs or {pair.one.state, pair.other.state} - {"followed", "kept"}
    ]


def _titled(protocol: Protocol, pair: Pair) -> str:
    addition = next(
        (r.decision.addition for r in (pair.one, pair.other) if r.decision and r.decision.addition), None
    )
    return addition.title if addition else title_of(protocol, show_place(pair.place))


def _local(protocol: Protocol, row: Any) -> str:
    component = protocol.component(row.place[0])
    parameter = find_parameter(component, row.place[1]) if component and row.place[1] else None
    if row.local is None:
        return ""
    return value_in_words(parameter, row.local) if parameter else str(row.local)
