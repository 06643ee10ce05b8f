"""What several people agree on when each states the weights in private: constraint by constraint, place by place.

Each voice is a list of sentences on the weights (``essaim.territory.weights``); it admits a polytope of weights, never
one number. For two voices that say different things, three questions have exact answers by linear programming:
between which weights each leaves a criterion, who holds, admits or refuses a sentence, and whether all the sentences
can hold together. Which territories are in is estimated with draws from each voice's own weights, as in a ranking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from essaim.territory.ranking import Ranking, run
from essaim.territory.study import Study
from essaim.territory.table import Table
from essaim.territory.weights import SLACK, WeightError, WeightSpace, conflict, parse, weight_space

Verdict = Literal["in", "disputed", "out"]
MAJORITY: Final = 0.5
"""A voice wants a territory when it is among the first with at least this share of the voice's weights."""


class AgreementError(ValueError):
    """Voices that cannot be laid side by side."""


@dataclass(frozen=True, slots=True)
class Spread:
    """One criterion (or family) as each voice leaves it: least and greatest weight, and mean weight, by voice.

    ``shared``: weights that every voice admits for it taken alone, None when some leave no common value.
    """

    key: str
    ranges: tuple[tuple[float, float], ...]
    means: tuple[float, ...]
    shared: tuple[float, float] | None

    @property
    def gap(self) -> float:
        """Between the highest and the lowest mean weight: where the discussion is."""
        return max(self.means) - min(self.means)


@dataclass(frozen=True, slots=True)
class Position:
    """One sentence and the voices (their numbers, from 0) that hold it always, may accept it, or cannot."""

    sentence: str
    holds: tuple[int, ...]
    admits: tuple[int, ...]
    refuses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """One territory: the share of each voice's weights with which it is among the first k, and what follows."""

    code: str
    name: str
    shares: tuple[float, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Agreement:
    """``clash``: a smallest set of sentences that cannot hold together, empty when all can."""

    spreads: tuple[Spread, ...]
    positions: tuple[Position, ...]
    standings: tuple[Standing, ...]
    clash: tuple[str, ...]

    def named(self, verdict: Verdict) -> list[Standing]:
        return [s for s in self.standings if s.verdict == verdict]


def agreement(study: Study, table: Table, voices: Sequence[Sequence[str]]) -> Agreement:
    """Lay the voices side by side on one table. Territories come with the most wanted first, those all leave out last.

    Errors: ``AgreementError`` for fewer than two voices; those of ``run`` for a voice that contradicts itself.
    """
    if len(voices) < 2:
        raise AgreementError("Un accord se lit entre deux voix au moins.")
    rankings = [run(replace(study, weights=tuple(v), wave=None), table) for v in voices]
    stated = list(dict.fromkeys(s for v in voices for s in v))
    return Agreement(
        _spreads(study, rankings),
        tuple(_position(study, s, [r.space for r in rankings], voices) for s in stated),
        _standings(rankings),
        _clash(study, stated),
    )


def order_sentences(ranks: Mapping[str, int]) -> list[str]:
    """The sentences of an order of importance (1 first); equal ranks say nothing of each other.

    >>> order_sentences({"offer": 2, "need": 1, "interest": 2})
    ['need >= offer', 'need >= interest']
    """
    groups = [[k for k, rank in ranks.items() if rank == level] for level in sorted(set(ranks.values()))]
    return [f"{upper} >= {lower}" for above, below in pairwise(groups) for upper in above for lower in below]


def _spreads(study: Study, rankings: Sequence[Ranking]) -> tuple[Spread, ...]:
    keys = [c.key for c in study.criteria]
    grouped = {f: held for f, held in study.families().items() if len(held) > 1}
    members = {key: [key] for key in keys} | grouped
    found = []
    for name, held in members.items():
        direction = np.array([float(k in held) for k in keys])
        ranges = tuple(r.space.range_of(direction.tolist()) for r in rankings)
        low, high = max(a for a, _ in ranges), min(b for _, b in ranges)
        means = tuple(float(r.mean_weights @ direction) for r in rankings)
        found.append(Spread(name, ranges, means, (low, high) if low <= high + SLACK else None))
    return tuple(sorted(found, key=lambda s: -s.gap))


def _position(
    study: Study, sentence: str, spaces: Sequence[WeightSpace], voices: Sequence[Sequence[str]]
) -> Position:
    sides: dict[str, list[int]] = {"holds": [], "admits": [], "refuses": []}
    for number, (space, voice) in enumerate(zip(spaces, voices, strict=True)):
        side = (
            "holds"
            if _always(study, sentence, space)
            else "admits"
            if _possible(study, [*voice, sentence])
            else "refuses"
        )
        sides[side].append(number)
    return Position(sentence, *(tuple(sides[k]) for k in ("holds", "admits", "refuses")))


def _always(study: Study, sentence: str, space: WeightSpace) -> bool:
    """Whether every weight that a voice admits obeys the sentence."""
    for constraint in parse(sentence, space.names, study.families()):
        low, high = space.range_of(constraint.coefficients)
        if high > constraint.bound + SLACK or (constraint.equality and low < constraint.bound - SLACK):
            return False
    return True


def _possible(study: Study, sentences: Sequence[str]) -> bool:
    try:
        weight_space(sentences, [c.key for c in study.criteria], study.families())
    except WeightError:
        return False
    return True


def _clash(study: Study, sentences: Sequence[str]) -> tuple[str, ...]:
    if _possible(study, sentences):
        return ()
    keys, families = [c.key for c in study.criteria], study.families()
    constraints = [c for s in sentences for c in parse(s, keys, families)]
    return tuple(conflict(WeightSpace(tuple(keys), tuple(constraints))))


def _standings(rankings: Sequence[Ranking]) -> tuple[Standing, ...]:
    notes = rankings[0].notes
    shares = np.column_stack([r.accept.top for r in rankings])
    wanted = (shares >= MAJORITY).sum(axis=1)
    order = sorted(
        range(len(notes.codes)), key=lambda i: (-wanted[i], -float(shares[i].mean()), notes.codes[i])
    )
    return tuple(
        Standing(
            notes.codes[i], notes.names[i], tuple(shares[i].tolist()), _verdict(wanted[i], len(rankings))
        )
        for i in order
    )


def _verdict(wanted: int, voices: int) -> Verdict:
    return "in" if wanted == voices else "out" if wanted == 0 else "disputed"
