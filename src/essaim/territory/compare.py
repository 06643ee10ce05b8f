"""Two rankings side by side: what was stated differently, which values changed, which places moved and why.

The point score is additive, so the change of a territory's score is shared out exactly between criteria and, for each,
between the change of its mean weight and the change of its note (midpoint rule: the Shapley value of two factors)::

    w' v' - w v = (w' - w)(v + v')/2 + (v' - v)(w + w')/2

A criterion that only one side has weighs nothing on the other: its whole part is counted as weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np

from essaim.territory.ranking import Ranking
from essaim.territory.study import Study

Kind = Literal[
    "stated", "criterion_added", "criterion_removed", "criterion_changed", "weight_added", "weight_removed"
]
STATED: Final = ("unit", "k", "seed", "samples", "note")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing stated differently. ``what``: a field, a criterion's key or a sentence; ``detail``: its fields."""

    kind: Kind
    what: str
    before: Any = None
    after: Any = None
    detail: tuple[tuple[str, Any, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class DataChange:
    """One indicator read by both: how many values differ, appeared or went, and the largest difference."""

    key: str
    changed: int
    appeared: int
    gone: int
    largest: tuple[str, float, float] | None
    dates: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """What one criterion did to a score, through its weight and through the note."""

    key: str
    by_weight: float
    by_note: float


@dataclass(frozen=True, slots=True)
class Move:
    """One territory. Places count from 1, None when not ranked; ``parts`` sum to the change of score when both are."""

    code: str
    name: str
    places: tuple[int | None, int | None]
    shares: tuple[float | None, float | None]
    scores: tuple[float | None, float | None]
    parts: tuple[Part, ...]

    @property
    def steps(self) -> int | None:
        """Places won (positive) or lost; None when one side does not rank it."""
        before, after = self.places
        return None if before is None or after is None else before - after


@dataclass(frozen=True, slots=True)
class Comparison:
    """``comparable`` is false when the units differ: then only what was stated is compared."""

    comparable: bool
    changes: tuple[Change, ...]
    data: tuple[DataChange, ...]
    moves: tuple[Move, ...]
    entered: tuple[str, ...]
    left: tuple[str, ...]


def compare(before: Ranking, after: Ranking) -> Comparison:
    """The second ranking against the first. ``moves``: the first k of either, in the second's order."""
    changes = statement_changes(before.study, after.study)
    if before.study.unit != after.study.unit:
        return Comparison(False, changes, (), (), (), ())
    firsts = [[r.notes.codes[i] for i in r.order[: r.study.k]] for r in (before, after)]
    shown = [*firsts[1], *(c for c in firsts[0] if c not in firsts[1])]
    sides = (_Side(before), _Side(after))
    return Comparison(
        True,
        changes,
        _data_changes(before, after),
        tuple(_move(code, *sides) for code in shown),
        tuple(c for c in firsts[1] if c not in firsts[0]),
        tuple(c for c in firsts[0] if c not in firsts[1]),
    )


def statement_changes(before: Study, after: Study) -> tuple[Change, ...]:
    """What the two documents state differently, scope and fields first, then criteria, then weights."""
    first, second = asdict(before), asdict(after)
    found = [Change("stated", k, first[k], second[k]) for k in STATED if first[k] != second[k]]
    for name in first["scope"]:
        if set(first["scope"][name]) != set(second["scope"][name]):
            found.append(Change("stated", f"scope.{name}", first["scope"][name], second["scope"][name]))
    found += _criteria(first["criteria"], second["criteria"])
    found += [Change("weight_removed", s) for s in first["weights"] if s not in second["weights"]]
    found += [Change("weight_added", s) for s in second["weights"] if s not in first["weights"]]
    return tuple(found)


def _criteria(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> list[Change]:
    old, new = ({c["key"]: c for c in side} for side in (first, second))
    found = [Change("criterion_removed", k, old[k]) for k in old if k not in new]
    found += [Change("criterion_added", k, None, new[k]) for k in new if k not in old]
    for key in old.keys() & new.keys():
        detail = tuple((f, old[key][f], new[key][f]) for f in old[key] if old[key][f] != new[key][f])
        if detail:
            found.append(Change("criterion_changed", key, old[key], new[key], detail))
    return sorted(found, key=lambda change: (change.kind, change.what))


class _Side:
    """One ranking, ready to be asked by code."""

    def __init__(self, ranking: Ranking) -> None:
        self.ranking = ranking
        self.row = {code: i for i, code in enumerate(ranking.notes.codes)}
        self.place = {ranking.notes.codes[i]: place for place, i in enumerate(ranking.order, 1)}
        self.keys = [c.key for c in ranking.notes.criteria]

    def terms(self, code: str) -> dict[str, tuple[float, float]]:
        """Mean weight and note of each criterion."""
        notes = self.ranking.notes.values[self.row[code]]
        pairs = zip(self.ranking.mean_weights.tolist(), notes.tolist(), strict=True)
        return dict(zip(self.keys, pairs, strict=True))


def _move(code: str, old: _Side, new: _Side) -> Move:
    sides = (old, new)
    known = [side for side in sides if code in side.row]
    return Move(
        code,
        known[-1].ranking.notes.names[known[-1].row[code]],
        (old.place.get(code), new.place.get(code)),
        (_at(old, code, old.ranking.accept.top), _at(new, code, new.ranking.accept.top)),
        (_at(old, code, old.ranking.point), _at(new, code, new.ranking.point)),
        _parts(old.terms(code), new.terms(code)) if len(known) == len(sides) else (),
    )


def _at(side: _Side, code: str, values: Any) -> float | None:
    return float(values[side.row[code]]) if code in side.row else None


def _parts(
    old: Mapping[str, tuple[float, float]], new: Mapping[str, tuple[float, float]]
) -> tuple[Part, ...]:
    found = []
    for key in {**old, **new}:
        (w, v), (w2, v2) = old.get(key, (0.0, 0.0)), new.get(key, (0.0, 0.0))
        if key in old and key in new:
            found.append(Part(key, (w2 - w) * (v + v2) / 2, (v2 - v) * (w + w2) / 2))
        else:
            found.append(Part(key, w2 * v2 - w * v, 0.0))
    return tuple(sorted(found, key=lambda p: -abs(p.by_weight + p.by_note)))


def _data_changes(before: Ranking, after: Ranking) -> tuple[DataChange, ...]:
    """Indicators that both read, on the territories that both rank; those without any change are left out."""
    old, new = ({c.indicator: j for j, c in enumerate(r.notes.criteria)} for r in (before, after))
    kept = set(after.notes.codes)
    both = [c for c in before.notes.codes if c in kept]
    rows = [_rows(r, both) for r in (before, after)]
    dates = [{m["key"]: m["date"] for m in r.provenance["measures"]} for r in (before, after)]
    found = []
    for key in old.keys() & new.keys():
        a, b = before.notes.raw[rows[0], old[key]], after.notes.raw[rows[1], new[key]]
        change = _data_change(key, both, a, b, (dates[0][key], dates[1][key]))
        if change is not None:
            found.append(change)
    return tuple(sorted(found, key=lambda c: c.key))


def _rows(ranking: Ranking, codes: Sequence[str]) -> list[int]:
    row = {code: i for i, code in enumerate(ranking.notes.codes)}
    return [row[c] for c in codes]


def _data_change(key: str, codes: Sequence[str], a: Any, b: Any, dates: tuple[str, str]) -> DataChange | None:
    no_a, no_b = np.isnan(a), np.isnan(b)
    gap = np.abs(np.where(no_a | no_b, 0.0, b - a))
    changed = int((gap > 0).sum())
    appeared, gone = int((no_a & ~no_b).sum()), int((~no_a & no_b).sum())
    if not (changed or appeared or gone or dates[0] != dates[1]):
        return None
    top = int(gap.argmax()) if changed else None
    largest = None if top is None else (codes[top], float(a[top]), float(b[top]))
    return DataChange(key, changed, appeared, gone, largest, dates)
