"""Periods of any kind mapped to integers without losing their label.

A calendar has one *kind*; its ordinals count quarters, months or years, so that a difference of two
ordinals is a duration in that unit even when some periods were not observed.
"""

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from essaim.evaluation.errors import PanelError, some
from essaim.words import told

#: Ordinal of "never exposed". Larger than any real period, so comparisons read naturally.
NEVER = 2**62

NEVER_WORDS = frozenset({"", "0", "nan", "inf", "+inf", "infinity", "none", "null", "na", "never", "jamais"})

_MONTHS_A_QUARTER = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """One way of writing periods: its French names, its pattern, and the way to an integer and back."""

    name: str
    unit: str
    units: str
    pattern: re.Pattern[str]
    ordinal: Callable[[re.Match[str]], int | None]
    label: Callable[[int], str]
    of_date: Callable[[dt.date], int]


def _quarter(match: re.Match[str]) -> int:
    year, quarter = match["year"] or match["year2"], match["quarter"] or match["quarter2"]
    return 4 * int(year) + int(quarter) - 1


def _month(match: re.Match[str]) -> int | None:
    year, month = int(match["year"] or match["year2"]), int(match["month"] or match["month2"])
    return 12 * year + month - 1 if 1 <= month <= 12 else None


def _school_year(match: re.Match[str]) -> int | None:
    first, second = int(match["first"]), match["second"]
    follows = (first + 1) % 10 ** len(second)
    return first if int(second) == follows else None


def _school_year_of(date: dt.date) -> int:
    # A French school year opens in September: a June site opened in the year begun the autumn before.
    return date.year if date.month >= 9 else date.year - 1


KINDS: tuple[Kind, ...] = (
    Kind(
        "trimestres",
        "trimestre",
        "trimestres",
        re.compile(
            r"(?P<year>\d{4})[ _-]?[TQtq](?P<quarter>[1-4])|[TQtq](?P<quarter2>[1-4])[ _-]?(?P<year2>\d{4})"
        ),
        _quarter,
        lambda n: f"{n // 4}T{n % 4 + 1}",
        lambda d: 4 * d.year + (d.month - 1) // _MONTHS_A_QUARTER,
    ),
    Kind(
        "mois",
        "mois",
        "mois",
        re.compile(
            r"(?P<year>\d{4})[-_/Mm](?P<month>\d{2})(?:-(?:0[1-9]|[12]\d|3[01]))?"
            r"|(?P<year2>(?:19|20)\d{2})(?P<month2>0[1-9]|1[0-2])"
        ),
        _month,
        lambda n: f"{n // 12}-{n % 12 + 1:02d}",
        lambda d: 12 * d.year + d.month - 1,
    ),
    Kind(
        "années scolaires",
        "année scolaire",
        "années scolaires",
        re.compile(r"(?P<first>\d{4})[-/](?P<second>\d{4}|\d{2})"),
        _school_year,
        lambda n: f"{n}-{n + 1}",
        _school_year_of,
    ),
    Kind(
        "années",
        "an",
        "ans",
        re.compile(r"(?P<n>(?:1[89]|20|21)\d{2})"),
        lambda m: int(m["n"]),
        str,
        lambda d: d.year,
    ),
    Kind(
        "rangs",
        "période",
        "périodes",
        re.compile(r"(?P<n>-?\d{1,15})"),
        lambda m: int(m["n"]),
        str,
        lambda d: d.toordinal(),
    ),
)

MONTHS, SCHOOL_YEARS = KINDS[1], KINDS[2]
KINDS_BY_NAME = {kind.name: kind for kind in KINDS}

_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")


def as_text(value: object) -> str:
    """A cell as text: whole floats lose their ``.0`` (Excel stores 2007 as 2007.0), ``None`` is empty."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        if not math.isfinite(value):
            return "nan"
        return str(int(value)) if value.is_integer() else str(value)
    text = str(value).strip()
    return text[:-2] if re.fullmatch(r"-?\d+\.0", text) else text


def parse(kind: Kind, text: str) -> int | None:
    """Ordinal of ``text`` read as ``kind``, or ``None`` when it is not written so."""
    match = kind.pattern.fullmatch(text)
    return kind.ordinal(match) if match else None


def parse_date(text: str) -> dt.date | None:
    """The date written ``AAAA-MM-JJ`` (a time of day after it is ignored), or ``None``."""
    match = _ISO_DATE.fullmatch(text)
    if not match:
        return None
    try:
        return dt.date(*(int(part) for part in match.groups()[:3]))
    except ValueError:
        return None


def paced(periods: Iterable[str]) -> dict[str, str]:
    """Label of each period of a series at the series' own pace: the year alone where there is one value a year.

    A series measured each December is yearly: read by month, eleven months of twelve would seem missing.

    >>> paced(["2023-12", "2024-12"])
    {'2023-12': '2023', '2024-12': '2024'}
    >>> paced(["2023-T3", "2023-T4"])
    {'2023-T3': '2023T3', '2023-T4': '2023T4'}
    """
    found = sorted(set(periods))
    yearly = len({period[:4] for period in found}) == len(found)
    return {period: period[:4] if yearly else period.replace("-T", "T") for period in found}


@dataclass(frozen=True, slots=True)
class Calendar:
    """The observed periods of a panel, in order.

    ``ordinals`` are strictly increasing integers; ``labels`` are the same periods as the user wrote them.
    """

    kind: Kind
    ordinals: tuple[int, ...]
    labels: tuple[str, ...]

    @classmethod
    def of(cls, values: Iterable[object], column: str = "time") -> "Calendar":
        """The calendar of the distinct ``values``.

        >>> Calendar.of(["2007T4", "2007T2"]).labels
        ('2007T2', '2007T4')
        """
        texts = {as_text(value) for value in values}
        kind = _kind_of(texts, column)
        ordered: dict[int, str] = {}
        for text in sorted(texts):
            ordinal = parse(kind, text)
            assert ordinal is not None
            if ordinal in ordered:
                raise PanelError(
                    "Colonne « %(column)s » : « %(value)s » et « %(text)s » désignent la même période. "
                    "Écrivez chaque période d’une seule façon.",
                    column=column,
                    value=ordered[ordinal],
                    text=text,
                )
            ordered[ordinal] = text
        ordinals = tuple(sorted(ordered))
        return cls(kind, ordinals, tuple(ordered[n] for n in ordinals))

    def ordinal(self, value: object) -> int | None:
        """Ordinal of a period or of a date, or month, falling in it; ``NEVER`` for never; ``None`` if unreadable.

        >>> quarters = Calendar.of(["2007T1", "2007T2"])
        >>> quarters.ordinal("2007-05") == quarters.ordinal("2007-05-31") == quarters.ordinal("2007T2")
        True
        """
        text = as_text(value)
        if text.lower() in NEVER_WORDS:
            return NEVER
        ordinal = parse(self.kind, text)
        if ordinal is not None:
            return ordinal
        date = parse_date(text) or parse_date(f"{text}-01")
        return None if date is None or self.kind.name == "rangs" else self.kind.of_date(date)

    def label(self, ordinal: int) -> str:
        """The label of a period, observed or not."""
        if ordinal in self.ordinals:
            return self.labels[self.ordinals.index(ordinal)]
        return self.kind.label(ordinal)

    def key(self, ordinal: int) -> int | str:
        """The period as JSON gives it: a number where the user wrote a number, else the label."""
        return ordinal if self.kind.name in ("années", "rangs") else self.label(ordinal)

    def duration(self, count: int) -> str:
        """A number of periods in French words.

        >>> Calendar.of(["2007", "2008"]).duration(-2)
        '2 ans'
        """
        count = abs(count)
        unit = self.kind.units if count > 1 else self.kind.unit
        return told("%(count)s %(unit)s", count=count, unit=told(unit))


class UnreadablePeriod(PanelError):
    """Some periods, ``bad``, are not written as the others."""

    bad: frozenset[str] = frozenset()


def _kind_of(texts: set[str], column: str) -> Kind:
    """The first kind in which every text is a period.

    « 2001-02, 2002-03, 2003-04 » are school years: months a year and a month apart each time would be a strange panel.
    """
    if "" in texts:
        raise PanelError(
            "Colonne « %(column)s » : une période est vide. Remplissez-la ou retirez la ligne.", column=column
        )
    for kind in KINDS:
        if all(parse(kind, text) is not None for text in texts):
            school = kind is MONTHS and len(texts) > 1 and all(parse(SCHOOL_YEARS, text) for text in texts)
            return SCHOOL_YEARS if school else kind
    best = min(KINDS, key=lambda kind: sum(parse(kind, text) is None for text in texts))
    bad = sorted(text for text in texts if parse(best, text) is None)
    unreadable = UnreadablePeriod(
        "Colonne « %(column)s » : période illisible (%(names)s). Toutes les périodes doivent être de la "
        "même sorte : trimestres (2007T4), mois (2007-10), années scolaires (2007-2008), années (2007) ou rangs "
        "(1, 2, 3).",
        column=column,
        names=some(bad),
    )
    unreadable.bad = frozenset(bad)
    raise unreadable
