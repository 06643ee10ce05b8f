"""Fidelity in figures: scores by component, dimension and assessor, for one site and for a network.

What was observed of a marker that the site's version does not have, or on another scale, is counted apart: said, not
scored. Assessors are never mixed; what is missing is named, never counted as zero.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from essaim.platform.sites.models import FidelityEntry, Site
from essaim.protocol import Protocol
from essaim.protocol.document import Component
from essaim.protocol.fidelity import ASSESSORS, Assessor, Observation, Score, degree, scores

if TYPE_CHECKING:
    from essaim.platform.programmes.models import ProtocolVersion


@dataclass(frozen=True, slots=True)
class Line:
    """One dimension of one component: its score by each assessor, with what each left out: labels of markers, with
    the reason where the assessor gave one."""

    component: Component
    dimension: str
    scores: dict[str, Score | None]
    missing: dict[str, tuple[str, ...]]

    @property
    def cells(self) -> list[tuple[str, Score | None, tuple[str, ...]]]:
        return [(who, self.scores[who], self.missing[who]) for who in ASSESSORS]


@dataclass(frozen=True, slots=True)
class SiteFidelity:
    """The scores of one site; ``unscored`` observations bear on markers that its version does not have."""

    lines: tuple[Line, ...]
    unscored: int
    assessors: tuple[str, ...]


def fidelity_of(protocol: Protocol, entries: Iterable[FidelityEntry]) -> SiteFidelity:
    """Scores of the core components from what was observed at one site."""
    observations, unscored = _usable(protocol, entries)
    found = scores(protocol, observations)
    reasons = {(one.component, one.marker, one.assessor): one.why for one in observations}
    by_place: dict[tuple[str, str], dict[str, Score]] = {}
    for one in found:
        by_place.setdefault((one.component, one.dimension), {})[one.assessor] = one
    lines = tuple(
        _line(component, dimension, by_place.get((component.id, dimension), {}), reasons)
        for component in protocol.components
        if component.kind == "core"
        for dimension in dict.fromkeys(marker.dimension for marker in component.markers)
    )
    seen = {one.assessor for one in observations}
    return SiteFidelity(lines, unscored, tuple(who for who in ASSESSORS if who in seen))


def _usable(protocol: Protocol, entries: Iterable[FidelityEntry]) -> tuple[list[Observation], int]:
    markers = {(c.id, m.id): m for c in protocol.components for m in c.markers}
    observations, unscored = [], 0
    for entry in sorted(entries, key=lambda entry: (entry.at, entry.pk)):
        marker = markers.get((entry.component, entry.marker))
        try:
            if marker is None:
                raise ValueError
            if entry.value is not None:
                degree(marker, entry.value)
        except ValueError:
            unscored += 1
            continue
        observations.append(
            Observation(
                component=entry.component,
                marker=entry.marker,
                assessor=entry.assessor,  # type: ignore[arg-type]
                value=entry.value,
                why=entry.get_unseen_display(),
                observed_on=entry.at.isoformat(),
            )
        )
    return observations, unscored


def _line(
    component: Component,
    dimension: str,
    by_assessor: dict[str, Score],
    reasons: dict[tuple[str, str, Assessor], str],
) -> Line:
    labels = {marker.id: marker.label for marker in component.markers if marker.dimension == dimension}

    def named(marker: str, who: Assessor) -> str:
        why = reasons.get((component.id, marker, who), "")
        return f"{labels[marker]} ({why})" if why else labels[marker]

    return Line(
        component,
        dimension,
        {who: by_assessor.get(who) for who in ASSESSORS},
        {
            who: tuple(named(id, who) for id in (by_assessor[who].missing if who in by_assessor else labels))
            for who in ASSESSORS
        },
    )


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """One component and dimension across sites, as one kind of assessor saw it; ``None`` where nothing was seen."""

    component: str
    dimension: str
    values: tuple[tuple[Site, Score | None], ...]

    @property
    def seen(self) -> int:
        return sum(score is not None and score.value is not None for _site, score in self.values)

    @property
    def extent(self) -> tuple[float, float] | None:
        """Lowest and highest score; no mean, since sites do not observe the same markers."""
        found = [score.value for _site, score in self.values if score and score.value is not None]
        return (min(found), max(found)) if found else None


def network_fidelity(version: "ProtocolVersion", sites: list[Site], assessor: Assessor) -> list[NetworkRow]:
    """Scores of every site that follows ``version``, as ``assessor`` saw them. ``sites`` come with ``fidelity``."""
    protocol = version.protocol
    by_site = [(site, fidelity_of(protocol, site.fidelity.all())) for site in sites]
    if not by_site:
        return []
    return [
        NetworkRow(
            line.component.title,
            line.dimension,
            tuple((site, found.lines[position].scores[assessor]) for site, found in by_site),
        )
        for position, line in enumerate(by_site[0][1].lines)
    ]
