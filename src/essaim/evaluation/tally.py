"""Persons of parquet files counted by territory and period in one pass, where numba is installed (group ``fast``).

polars reads the rows by batches, in no order, while a compiled kernel adds them to tables of territories × periods, one
a thread. Sums are those of ``pushdown``: of whole numbers, the same in any order and in any engine. What does not
fit is left to the engine's query: a missing key, keys that are neither whole numbers nor text, decimals, more places
than a laptop would hold, numbers too large to be added safely.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from essaim.evaluation.columns import Ints
from essaim.kernels import compiled

#: Most places of a table: 400 MB of three sums.
PLACES: Final = 2**24
#: Columns of whole numbers that are read as they are.
WHOLE: Final = (pl.Int8, pl.Int16, pl.Int32, pl.Int64)
#: Rows a batch: fewer would cost more to hand over than to count.
BATCH: Final = 2**20
#: Threads that count, each in a table of its own.
THREADS: Final = min(4, os.cpu_count() or 1)
#: Cells whose sums a kernel holds before it puts them in its table.
HELD: Final = 512
#: Bound of the keys, and of the sums of a thread: those of four hold in 63 bits.
LARGEST: Final = 2**60
#: The mark of a territory not met yet, and that of a missing value.
UNMET, MISSING = np.iinfo(np.int64).min, np.iinfo(np.int64).min + 1


@dataclass(frozen=True, slots=True)
class Counted:
    """``cells``: territory, period, ``persons`` and sums; ``places``: territory, fixed values, its ``entries``."""

    cells: pl.DataFrame
    places: pl.DataFrame


class Unfit(Exception):
    """The rows are for the query of the engine."""


def counted(
    path: str, unit: str, time: str, fixed: Sequence[str], numbers: Sequence[str], floating: Sequence[bool]
) -> Counted | None:
    """The persons of the files ``path`` by ``unit`` and ``time``; ``None`` where the engine must count them.

    ``numbers``: the outcome, and the weight if any; persons without all of them are not counted. The sums are « total »
    (outcomes, times their weights) and « weight »; a ``floating`` one has its rest in « …_rest » (``pushdown._Sum``).
    """
    try:
        if {unit, time, *fixed} & {"persons", "entries", "total", "total_rest", "weight", "weight_rest"}:
            raise Unfit
        rows = pl.scan_parquet(path)
        kinds = rows.collect_schema()
        keys = [_Key.of(name, kinds[name]) for name in (unit, time)]
        read = [key.read for key in keys] + [pl.col(name).alias(f"fixed {name}") for name in fixed]
        read += [_number(name, kinds[name]).alias(f"number {name}") for name in numbers]
        batches = rows.select(read).collect_batches(chunk_size=BATCH, maintain_order=False)
        parts = _parts(batches, list(floating))
        return _together(parts, keys, fixed)
    except (Unfit, KeyError, OSError, pl.exceptions.PolarsError):
        return None


@dataclass(frozen=True, slots=True)
class _Key:
    """A key as the kernel reads it: a whole number as it is, a text by its number in a list of its own."""

    name: str
    kind: Any
    categories: pl.Categories | None

    @classmethod
    def of(cls, name: str, kind: Any) -> "_Key":
        if kind == pl.String:
            return cls(name, kind, pl.Categories.random("essaim"))
        if kind not in WHOLE:
            raise Unfit
        return cls(name, kind, None)

    @property
    def read(self) -> pl.Expr:
        column = pl.col(self.name)
        if self.categories is not None:
            column = column.cast(pl.Categorical(self.categories)).to_physical()
        return column.alias(f"key {self.name}")

    def shown(self, values: Ints) -> pl.Series:
        """The values as they were in the file."""
        if self.categories is None:
            return pl.Series(self.name, values).cast(self.kind)
        numbers = pl.Series(self.name, values.astype(np.uint32))
        return numbers.cat.to(pl.Categorical(self.categories)).cast(pl.String)


def _number(name: str, kind: Any) -> pl.Expr:
    if kind not in (*WHOLE, pl.Boolean, pl.Float64):
        raise Unfit
    return pl.col(name).cast(pl.Int64) if kind == pl.Boolean else pl.col(name)


def _parts(batches: Iterator[pl.DataFrame], floating: list[bool]) -> list["_Part"]:
    """The batches counted by ``THREADS`` threads, each taking the next one when it is free."""
    lock, parts = threading.Lock(), [_Part(floating) for _ in range(THREADS)]

    def count(part: _Part) -> None:
        while True:
            with lock:
                batch = next(batches, None)
            if batch is None:
                return
            part.add(batch)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(count, parts))
    return [part for part in parts if part.met]


def _slots(values: range, size: int) -> Ints:
    """The place of each value on an axis of ``size``, a power of two: no two of a range share one."""
    return np.arange(values.start, values.stop) & (size - 1)


def _stretch(values: range, size: int) -> slice | Ints:
    """The same, as a stretch of the axis where they make one."""
    slots = _slots(values, size)
    return slice(int(slots[0]), int(slots[-1]) + 1) if slots[0] <= slots[-1] else slots


def _size(values: range) -> int:
    return 1 << max(values.stop - values.start - 1, 0).bit_length()


def _joined(ranges: Sequence[range]) -> range:
    met = [each for each in ranges if each]
    return range(min(each.start for each in met), max(each.stop for each in met))


class _Part:
    """What a thread has counted: for each sum a table (territory, period, [persons, sum, rest]); a mark a territory."""

    def __init__(self, floating: list[bool]) -> None:
        self.floating = floating
        self.axes: tuple[range, ...] = (range(0), range(0))
        self.tables = [np.zeros((1, 1, 2 + rest), np.int64) for rest in floating]
        self.marks = np.full(1, UNMET)
        self.rows, self.largest = 0, [0] * len(floating)
        self.places: list[pl.DataFrame] = []

    @property
    def met(self) -> bool:
        """Whether there was anything to count."""
        return bool(self.axes[0])

    def add(self, batch: pl.DataFrame) -> None:
        """Count the persons of ``batch``: the keys, the fixed values, the numbers."""
        first = batch.width - len(self.floating)
        if not all(_known(batch.to_series(place)) for place in range(first, batch.width)):
            batch = batch.filter(pl.all_horizontal(pl.nth(*range(first, batch.width)).is_finite()))
        if batch.is_empty():
            return
        unit, time, *fixed = batch.iter_columns()
        if unit.null_count() or time.null_count():
            raise Unfit
        self.rows += len(batch)
        ends = _ends(unit), _ends(time)
        if max(abs(end) for pair in ends for end in pair) >= LARGEST:
            raise Unfit
        self.reach([range(low, high + 1) for low, high in ends])
        given = unit.to_numpy(), time.to_numpy(), _marks(batch[:, 2:first])
        met = np.empty(len(batch), np.int32)
        for place, values in enumerate(self._summed(fixed[first - 2 :])):
            table, floating = (
                self.tables[place].reshape(-1, self.tables[place].shape[2]),
                self.floating[place],
            )
            self.largest[place] = max(self.largest[place], *(abs(end) for end in _ends(values)))
            if self.largest[place] * self.rows * (4096 if floating else 1) >= LARGEST:
                raise Unfit
            new = compiled(_add, _put)(*given, values.to_numpy(), self.marks, table, floating, met)
            if new:
                self.places.append(
                    pl.DataFrame([each.gather(met[:new]) for each in (unit, *fixed[: first - 2])])
                )

    @property
    def sizes(self) -> tuple[int, int]:
        """Of the two axes."""
        return self.tables[0].shape[:2]

    def reach(self, ranges: list[range]) -> None:
        """Make room for keys in ``ranges``; territories that come little by little find some in advance."""
        axes = [_joined(pair) for pair in zip(self.axes, ranges, strict=True)]
        needed = [_size(axis) for axis in axes]
        if self.met and needed[0] > self.sizes[0]:
            needed[0] = min(4 * needed[0], max(needed[0], PLACES // needed[1]))
        self.resize(axes, [max(pair) for pair in zip(needed, self.sizes, strict=True)])

    def resize(self, axes: Sequence[range], sizes: Sequence[int]) -> None:
        """The same counts on other ``axes``, that hold those of now."""
        if sizes[0] * sizes[1] > PLACES:
            raise Unfit
        if (*sizes,) != self.sizes:
            there, here = (
                [_slots(axis, size) for axis, size in zip(self.axes, each, strict=True)]
                for each in (sizes, self.sizes)
            )
            tables, marks = self.tables, self.marks
            self.tables = [np.zeros((*sizes, table.shape[2]), np.int64) for table in tables]
            self.marks = np.full(sizes[0], UNMET)
            self.marks[there[0]] = marks[here[0]]
            for new, table in zip(self.tables, tables, strict=True):
                new[np.ix_(*there)] = table[np.ix_(*here)]
        self.axes = tuple(axes)

    def _summed(self, numbers: list[pl.Series]) -> list[pl.Series]:
        """The outcome, or its product by the weight and the weight."""
        if len(numbers) == 1:
            return numbers
        if not self.floating[0]:
            numbers = [each.cast(pl.Int64) for each in numbers]
            if np.prod([float(max(abs(end) for end in _ends(each))) for each in numbers]) >= LARGEST:
                raise Unfit
        return [numbers[0] * numbers[1], numbers[1]]


def _ends(values: pl.Series) -> tuple[Any, Any]:
    return values.min(), values.max()


def _marks(fixed: pl.DataFrame) -> Any:
    """A whole number a row that tells the fixed values apart."""
    one = fixed.to_series(0)
    if fixed.width > 1 or one.dtype not in WHOLE:
        return fixed.hash_rows().to_numpy().view(np.int64)
    return (one.cast(pl.Int64).fill_null(MISSING) if one.null_count() else one).to_numpy()


def _known(values: pl.Series) -> bool:
    """Whether all are numbers."""
    return not values.null_count() and (not values.dtype.is_float() or bool(values.is_finite().all()))


def _add(
    units: Any, times: Any, marks: Any, values: Any, known: Any, table: Any, floating: bool, met: Any
) -> int:
    """Add rows to ``table`` (territories × periods, [persons, sum, rest]).

    Rows that follow one another in a cell, as in a sorted file, are added up first. A row whose mark is not the one
    ``known`` of its territory gives it its own; such rows are noted in ``met``, their number returned.
    """
    width, new, held = len(table) // len(known), 0, 0
    unit_mask, time_mask = len(known) - 1, width - 1
    cells, sums = np.empty(HELD, np.uint64), np.empty((HELD, 3), np.int64)
    # Unsigned: a compiled index is then not first tried for a negative one.
    here = np.uint64((units[0] & unit_mask) * width + (times[0] & time_mask))
    persons, total, rest = 0, 0, 0
    for i in range(len(units)):
        unit = units[i] & unit_mask
        cell = np.uint64(unit * width + (times[i] & time_mask))
        if cell != here:
            cells[held], sums[held, 0], sums[held, 1], sums[held, 2] = here, persons, total, rest
            held += 1
            here, persons, total, rest = cell, 0, 0, 0
            if held == HELD:
                _put(cells, sums, held, table, floating)
                held = 0
        persons += 1
        if floating:
            scaled = values[i] * 4096.0
            whole = np.floor(scaled)
            total += int(whole)
            rest += int(np.rint((scaled - whole) * 1099511627776.0))
        else:
            total += int(values[i])
        if known[np.uint64(unit)] != marks[i]:
            known[np.uint64(unit)] = marks[i]
            met[new] = i
            new += 1
    cells[held], sums[held, 0], sums[held, 1], sums[held, 2] = here, persons, total, rest
    _put(cells, sums, held + 1, table, floating)
    return new


def _put(cells: Any, sums: Any, held: int, table: Any, floating: bool) -> None:
    """Add sums to their cells, and nothing else: a processor then awaits many of them at once."""
    for j in range(held):
        table[cells[j], 0] += sums[j, 0]
        table[cells[j], 1] += sums[j, 1]
        if floating:
            table[cells[j], 2] += sums[j, 2]


def _together(parts: list[_Part], keys: list[_Key], fixed: Sequence[str]) -> Counted:
    """The tables of all threads added, and read."""
    if not parts:
        raise Unfit
    axes = tuple(_joined([part.axes[place] for part in parts]) for place in (0, 1))
    sizes = [max(_size(axes[place]), *(part.sizes[place] for part in parts)) for place in (0, 1)]
    for part in parts:
        part.resize(axes, sizes)
    rows, columns = (_stretch(*pair) for pair in zip(axes, sizes, strict=True))
    tables = [
        sum(table[rows][:, columns] for table in each)
        for each in zip(*(part.tables for part in parts), strict=True)
    ]
    if any(parts[0].floating) and tables[0][:, :, 0].max() >= LARGEST >> 40:
        raise Unfit  # the rests, of 2⁴⁰ at most each, may not add up
    row, column = np.nonzero(tables[0][:, :, 0])
    found = zip(keys, axes, (row, column), strict=True)
    read = [key.shown(axis.start + place) for key, axis, place in found]
    read.append(pl.Series("persons", tables[0][row, column, 0]))
    for name, table in zip(("total", "weight"), tables, strict=False):
        for place, suffix in enumerate(("", "_rest")[: table.shape[2] - 1], start=1):
            read.append(pl.Series(name + suffix, table[row, column, place]))
    met = pl.concat([frame for part in parts for frame in part.places]).unique()
    places = met.select(pl.col(f"fixed {name}").alias(name) for name in fixed)
    places = places.insert_column(0, keys[0].shown(met.to_series(0).to_numpy()))
    return Counted(pl.DataFrame(read), places.with_columns(pl.len().over(keys[0].name).alias("entries")))
