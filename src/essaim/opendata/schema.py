"""What a table should hold (:class:`Column`), and what was read from it (:class:`Table`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from essaim.opendata.values import Value

Kind = Literal["text", "code", "number", "integer", "boolean", "date", "period"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column the reader looks for by its name or a synonym (case, accents and punctuation do not count).

    ``required``: the column must exist. ``blank``: its cells may be empty (always so when not required).
    ``width``: digits of a code that lost its leading zeros are filled to this width. ``choices``: accepted
    words → stored value. ``check``: returns None or what is wrong with a value, in French.
    """

    name: str
    kind: Kind = "text"
    synonyms: tuple[str, ...] = ()
    required: bool = True
    blank: bool = False
    width: int = 0
    minimum: float | None = None
    maximum: float | None = None
    choices: Mapping[str, str] | None = None
    check: Callable[[Value], str | None] | None = None


@dataclass(frozen=True, slots=True)
class ColumnFamily:
    """Every column whose header matches ``pattern`` (one column a quarter, say); cells may be empty."""

    pattern: str
    kind: Kind = "number"
    required: bool = True


@dataclass(frozen=True, slots=True)
class TableProblem:
    """What is wrong at a row and column (both as the spreadsheet shows them), and how to mend it."""

    message: str
    mend: str
    row: int | None = None
    column: str | None = None
    value: str = ""
    blocking: bool = True

    def __str__(self) -> str:
        place = ", ".join(
            [f"ligne {self.row}"] * (self.row is not None)
            + [f"colonne « {self.column} »"] * (self.column is not None)
        )
        read = f" (lu : « {self.value} »)" if self.value else ""
        start = f"{place[0].upper()}{place[1:]} : " if place else ""
        return f"{start}{self.message}{read} {self.mend}"


class Row(dict[str, Value | None]):
    """Values by column name. ``number``: row in the file. ``missing``: reason of each absent value."""

    __slots__ = ("missing", "number")

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.missing: dict[str, str] = {}


class TableError(ValueError):
    """A table refused as a whole; the message lists its first problems, in French."""

    def __init__(self, problems: Sequence[TableProblem], total: int) -> None:
        shown = [str(problem) for problem in problems[:10]]
        if total > len(shown):
            shown.append(f"… et {total - len(shown)} autre(s) problème(s).")
        super().__init__("\n".join(shown))
        self.problems = list(problems)


@dataclass(slots=True)
class Table:
    """Typed rows without problem, and the problems of the others.

    ``problems`` stops at the limit; ``problem_count`` counts them all. ``unread``: headers nobody asked for.
    ``notes``: footnotes found under the data. ``ignored``: rows left out on request (totals).
    """

    rows: list[Row] = field(default_factory=list)
    problems: list[TableProblem] = field(default_factory=list)
    problem_count: int = 0
    columns: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    format: str = ""
    sheet: str = ""
    encoding: str = ""
    separator: str = ""
    header_row: int = 0
    ignored: int = 0

    def add(self, problem: TableProblem, limit: int) -> None:
        """Count a problem, and keep it while fewer than ``limit`` are kept."""
        self.problem_count += 1
        if len(self.problems) < limit:
            self.problems.append(problem)

    @property
    def ok(self) -> bool:
        """No blocking problem."""
        return not any(problem.blocking for problem in self.problems)

    def require(self) -> Table:
        """Itself when nothing blocks; raises :class:`TableError` otherwise."""
        if not self.ok:
            raise TableError(self.problems, self.problem_count)
        return self
