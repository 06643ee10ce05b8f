"""How findings are worded: French by default, another language when who shows them gives its translations.

``say``, ``count`` and ``marked`` hold the French text in the code, as gettext does, so that translators find it
(``scripts/translations.py`` looks for these names in this package).
"""

from collections.abc import Callable
from dataclasses import dataclass


def number(value: float, signed: bool = False, digits: int = 2) -> str:
    """A number as French writes it.

    >>> number(-0.0812), number(0.5, signed=True)
    ('−0,08', '+0,50')
    """
    text = f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    return text.replace("-", "−").replace(".", ",")


def marked(text: str) -> str:
    """``text`` itself, told to translators: a reason raised in French, put in the reader's language when shown."""
    return text


def _same(text: str) -> str:
    return text


def _french_plural(one: str, many: str, count: int) -> str:
    return one if count < 2 else many


@dataclass(frozen=True, slots=True)
class Words:
    """``translate`` a French template; choose and translate its ``plural`` form; the ``decimal`` sign of numbers."""

    translate: Callable[[str], str] = _same
    plural: Callable[[str, str, int], str] = _french_plural
    decimal: str = ","

    def say(self, text: str, **values: object) -> str:
        """The template ``text`` (``%(name)s``, ``%%``) in this language, filled in."""
        return self.translate(text) % values

    def count(self, one: str, many: str, count: int) -> str:
        """The template that fits ``count``, in which it is ``%(count)s``.

        >>> FRENCH.count("%(count)s vague", "%(count)s vagues", 3)
        '3 vagues'
        """
        return self.plural(one, many, count) % {"count": count}

    def number(self, value: float, signed: bool = False, digits: int = 2) -> str:
        return number(value, signed, digits).replace(",", self.decimal)


FRENCH = Words()
