"""How the core words what it finds and refuses: French by default, another language when who shows it translates.

``say``, ``count``, ``marked``, ``told``, ``told_count`` and the errors hold the French text in the code, as gettext
does, so that translators find it (``scripts/translations.py`` looks for these names in the core).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


class Told(str):
    """A French sentence that remembers how it was made: one template, or two (``one``, ``many``), and its values.

    ``Words.again`` tells it in another language. Values are numbers, names taken as they are, or sentences told.

    >>> told("Vague %(wave)s : %(value)s.", wave=2, value=1.5)
    'Vague 2 : 1,5.'
    """

    __slots__ = ("forms", "values")
    forms: tuple[str, ...]
    values: dict[str, object]

    def __new__(cls, forms: tuple[str, ...], values: dict[str, object]) -> "Told":
        made = super().__new__(cls, FRENCH.filled(forms, values))
        made.forms, made.values = forms, values
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.forms, self.values

    def kept(self) -> dict[str, Any]:
        """The same as JSON; ``heard`` reads it."""
        return {
            "forms": list(self.forms),
            "values": {name: kept(value) for name, value in self.values.items()},
        }


def told(text: str, /, **values: object) -> Told:
    """The template ``text`` (``%(name)s``, ``%%``) filled in; without values it is said as it is."""
    return Told((text,), values)


def told_count(one: str, many: str, count: int, /, **values: object) -> Told:
    """The template that fits ``count``, in which it is ``%(count)s``."""
    return Told((one, many), {"count": count, **values})


def together(parts: Iterable[str], between: str = ", ") -> Told:
    """Sentences or names one after another.

    >>> together(["a", told("b")])
    'a, b'
    """
    values: dict[str, object] = {f"part{i}": part for i, part in enumerate(parts)}
    return Told((between.join(f"%({name})s" for name in values),), values)


def kept(said: object) -> Any:
    """JSON of a sentence, which stays a text when it was not told; ``heard`` reads it."""
    if isinstance(said, Told):
        return said.kept()
    return said if isinstance(said, str | int | float | None) else str(said)


def heard(stored: Any) -> Any:
    """What ``kept`` wrote."""
    if isinstance(stored, Mapping):
        return Told(tuple(stored["forms"]), {name: heard(value) for name, value in stored["values"].items()})
    return stored


class SaidError(ValueError):
    """An error meant for the person who asked: a French sentence, ``said``, that other languages can tell."""

    def __init__(self, text: str, /, **values: object) -> None:
        super().__init__(told(text, **values) if values else text)

    @property
    def said(self) -> str:
        """The sentence."""
        return str(self) if not isinstance(self.args[0], Told) else self.args[0]


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

    def again(self, said: str) -> str:
        """A sentence of the core in this language; a text that was not told is looked for as it is."""
        return self.filled(said.forms, said.values) if isinstance(said, Told) else self.translate(said)

    def filled(self, forms: tuple[str, ...], values: Mapping[str, object]) -> str:
        """One template, or the one of two that fits ``count``, filled in with ``values`` in this language."""
        if len(forms) == 1:
            text = self.translate(forms[0])
        else:
            text = self.plural(forms[0], forms[1], int(str(values["count"])))
        return text % {name: self._value(value) for name, value in values.items()} if values else text

    def _value(self, value: object) -> object:
        if isinstance(value, float):
            return f"{value:g}".replace(".", self.decimal)
        return self.again(value) if isinstance(value, Told) else value

    def number(self, value: float, signed: bool = False, digits: int = 2) -> str:
        return number(value, signed, digits).replace(",", self.decimal)


FRENCH = Words()
