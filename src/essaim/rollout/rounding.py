"""Random bits that never change, permutations, and fair rounding of a table of shares."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Bits:
    """A stream of 64-bit integers fixed by a text: PCG64 seeded by its SHA-256."""

    def __init__(self, text: str) -> None:
        self._stream = np.random.PCG64(int(hashlib.sha256(text.encode()).hexdigest(), 16))

    def raw(self, *shape: int) -> NDArray[np.uint64]:
        return np.asarray(self._stream.random_raw(int(np.prod(shape))), dtype=np.uint64).reshape(shape)

    def below(self, limit: int) -> int:
        """A uniform integer in [0, limit): values past the last whole multiple are drawn again."""
        while (value := int(self._stream.random_raw())) >= 2**64 - 2**64 % limit:
            pass
        return value % limit


def permutations(bits: Bits, count: int, length: int) -> Ints:
    """``count`` uniform permutations of ``range(length)`` (count × length).

    The low bits of each key carry its place, so that sorting the keys alone gives the order and ties cannot be.
    """
    places = np.uint64((1 << length.bit_length()) - 1)
    keys = (bits.raw(count, length) & ~places) | np.arange(length, dtype=np.uint64)
    keys.sort(axis=1)
    return (keys & places).astype(np.int64)


def distinct(schemes: Ints, bits: Bits) -> Ints:
    """The different rows, told apart by a random 64-bit sum (two rows share one once in 10¹⁹)."""
    sums = schemes.astype(np.uint64) @ bits.raw(schemes.shape[1])
    return np.asarray(schemes[np.unique(sums, return_index=True)[1]])


def even_sizes(total: int, capacities: Sequence[int]) -> tuple[int, ...]:
    """``total`` shared as evenly as ``capacities`` allow, the first ones taking the remainder.

    >>> even_sizes(10, [2, 9, 9])
    (2, 4, 4)
    """
    sizes = [0] * len(capacities)
    for _ in range(total):
        with_room = (w for w, limit in enumerate(capacities) if sizes[w] < limit)
        sizes[min(with_room, key=lambda w: (sizes[w], w))] += 1
    return tuple(sizes)


def rounded_table(rows: Ints, columns: Ints, bits: Bits) -> Ints:
    """A random integer table with these margins, each cell the floor or the ceiling of its proportional share.

    Cells have their share as expectation: unbiased controlled rounding (Cox 1987): around a cycle of fractional
    cells, add and take the same amount until one becomes whole, up or down so that expectations hold. ``rows`` and
    ``columns`` have the same sum N; shares are ``rows × columns / N``, kept exact as numerators over N.
    """
    total = int(rows.sum())
    cells: list[list[int]] = [[int(r) * int(c) for c in columns] for r in rows]
    while cycle := _cycle([[c % total for c in row] for row in cells]):
        up, down = cycle[::2], cycle[1::2]
        rise = min(min(total - cells[i][j] % total for i, j in up), min(cells[i][j] % total for i, j in down))
        fall = min(min(cells[i][j] % total for i, j in up), min(total - cells[i][j] % total for i, j in down))
        step = rise if bits.below(rise + fall) < fall else -fall
        for i, j in up:
            cells[i][j] += step
        for i, j in down:
            cells[i][j] -= step
    return np.array([[c // total for c in row] for row in cells], dtype=np.int64)


def _cycle(parts: list[list[int]]) -> list[tuple[int, int]]:
    """Cells of a cycle that moves along a row then a column in turn; empty when no cell has a fractional part.

    Margins are whole, so that a line with one fractional cell has another: the walk never stops before it
    meets itself. Lines met are kept as ``i`` for rows and ``~j`` for columns.
    """
    start = next((i for i, row in enumerate(parts) if any(row)), None)
    if start is None:
        return []
    lines, cells = [start], [(-1, -1)]
    while True:
        at, last = lines[-1], cells[-1]
        if at >= 0:
            cell = next((at, j) for j, part in enumerate(parts[at]) if part and (at, j) != last)
            line = ~cell[1]
        else:
            cell = next((i, ~at) for i in range(len(parts)) if parts[i][~at] and (i, ~at) != last)
            line = cell[0]
        cells.append(cell)
        if line in lines:
            return cells[lines.index(line) + 1 :]
        lines.append(line)
