"""Fidelity: how far what is lived is what was meant, from markers that can be observed.

Each observation becomes a number between 0 (worst end of the scale) and 1 (the target, or better). A score is the
mean of the markers observed; those that are not stay listed, and nothing observed gives no score. Assessors are
never mixed: a site's own view, its peers' and the network's stand side by side.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from essaim.protocol.codec import Date, FreeText, FreeValue, Id, Number, Value
from essaim.protocol.document import Component, Dimension, Marker, Protocol

Assessor = Literal["self", "peer", "network"]
ASSESSORS: tuple[Assessor, ...] = get_args(Assessor)
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

ASSESSOR_LABELS: dict[Assessor, str] = {"self": "le site lui-même", "peer": "un pair", "network": "le réseau"}
DIMENSION_LABELS: dict[Dimension, str] = {
    "adherence": "adhésion : ce qui était prévu est fait",
    "exposure": "exposition : autant que prévu",
    "quality": "qualité : aussi bien que prévu",
    "responsiveness": "participation : les personnes s’en saisissent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What an assessor saw of one marker; ``value`` is ``None`` when it could not be seen, and ``why`` says so."""

    component: Id
    marker: Id
    assessor: Assessor
    value: FreeValue | None = None
    why: FreeText = ""
    observed_on: Date | None = None
    by: FreeText = ""


@dataclass(frozen=True, slots=True)
class Score:
    """Mean of the observed markers of one component, dimension and assessor; ``None`` when none is observed."""

    component: str
    dimension: Dimension
    assessor: Assessor
    value: float | None
    observed: tuple[str, ...]
    missing: tuple[str, ...]


def degree(marker: Marker, value: Value) -> float:
    """Degree to which an observed value meets its marker, from 0 to 1.

    Rising markers go from 0 at the least value to 1 at the target (and stay there); falling ones from 0 at the
    greatest value to 1 at the target.

    Raises:
        ValueError: when the value is not on the scale.

    >>> from essaim.protocol.document import Scale
    >>> marker = Marker(id="m", label="m", dimension="quality", scale=Scale(type="likert", points=4), target=3)
    >>> degree(marker, 2)
    0.5
    """
    scale = marker.scale
    if scale.type == "boolean":
        if not isinstance(value, bool):
            raise ValueError(f"« {marker.label} » attend oui ou non.")
        return float(value is (marker.target is not False))
    low, high = scale_ends(marker)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"« {marker.label} » attend un nombre de {low} à {high}, pas {value}.")
    if scale.type == "likert" and value != int(value):
        raise ValueError(f"« {marker.label} » attend un degré entier de {low} à {high}, pas {value}.")
    worst, best = (low, high) if marker.direction == "up" else (high, low)
    target = marker.target
    goal = target if isinstance(target, int | float) and not isinstance(target, bool) else best
    return min(1.0, max(0.0, (value - worst) / (goal - worst)))


def scale_ends(marker: Marker) -> tuple[Number, Number]:
    """Least and greatest value of a scale of degrees or numbers."""
    if marker.scale.type == "likert":
        return 1, marker.scale.points or 2
    return marker.scale.min or 0, marker.scale.max if marker.scale.max is not None else 1


def scores(
    protocol: Protocol, observations: Iterable[Observation], *, core_only: bool = True
) -> tuple[Score, ...]:
    """Scores by component, dimension and assessor, in the order of the protocol; the last observation counts.

    A line appears for each assessor that observed something anywhere, so that what it left out shows.

    Args:
        core_only: fidelity is asked of the core; adaptable components vary by right.

    Raises:
        ValueError: an observation is about no known marker or off its scale.
    """
    latest: dict[tuple[str, str, Assessor], Value | None] = {}
    markers = {(c.id, m.id): m for c in protocol.components for m in c.markers}
    for one in sorted(observations, key=lambda one: one.observed_on or ""):
        marker = markers.get((one.component, one.marker))
        if marker is None:
            raise ValueError(f"« {one.component}/{one.marker} » n’est pas un marqueur de {protocol.id}.")
        if one.value is not None:
            degree(marker, one.value)
        latest[one.component, one.marker, one.assessor] = one.value
    assessors = [assessor for assessor in ASSESSORS if any(key[2] == assessor for key in latest)]
    return tuple(
        _score(component, dimension, assessor, latest)
        for component in protocol.components
        if component.kind == "core" or not core_only
        for dimension in DIMENSIONS
        if any(marker.dimension == dimension for marker in component.markers)
        for assessor in assessors
    )


def _score(
    component: Component,
    dimension: Dimension,
    assessor: Assessor,
    latest: dict[tuple[str, str, Assessor], Value | None],
) -> Score:
    markers = [marker for marker in component.markers if marker.dimension == dimension]
    seen = {m.id: v for m in markers if (v := latest.get((component.id, m.id, assessor))) is not None}
    degrees = [degree(marker, seen[marker.id]) for marker in markers if marker.id in seen]
    return Score(
        component.id,
        dimension,
        assessor,
        sum(degrees) / len(degrees) if degrees else None,
        tuple(seen),
        tuple(marker.id for marker in markers if marker.id not in seen),
    )
