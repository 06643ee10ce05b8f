"""The graft test: does a programme's activity add to, complement, duplicate or compete with what a territory has?

For each activity of a protocol, the needs it meets, the services that already meet them and the actors that sell or
offer the same are laid side by side. The rule is a table that a programme lead can review (``RULES``). What is found
here is computed and open to dispute; the COPIL signs it elsewhere, and signs again when the offer changes
(``fingerprint``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

Finding = Literal["adds", "complements", "duplicates", "competes", "unknown"]

FINDINGS: Final[dict[str, str]] = {
    "adds": "apporte ce qui manque",
    "complements": "complète ce qui existe",
    "duplicates": "double ce qui existe",
    "competes": "concurrence un acteur local",
    "unknown": "ne peut pas être établi",
}

# Share of the need that existing places cover: below the first an activity adds, from the second on it duplicates.
SCARCE: Final = 0.2
ENOUGH: Final = 0.9


class GraftError(ValueError):
    """A graft test that cannot be computed as asked."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What a site would do. ``themes``: needs it meets (ids shared with needs and services); ``publics``: for whom,
    empty for all; ``market``: goods or services it sells on the local market, by activity code or plain id."""

    id: str
    title: str
    themes: tuple[str, ...]
    publics: tuple[str, ...] = ()
    market: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """People of a territory who need something, with where the number comes from; ``people`` None when unknown."""

    theme: str
    people: float | None
    source: str
    date: str
    public: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """What an actor offers already. ``places`` None when unknown; ``market`` as for an activity; ``partner``: it
    has agreed to take part, so that its offer is a support and not a rival."""

    id: str
    actor: str
    title: str
    themes: tuple[str, ...] = ()
    publics: tuple[str, ...] = ()
    places: float | None = None
    market: tuple[str, ...] = ()
    partner: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The finding for one activity, the ``rule`` that gave it and why in French, actors concerned and figures."""

    activity: str
    title: str
    finding: Finding
    rule: str
    reason: str
    actors: tuple[str, ...]
    services: tuple[str, ...]
    need: float | None
    places: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class Graft:
    """The findings of a territory and the fingerprint of what they were computed from."""

    territory: str
    verdicts: tuple[Verdict, ...]
    fingerprint: str

    def changed_since(self, fingerprint: str) -> bool:
        """Whether needs, offer or activities are no longer those of an earlier finding: it must be reopened."""
        return self.fingerprint != fingerprint


def graft(
    territory: str, activities: Sequence[Activity], needs: Sequence[Need], offer: Sequence[Service]
) -> Graft:
    """Findings for every activity, in their order; the order of needs and services changes nothing."""
    ids = [a.id for a in activities]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise GraftError(f"L’activité « {twice[0]} » figure deux fois.")
    if lost := [a.title for a in activities if not a.themes]:
        raise GraftError(f"L’activité « {lost[0]} » ne dit pas à quel besoin elle répond (themes).")
    verdicts = tuple(_verdict(a, needs, offer) for a in activities)
    data = {
        "territory": territory,
        "activities": [asdict(a) for a in activities],
        "needs": sorted((asdict(n) for n in needs), key=json.dumps),
        "offer": sorted((asdict(s) for s in offer), key=json.dumps),
        "thresholds": [SCARCE, ENOUGH],
    }
    text = json.dumps(data, sort_keys=True, ensure_ascii=False)
    return Graft(territory, verdicts, hashlib.sha256(text.encode()).hexdigest())


def _verdict(activity: Activity, needs: Sequence[Need], offer: Sequence[Service]) -> Verdict:
    rivals = [s for s in offer if not s.partner and set(s.market) & set(activity.market)]
    kin = [s for s in offer if set(s.themes) & set(activity.themes) and _same_public(activity, s)]
    need = _total([n.people for n in needs if n.theme in activity.themes and _for(activity, n)])
    places = _total([s.places for s in kin]) if kin else 0.0
    coverage = None if need is None or places is None or need <= 0 else places / need
    finding, rule, reason = _rule(activity, rivals, kin, need, coverage)
    concerned = rivals if finding == "competes" else kin
    return Verdict(
        activity.id,
        activity.title,
        finding,
        rule,
        reason,
        tuple(sorted({s.actor for s in concerned})),
        tuple(sorted(s.id for s in concerned)),
        need,
        places,
        coverage,
    )


def _rule(
    activity: Activity, rivals: list[Service], kin: list[Service], need: float | None, coverage: float | None
) -> tuple[Finding, str, str]:
    """The first line of the table that holds: its finding, its name, and why in French."""
    if rivals:
        sold = sorted({m for s in rivals for m in s.market} & set(activity.market))
        return "competes", "sold", f"Vend sur place ce que vend déjà un acteur local : {', '.join(sold)}."
    if not kin and need is None:
        return (
            "unknown",
            "no_figure",
            "Aucune offre recensée, mais le besoin n’est pas chiffré : rien ne prouve un manque.",
        )
    if need == 0:
        return "duplicates", "no_need", "Aucun besoin recensé sur le territoire pour ce public."
    if not kin:
        return "adds", "no_offer", "Aucune offre recensée ne répond à ce besoin."
    if coverage is None:
        return (
            "complements",
            "no_volume",
            "Une offre existe ; son volume ou le besoin n’est pas connu : à vérifier avec elle.",
        )
    share = f"{100 * coverage:.0f}\u00a0% du besoin recensé"
    if coverage < SCARCE:
        return "adds", "scarce", f"L’offre existante couvre {share}, moins de {100 * SCARCE:.0f}\u00a0%."
    if coverage < ENOUGH:
        return "complements", "partial", f"L’offre existante couvre {share}."
    return "duplicates", "enough", f"L’offre existante couvre déjà {share}."


def _same_public(activity: Activity, service: Service) -> bool:
    """An empty list of publics is everybody."""
    return not activity.publics or not service.publics or bool(set(activity.publics) & set(service.publics))


def _for(activity: Activity, need: Need) -> bool:
    return not activity.publics or not need.public or need.public in activity.publics


def _total(values: list[float | None]) -> float | None:
    """Sum, or None when there is none or one is unknown: a partial sum would understate."""
    if not values or any(v is None for v in values):
        return None
    return float(sum(v for v in values if v is not None))
