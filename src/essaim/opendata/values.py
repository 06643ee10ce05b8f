"""From a cell that a person typed to a typed value: numbers, dates, periods, codes, yes/no, in French forms.

Each parser takes a cell (text from a CSV, or the value a spreadsheet stored) and returns a value, or
:class:`Missing` with its reason, or raises :class:`BadCell` (message and mend in French).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

Cell = str | float | bool | date | None
Value = str | int | float | bool | date


class BadCell(ValueError):
    """A cell that cannot be read as its kind; ``mend`` says what to write instead."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.message, self.mend = message, mend


@dataclass(frozen=True, slots=True)
class Missing:
    """No value, and why: ``vide``, ``non disponible`` or ``secret statistique``. Never read as zero."""

    reason: str


EMPTY = Missing("vide")
UNAVAILABLE = Missing("non disponible")
SECRET = Missing("secret statistique")

# Marks seen in files of INSEE, Dares, CNAF and in people's tables.
_MARKS = {
    **dict.fromkeys(
        (
            "n.d.",
            "n.d",
            "nd",
            "n.c.",
            "nc",
            "n/a",
            "na",
            "#n/a",
            "#n/d",
            "nr",
            "-",
            "–",
            "—",
            "…",
            "...",
            "///",
            ".",
        ),
        UNAVAILABLE,
    ),
    **dict.fromkeys(("s", "ss", "secret", "c", "conf", "ns"), SECRET),
}
_SPACES = "\u0020\u00a0\u202f\u2009"
BLANKS = _SPACES + "\t\r\n\ufeff"
_EXCEL_EPOCH = date(1899, 12, 30)
FIRST_YEAR, LAST_YEAR = 1900, 2100
MONTHS = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin",
    "juillet", "aout", "septembre", "octobre", "novembre", "decembre",
)  # fmt: skip


def fold(text: str) -> str:
    """Text without case, accents or punctuation, to compare the names of columns.

    >>> fold("  N° du Département (INSEE) ")
    'n du departement insee'
    """
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    kept = "".join(c if c.isalnum() else " " for c in plain.casefold() if not unicodedata.combining(c))
    return " ".join(kept.replace("º", " ").split())


def missing_mark(text: str) -> Missing | None:
    """The reason a cell of figures is empty, or None when it holds something."""
    text = text.strip(_SPACES + "\t\r\n").lower()
    if not text:
        return EMPTY
    if re.fullmatch(r"[<≤]\s*\d+", text):  # "<5": a count too small to be published
        return SECRET
    return _MARKS.get(text)


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing but spaces."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def to_text(cell: Cell) -> str | Missing:
    """Text without outer spaces; a spreadsheet's whole number loses its ``.0``."""
    if cell is None:
        return EMPTY
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return cell.strip(BLANKS) or EMPTY


def to_code(cell: Cell, width: int = 0) -> str | Missing:
    """A code kept as text; digits that lost their leading zeros are filled to ``width``.

    >>> to_code(1001.0, 5), to_code("2A004", 5)
    ('01001', '2A004')
    """
    if isinstance(cell, bool | date):
        raise BadCell("Ce n’est pas un code.", "Mettez la colonne au format Texte avant de saisir les codes.")
    if isinstance(cell, float) and (not cell.is_integer() or abs(cell) >= 1e15):
        raise BadCell(
            "Ce nombre n’est pas un code.", "Mettez la colonne au format Texte et ressaisissez le code."
        )
    text = to_text(cell)
    if isinstance(text, Missing):
        return text
    if re.fullmatch(r"\d[.,]?\d*[eE]\+\d+", text):
        raise BadCell(
            "Le tableur a abrégé ce code : ses derniers chiffres sont perdus.",
            "Mettez la colonne au format Texte et ressaisissez le code.",
        )
    text = text.replace(" ", "").replace("\u00a0", "").replace("\u202f", "").upper()
    return text.zfill(width) if text.isascii() and text.isdigit() else text


_PLAIN = re.compile(r"(\d+([.,]\d+)?|[.,]\d+)([eE][+-]?\d+)?", re.ASCII)
# Thousands in threes behind one same sign, then decimals behind another: 1 234 567,8 or 1.234,5 or 1,234.5.
_GROUPED = re.compile(r"(\d{1,3}([ .,'])\d{3}(?:\2\d{3})*)((?!\2)[.,]\d+)?", re.ASCII)


def to_number(cell: Cell) -> float | Missing:
    """A number in French or international form; ``%`` and ``€`` are dropped, the unit stays as written.

    >>> to_number("1 234,5"), to_number("12 %"), to_number("s")
    (1234.5, 12.0, Missing(reason='secret statistique'))
    """
    if cell is None:
        return EMPTY
    if isinstance(cell, bool | date):
        raise BadCell(
            "Ce n’est pas un nombre.", "Mettez la cellule au format Nombre et ressaisissez la valeur."
        )
    if isinstance(cell, float):
        number = cell
    else:
        missing = missing_mark(cell)
        if missing:
            return missing
        number = _parse_number(cell)
    if not math.isfinite(number):
        raise BadCell("Ce nombre n’est pas fini.", "Écrivez un nombre, ou « n.d. » s’il est inconnu.")
    return number


def _parse_number(written: str) -> float:
    text = written.strip(_SPACES + "\t").rstrip("%€").translate({ord(space): " " for space in _SPACES})
    text = text.strip().replace("−", "-").replace("’", "'")
    sign = -1.0 if text.startswith("-") else 1.0
    text = re.sub(r"^[+-]\s*", "", text)
    if _PLAIN.fullmatch(text):
        return sign * float(text.replace(",", "."))
    if grouped := _GROUPED.fullmatch(text):
        return sign * float(re.sub(r"\D", "", grouped[1]) + (grouped[3] or "").replace(",", "."))
    raise BadCell("Ce n’est pas un nombre.", "Écrivez un nombre comme 1 234,5, ou « n.d. » s’il est inconnu.")


def to_integer(cell: Cell) -> int | Missing:
    """A whole number, in the forms of :func:`to_number`."""
    number = to_number(cell)
    if isinstance(number, Missing):
        return number
    if not number.is_integer():
        raise BadCell("Un nombre entier est attendu.", "Écrivez un nombre sans virgule.")
    if abs(number) >= 2**53:
        raise BadCell("Ce nombre est trop grand pour être exact.", "Vérifiez le nombre de chiffres.")
    return int(number)


def to_boolean(cell: Cell) -> bool | Missing:
    """Yes or no in the words people use."""
    if isinstance(cell, bool):
        return cell
    text = to_text(cell)
    if isinstance(text, Missing):
        return text
    folded = fold(text)
    if folded in {"oui", "o", "vrai", "true", "yes", "y", "1", "x"}:
        return True
    if folded in {"non", "n", "faux", "false", "no", "0"}:
        return False
    raise BadCell("Oui ou non est attendu.", "Écrivez « oui » ou « non ».")


def to_date(cell: Cell) -> date | Missing:
    """A day: ``31/12/2024``, ``2024-12-31``, ``1er mars 2024``, or the serial number of a spreadsheet.

    >>> to_date("1er mars 2024"), to_date(45352.0)
    (datetime.date(2024, 3, 1), datetime.date(2024, 3, 1))
    """
    if cell is None:
        return EMPTY
    if isinstance(cell, bool):
        raise BadCell("Ce n’est pas une date.", "Écrivez la date comme 31/12/2024.")
    if isinstance(cell, datetime):
        return _plausible(cell.date())
    if isinstance(cell, date):
        return _plausible(cell)
    if isinstance(cell, float):
        return _from_serial(cell)
    missing = missing_mark(cell)
    return missing if missing else _plausible(_parse_date(cell.strip(_SPACES + "\t")))


def _plausible(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadCell(f"L’année {day.year} est impossible ici.", "Vérifiez l’année de la date.")
    return day


def _from_serial(number: float) -> date:
    if not 1 <= number < 73_415:  # 1899-12-31 .. 2100-12-31
        raise BadCell(
            "Ce nombre n’est pas une date.", "Mettez la cellule au format Date et ressaisissez la date."
        )
    return _plausible(_EXCEL_EPOCH + timedelta(days=int(number)))


def _parse_date(text: str) -> date:
    if match := re.fullmatch(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]\d{2}:\d{2}.*)?", text):
        year, month, day = (int(group) for group in match.groups())
    elif match := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?: \d{2}:\d{2}.*)?", text):
        day, month, year = (int(group) for group in match.groups())
    elif match := re.fullmatch(r"(\d{1,2})(?:er)? ([a-z]+) (\d{4})", fold(text)):
        day, month, year = int(match[1]), _month(match[2]), int(match[3])
    elif re.fullmatch(r"\d{5}([.,]\d+)?", text):
        return _from_serial(float(text.replace(",", ".")))
    elif re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2}", text):
        raise BadCell(
            "L’année est écrite sur deux chiffres.", "Écrivez l’année sur quatre chiffres : 31/12/2024."
        )
    else:
        raise BadCell("Ce n’est pas une date.", "Écrivez la date comme 31/12/2024 ou 2024-12-31.")
    try:
        return date(year, month, day)
    except ValueError:
        raise BadCell("Cette date n’existe pas.", "Écrivez jour/mois/année, comme 31/12/2024.") from None


def _month(name: str) -> int:
    starts = [i for i, month in enumerate(MONTHS, 1) if len(name) >= 3 and month.startswith(name)]
    if len(starts) != 1:
        raise BadCell("Ce mois n’existe pas.", "Écrivez la date comme 31/12/2024.")
    return starts[0]


def to_period(cell: Cell) -> str | Missing:
    """A year, quarter or month as ``2024``, ``2024-T4`` or ``2024-12``.

    >>> to_period("T4_2024"), to_period("4e trimestre 2024"), to_period("décembre 2024"), to_period(2024.0)
    ('2024-T4', '2024-T4', '2024-12', '2024')
    """
    if isinstance(cell, date):
        return f"{_plausible(cell).year}-{cell.month:02d}"
    text = to_text(cell)
    if isinstance(text, Missing):
        return text
    folded = fold(text)
    for pattern, build in _PERIODS:
        if match := re.fullmatch(pattern, folded):
            period = build(match)
            _plausible(date(int(period[:4]), 1, 1))
            return period
    raise BadCell(
        "Ce n’est pas une période.", "Écrivez une année (2024), un trimestre (2024-T4) ou un mois (2024-12)."
    )


_PERIODS: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"[1-9]\d{3}", lambda m: m[0]),
    (r"([1-9]\d{3}) ?[tq]([1-4])", lambda m: f"{m[1]}-T{m[2]}"),
    (r"[tq]([1-4]) ?([1-9]\d{3})", lambda m: f"{m[2]}-T{m[1]}"),
    (r"([1-4])(?:er|e|eme) trimestre ([1-9]\d{3})", lambda m: f"{m[2]}-T{m[1]}"),
    (r"([1-9]\d{3}) ?(0[1-9]|1[0-2])", lambda m: f"{m[1]}-{m[2]}"),
    (r"(0?[1-9]|1[0-2]) ([1-9]\d{3})", lambda m: f"{m[2]}-{int(m[1]):02d}"),
    (r"([a-z]{3,}) ([1-9]\d{3})", lambda m: f"{m[2]}-{_month(m[1]):02d}"),
)

PARSERS: dict[str, Callable[[Cell], Value | Missing]] = {
    "text": to_text,
    "code": to_code,
    "number": to_number,
    "integer": to_integer,
    "boolean": to_boolean,
    "date": to_date,
    "period": to_period,
}
