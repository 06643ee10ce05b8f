"""Criteria: from raw values to a common scale from 0 (worst) to 1 (best), with a rule for what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from essaim.territory.table import Floats, Table
from essaim.words import SaidError, told

Family = Literal["need", "resources", "offer", "interest"]
Direction = Literal["high", "low"]
TransformKind = Literal["rank", "minmax", "log", "threshold", "curve"]
MissingRule = Literal["exclude", "unknown", "median", "worst"]

FAMILIES: Final[dict[str, str]] = {
    "need": "besoin",
    "resources": "ressources présentes",
    "offer": "offre existante",
    "interest": "intérêt local déclaré",
}
MISSING_LABELS: Final[dict[str, str]] = {
    "exclude": "le territoire sort du classement",
    "unknown": "valeur tirée parmi celles des autres à chaque tirage de poids",
    "median": "médiane des autres territoires",
    "worst": "plus mauvaise note",
}


# Which transformations read each setting of a ``Transform``.
SETTINGS: Final[dict[str, tuple[TransformKind, ...]]] = {
    "low": ("minmax", "log"),
    "high": ("minmax", "log"),
    "at": ("threshold",),
    "points": ("curve",),
}


class CriterionError(SaidError):
    """A criterion that does not fit its data, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Transform:
    """How raw values become a note.

    ``rank``: share of territories below (ties share their mean rank). ``minmax``: linear from the least to the
    greatest value, or between ``low`` and ``high`` when given. ``log``: the same on log(1 + value).
    ``threshold``: 1 from ``at`` on, else 0. ``curve``: linear between ``points`` (value, note), flat outside.
    """

    kind: TransformKind = "rank"
    low: float | None = None
    high: float | None = None
    at: float | None = None
    points: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of a study. ``indicator``: key of the table's column; ``reason``: why it counts, one line."""

    key: str
    family: Family
    indicator: str
    direction: Direction = "high"
    transform: Transform = field(default_factory=Transform)
    missing: MissingRule = "exclude"
    label: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Notes:
    """Notes of the territories kept: ``values`` (n, m) in [0, 1]; ``unknown`` (n, m) marks those to be drawn.

    Medians stand where a note is unknown, so that a point score exists; ``filled`` (n, m) marks those put by the
    rules median and worst. ``left_out``: code -> keys of the criteria it lacks.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    values: Floats
    raw: Floats
    unknown: NDArray[np.bool_]
    filled: NDArray[np.bool_]
    left_out: dict[str, tuple[str, ...]]


def notes(criteria: tuple[Criterion, ...], table: Table) -> Notes:
    """Apply every criterion to a table. Transformations are fitted on the territories that stay in."""
    raw = np.column_stack([table.column(c.indicator).values for c in criteria])
    lacking = np.isnan(raw)
    fatal = lacking & np.array([c.missing == "exclude" for c in criteria])
    kept = ~fatal.any(axis=1)
    if not kept.any():
        raise CriterionError(
            "Aucun territoire n’a toutes les valeurs exigées. Changez la règle « missing » d’un critère "
            "ou complétez les données."
        )
    left_out = {
        table.codes[i]: tuple(criteria[j].key for j in np.flatnonzero(fatal[i]))
        for i in np.flatnonzero(~kept)
    }
    rows = np.flatnonzero(kept)
    columns = [_column(c, raw[kept, j]) for j, c in enumerate(criteria)]
    return Notes(
        tuple(table.codes[i] for i in rows),
        tuple(table.names[i] for i in rows),
        criteria,
        np.column_stack(columns),
        raw[kept],
        lacking[kept] & np.array([c.missing == "unknown" for c in criteria]),
        lacking[kept] & np.array([c.missing in ("median", "worst") for c in criteria]),
        left_out,
    )


def _column(criterion: Criterion, raw: Floats) -> Floats:
    """Notes of one criterion, holes filled by its rule (the median for ``unknown``)."""
    known = ~np.isnan(raw)
    if not known.any():
        raise CriterionError(
            "Le critère « %(key)s » n’a aucune valeur dans ce périmètre : retirez-le ou importez-le.",
            key=criterion.key,
        )
    noted = np.full(len(raw), np.nan)
    noted[known] = apply(criterion, raw[known], raw[known])
    noted[~known] = 0.0 if criterion.missing == "worst" else np.median(noted[known])
    return noted


def apply(criterion: Criterion, raw: Floats, reference: Floats) -> Floats:
    """Notes in [0, 1] of ``raw`` values (no NaN), on the scale that ``reference`` values set."""
    noted = _SCALES[criterion.transform.kind](criterion, raw, reference)
    return 1.0 - noted if criterion.direction == "low" and criterion.transform.kind != "curve" else noted


def _rank(criterion: Criterion, raw: Floats, reference: Floats) -> Floats:
    if raw is reference:
        ranks = rankdata(raw) - 1
    else:
        ordered = np.sort(reference)
        below = np.searchsorted(ordered, raw, side="left")
        ranks = (below + np.maximum(np.searchsorted(ordered, raw, side="right") - 1, below)) / 2
    return (
        np.clip(ranks / max(len(reference) - 1, 1), 0.0, 1.0)
        if len(reference) > 1
        else np.full(len(raw), 0.5)
    )


def _linear(criterion: Criterion, raw: Floats, reference: Floats) -> Floats:
    t = criterion.transform
    low = float(reference.min()) if t.low is None else t.low
    high = float(reference.max()) if t.high is None else t.high
    # A criterion equal everywhere tells nothing: the same middle note for all.
    return np.clip((raw - low) / (high - low), 0.0, 1.0) if high > low else np.full(len(raw), 0.5)


def _log(criterion: Criterion, raw: Floats, reference: Floats) -> Floats:
    if min(raw.min(), reference.min()) < 0:
        raise CriterionError(
            "Le critère « %(key)s » a des valeurs négatives : la transformation « log » ne s’y "
            "applique pas. Prenez « rank » ou « minmax ».",
            key=criterion.key,
        )
    t = criterion.transform
    low, high = (None if b is None else float(np.log1p(b)) for b in (t.low, t.high))
    bounds = Transform("minmax", low, high)
    scaled = Criterion(criterion.key, criterion.family, criterion.indicator, transform=bounds)
    return _linear(scaled, np.log1p(raw), np.log1p(reference))


def _threshold(criterion: Criterion, raw: Floats, reference: Floats) -> Floats:
    at = np.float64(np.nan if criterion.transform.at is None else criterion.transform.at)
    # « low » keeps the threshold itself on the good side: « at most 150 » includes 150.
    return np.asarray(raw > at if criterion.direction == "low" else raw >= at, float)


def _curve(criterion: Criterion, raw: Floats, reference: Floats) -> Floats:
    values, marks = zip(*criterion.transform.points, strict=True)
    return np.asarray(np.interp(raw, values, marks), float)


_SCALES: Final[dict[str, Callable[[Criterion, Floats, Floats], Floats]]] = {
    "rank": _rank,
    "minmax": _linear,
    "log": _log,
    "threshold": _threshold,
    "curve": _curve,
}


def problems(criterion: Criterion) -> list[str]:
    """What is wrong with a criterion by itself, in French; empty when it is sound."""
    found: list[str] = []
    t, where = criterion.transform, told("Critère « %(key)s »", key=criterion.key)
    choices = (
        ("family", criterion.family, tuple(FAMILIES)),
        ("direction", criterion.direction, get_args(Direction)),
        ("transform.kind", t.kind, get_args(TransformKind)),
        ("missing", criterion.missing, tuple(MISSING_LABELS)),
    )
    for name, value, known in choices:
        if value not in known:
            found.append(
                told(
                    "%(where)s : %(name)s vaut « %(value)s » ; choix possibles : %(known)s.",
                    where=where,
                    name=name,
                    value=value,
                    known=", ".join(known),
                )
            )
    found += [
        told(
            "%(where)s : transform.%(name)s n’a pas d’effet avec « %(kind)s » ; retirez-le, ou "
            "prenez %(kinds)s.",
            where=where,
            name=name,
            kind=t.kind,
            kinds=kinds,
        )
        for name, kinds in _foreign(t)
    ]
    numbers = [b for b in (t.low, t.high, t.at) if b is not None] + [x for p in t.points for x in p]
    if not np.isfinite(numbers).all():
        found.append(
            told("%(where)s : les bornes et les points de transform sont des nombres finis.", where=where)
        )
    if t.kind == "threshold" and t.at is None:
        found.append(
            told("%(where)s : la transformation « threshold » demande « at » (le seuil).", where=where)
        )
    if t.low is not None and t.high is not None and t.low >= t.high:
        found.append(
            told(
                "%(where)s : low (%(low)s) doit être inférieur à high (%(high)s).",
                where=where,
                low=t.low,
                high=t.high,
            )
        )
    if t.kind == "log" and min(0.0 if b is None else b for b in (t.low, t.high)) < 0:
        found.append(
            told(
                "%(where)s : les bornes d’une transformation « log » ne peuvent être négatives.", where=where
            )
        )
    if t.kind == "curve":
        found += [told("%(where)s : %(problem)s", where=where, problem=p) for p in _curve_problems(criterion)]
    return found


def _foreign(transform: Transform) -> list[tuple[str, str]]:
    """Settings that are given and that this kind of transformation does not read, with the kinds that do."""
    given = {name for name in SETTINGS if getattr(transform, name) not in (None, ())}
    if transform.kind not in get_args(TransformKind):
        return []
    return [
        (name, _either(kinds))
        for name, kinds in SETTINGS.items()
        if name in given and transform.kind not in kinds
    ]


def _either(kinds: tuple[TransformKind, ...]) -> str:
    named = [told("« %(kind)s »", kind=kind) for kind in kinds]
    return told("%(one)s ou %(other)s", one=named[0], other=named[1]) if len(named) == 2 else named[0]


def _curve_problems(criterion: Criterion) -> list[str]:
    points = criterion.transform.points
    if len(points) < 2:
        return [told("la transformation « curve » demande au moins deux points [valeur, note].")]
    found: list[str] = []
    values = [p[0] for p in points]
    if any(b <= a for a, b in pairwise(values)):
        found.append(told("les valeurs de la courbe doivent croître strictement."))
    if any(not 0 <= p[1] <= 1 for p in points):
        found.append(told("les notes de la courbe vont de 0 à 1."))
    if criterion.direction == "low":
        found.append(told("une courbe dit elle-même le sens : retirez « direction: low »."))
    return found
