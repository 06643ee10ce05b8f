"""From an outcome by territory and period and a table of dated waves to a panel that can be evaluated."""

from dataclasses import dataclass
from functools import reduce

import numpy as np
import polars as pl

from essaim.evaluation.errors import PanelError, some
from essaim.evaluation.periods import Calendar, as_text
from essaim.words import told

UNIT_COLUMNS = ("unit", "departement", "département", "code", "territoire", "commune", "site")
WAVE_COLUMNS = ("wave", "vague")
DATE_STARTS = ("date", "cohort", "debut", "début")

#: Default window, in periods of the outcome: three years of quarters before the first wave, one after the
#: last.
DEFAULT_BEFORE, DEFAULT_AFTER = 12, 4


@dataclass(frozen=True, slots=True)
class Window:
    """First and last period kept (labels), and why the panel stops there (French, no full stop)."""

    first: str
    last: str
    reason: str


@dataclass(frozen=True, slots=True)
class BuiltPanel:
    """A long frame ``unit, name, region, wave, cohort, time, outcome``, its window, and notes."""

    frame: pl.DataFrame
    window: Window
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waves:
    """Dated waves: for each unit the date of its first exposure (text), its wave, and notes."""

    date: dict[str, str]
    wave: dict[str, str]
    notes: tuple[str, ...]


def read_waves(table: pl.DataFrame, first_row: int = 2) -> Waves:
    """The waves of a table with a column of units and a column of dates (or of periods).

    A unit in several waves takes its first date, with a note. Raises ``PanelError`` naming rows.
    """
    unit = _column(table, UNIT_COLUMNS, told("l’unité (« unit », « departement » ou « code »)"))
    date = next((name for name in table.columns if name.lower().startswith(DATE_STARTS)), None)
    if date is None:
        raise PanelError(
            "Table des vagues : aucune colonne de date. Elle contient : %(columns)s. Ajoutez une "
            "colonne « date » (AAAA-MM-JJ).",
            columns=some(table.columns, 20),
        )
    wave = next((name for name in table.columns if name.lower() in WAVE_COLUMNS), None)
    dates: dict[str, str] = {}
    waves: dict[str, str] = {}
    seen: dict[str, list[str]] = {}
    for number, row in enumerate(table.iter_rows(named=True), first_row):
        code, when = as_text(row[unit]), as_text(row[date])
        if not code or not when:
            empty = unit if not code else date
            raise PanelError(
                "Table des vagues, ligne %(number)s : la colonne « %(empty)s » est vide. Remplissez-la ou "
                "retirez la ligne.",
                number=number,
                empty=empty,
            )
        seen.setdefault(code, []).append(when)
        if code not in dates or when < dates[code]:
            dates[code] = when
            waves[code] = as_text(row[wave]) if wave else ""
    notes = [
        told(
            "L’unité « %(unit)s » est dans plusieurs vagues (%(dates)s) : sa première date est retenue, %(first)s.",
            unit=code,
            dates=", ".join(sorted(whens)),
            first=min(whens),
        )
        for code, whens in seen.items()
        if len(whens) > 1
    ]
    return Waves(dates, waves, tuple(notes))


def build_panel(outcome: pl.DataFrame, table: pl.DataFrame, window: Window | None = None) -> BuiltPanel:
    """Join an outcome (``unit, time, outcome``, and if known ``name``, ``region``) with dated waves.

    A unit is exposed from the period that contains its date: the period before it is then free of any
    exposure. Without a window, the panel goes from 12 periods before the first wave to 4 after the last.
    """
    waves = read_waves(table)
    calendar = Calendar.of(outcome["time"].unique().to_list())
    cohort = _cohorts(waves, calendar)
    unknown = sorted(set(waves.date) - set(outcome["unit"].unique().to_list()))
    notes = [*waves.notes, *_merged(waves, cohort, calendar)]
    if unknown:
        notes.append(told("Sans résultat mesuré, donc hors du panel : %(names)s.", names=some(unknown, 10)))
    window = window or _default_window(calendar, list(cohort.values()))
    first, last = _bounds(window, calendar)
    kept = [n for n in calendar.ordinals if first <= n <= last]
    order = {calendar.label(n): n for n in kept}
    frame = outcome.filter(pl.col("time").is_in(list(order)) & pl.col("outcome").is_not_null())
    frame, note = _complete(frame, len(kept))
    notes += [note] if note else []
    labels = {unit: calendar.label(n) for unit, n in cohort.items()}
    units = frame["unit"].to_list()
    frame = frame.with_columns(
        pl.Series("cohort", [labels.get(unit, "") for unit in units]),
        pl.Series("wave", [waves.wave.get(unit, "") for unit in units]),
        pl.Series("order", np.array([order[label] for label in frame["time"]], dtype=np.int64)),
    )
    columns = [
        name
        for name in ("unit", "name", "region", "wave", "cohort", "time", "outcome")
        if name in frame.columns
    ]
    return BuiltPanel(frame.sort("unit", "order").select(columns), window, tuple(notes))


def _column(table: pl.DataFrame, names: tuple[str, ...], what: str) -> str:
    found = next((name for name in table.columns if name.lower() in names), None)
    if found is None:
        raise PanelError(
            "Table des vagues : aucune colonne pour %(what)s. Elle contient : %(columns)s.",
            what=what,
            columns=some(table.columns, 20),
        )
    return found


def _cohorts(waves: Waves, calendar: Calendar) -> dict[str, int]:
    """First period of exposure of each unit of the waves."""
    found: dict[str, int] = {}
    for unit, when in waves.date.items():
        ordinal = calendar.ordinal(when)
        if ordinal is None:
            raise PanelError(
                "Table des vagues : date illisible pour « %(unit)s » (« %(when)s »). Écrivez AAAA-MM-JJ, ou une "
                "période comme %(period)s.",
                unit=unit,
                when=when,
                period=calendar.labels[0],
            )
        found[unit] = ordinal
    return found


def _merged(waves: Waves, cohort: dict[str, int], calendar: Calendar) -> list[str]:
    """A note for each period that holds several dates: their waves cannot be told apart."""
    dates: dict[int, set[str]] = {}
    for unit, ordinal in cohort.items():
        dates.setdefault(ordinal, set()).add(waves.date[unit])
    return [
        told(
            "Les vagues du %(dates)s tombent dans la même période (%(period)s) : elles sont évaluées ensemble.",
            dates=reduce(_and, sorted(found)),
            period=calendar.label(ordinal),
        )
        for ordinal, found in sorted(dates.items())
        if len(found) > 1
    ]


def _and(one: str, other: str) -> str:
    return told("%(one)s et du %(other)s", one=one, other=other)


def _default_window(calendar: Calendar, cohorts: list[int]) -> Window:
    if not cohorts:
        raise PanelError("Table des vagues : elle est vide. Il faut au moins une unité datée.")
    first, last = min(cohorts) - DEFAULT_BEFORE, max(cohorts) + DEFAULT_AFTER
    inside = [n for n in calendar.ordinals if first <= n <= last]
    if not inside:
        raise PanelError(
            "Les vagues (%(first)s à %(last)s) sont hors des périodes mesurées (%(start)s à %(end)s).",
            first=calendar.label(min(cohorts)),
            last=calendar.label(max(cohorts)),
            start=calendar.labels[0],
            end=calendar.labels[-1],
        )
    if len(inside) == 1:
        raise PanelError(
            "Une seule période mesurée autour des ouvertures (%(period)s) : il en faut au moins une "
            "avant et une après.",
            period=calendar.label(inside[0]),
        )
    return Window(
        calendar.label(inside[0]),
        calendar.label(inside[-1]),
        told(
            "fenêtre par défaut : %(before)s avant la première vague, %(after)s après la dernière ; vérifiez "
            "qu’aucune autre vague ni généralisation n’y tombe, ou choisissez-en une autre",
            before=calendar.duration(DEFAULT_BEFORE),
            after=calendar.duration(DEFAULT_AFTER),
        ),
    )


def _bounds(window: Window, calendar: Calendar) -> tuple[int, int]:
    first, last = calendar.ordinal(window.first), calendar.ordinal(window.last)
    known = set(calendar.ordinals)
    bad = [text for text, n in ((window.first, first), (window.last, last)) if n not in known]
    if bad or first is None or last is None:
        raise PanelError(
            "Fenêtre : %(names)s n’est pas une période mesurée (%(first)s à %(last)s).",
            names=some(bad),
            first=calendar.labels[0],
            last=calendar.labels[-1],
        )
    if first >= last:
        raise PanelError(
            "Fenêtre : %(first)s ne vient pas avant %(last)s.", first=window.first, last=window.last
        )
    return first, last


def _complete(frame: pl.DataFrame, periods: int) -> tuple[pl.DataFrame, str]:
    """Units measured in every period of the window, and a note naming the others."""
    count = frame.group_by("unit").len()
    missing = sorted(count.filter(pl.col("len") < periods)["unit"].to_list())
    if not missing:
        return frame, ""
    frame = frame.filter(~pl.col("unit").is_in(missing))
    return (
        frame,
        told(
            "Mesurées seulement sur une partie de la fenêtre, donc hors du panel : %(names)s.",
            names=some(missing, 10),
        ),
    )
