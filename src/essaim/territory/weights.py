"""Weights as a committee can state them: constraints, not numbers; and draws from all the weights they admit.

A weight vector is non-negative and sums to one. A constraint is a sentence on criteria and families::

    need >= resources            the family « need » weighs at least as much as « resources »
    need >= 2 * offer            a ratio
    0.1 <= unemployment <= 0.4   an interval (10 % and 40 % may be written so)
    density == population        an equality

Draws are uniform on the admissible set: rejection from the simplex (flat Dirichlet), or hit-and-run (Smith 1984)
when fewer than 1 % of the draws are admissible or when an equality flattens the set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import null_space
from scipy.optimize import linprog

from essaim.words import SaidError, together, told

Floats = NDArray[np.float64]

REJECTION_FLOOR: Final = 0.01
PILOT: Final = 20_000
CHAINS: Final = 400
SLACK: Final = 1e-9
ROUNDING: Final = 1e-12


class WeightError(SaidError):
    """Constraints that cannot be read or that no weights obey."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """``coefficients · w <= bound`` (or ``==``), and the sentence it comes from."""

    text: str
    coefficients: tuple[float, ...]
    bound: float
    equality: bool = False


@dataclass(frozen=True, slots=True)
class WeightSpace:
    """All admissible weights of ``names``; never empty when made by ``weight_space``."""

    names: tuple[str, ...]
    constraints: tuple[Constraint, ...]

    def matrices(self) -> tuple[Floats, Floats, Floats, Floats]:
        """A, b, E, e of ``A w <= b`` and ``E w == e``, non-negativity and the sum included."""
        n = len(self.names)
        soft = [c for c in self.constraints if not c.equality]
        hard = [c for c in self.constraints if c.equality]
        a = np.vstack([-np.eye(n), *(np.array(c.coefficients) for c in soft)])
        e = np.vstack([np.ones(n), *(np.array(c.coefficients) for c in hard)])
        return (
            a,
            np.array([0.0] * n + [c.bound for c in soft]),
            e,
            np.array([1.0] + [c.bound for c in hard]),
        )

    def admits(self, weights: Floats, tolerance: float = 1e-9) -> NDArray[np.bool_]:
        """Which rows of ``weights`` (S, m) obey every constraint."""
        a, b, e, f = self.matrices()
        inside = np.all(weights @ a.T <= b + tolerance, axis=1)
        exact = np.all(np.abs(weights @ e.T - f) <= tolerance, axis=1)
        return np.asarray(inside & exact)

    def range_of(self, direction: Sequence[float]) -> tuple[float, float]:
        """Least and greatest value of ``direction · w`` over the admissible weights."""
        a, b, e, f = self.matrices()
        ends = [linprog(s * np.asarray(direction), a, b, e, f, bounds=(None, None)).fun for s in (1, -1)]
        return float(ends[0]), -float(ends[1])


@dataclass(frozen=True, slots=True)
class Draws:
    """``weights`` (S, m) uniform on the space; ``effective``: independent draws they are worth."""

    weights: Floats
    method: str
    acceptance: float | None
    effective: float


def weight_space(
    sentences: Sequence[str], criteria: Sequence[str], families: Mapping[str, Sequence[str]]
) -> WeightSpace:
    """Read the sentences and check that some weights obey them all; else name a smallest conflicting set."""
    constraints = [c for s in sentences for c in parse(s, criteria, families)]
    space = WeightSpace(tuple(criteria), tuple(constraints))
    if not _feasible(space):
        clash = together([told("« %(sentence)s »", sentence=s) for s in conflict(space)], " ; ")
        raise WeightError(
            "Aucun poids ne respecte toutes les contraintes. Celles-ci se contredisent : %(clash)s. "
            "Retirez ou assouplissez l’une d’elles.",
            clash=clash,
        )
    return space


def conflict(space: WeightSpace) -> list[str]:
    """A minimal set of sentences that cannot hold together (deletion filter: any one removed, the rest can)."""
    kept = list(dict.fromkeys(c.text for c in space.constraints))
    for text in list(kept):
        others = [t for t in kept if t != text]
        if not _feasible(WeightSpace(space.names, tuple(c for c in space.constraints if c.text in others))):
            kept = others
    return kept


def _feasible(space: WeightSpace) -> bool:
    a, b, e, f = space.matrices()
    return bool(linprog(np.zeros(len(space.names)), a, b, e, f, bounds=(None, None)).status == 0)


# --- reading -----------------------------------------------------------------------------------------------

TERM: Final = re.compile(
    r"(?P<sign>[+-]?)\s*(?:(?P<number>\d+(?:[.,]\d+)?)\s*(?P<percent>%)?)?\s*\*?\s*(?P<name>[^\W\d]\w*)?\s*"
)


def parse(text: str, criteria: Sequence[str], families: Mapping[str, Sequence[str]]) -> list[Constraint]:
    """One sentence to one or two constraints."""
    parts = re.split(r"(<=|>=|==|=|≤|≥)", text)
    if len(parts) < 3:
        raise WeightError(
            "Contrainte illisible : « %(sentence)s ». Écrivez par exemple « need >= resources », « need "
            ">= 2 * offer » ou « 0.1 <= chomage <= 0.4 ».",
            sentence=text,
        )
    sides = [_linear(p, text, criteria, families) for p in parts[0::2]]
    return [
        _constraint(text, left, op, right)
        for left, op, right in zip(sides, parts[1::2], sides[1:], strict=False)
    ]


def _constraint(text: str, left: tuple[Floats, float], op: str, right: tuple[Floats, float]) -> Constraint:
    sign = -1.0 if op in (">=", "≥") else 1.0
    coefficients = sign * (left[0] - right[0])
    if not coefficients.any():
        raise WeightError("Contrainte sans effet : « %(sentence)s » ne compare aucun poids.", sentence=text)
    bound = sign * (right[1] - left[1])
    return Constraint(text, tuple(coefficients.tolist()), float(bound), op in ("=", "=="))


def _linear(
    side: str, text: str, criteria: Sequence[str], families: Mapping[str, Sequence[str]]
) -> tuple[Floats, float]:
    """Coefficients and constant of one side of a comparison."""
    coefficients, constant, position = np.zeros(len(criteria)), 0.0, 0
    side = side.strip()
    if not side:
        raise WeightError("Contrainte incomplète : « %(sentence)s ».", sentence=text)
    while position < len(side):
        term = TERM.match(side, position)
        if term is None or term.end() == position or not (term["number"] or term["name"]):
            raise WeightError(
                "Contrainte illisible : « %(sentence)s », à partir de « %(side)s ».",
                sentence=text,
                side=side[position:],
            )
        value = float((term["number"] or "1").replace(",", ".")) / (100 if term["percent"] else 1)
        value = -value if term["sign"] == "-" else value
        if term["name"] is None:
            constant += value
        else:
            coefficients[_columns(term["name"], text, criteria, families)] += value
        position = term.end()
    return coefficients, constant


def _columns(
    name: str, text: str, criteria: Sequence[str], families: Mapping[str, Sequence[str]]
) -> list[int]:
    if name in criteria:
        return [criteria.index(name)]
    members = families.get(name, ())
    if not members:
        known = ", ".join([*criteria, *(f for f in families if families[f])])
        raise WeightError(
            "« %(name)s », dans « %(sentence)s », n’est ni un critère ni une famille : %(known)s.",
            name=name,
            sentence=text,
            known=known,
        )
    return [criteria.index(m) for m in members]


# --- drawing -----------------------------------------------------------------------------------------------


def draw(space: WeightSpace, size: int, seed: int) -> Draws:
    """``size`` weight vectors uniform on the admissible set; the same seed gives the same draws."""
    rng = np.random.default_rng(seed)
    if any(c.equality for c in space.constraints):
        return _hit_and_run(space, size, rng, None)
    pilot = _simplex(rng, PILOT, len(space.names))
    good = pilot[space.admits(pilot, ROUNDING)]
    acceptance = len(good) / PILOT
    if acceptance < REJECTION_FLOOR:
        return _hit_and_run(space, size, rng, acceptance)
    kept = [good]
    while (count := sum(map(len, kept))) < size:
        more = _simplex(rng, int(1.1 * (size - count) / acceptance) + 100, len(space.names))
        kept.append(more[space.admits(more, ROUNDING)])
    return Draws(np.concatenate(kept)[:size], "rejet", acceptance, float(size))


def _simplex(rng: np.random.Generator, size: int, n: int) -> Floats:
    raw = rng.standard_exponential((size, n))
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))


def _hit_and_run(space: WeightSpace, size: int, rng: np.random.Generator, acceptance: float | None) -> Draws:
    """Parallel chains from the Chebyshev centre, directions shaped by a pilot run's covariance."""
    a, b, e, f = _full_dimensional(space)
    basis = null_space(e)
    centre = np.linalg.lstsq(e, f, rcond=None)[0]
    if basis.shape[1] == 0:
        return Draws(np.repeat(centre[None, :], size, axis=0), "point unique", acceptance, float(size))
    g, h = a @ basis, b - a @ centre
    moving = np.abs(g).max(axis=1) > 1e-12
    g, h = g[moving], h[moving]
    dimension = basis.shape[1]
    states = np.repeat(_chebyshev(g, h)[None, :], CHAINS, axis=0)
    states, pilot = _walk(states, g, h, np.eye(dimension), rng, keep=20, thin=5 * dimension)
    spread = np.cov(pilot[5:].reshape(-1, dimension).T).reshape(dimension, dimension)
    shape = np.asarray(np.linalg.cholesky(spread), float)
    per_chain = -(-size // CHAINS)
    _, kept = _walk(states, g, h, shape, rng, keep=per_chain, thin=8 * dimension)
    weights = np.clip(centre + kept.reshape(-1, dimension)[:size] @ basis.T, 0.0, None)
    return Draws(weights, "hit-and-run", acceptance, _effective(kept) * size / kept[..., 0].size)


def _full_dimensional(space: WeightSpace) -> tuple[Floats, Floats, Floats, Floats]:
    """Inequalities that leave no room (``a >= b`` and ``b >= a``) become equalities."""
    a, b, e, f = space.matrices()
    lows = [linprog(row, a, b, e, f, bounds=(None, None)).fun for row in a]
    tight = b - np.array(lows) <= SLACK
    return a[~tight], b[~tight], np.vstack([e, a[tight]]), np.concatenate([f, b[tight]])


def _chebyshev(g: Floats, h: Floats) -> Floats:
    """Centre of the largest ball in ``g x <= h``."""
    n = g.shape[1]
    norms = np.linalg.norm(g, axis=1, keepdims=True)
    found = linprog(
        np.r_[np.zeros(n), -1.0], np.hstack([g, norms]), h, bounds=[(None, None)] * n + [(0, None)]
    )
    return np.asarray(found.x[:n])


def _walk(
    states: Floats, g: Floats, h: Floats, shape: Floats, rng: np.random.Generator, keep: int, thin: int
) -> tuple[Floats, Floats]:
    """Hit-and-run steps of every chain: last states (C, d) and kept ones (keep, C, d)."""
    kept = np.empty((keep, *states.shape))
    for step in range(keep * thin):
        direction = rng.standard_normal(states.shape) @ shape.T
        speed, room = direction @ g.T, h - states @ g.T
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(np.abs(speed) > 1e-14, np.maximum(room, 0.0) / speed, np.nan)
        high = np.nanmin(np.where(speed > 0, reach, np.inf), axis=1)
        low = np.nanmax(np.where(speed < 0, reach, -np.inf), axis=1)
        states = states + (low + (high - low) * rng.random(len(states)))[:, None] * direction
        if (step + 1) % thin == 0:
            kept[step // thin] = states
    return states, kept


def _effective(kept: Floats) -> float:
    """Independent draws that the chains are worth, from the worst lag-one autocorrelation (AR(1) rule)."""
    total = kept[..., 0].size
    if len(kept) < 3:
        return float(total)
    centred = kept - kept.mean(axis=(0, 1))
    lag = (centred[1:] * centred[:-1]).mean(axis=(0, 1)) / np.maximum(centred.var(axis=(0, 1)), 1e-300)
    rho = float(np.clip(lag.max(), 0.0, 0.999))
    return float(total * (1 - rho) / (1 + rho))
