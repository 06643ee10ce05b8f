"""The errors of this package: French sentences that say what, why and how to mend it."""

from collections.abc import Iterable

from essaim.words import SaidError, told_count


class EvaluationError(SaidError):
    """The evaluation cannot be done as asked; the message is meant for the person who asked.

    It says what to do in words; ``option`` is how the command line, which shows it, asks for that.
    """

    def __init__(self, text: str, /, option: str = "", **values: object) -> None:
        super().__init__(text, **values)
        self.option = option


class PanelError(EvaluationError):
    """The panel is not usable; the message names the column and the rows."""


def some(values: Iterable[object], limit: int = 5) -> str:
    """Name the first values and count the others.

    >>> some(["a", "b", "c"], limit=2)
    'a, b et 1 autre'
    """
    listed = [str(value) for value in values]
    shown, rest = listed[:limit], len(listed) - limit
    if rest <= 0:
        return ", ".join(shown)
    return told_count(
        "%(names)s et %(count)s autre", "%(names)s et %(count)s autres", rest, names=", ".join(shown)
    )
