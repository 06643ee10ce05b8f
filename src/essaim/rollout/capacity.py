"""How many sites a wave can take, given who accompanies them and the engineering days there are.

The rule, for each wave in turn: sites of the ``followed`` waves before still take their share of coordinators and
days; what is left is divided by what an opening site takes; the scarcer resource decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isfinite
from typing import Literal

from essaim.rollout.errors import RolloutError
from essaim.words import told

Binding = Literal["coordinators", "days", "both"]


@dataclass(frozen=True, slots=True)
class Means:
    """What a wave has: coordinators in full-time equivalents, engineering days."""

    coordinators: float
    days: float


@dataclass(frozen=True, slots=True)
class Needs:
    """What sites take: sites one coordinator follows, days to open one, days a wave to follow one,
    and during how many waves after its own a site is still ``followed``."""

    sites_per_coordinator: float
    days_to_open: float
    days_to_follow: float = 0.0
    followed: int = 0


@dataclass(frozen=True, slots=True)
class WaveCapacity:
    """Sites that can open; the limit set by each resource (None: it does not limit); what ``binds``;
    ``followed`` sites of earlier waves; a shortfall when even those cannot be followed."""

    wave: int
    sites: int
    by_coordinators: int
    by_days: int | None
    binds: Binding
    followed: int
    overloaded: bool


def capacity(means: Sequence[Means], needs: Needs) -> tuple[WaveCapacity, ...]:
    """The sites each wave can take when each earlier wave takes all it can.

    >>> [w.sites for w in capacity([Means(2, 100), Means(2, 100)], Needs(8, 10, days_to_follow=2, followed=1))]
    [10, 6]
    """
    _check(means, needs)
    found: list[WaveCapacity] = []
    for wave, given in enumerate(means, 1):
        followed = sum(w.sites for w in found[max(0, wave - 1 - needs.followed) :])
        places = _whole(given.coordinators * needs.sites_per_coordinator) - followed
        days = given.days - followed * needs.days_to_follow
        by_days = _openings(days, needs.days_to_open)
        least = places if by_days is None else min(places, by_days)
        binds: Binding = "both" if places == by_days else "coordinators" if least == places else "days"
        found.append(
            WaveCapacity(
                wave=wave,
                sites=max(least, 0),
                by_coordinators=max(places, 0),
                by_days=None if by_days is None else max(by_days, 0),
                binds=binds,
                followed=followed,
                overloaded=places < 0 or days < 0,
            )
        )
    return tuple(found)


def _openings(days: float, days_to_open: float) -> int | None:
    """Sites that ``days`` can open; None when opening takes no day and following leaves some."""
    if days < 0:
        return -1
    return _whole(days / days_to_open) if days_to_open else None


def _whole(sites: float) -> int:
    """Whole sites, rounded first: 0.3 coordinators × 10 sites is 3 sites, not 2.999…"""
    if not isfinite(sites):
        raise RolloutError(
            "Ces moyens ouvriraient un nombre infini de sites. Vérifiez les très grands nombres, et les jours par "
            "site proches de zéro."
        )
    return floor(round(sites, 9))


def _check(means: Sequence[Means], needs: Needs) -> None:
    if not means:
        raise RolloutError("Aucune vague : donnez les moyens d’au moins une vague.")
    for wave, given in enumerate(means, 1):
        for name, value in (
            (told("coordinateurs"), given.coordinators),
            (told("jours d’ingénierie"), given.days),
        ):
            if not (isfinite(value) and value >= 0):
                raise RolloutError(
                    "Vague %(wave)s, %(name)s : %(value)s. Donnez un nombre positif ou nul.",
                    wave=wave,
                    name=name,
                    value=value,
                )
    if not (isfinite(needs.sites_per_coordinator) and needs.sites_per_coordinator > 0):
        raise RolloutError(
            "Sites par coordinateur : %(value)s. Donnez un nombre positif.",
            value=needs.sites_per_coordinator,
        )
    for name, value in (
        (told("Jours pour ouvrir"), needs.days_to_open),
        (told("Jours pour suivre"), needs.days_to_follow),
    ):
        if not (isfinite(value) and value >= 0):
            raise RolloutError(
                "%(name)s un site : %(value)s. Donnez un nombre positif ou nul.", name=name, value=value
            )
    if needs.followed < 0:
        raise RolloutError(
            "Vagues de suivi : %(followed)s. Donnez un nombre positif ou nul.", followed=needs.followed
        )
