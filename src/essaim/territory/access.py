"""Access to an offer by the enhanced two-step floating catchment (E2SFCA), in projected metres or given travel times.

Luo & Qi 2009. Step 1, each service shares its capacity among the people in its catchment, nearer ones counting more:
``R_j = S_j / sum_i P_i f(d_ij)``. Step 2, a place adds up the shares it can reach: ``A_i = sum_j R_j f(d_ij)``.
Capacity is conserved: ``sum_i P_i A_i`` is the capacity of the services that anybody reaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from essaim import kernels
from essaim.territory import access_kernel
from essaim.territory.access_kernel import RING_WEIGHTS
from essaim.territory.places import Points
from essaim.territory.table import Floats

Decay = Literal["none", "gaussian", "linear", "steps"]
DECAYS: Final = ("none", "gaussian", "linear", "steps")


class AccessError(ValueError):
    """Places, services or distances that cannot be used, and how to mend them."""


@dataclass(frozen=True, slots=True)
class Access:
    """``values`` (origins,): capacity per person, NaN where an origin has no position; ``ratio`` (services,):
    capacity per weighted person, NaN where nobody is within reach; ``reached``: capacity so shared."""

    values: Floats
    ratio: Floats
    reached: float


@dataclass(frozen=True, slots=True)
class Pairs:
    """Origins and services within reach of each other: rows, and distance (metres) or travel time, one a pair."""

    origin: NDArray[np.int64]
    service: NDArray[np.int64]
    distance: Floats


def decay(distance: Floats, reach: float, kind: Decay) -> Floats:
    """Weights in [0, 1] of distances at most ``reach``.

    ``gaussian`` falls to 0.01 at the edge and is cut there; ``linear`` falls to 0; ``steps`` has three rings.

    >>> decay(np.array([0.0, 15.0, 30.0]), 30.0, "linear").tolist()
    [1.0, 0.5, 0.0]
    """
    if kind == "none":
        return np.ones_like(distance)
    if kind == "linear":
        return np.asarray(1.0 - distance / reach)
    if kind == "steps":
        ring = np.minimum((3 * distance / reach).astype(int), 2)
        return np.asarray(np.array(RING_WEIGHTS)[ring])
    return np.asarray(np.exp(np.log(0.01) * (distance / reach) ** 2))


def e2sfca(pairs: Pairs, people: Floats, capacity: Floats, reach: float, kind: Decay = "gaussian") -> Access:
    """Access from given pairs (straight-line metres or travel times); pairs beyond ``reach`` are ignored."""
    _check(people, capacity, reach, kind)
    if (pairs.distance < 0).any() or np.isnan(pairs.distance).any():
        raise AccessError(
            "Une distance ou un temps de trajet est négatif ou absent : corrigez la table des trajets."
        )
    for what, rows, count in (("une origine", pairs.origin, people), ("un service", pairs.service, capacity)):
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(count):
            raise AccessError(
                f"Un trajet désigne {what} qui n’existe pas (rang hors de 0 à {len(count) - 1})."
            )
    inside = pairs.distance <= reach
    origin, service = pairs.origin[inside], pairs.service[inside]
    weight = decay(pairs.distance[inside], reach, kind)
    demand = np.asarray(np.bincount(service, people[origin] * weight, len(capacity)), float)
    ratio = _ratio(capacity, demand)
    shares = np.nan_to_num(ratio)[service] * weight
    values = np.asarray(np.bincount(origin, shares, len(people)), float)
    return Access(values, ratio, float(capacity[demand > 0].sum()))


def access(
    origins: Points,
    people: Floats,
    services: Points,
    capacity: Floats,
    reach: float,
    kind: Decay = "gaussian",
) -> Access:
    """Access in projected metres, within ``reach`` metres as the crow flies; the same numbers as ``e2sfca``.

    Computed by a compiled kernel where numba is installed (optional group ``fast``), by scipy's k-d trees otherwise.
    """
    _check(people, capacity, reach, kind)
    here, there = np.flatnonzero(origins.known()), np.flatnonzero(services.known())
    compute = _by_kernel if kernels.AVAILABLE else _by_pairs
    part = compute(
        Points(origins.xy[here]), people[here], Points(services.xy[there]), capacity[there], reach, kind
    )
    values, ratio = np.full(len(people), np.nan), np.full(len(capacity), np.nan)
    values[here], ratio[there] = part.values, part.ratio
    return Access(values, ratio, part.reached)


def _by_pairs(
    origins: Points, people: Floats, services: Points, capacity: Floats, reach: float, kind: Decay
) -> Access:
    return e2sfca(pairs_between(origins, services, reach), people, capacity, reach, kind)


def _by_kernel(
    origins: Points, people: Floats, services: Points, capacity: Floats, reach: float, kind: Decay
) -> Access:
    """The same, the two sums straight from the positions."""
    rank = DECAYS.index(kind)
    demand = access_kernel.gather(services.xy, origins.xy, people, reach, rank)
    ratio = _ratio(capacity, demand)
    values = access_kernel.gather(origins.xy, services.xy, np.nan_to_num(ratio), reach, rank)
    return Access(values, ratio, float(capacity[demand > 0].sum()))


def pairs_between(origins: Points, services: Points, reach: float) -> Pairs:
    """Every origin and service at most ``reach`` metres apart (all positions known)."""
    found = cKDTree(origins.xy).sparse_distance_matrix(cKDTree(services.xy), reach, output_type="ndarray")
    return Pairs(found["i"].astype(np.int64), found["j"].astype(np.int64), np.asarray(found["v"], float))


def _ratio(capacity: Floats, demand: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(demand > 0, capacity / demand, np.nan)


def _check(people: Floats, capacity: Floats, reach: float, kind: str) -> None:
    if kind not in DECAYS:
        raise AccessError(f"Décroissance inconnue : « {kind} » ; choix possibles : {', '.join(DECAYS)}.")
    if not reach > 0 or not np.isfinite(reach):
        raise AccessError(f"La portée vaut {reach} : attendu un nombre strictement positif.")
    for name, values in (("population", people), ("capacité", capacity)):
        if not np.isfinite(values).all() or (values < 0).any():
            row = int(np.flatnonzero(~np.isfinite(values) | (values < 0))[0]) + 1
            raise AccessError(f"La {name} de la ligne {row} est absente, infinie ou négative.")
