"""Columns of a frame turned into arrays, with errors that name the rows."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from essaim.evaluation.errors import PanelError, some
from essaim.evaluation.periods import NEVER, NEVER_WORDS, Calendar, UnreadablePeriod, as_text, parse
from essaim.words import told

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
#: Codes of rows, in the shortest whole numbers that hold them: there are as many as rows.
Codes = NDArray[np.signedinteger[Any]]
_Number = TypeVar("_Number", bound=np.generic)

#: Rows put in place at once: what that takes beside the rows stays small.
_PART = 1 << 18

#: A lookup table over the range of integer codes is used up to this size (bytes: 8 a code).
_LOOKUP_RANGE = 50_000_000
#: Beyond this the squares of squares of deviations are no numbers.
_HUGE = 1e75


def require(frame: pl.DataFrame, columns: Sequence[str]) -> None:
    """Raise when a column is missing, naming those that exist."""
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise PanelError(
            "Colonne absente : %(names)s. Le tableau contient : %(columns)s. "
            "Nommez celles de l’unité, de la période, de la première exposition et du résultat.",
            option="--unit, --time, --cohort, --outcome",
            names=some(missing),
            columns=some(frame.columns, limit=20),
        )


def rows_where(mask: Bools, first_row: int) -> str:
    """French list of the rows of the file where ``mask`` is true."""
    return told("ligne %(rows)s", rows=some(np.flatnonzero(mask) + first_row))


def numbers(frame: pl.DataFrame, column: str, first_row: int, *, finite: bool = True) -> Floats:
    """A numeric column; a missing value is NaN. Text that is not a number, or infinity, is refused."""
    series = frame[column]
    if series.dtype == pl.String:
        text = series.str.strip_chars()
        # A French decimal comma is unambiguous here: a thousands separator would leave two of them.
        values = text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
        empty = series.is_null() | text.str.to_lowercase().is_in(["", "nan", "na", "nd"])
        bad = (values.is_null() & ~empty).to_numpy()
        if bad.any():
            raise PanelError(
                "Colonne « %(column)s » : valeur qui n’est pas un nombre "
                "(%(names)s), %(where)s. Corrigez-la, ou laissez la case vide si elle est inconnue.",
                column=column,
                names=some(series.filter(bad).unique(maintain_order=True), 3),
                where=rows_where(bad, first_row),
            )
        series = values
    elif not series.dtype.is_numeric() and series.dtype != pl.Boolean and series.dtype != pl.Null:
        raise PanelError(
            "Colonne « %(column)s » : des nombres sont attendus, pas %(dtype)s.",
            column=column,
            dtype=series.dtype,
        )
    array = series.cast(pl.Float64).to_numpy()
    array = np.where(series.is_null().to_numpy(), np.nan, array) if series.null_count() else array
    huge = _huge(array) if finite else None
    if huge is not None:
        raise PanelError(
            "Colonne « %(column)s » : valeur infinie ou démesurée, %(where)s. Corrigez-la.",
            column=column,
            where=rows_where(huge, first_row),
        )
    return array


def _huge(array: Floats) -> Bools | None:
    """Where numbers are infinite, or so large that their squares would be; ``None`` when none is."""
    with np.errstate(over="ignore", invalid="ignore"):
        if array @ array < _HUGE**2:  # one pass tells it for all, on the common path
            return None
        huge = np.abs(array) >= _HUGE
    return huge if huge.any() else None


def parts(count: int) -> Iterator[slice]:
    """Consecutive parts of so many rows."""
    return (slice(start, min(start + _PART, count)) for start in range(0, count, _PART))


def gathered(table: NDArray[_Number], row_codes: Codes) -> NDArray[_Number]:
    """``table[row_codes]`` by parts: numpy would first write all the codes again, in 8 bytes each."""
    found = np.empty(len(row_codes), dtype=table.dtype)
    for part in parts(len(row_codes)):
        found[part] = table[row_codes[part]]
    return found


def _recoded(place: Ints, row_codes: Codes) -> Codes:
    """The rows by other codes: ``place`` (k,) gives the new one of each."""
    if np.array_equal(place, np.arange(len(place))):
        return row_codes
    return gathered(place.astype(_shortest(len(place))), row_codes)


def _shortest(count: int) -> type[np.signedinteger[Any]]:
    """The whole numbers that hold so many codes."""
    return np.int8 if count <= 2**7 else np.int16 if count <= 2**15 else np.int32


def codes(frame: pl.DataFrame, column: str, first_row: int) -> tuple[Codes, pl.Series]:
    """Codes 0..k-1 of a column (N,) and its distinct values (k,), in increasing order.

    The order of the rows changes nothing to the codes.
    """
    series = frame[column]
    if series.dtype.is_nested():
        raise PanelError(
            "Colonne « %(column)s » : des listes ou des structures, là où une valeur par ligne est attendue.",
            column=column,
        )
    missing = series.is_null().to_numpy()
    if series.dtype.is_float():
        missing = missing | ~np.isfinite(series.fill_null(np.nan).to_numpy())
    elif series.dtype == pl.String:
        missing = missing | (series.fill_null("").str.strip_chars() == "").to_numpy()
    if missing.any():
        raise PanelError(
            "Colonne « %(column)s » : vide, %(where)s. Remplissez-la.",
            column=column,
            where=rows_where(missing, first_row),
        )
    if series.dtype.is_integer() and len(series):
        found = _integer_codes(series)
        if found is not None:
            return found
    if series.dtype.is_float():
        series = pl.Series(column, [as_text(value) for value in series])
    elif not series.dtype.is_integer():
        series = series.cast(pl.String).str.strip_chars()
    values = series.unique().sort()
    index = pl.DataFrame({"value": values, "code": np.arange(len(values), dtype=np.int32)})
    coded = series.to_frame("value").join(index, on="value", how="left", maintain_order="left")["code"]
    return coded.to_numpy(), values


def _integer_codes(series: pl.Series) -> tuple[Codes, pl.Series] | None:
    """Codes of an integer column by a lookup table; ``None`` when its range is too wide for one."""
    found = whole_codes(series.to_numpy())
    return None if found is None else (found[0], pl.Series(series.name, found[1]))


def whole_codes(array: NDArray[np.integer[Any]]) -> tuple[Codes, Ints] | None:
    """The same of an array: codes (N,) and distinct values (k,), in increasing order."""
    low, high = int(array.min()), int(array.max())
    if high - low > _LOOKUP_RANGE:
        return None
    present = np.zeros(high - low + 1, dtype=bool)
    shifted: Codes = np.empty(len(array), dtype=_shortest(len(present)))
    for part in parts(len(array)):
        places = array[part].astype(np.int64) - low
        present[places] = True
        shifted[part] = places
    values = np.flatnonzero(present)
    if len(values) < len(present):
        shifted = gathered((np.cumsum(present) - 1).astype(shifted.dtype), shifted)
    return shifted, values + low


def period_index(frame: pl.DataFrame, column: str, first_row: int) -> tuple[Codes, Calendar]:
    """Index of each row's period (N,) in the calendar of the column."""
    series = frame[column]
    missing = series.is_null().to_numpy()
    if missing.any():
        raise PanelError(
            "Colonne « %(column)s » : période vide, %(where)s. Remplissez-la ou retirez la ligne.",
            column=column,
            where=rows_where(missing, first_row),
        )
    row_codes, values = _raw_codes(series)
    try:
        calendar = Calendar.of(values, column)
    except UnreadablePeriod as error:
        bad = [code for code, value in enumerate(values) if as_text(value) in error.bad]
        raise PanelError(
            "%(said)s À corriger : %(where)s.",
            said=error.said,
            where=rows_where(np.isin(row_codes, bad), first_row),
        ) from error
    ordinals = np.array([parse(calendar.kind, as_text(value)) for value in values], dtype=np.int64)
    place = np.searchsorted(np.array(calendar.ordinals), ordinals)
    return _recoded(place, row_codes), calendar


def cohort_ordinals(frame: pl.DataFrame, column: str, calendar: Calendar, first_row: int) -> Ints:
    """First period of exposure of each row (N,); ``NEVER`` for empty, 0, NaN, infinity or « jamais »."""
    row_codes, ordinals = cohort_codes(frame, column, calendar, first_row)
    return gathered(ordinals, row_codes)


def cohort_codes(frame: pl.DataFrame, column: str, calendar: Calendar, first_row: int) -> tuple[Codes, Ints]:
    """The same as codes (N,) of distinct first periods (k,)."""
    row_codes, values = _raw_codes(frame[column])
    ordinals = [calendar.ordinal(value) for value in values]
    bad = [value for value, ordinal in zip(values, ordinals, strict=True) if ordinal is None]
    if bad:
        where = np.isin(row_codes, [i for i, ordinal in enumerate(ordinals) if ordinal is None])
        raise PanelError(
            "Colonne « %(column)s » : première période d’exposition illisible (%(names)s), "
            "%(where)s. Écrivez-la comme les périodes (%(period)s), en date "
            "AAAA-MM-JJ, ou laissez la case vide pour une unité jamais exposée.",
            column=column,
            names=some(bad, 3),
            where=rows_where(where, first_row),
            period=calendar.labels[0],
        )
    found = np.array([NEVER if n is None else n for n in ordinals], dtype=np.int64)
    distinct, place = np.unique(found, return_inverse=True)
    return _recoded(place, row_codes), distinct


def _raw_codes(series: pl.Series) -> tuple[Codes, list[object]]:
    """Codes and distinct values of a short-listed column (periods, cohorts), ``None`` allowed."""
    if series.dtype.is_integer() and not series.null_count() and len(series):
        found = _integer_codes(series)
        if found is not None:
            return found[0], found[1].to_list()
    values = series.unique(maintain_order=False)
    index = pl.DataFrame({"value": values, "code": np.arange(len(values), dtype=np.int32)})
    joined = series.to_frame("value").join(
        index, on="value", how="left", nulls_equal=True, maintain_order="left"
    )
    return joined["code"].to_numpy(), values.to_list()


def regular(frame: pl.DataFrame, unit: str, time: str) -> int | None:
    """Number of periods T of a frame of integers whose rows are already sorted by unit then period, all
    present.

    ``None`` otherwise: nothing is wrong then, the rows only have to be put in order.
    """
    units, times = frame[unit], frame[time]
    if (
        not (units.dtype.is_integer() and times.dtype.is_integer())
        or units.null_count()
        or times.null_count()
    ):
        return None
    by_unit, by_time = units.to_numpy(), times.to_numpy()
    count = int(np.searchsorted(by_unit, by_unit[0], side="right"))  # true of sorted rows; checked below
    if not count or len(by_unit) % count:
        return None
    increasing = (np.diff(by_unit[::count]) > 0).all() and (np.diff(by_time[:count]) > 0).all()
    same = increasing and steady(by_unit, count) and np.array_equal(by_time[count:], by_time[:-count])
    return count if same else None


def steady(values: NDArray[Any], count: int) -> bool:
    """Whether each run of ``count`` values holds a single one."""
    same = values[1:] == values[:-1]
    same[count - 1 :: count] = True
    return bool(same.all())


__all__ = [
    "NEVER_WORDS",
    "Bools",
    "Codes",
    "Floats",
    "Ints",
    "codes",
    "cohort_codes",
    "cohort_ordinals",
    "gathered",
    "numbers",
    "parts",
    "period_index",
    "regular",
    "require",
    "rows_where",
    "steady",
    "whole_codes",
]
