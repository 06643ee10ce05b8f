"""What is wrong with a document, said so that a person can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Where a value stands in a document: keys and 0-based positions, e.g. ``("components", 2, "title")``."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One defect. ``line`` is 1-based, ``None`` when the document did not come from a text."""

    file: str
    line: int | None
    path: str
    message: str
    mend: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        where = f" [{self.path}]" if self.path else ""
        return f"{place}{where} {self.message} → {self.mend}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A defect found in data, before the file and the line are known."""

    path: Path
    message: str
    mend: str

    def at(self, file: str, line: int | None) -> Problem:
        return Problem(file, line, show_path(self.path), self.message, self.mend)


class InvalidDocument(ValueError):
    """Raised when a document cannot be used; ``problems`` is never empty."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def show_path(path: Path) -> str:
    """Write a path as people read it.

    >>> show_path(("components", 2, "parameters", 0, "default"))
    'components[2].parameters[0].default'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
