"""Robust ranking: in what share of the admissible weights is each territory among the first k? (SMAA)

Stochastic multicriteria acceptability analysis (Lahdelma, Hokkanen & Salminen 1998; SMAA-2, Lahdelma & Salminen
2001) with an additive value and weights uniform on the admissible set. For weights w the score of territory i is
``sum_c w_c v_ic``; over the draws come its top-k and rank acceptability, the central weights that favour it, and the
share of weights with which it beats another. Ties at the k-th place share it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from essaim.territory.table import Floats

Scores = NDArray[Any]  # float32 or float64
Status = Literal["certain", "possible", "excluded"]

# Above this number of territories the matrix of ranks is not kept: shares of the first k, and nothing else.
FULL_RANKS: Final = 2_000
# From this many scores on, they are computed in single precision.
SINGLE: Final = 50_000_000
# Scores computed together; more where ranks are counted, whose tables cost the same whatever the number of draws.
BLOCK_CELLS: Final = 3_000_000
RANK_CELLS: Final = 8_000_000
# Scores nearer than this are a tie: what is left of a sum of products in double, and in single precision.
TIE: Final = 1e-9
TIE_SINGLE: Final = 2e-6
# So many territories of high mean score, or ten times k, set a floor under the k-th score of each draw.
STRONG: Final = 200
# Low bits of a score that give way to its column number (2,048 of them, above FULL_RANKS), and TIE in units of the
# last bit of a number in [1, 2).
COLUMN: Final = (1 << 11) - 1
SORTED_AT_ONCE: Final = 100
TIE_BITS: Final = int(TIE * 2**52) + COLUMN
NORMAL_95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Missing:
    """A note to draw: territory ``row`` lacks criterion ``column``; ``among`` are the notes of the others."""

    row: int
    column: int
    among: Floats


@dataclass(frozen=True, slots=True)
class Acceptability:
    """Shares over the draws, all in [0, 1].

    ``top`` (n,): among the first k; ``low``, ``high`` (n,): its 95 % Wilson interval (Monte-Carlo error only);
    ``central`` (n, m): mean of the weights that put it there, NaN if none; ``ranks`` (n, n) or None: share of each
    rank, first rank first; ``same_set``: share of weights whose first k are exactly those of the mean weights.
    """

    k: int
    top: Floats
    low: Floats
    high: Floats
    central: Floats
    ranks: Floats | None
    same_set: float

    def statuses(self) -> list[Status]:
        """certain: in with every draw; excluded: in with none; possible: the rest."""
        return ["certain" if t >= 1 - 1e-9 else "excluded" if t <= 1e-9 else "possible" for t in self.top]

    def rank_interval(self, level: float = 0.9) -> NDArray[np.int64] | None:
        """(n, 2) ranks, from 1, that hold at least the central ``level`` of the weights."""
        if self.ranks is None:
            return None
        cumulated = np.cumsum(self.ranks, axis=1)
        tail = (1 - level) / 2
        low = (cumulated < tail + 1e-9).sum(axis=1) + 1
        high = (cumulated < 1 - tail - 1e-9).sum(axis=1) + 1
        return np.column_stack([low, high])

    def mean_rank(self) -> Floats | None:
        if self.ranks is None:
            return None
        return np.asarray(self.ranks @ np.arange(1.0, self.ranks.shape[1] + 1))


def acceptability(
    values: Floats,
    weights: Floats,
    k: int,
    *,
    effective: float | None = None,
    missing: tuple[Missing, ...] = (),
    seed: int = 0,
    threads: int = 2,
) -> Acceptability:
    """Acceptability of n territories with notes ``values`` (n, m) under ``weights`` (S, m).

    ``effective``: independent draws that the S are worth (S by default). The same seed gives the same answer
    whatever the number of threads.
    """
    n, size = len(values), len(weights)
    if not 1 <= k <= n:
        raise ValueError(f"k vaut {k} ; il doit aller de 1 au nombre de territoires ({n}).")
    best_first = np.argsort(-(values @ weights.mean(axis=0)), kind="stable")
    reference, strong = np.sort(best_first[:k]), np.sort(best_first[: max(STRONG, 10 * k)])
    blocks = list(_blocks(values, weights, missing, seed))
    # BLAS threads of their own would only fight with these. Blocks are added up as they come, not kept.
    with ThreadPoolExecutor(threads) as pool, threadpool_limits(1, user_api="blas"):
        sums = reduce(_add, pool.map(lambda b: _count(b, k, strong, reference), blocks))
    central = sums.central / np.where(sums.top > 0, sums.top, np.nan)[:, None]
    top = sums.top / size
    low, high = wilson(top, float(size if effective is None else effective))
    ranks = None if sums.ranks is None else np.ascontiguousarray(sums.ranks.T) / size
    return Acceptability(k, top, low, high, central, ranks, sums.same_set / size)


def pairwise_winning(values: Floats, weights: Floats) -> Floats:
    """(p, p) share of weights with which each of p territories beats each other; ties count half."""
    scores = weights @ values.T
    wins = np.empty((len(values), len(values)))
    for i in range(len(values)):
        gap = scores[:, [i]] - scores
        wins[i] = (gap > TIE).mean(axis=0) + 0.5 * (np.abs(gap) <= TIE).mean(axis=0)
    return wins


def wilson(share: Floats, size: float) -> tuple[Floats, Floats]:
    """95 % interval of a share seen over ``size`` independent draws (Wilson 1927): never empty at 0 or 1."""
    z2 = NORMAL_95**2 / size
    centre = (share + z2 / 2) / (1 + z2)
    half = NORMAL_95 / (1 + z2) * np.sqrt(share * (1 - share) / size + z2 / (4 * size))
    return np.clip(centre - half, 0.0, 1.0), np.clip(centre + half, 0.0, 1.0)


# --- one block of draws --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Block:
    values: Floats
    weights: Floats
    missing: tuple[Missing, ...]
    seed: tuple[int, int]
    single: bool

    def scores(self) -> Scores:
        """(B, n) scores, notes that are unknown drawn anew for each weight vector."""
        weights, values = self.weights, self.values
        if self.single:
            found: Scores = weights.astype(np.float32) @ values.astype(np.float32).T
        else:
            found = weights @ values.T
        rng = np.random.default_rng(self.seed)
        for hole in self.missing:
            drawn = rng.choice(hole.among, len(weights)) - values[hole.row, hole.column]
            found[:, hole.row] += (weights[:, hole.column] * drawn).astype(found.dtype)
        return found


@dataclass(frozen=True, slots=True)
class _Counts:
    """Over some draws: times in (n,), weights summed when in (n, m), times at each rank (rank, n), same first k."""

    top: Floats
    central: Floats
    ranks: Floats | None
    same_set: int


def _add(one: _Counts, two: _Counts) -> _Counts:
    ranks = None if one.ranks is None or two.ranks is None else one.ranks + two.ranks
    return _Counts(one.top + two.top, one.central + two.central, ranks, one.same_set + two.same_set)


def _blocks(values: Floats, weights: Floats, missing: tuple[Missing, ...], seed: int) -> Iterator[_Block]:
    n, size = len(values), len(weights)
    rows = max(1, (RANK_CELLS if n <= FULL_RANKS else BLOCK_CELLS) // n)
    for rank, start in enumerate(range(0, size, rows)):
        single = n * size > SINGLE
        yield _Block(values, weights[start : start + rows], missing, (seed, rank), single)


def _count(block: _Block, k: int, strong: NDArray[np.intp], reference: NDArray[np.intp]) -> _Counts:
    scores = block.scores()
    n = scores.shape[1]
    ranks = _rank_counts(scores) if n <= FULL_RANKS else None
    rows, columns, share = _members(scores, k, strong)
    top = np.bincount(columns, share, n)
    central = np.column_stack([np.bincount(columns, share * w[rows], n) for w in block.weights.T])
    hits = np.bincount(rows[np.isin(columns, reference)], minlength=len(scores))
    return _Counts(np.asarray(top, float), np.asarray(central, float), ranks, int((hits == k).sum()))


def _members(
    scores: Scores, k: int, strong: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Rows, columns and shares of those among the first k; those tied at the limit share its places.

    The k-th score among the ``strong`` columns is at most the k-th of all: only what reaches it is looked at.
    """
    count, n = scores.shape
    tie = TIE if scores.dtype == np.float64 else TIE_SINGLE
    floor = _kth(scores[:, strong], k) if len(strong) < n else _kth(scores, k)
    places = np.flatnonzero(scores >= (floor - tie)[:, None])
    rows, columns = np.divmod(places, n)
    kept = scores.ravel()[places]
    limit = _kth(_padded(rows, kept, count), k) if len(strong) < n else floor
    reach = kept >= limit[rows] - tie
    rows, columns, kept = rows[reach], columns[reach], kept[reach]
    sure = kept > limit[rows] + tie
    above = np.bincount(rows[sure], minlength=count)
    tied = np.bincount(rows[~sure], minlength=count)
    return rows, columns, np.where(sure, 1.0, ((k - above) / np.maximum(tied, 1))[rows])


def _kth(scores: Scores, k: int) -> Scores:
    """The k-th greatest of each row."""
    return np.asarray(np.partition(scores, -k, axis=1)[:, -k])


def _padded(rows: NDArray[np.intp], kept: Scores, count: int) -> Scores:
    """Values listed by row as a table, each row filled up with minus infinity."""
    sizes = np.bincount(rows, minlength=count)
    table = np.full((count, sizes.max()), -np.inf, kept.dtype)
    table[rows, np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)] = kept
    return table


def _rank_counts(scores: Scores) -> Floats:
    """(n, n) how often each rank (row) is each territory's (column).

    Distances to the best are put in [1, 2], where positive floats sort like the integers of the same bits, and the
    column number takes their last bits: sorting integers is several times faster than argsort. Draws are sorted a
    few at a time and counted rank by rank, so that each step stays in the processor's cache.
    """
    count, n = scores.shape
    best, columns, first_of_rank = scores.max() + 1, np.arange(n), np.arange(n) * n
    cells = np.empty((n, count), np.int64)
    orders, nears = [np.empty((0, n), np.int64)], [np.empty((0, n - 1), bool)]
    for start in range(0, count, SORTED_AT_ONCE):
        keys = (best - scores[start : start + SORTED_AT_ONCE]).view(np.int64)
        keys &= ~COLUMN
        keys |= columns
        keys.sort(axis=1)
        near = keys[:, 1:] - keys[:, :-1] <= TIE_BITS
        keys &= COLUMN
        tied = near.any(axis=1)
        orders.append(keys[tied])
        nears.append(near[tied])
        keys += first_of_rank
        keys[tied] = n * n  # counted apart
        cells[:, start : start + SORTED_AT_ONCE] = keys.T
    clear = np.bincount(cells.ravel(), minlength=n * n + 1)[:-1].reshape(n, n)
    return clear + _tied_rank_counts(np.concatenate(orders), np.concatenate(nears))


def _tied_rank_counts(order: NDArray[np.int64], near: NDArray[np.bool_]) -> Floats:
    """The same for draws with ties: a group of t equals has 1/t of each of its t ranks."""
    count, n = order.shape
    opens = np.ones((count, n), bool)
    opens[:, 1:] = ~near
    starts = np.flatnonzero(opens)
    sizes = np.diff(np.append(starts, count * n))
    length = np.repeat(sizes, sizes)
    base = np.repeat(starts % n, sizes) * n + order.ravel()
    # Differences along ranks: +1/t where the group opens, -1/t after its last rank, summed at the end.
    steps = np.bincount(
        np.r_[base, base + length * n], np.r_[1.0 / length, -1.0 / length], (n + 1) * n
    ).reshape(n + 1, n)
    return np.asarray(np.cumsum(steps, axis=0, out=steps)[:n])
