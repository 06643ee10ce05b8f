"""Dates as sources give them: a day, a month or a year, never more precise than what is known."""

import calendar
import re
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.translation import gettext as _

_FORM = re.compile(r"^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$")


def bounds(partial: str) -> tuple[date, date]:
    """First and last day that a partial ISO date may mean; ``ValueError`` when it is not one.

    >>> bounds("2020-02")
    (datetime.date(2020, 2, 1), datetime.date(2020, 2, 29))
    """
    found = _FORM.match(partial)
    if not found:
        raise ValueError(f"« {partial} » : écrire AAAA, AAAA-MM ou AAAA-MM-JJ")
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def in_words(partial: str) -> str:
    """The date as a reader writes it: « 2012 », « janvier 2020 », « 3 mars 2021 »; empty stays empty."""
    if not partial:
        return ""
    first, last = bounds(partial)
    if first == last:
        return date_format(first, "j F Y")
    if first.month == last.month:
        return f"{MONTHS[first.month]} {first.year}"
    return str(first.year)


def is_current(start: str, end: str, today: date) -> bool:
    """Whether a period with partial ends may contain ``today``; an unknown end is open."""
    return (not start or bounds(start)[0] <= today) and (not end or today <= bounds(end)[1])


def validate_partial(value: str) -> None:
    try:
        bounds(value)
    except ValueError as error:
        raise ValidationError(
            _("« %(value)s » n’est pas une date : écrire 2020, 2020-03 ou 2020-03-15.") % {"value": value}
        ) from error


class PartialDateField(models.CharField):
    """A partial ISO date as text (``2020``, ``2020-03``, ``2020-03-15``), or empty when unknown."""

    default_validators = [validate_partial]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 10)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)
