"""What the core says, told in the language of who reads."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext, ngettext

from essaim.protocol import Problem
from essaim.territory.study import StudyError
from essaim.words import SaidError, Words, heard


def reader() -> Words:
    """The words of the reader's language."""
    return Words(gettext, ngettext, "," if get_language() == "fr" else ".")


def tell(said: Any) -> str:
    """A sentence of the core, or what was stored of it (``essaim.words.kept``), in the reader's language."""
    return reader().again(heard(said))


def refusal(error: SaidError) -> ValidationError:
    """What the core refused, as the error of a form, in the reader's language."""
    if isinstance(error, StudyError):
        return ValidationError([tell(problem) for problem in error.problems])
    return ValidationError(tell(error.said))


def problems_told(problems: Iterable[Problem]) -> list[str]:
    """What is wrong with a document and how to mend it, in the reader's language."""
    return [f"{tell(problem.message)} {tell(problem.mend)}" for problem in problems]
