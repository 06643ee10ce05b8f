"""Official files of any size as typed columns: the rules and messages of :mod:`essaim.opendata.tables`, in bulk.

A CSV is scanned column by column (only the wanted columns are held); each *distinct* cell is parsed once by the
same parsers as people's tables, so two million rows cost seconds. Workbooks go through ``read_table``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from essaim.opendata.header import Header, find_header
from essaim.opendata.raw import OpenedFile, candidates, csv_rows, open_source
from essaim.opendata.safety import MEGABYTE, Limits, UnsafeFile
from essaim.opendata.schema import Column, ColumnFamily, Row, Table, TableProblem
from essaim.opendata.tables import parse_cell, read_table
from essaim.opendata.values import BLANKS, BadCell, Missing, Value, fold

BULK = Limits(
    bytes=4_000 * MEGABYTE, inflated_bytes=2_000 * MEGABYTE, rows=20_000_000, worker_memory=3_000 * MEGABYTE
)
ROW = "_row"
EXTRA = "_extra"

_DTYPES: dict[str, type[pl.DataType]] = {
    "text": pl.String,
    "code": pl.String,
    "period": pl.String,
    "number": pl.Float64,
    "integer": pl.Int64,
    "boolean": pl.Boolean,
    "date": pl.Date,
}


@dataclass(slots=True)
class Frame:
    """``data``: one typed column a wanted column, ``_row`` (row in the file) first. ``report``: the rest."""

    data: pl.DataFrame
    report: Table


def read_frame(
    path: Path,
    columns: Sequence[Column | ColumnFamily],
    *,
    key: Collection[str] = (),
    sheet: str | None = None,
    ignore: Mapping[str, Collection[str]] | None = None,
    reasons: Collection[str] = (),
    limits: Limits = BULK,
) -> Frame:
    """Read a CSV, XLSX, XLS, ODS or Parquet file by the names of its columns.

    Arguments as :func:`essaim.opendata.tables.read_table`; ``reasons`` names columns for which a column
    ``<name>_reason`` says why a value is absent. Rows with a problem are left out and reported.
    """
    if _is_parquet(path):
        return _read_parquet(path, columns, tuple(key), ignore or {}, tuple(reasons), limits)
    table = Table()
    try:
        with open_source(path, limits) as opened:
            if opened.format == "csv":
                table.format, table.encoding = "csv", opened.encoding.removesuffix("-sig")
                return _read_csv(opened, table, columns, tuple(key), ignore or {}, tuple(reasons))
    except UnsafeFile as error:
        table.add(TableProblem(error.message, error.mend, error.row), limits.problems)
        return Frame(_empty(columns, reasons), table)
    table = read_table(path, columns, key=key, sheet=sheet, ignore=ignore, limits=limits)
    data = rows_to_frame(table.rows, _found_columns(table, columns), reasons)
    table.rows = []
    return Frame(data, table)


def rows_to_frame(
    rows: Sequence[Row], columns: Sequence[Column], reasons: Collection[str] = ()
) -> pl.DataFrame:
    """Rows of :func:`read_table` as typed columns, with ``_row``."""
    data: dict[str, pl.Series] = {ROW: pl.Series(ROW, [row.number for row in rows], dtype=pl.Int64)}
    for column in columns:
        values = [row.get(column.name) for row in rows]
        data[column.name] = pl.Series(column.name, values, dtype=_DTYPES[column.kind])
        if column.name in reasons:
            name = f"{column.name}_reason"
            data[name] = pl.Series(name, [row.missing.get(column.name) for row in rows], dtype=pl.String)
    return pl.DataFrame(data)


def neutralised(data: pl.DataFrame) -> pl.DataFrame:
    """The table as it may be written to a CSV: texts made harmless as by ``neutralise_formula``."""
    text = pl.col(pl.String)
    dangerous = text.str.contains(r"^[=+\-@\t\r\n＝＋－＠]") & ~text.str.contains(
        r"^[+-]?[\d\s]*[.,]?\d+\s*%?$"
    )
    return data.with_columns(pl.when(dangerous).then("'" + text).otherwise(text).name.keep())


def _found_columns(table: Table, columns: Sequence[Column | ColumnFamily]) -> list[Column]:
    """The schema as found: named columns (present or not), then the members of families in file order."""
    named = [column for column in columns if isinstance(column, Column)]
    names = {column.name for column in named}
    families = [column for column in columns if isinstance(column, ColumnFamily)]
    kind = families[0].kind if families else "number"
    return named + [Column(name, kind=kind, blank=True) for name in table.columns if name not in names]


def _empty(columns: Sequence[Column | ColumnFamily], reasons: Collection[str]) -> pl.DataFrame:
    return rows_to_frame([], [column for column in columns if isinstance(column, Column)], reasons)


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"PAR1"


def _read_csv(
    opened: OpenedFile,
    table: Table,
    columns: Sequence[Column | ColumnFamily],
    key: tuple[str, ...],
    ignore: Mapping[str, Collection[str]],
    reasons: tuple[str, ...],
) -> Frame:
    best: Header | None = None
    for candidate in candidates(opened):
        header = find_header(candidate.head, columns)
        if not header.problems:
            table.separator, table.header_row = candidate.separator, header.row
            width = len(candidate.head[header.row - 1])
            with _as_utf8(opened) as path:
                raw = _drop_shifted(_scan(path, opened, table, header, width), table, width, opened.limits)
            return _typed_frame(raw, table, header, columns, key, ignore, reasons, opened.limits)
        if best is None or len(header.places) > len(best.places):
            best = header
    for problem in best.problems if best else ():
        table.add(problem, opened.limits.problems)
    return Frame(_empty(columns, reasons), table)


@contextmanager
def _as_utf8(opened: OpenedFile) -> Iterator[Path]:
    """The file itself, or a UTF-8 copy of a cp1252 file."""
    if opened.encoding != "cp1252":
        yield opened.path
        return
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", prefix="essaim-") as copy:
        with opened.path.open(encoding="cp1252", newline="") as stream:
            while chunk := stream.read(1 << 20):
                copy.write(chunk)
        copy.flush()
        yield Path(copy.name)


def _scan(path: Path, opened: OpenedFile, table: Table, header: Header, width: int) -> pl.DataFrame:
    """The wanted columns as texts, named by the schema, with ``_row``. Raises :class:`UnsafeFile`.

    ``_extra`` is the first cell beyond the header: filled, it betrays a row whose cells have shifted.
    """
    wanted = [pl.col(f"c{index}").alias(column.name) for index, column in header.places.items()]
    try:
        scanned = pl.scan_csv(
            path,
            separator=table.separator,
            has_header=False,
            skip_lines=header.row,
            schema={f"c{index}": pl.String for index in range(width + 1)},
            missing_columns="insert",
            truncate_ragged_lines=True,
            row_index_name=ROW,
            row_index_offset=header.row + 1,
        )
        return scanned.select(pl.col(ROW).cast(pl.Int64), *wanted, pl.col(f"c{width}").alias(EXTRA)).collect(
            engine="streaming"
        )
    except pl.exceptions.NoDataError:
        return pl.DataFrame(schema={ROW: pl.Int64, **{c.name: pl.String for c in header.places.values()}})
    except pl.exceptions.PolarsError as error:
        raise _malformed(opened, table) from error


def _malformed(opened: OpenedFile, table: Table) -> UnsafeFile:
    """Find the row that the columnar reader choked on; reading it again raises at a quote never closed."""
    for _ in csv_rows(opened, table.separator):
        continue
    return UnsafeFile("Le fichier CSV est mal formé.", "Téléchargez le fichier de nouveau.")


def _drop_shifted(raw: pl.DataFrame, table: Table, width: int, limits: Limits) -> pl.DataFrame:
    """Leave out and report the rows that have more cells than the header."""
    if EXTRA not in raw.columns:
        return raw
    shifted = raw.filter(pl.col(EXTRA).is_not_null())
    for row, value in shifted.select(ROW, EXTRA).head(limits.problems).iter_rows():
        message = f"La ligne a plus de {width} cellules, le nombre de colonnes."
        mend = "Une cellule contient sans doute le séparateur : mettez-la entre guillemets."
        table.add(TableProblem(message, mend, row, None, value[:80]), limits.problems)
    table.problem_count += max(shifted.height - limits.problems, 0)
    return raw.filter(pl.col(EXTRA).is_null()).drop(EXTRA)


def _typed_frame(
    raw: pl.DataFrame,
    table: Table,
    header: Header,
    columns: Sequence[Column | ColumnFamily],
    key: tuple[str, ...],
    ignore: Mapping[str, Collection[str]],
    reasons: tuple[str, ...],
    limits: Limits,
) -> Frame:
    found = {column.name: column for column in header.places.values()}
    table.columns, table.unread, table.titles = list(found), header.unread, header.titles
    if raw.height > limits.rows:
        message, mend = f"Le fichier dépasse {limits.rows} lignes.", "Découpez-le en plusieurs fichiers."
        table.add(TableProblem(message, mend), limits.problems)
        return Frame(_empty(columns, reasons), table)
    raw = _drop_blank_rows(raw, found)
    raw = _drop_ignored(raw, table, ignore)
    bad = pl.Series("bad", [False]).new_from_index(0, raw.height)
    data = {ROW: raw[ROW]}
    for column in (c for c in columns if isinstance(c, Column) and c.name not in found):
        data[column.name] = pl.Series(column.name, [None], dtype=_DTYPES[column.kind]).new_from_index(
            0, raw.height
        )
    rows = raw[ROW]
    for column in found.values():
        parsed = _parse_column(
            raw.drop_in_place(column.name), rows, column, table, limits, column.name in reasons
        )
        bad = bad if parsed.bad is None else bad | parsed.bad
        data[column.name] = parsed.values
        if parsed.reasons is not None:
            data[f"{column.name}_reason"] = parsed.reasons
    order = [column.name for column in columns if isinstance(column, Column)]
    order += [name for name in found if name not in order]
    order = [name for column in order for name in (column, f"{column}_reason") if name in data]
    frame = pl.DataFrame(data).select(ROW, *order).filter(~bad)
    return Frame(_drop_duplicates(frame, table, key, limits), table)


def _drop_blank_rows(raw: pl.DataFrame, found: Mapping[str, Column]) -> pl.DataFrame:
    return raw.filter(~pl.all_horizontal(pl.col(name).is_null() for name in found))


def _drop_ignored(raw: pl.DataFrame, table: Table, ignore: Mapping[str, Collection[str]]) -> pl.DataFrame:
    before = raw.height
    for name, words in ignore.items():
        if name in raw.columns:
            folded = {fold(word) for word in words}
            # Codes start with a digit, totals with a letter: only the few others are compared in plain letters.
            named = raw[name].unique().drop_nulls()
            named = named.filter(named.str.contains(r"^\s*\D"))
            unwanted = [text for text in named if fold(text) in folded]
            raw = raw.filter(~pl.col(name).is_in(unwanted).fill_null(False)) if unwanted else raw
    table.ignored += before - raw.height
    return raw


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A typed column; which rows are bad (None: none); why values are absent (None: not asked)."""

    values: pl.Series
    bad: pl.Series | None
    reasons: pl.Series | None


def _parse_column(
    raw: pl.Series, rows: pl.Series, column: Column, table: Table, limits: Limits, with_reasons: bool
) -> _Parsed:
    """Parse each distinct cell once, then spread the results over the rows."""
    if column.kind == "text" and column.choices is None and column.check is None:
        return _text_column(raw, rows, column, table, limits, with_reasons)
    distinct = raw.unique().to_list()
    values: dict[str | None, Value | None] = {}
    wrong: dict[str | None, BadCell] = {}
    why: dict[str | None, str] = {}
    for cell in distinct:
        try:
            value = _parse_cell(column, cell, limits)
        except BadCell as error:
            wrong[cell] = error
        else:
            if isinstance(value, Missing):
                why[cell] = value.reason
            else:
                values[cell] = value
    bad = _among(raw, wrong) if wrong else None
    if bad is not None:
        _report(raw, bad, rows, column, wrong, table, limits)
    return _Parsed(
        _spread(raw, values, _DTYPES[column.kind]).alias(column.name),
        bad,
        _spread(raw, why, pl.String).alias(f"{column.name}_reason") if with_reasons else None,
    )


def _text_column(
    raw: pl.Series, rows: pl.Series, column: Column, table: Table, limits: Limits, with_reasons: bool
) -> _Parsed:
    """Plain texts, all distinct more often than not: stripped at once, as ``to_text`` does one by one."""
    stripped = raw.str.strip_chars(BLANKS)
    values = stripped.set(stripped == "", None).alias(column.name)
    bad = None
    if column.required and not column.blank and values.null_count():
        bad = values.is_null()
        _report(raw, bad, rows, column, _ABSENT, table, limits)
    reasons = values.is_null().replace_strict({True: "vide"}, default=None, return_dtype=pl.String)
    return _Parsed(values, bad, reasons.alias(f"{column.name}_reason") if with_reasons else None)


class _Absent(dict[str | None, BadCell]):
    """Every cell is missing its value."""

    def __missing__(self, cell: str | None) -> BadCell:
        return BadCell("La cellule est vide ou sans valeur.", "Donnez une valeur.")


_ABSENT = _Absent()


def _parse_cell(column: Column, cell: str | None, limits: Limits) -> Value | Missing:
    value = parse_cell(column, cell, limits.cell_characters)
    if isinstance(value, Missing) and column.required and not column.blank:
        raise _ABSENT[cell]
    return value


def _spread(
    raw: pl.Series, by_cell: Mapping[str | None, Value | None], dtype: type[pl.DataType]
) -> pl.Series:
    """The value of each row's cell, null for cells that are not in ``by_cell``."""
    if raw.dtype == dtype and all(cell == value for cell, value in by_cell.items()) and len(by_cell) > 0:
        kept = by_cell.keys()
        return raw if raw.n_unique() == len(kept) else raw.set(~_among(raw, kept), None)
    old = pl.Series(list(by_cell), dtype=pl.String)
    new = pl.Series(list(by_cell.values()), dtype=dtype)
    return raw.replace_strict(old, new, default=None, return_dtype=dtype)


def _among(raw: pl.Series, cells: Collection[str | None]) -> pl.Series:
    """Whether each row's cell is one of ``cells``, null being a cell like any other."""
    return raw.is_in(
        pl.Series([cell for cell in cells if cell is not None], dtype=pl.String).implode()
    ).fill_null(None in cells)


def _report(
    raw: pl.Series,
    bad: pl.Series,
    rows: pl.Series,
    column: Column,
    wrong: Mapping[str | None, BadCell],
    table: Table,
    limits: Limits,
) -> None:
    """Add the problems of the bad rows of a column, kept up to the limit and counted beyond."""
    for row, cell in zip(
        rows.filter(bad).head(limits.problems), raw.filter(bad).head(limits.problems), strict=True
    ):
        error = wrong[cell]
        problem = TableProblem(error.message, error.mend, row, column.name, (cell or "")[:80])
        table.add(problem, limits.problems)
    table.problem_count += max(int(bad.sum()) - limits.problems, 0)


def _drop_duplicates(frame: pl.DataFrame, table: Table, key: tuple[str, ...], limits: Limits) -> pl.DataFrame:
    """Keep the first row of each key; report the others with the row they repeat."""
    if not key or frame.is_empty():
        return frame
    hashes = frame.select(key).hash_rows()
    if hashes.n_unique() == frame.height:  # equal keys have equal hashes: nothing repeats
        return frame
    suspects = frame.filter(hashes.is_duplicated()).with_columns(pl.col(ROW).min().over(key).alias("_first"))
    repeated = suspects.filter(pl.col(ROW) != pl.col("_first"))
    for line in repeated.head(limits.problems).iter_rows(named=True):
        shown = " / ".join(_show(line[name]) for name in key)
        message = f"La ligne répète la ligne {line['_first']}."
        problem = TableProblem(
            message, "Gardez une seule des deux lignes.", line[ROW], " + ".join(key), shown
        )
        table.add(problem, limits.problems)
    table.problem_count += max(repeated.height - limits.problems, 0)
    return frame.filter(~pl.col(ROW).is_in(repeated[ROW].implode()))


def _show(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _read_parquet(
    path: Path,
    columns: Sequence[Column | ColumnFamily],
    key: tuple[str, ...],
    ignore: Mapping[str, Collection[str]],
    reasons: tuple[str, ...],
    limits: Limits,
) -> Frame:
    """A Parquet file: names are in its schema; texts are parsed as in a CSV, typed columns as their text."""
    table = Table(format="parquet")
    try:
        scanned = pl.scan_parquet(path)
        names = scanned.collect_schema().names()
        header = find_header([names], columns)
        for problem in header.problems:
            table.add(problem, limits.problems)
        if not table.ok:
            return Frame(_empty(columns, reasons), table)
        wanted = [
            _as_text(pl.col(names[index]), scanned.collect_schema()[names[index]]).alias(column.name)
            for index, column in header.places.items()
        ]
        raw = scanned.select(wanted).with_row_index(ROW, 1).with_columns(pl.col(ROW).cast(pl.Int64)).collect()
    except (pl.exceptions.PolarsError, OSError):
        table.add(
            TableProblem("Le fichier Parquet est abîmé ou incomplet.", "Téléchargez-le de nouveau."),
            limits.problems,
        )
        return Frame(_empty(columns, reasons), table)
    header = replace(header, row=0)
    return _typed_frame(raw, table, header, columns, key, ignore, reasons, limits)


def _as_text(expression: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A typed Parquet column as the text a CSV would hold; a list of codes as ``["a", "b"]``."""
    if isinstance(dtype, pl.List):
        joined = pl.concat_str(
            pl.lit('["'), expression.cast(pl.List(pl.String)).list.join('", "'), pl.lit('"]')
        )
        return pl.when(expression.list.len() == 0).then(pl.lit("[]")).otherwise(joined)
    return expression.cast(pl.String)
