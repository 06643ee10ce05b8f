"""What becomes of the decisions of sites when a draft is reshaped: told before the draft is saved."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from essaim.platform.programmes.adapting import DecisionReading, decision_in_words
from essaim.platform.programmes.models import ProtocolVersion
from essaim.platform.programmes.upgrading import place_of, title_of
from essaim.platform.sites import services as sites
from essaim.protocol import Protocol
from essaim.protocol.adaptation import Adaptation, Decision
from essaim.protocol.lineage import ancestors
from essaim.protocol.merge import Plan, Upgrade, prepare

if TYPE_CHECKING:
    from essaim.platform.sites.models import Site

MOST = 200
"""Sites examined while a person waits; the others are counted."""


@dataclass(frozen=True, slots=True)
class Fate:
    """A decision of a site on what is reshaped: what becomes of it with the draft as it is, and as it would be."""

    site: "Site"
    place: str
    decision: DecisionReading
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Fates:
    """``concerned``: how many sites of the published version decided something there; ``MOST`` are examined."""

    rows: tuple[Fate, ...]
    concerned: int
    examined: int


def fates(draft: ProtocolVersion, changed: Protocol) -> Fates:
    """The decisions that bear on the components that differ between the draft and ``changed``, site by site."""
    if draft.base is None:
        return Fates((), 0, 0)
    base, before = draft.base.protocol, draft.protocol
    touched = _touched(base, before, changed)
    followers = {site.pk: site for site in sites.following(draft.base)}
    revisions = sites.latest_revisions(followers.values())
    concerned = [
        (followers[pk], held)
        for pk, held in revisions.items()
        if held.base_version == base.version
        and any(d["component"] in touched for d in held.document.get("decisions", ()))
    ]
    plans = prepare(base, before), prepare(base, changed)
    rows = [
        row
        for site, held in concerned[:MOST]
        for row in _of_site(site, Adaptation.from_dict(held.document), touched, plans)
    ]
    return Fates(tuple(rows), len(concerned), min(len(concerned), MOST))


def _touched(base: Protocol, before: Protocol, changed: Protocol) -> set[str]:
    """Components of the published version that what differs is, or comes from."""
    differ = set(before.components) ^ set(changed.components)
    return {id for component in differ for id in ancestors(component)} & {one.id for one in base.components}


def _of_site(site: "Site", held: Adaptation, touched: set[str], plans: tuple[Plan, Plan]) -> Iterator[Fate]:
    outcomes = [(plan, plan.apply(held)) for plan in plans]
    for decision in held.decisions:
        if decision.component in touched:
            before, after = (_said(plan, outcome, decision) for plan, outcome in outcomes)
            base = plans[0].base
            reading = decision_in_words(base, decision)
            yield Fate(site, title_of(base, place_of(decision)), reading, before, after)


def _said(plan: Plan, outcome: Upgrade, decision: Decision) -> str:
    """The fate of one decision, in words."""
    stays = next((one for one in outcome.result.decisions if one.id == decision.id), None)
    if stays is not None and stays.place == decision.place:
        return _("reste")
    if stays is not None:
        return _("suit dans « %(place)s »") % {"place": title_of(plan.new, place_of(stays))}
    if any(one.decision.id == decision.id for one in outcome.retired):
        return _("ne s’applique plus")
    disputed = next(c for c in outcome.conflicts if any(d.id == decision.id for d in c.decisions))
    places = [title_of(plan.new, place) for place in disputed.candidates]
    if len(places) > 1:
        return _("choix à faire par le site, entre : %(places)s") % {"places": " ; ".join(places)}
    return _("choix à faire par le site")
