"""Why this territory: exact additive contributions, told in French, and what would have to be true for it to enter.

The score is additive, so the gap between a territory and a reference profile (median of each criterion, or the mean
of its neighbours) is exactly the sum over criteria of ``mean weight × difference of notes``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from essaim.territory.codes import LEVELS
from essaim.territory.criteria import MISSING_LABELS, Criterion, apply
from essaim.territory.indicators import neighbours
from essaim.territory.map import number
from essaim.territory.ranking import Ranking
from essaim.territory.smaa import TIE
from essaim.territory.table import Floats

STATUS_LABELS: Final = {"certain": "certain", "possible": "possible", "excluded": "exclu"}


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one criterion adds to (or takes from) the gap to the reference profile. They sum to the gap exactly."""

    key: str
    label: str
    weight: float
    note: float
    reference: float
    points: float


@dataclass(frozen=True, slots=True)
class Lever:
    """The least note, and raw value where the scale can be read back, of one criterion that lets a territory in
    for half of the weights, all else equal. ``note`` is None when even the best note would not do."""

    key: str
    label: str
    note: float | None
    value: float | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is said of one territory. ``sentences`` need no other context than the study's title."""

    code: str
    name: str
    status: str
    top_share: float
    top_low: float
    top_high: float
    score: float
    gap: float
    contributions: tuple[Contribution, ...]
    neighbours: tuple[str, ...]
    gap_to_neighbours: float | None
    levers: tuple[Lever, ...]
    sentences: tuple[str, ...]


def contributions(ranking: Ranking, row: int, reference: Floats) -> tuple[Contribution, ...]:
    """Contributions to ``score(row) - score(reference)``, the largest first."""
    notes, weights = ranking.notes.values[row], ranking.mean_weights
    found = [
        Contribution(c.key, label_of(ranking, c), float(w), float(v), float(r), float(w * (v - r)))
        for c, w, v, r in zip(ranking.notes.criteria, weights, notes, reference, strict=True)
    ]
    return tuple(sorted(found, key=lambda c: -c.points))


def explain(ranking: Ranking, code: str, *, ways_in: bool = True) -> Explanation:
    """Why a territory is where it is. Raises ``StudyError`` for a code that is not ranked.

    Without ``ways_in``, no levers: they take a pass over all draws and territories for each code.
    """
    row = ranking.row(code)
    median = np.median(ranking.notes.values, axis=0)
    parts = contributions(ranking, row, median)
    near = _neighbours(ranking, code)
    beside = None
    if near:
        mean = ranking.notes.values[[ranking.row(c) for c in near]].mean(axis=0)
        beside = float(ranking.point[row] - mean @ ranking.mean_weights)
    found = levers(ranking, row) if ways_in and ranking.accept.top[row] < 0.5 else ()
    gap = float(ranking.point[row] - median @ ranking.mean_weights)
    accept = ranking.accept
    return Explanation(
        code,
        ranking.notes.names[row],
        ranking.statuses[row],
        float(accept.top[row]),
        float(accept.low[row]),
        float(accept.high[row]),
        float(ranking.point[row]),
        gap,
        parts,
        tuple(near),
        beside,
        found,
        tuple(_sentences(ranking, row, parts, gap, near, beside, found)),
    )


def levers(ranking: Ranking, row: int) -> tuple[Lever, ...]:
    """For each criterion, the smallest note that lets the territory in with half of the weights.

    With weights w, it enters when ``w_c Δ`` exceeds the gap to the k-th of the others; so the Δ that works for half
    of the draws is the median of gap / w_c. Exact on the draws, everything else unchanged.
    """
    values, weights, k = ranking.notes.values, ranking.draws.weights, ranking.study.k
    others = np.delete(values, row, axis=0)
    if len(others) < k:
        return ()
    gaps = np.empty(len(weights))
    for start in range(0, len(weights), 500):
        block = weights[start : start + 500]
        limit = np.partition(block @ others.T, len(others) - k, axis=1)[:, len(others) - k]
        gaps[start : start + 500] = limit - block @ values[row]
    return tuple(_lever(ranking, row, j, gaps) for j in range(values.shape[1]))


def _lever(ranking: Ranking, row: int, column: int, gaps: Floats) -> Lever:
    criterion = ranking.notes.criteria[column]
    weight = ranking.draws.weights[:, column]
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(gaps <= 0, 0.0, (gaps + TIE) / weight)
    note = float(ranking.notes.values[row, column] + np.quantile(steps, 0.5, method="inverted_cdf"))
    label = label_of(ranking, criterion)
    if not note <= 1.0:
        return Lever(criterion.key, label, None, None)
    return Lever(criterion.key, label, note, _raw_value(ranking, column, note))


def _raw_value(ranking: Ranking, column: int, note: float) -> float | None:
    """The observed value nearest to the territory's side that reaches a note; None if none does."""
    criterion, raw = ranking.notes.criteria[column], ranking.notes.raw[:, column]
    known = np.unique(raw[~np.isnan(raw)])
    reference = raw[~np.isnan(raw)]
    reaching = known[apply(criterion, known, reference) >= note - 1e-12]
    if not len(reaching):
        return None
    return float(reaching.max() if criterion.direction == "low" else reaching.min())


def label_of(ranking: Ranking, criterion: Criterion) -> str:
    """The label of a criterion, else that of its indicator, in lower case to stand inside a sentence."""
    measures = {m["key"]: m["label"] for m in ranking.provenance["measures"]}
    text = criterion.label or measures[criterion.indicator]
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _neighbours(ranking: Ranking, code: str) -> list[str]:
    """Ranked territories that share a border with this one, where outlines are shipped."""
    if ranking.study.unit not in LEVELS:
        return []
    level = next(lv for lv in LEVELS if lv == ranking.study.unit)
    return [c for c in neighbours(level).get(code, ()) if c in ranking.notes.codes]


# --- sentences ---------------------------------------------------------------------------------------------


def percent(share: float) -> str:
    """A share as a percentage that never says 0 or 100 % unless it is exactly so.

    >>> percent(0.123), percent(0.99999), percent(0.0002), percent(1.0)
    ('12\u00a0%', 'plus de 99,9\u00a0%', 'moins de 0,1\u00a0%', '100\u00a0%')
    """
    if 0 < share < 0.001:
        return "moins de 0,1\u00a0%"
    if 0.999 < share < 1:
        return "plus de 99,9\u00a0%"
    decimals = 0 if 0.01 <= share <= 0.99 or share in (0.0, 1.0) else 1
    return f"{number(100 * share, decimals)}\u00a0%"


def _sentences(
    ranking: Ranking,
    row: int,
    parts: Sequence[Contribution],
    gap: float,
    near: Sequence[str],
    beside: float | None,
    found: Sequence[Lever],
) -> list[str]:
    said = [_standing(ranking, row)]
    carried = [c for c in parts if c.points > 0.0005]
    held = [c for c in reversed(parts) if c.points < -0.0005]
    said.append(
        f"Son score moyen est de {_points(ranking.point[row])}, soit {_signed(gap)} par rapport au profil médian."
    )
    if carried:
        said.append(f"Ce qui le porte : {_list(carried)}.")
    if held:
        said.append(f"Ce qui le retient : {_list(held)}.")
    if beside is not None:
        said.append(
            f"Par rapport à la moyenne de ses {len(near)} voisins classés, l’écart est de {_signed(beside)}."
            if len(near) > 1
            else f"Par rapport à son voisin classé, l’écart est de {_signed(beside)}."
        )
    said += _caveats(ranking, row)
    said += [_lever_sentence(ranking, found)] if found else []
    if ranking.simulated:
        labels = ", ".join(f"« {label} »" for label in ranking.simulated)
        said.append(f"Classement simulé : les valeurs de {labels} sont inventées pour l’essai.")
    return said


def _standing(ranking: Ranking, row: int) -> str:
    name, k, accept = ranking.notes.names[row], ranking.study.k, ranking.accept
    first = f"{name} est parmi les {k} premiers" if k > 1 else f"{name} est en tête"
    share, low, high = accept.top[row], accept.low[row], accept.high[row]
    if ranking.statuses[row] == "certain":
        return f"{first} avec tous les poids tirés (marge du tirage : {_margin(low, high)})."
    if ranking.statuses[row] == "excluded":
        never = f"{name} n’est jamais parmi les {k} premiers avec les poids tirés"
        return f"{never} (marge du tirage : {_margin(low, high)})."
    return f"{first} pour {percent(share)} des poids admis (marge du tirage : {_margin(low, high)})."


def _margin(low: float, high: float) -> str:
    decimals = 2 if high < 0.01 or low > 0.99 else 1 if high - low < 0.02 else 0
    return f"{number(100 * low, decimals)} à {number(100 * high, decimals)}\u00a0%"


def _points(value: float) -> str:
    return f"{number(100 * value, 1)} points sur 100"


def _signed(value: float) -> str:
    sign = "+" if value > 0 else ""
    return f"{sign}{number(100 * value, 1)} points"


def _list(parts: Sequence[Contribution]) -> str:
    return ", ".join(
        f"{c.label} ({_signed(c.points)}, note {number(100 * c.note)} contre {number(100 * c.reference)})"
        for c in parts
    )


def _caveats(ranking: Ranking, row: int) -> list[str]:
    notes, said = ranking.notes, []
    for j, criterion in enumerate(notes.criteria):
        if notes.filled[row, j] or notes.unknown[row, j]:
            rule = MISSING_LABELS[criterion.missing]
            said.append(f"Donnée manquante : {label_of(ranking, criterion)} ; règle appliquée : {rule}.")
    return said


def _lever_sentence(ranking: Ranking, found: Sequence[Lever]) -> str:
    possible = [lever for lever in found if lever.note is not None]
    if not possible:
        return "Aucun critère, changé seul, ne suffirait à le faire entrer pour la moitié des poids."
    measures = {m["key"]: m for m in ranking.provenance["measures"]}
    indicator = {c.key: c.indicator for c in ranking.notes.criteria}
    texts = []
    for lever in possible:
        measure = measures[indicator[lever.key]]
        value = "" if lever.value is None else number(lever.value, measure["decimals"])
        texts.append(
            f"{lever.label} à {value}\u00a0{measure['unit']}"
            if value
            else f"{lever.label} à la note {number(100 * (lever.note or 0))}"
        )
    return (
        f"Pour entrer avec la moitié des poids, un seul de ces changements suffirait : {' ; '.join(texts)}."
    )
