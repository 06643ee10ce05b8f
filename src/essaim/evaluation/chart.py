"""The event-study chart as SVG text: a pure function of the result, for HTML and PDF alike."""

from dataclasses import dataclass

from essaim.evaluation import svg
from essaim.evaluation.reading import level_name
from essaim.evaluation.result import Estimate, Result
from essaim.evaluation.svg import AFTER, BEFORE, BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale
from essaim.words import FRENCH, Words


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the table that accompanies the chart; undefined numbers are ``None``."""

    event_time: int
    estimate: float
    conf_low: float | None
    conf_high: float | None
    band_low: float | None
    band_high: float | None


def event_rows(result: Result) -> list[EventRow]:
    """The numbers of the chart, in order of time since opening."""
    if "event" not in result.aggregations:
        return []
    return [
        EventRow(
            int(key),
            effect.estimate,
            _known(effect.conf_low),
            _known(effect.conf_high),
            _known(effect.band_low),
            _known(effect.band_high),
        )
        for key, effect in result.aggregations["event"].by
    ]


def _known(value: float | None) -> float | None:
    return value if value is not None and value == value else None


def event_study_svg(result: Result, title: str = "", words: Words = FRENCH) -> str:
    """The chart: estimates, pointwise intervals (thick), simultaneous band (thin), around opening."""
    rows = event_rows(result)
    title = title or words.say("Effet selon le temps depuis l’ouverture")
    if not rows:
        return svg.empty(title, words.say("Aucun effet à montrer."))
    if result.facts.simulated:
        title = words.say("Données simulées. %(title)s", title=title)
    scale = _scale(rows)
    axis = words.say("%(unit)s depuis l’ouverture", unit=words.translate(result.calendar.kind.units))
    body = [*_axes(scale, rows, axis), *(_point(scale, row) for row in rows), *_legend(result, words)]
    return svg.document(title, _description(rows, result.aggregations["event"].overall, words), body)


def _scale(rows: list[EventRow]) -> Scale:
    values = [
        v
        for row in rows
        for v in (row.estimate, row.conf_low, row.conf_high, row.band_low, row.band_high)
        if v is not None
    ]
    return Scale.over(values, rows[0].event_time, rows[-1].event_time)


def _axes(scale: Scale, rows: list[EventRow], title: str) -> list[str]:
    drawn = svg.horizontal_axes(scale)
    opening = scale.x(-0.5)
    if LEFT <= opening <= WIDTH - RIGHT:
        drawn.append(svg.line(opening, TOP, opening, HEIGHT - BOTTOM, svg.INK, 1, "opening", "4 4"))
    every = max(1, len(rows) // 14)
    drawn += [
        svg.under(scale, row.event_time, str(row.event_time).replace("-", "−"))
        for row in rows
        if row.event_time % every == 0
    ]
    drawn.append(svg.axis_title(title))
    return drawn


def _point(scale: Scale, row: EventRow) -> str:
    x, color = scale.x(row.event_time), AFTER if row.event_time >= 0 else BEFORE
    parts = []
    if row.band_low is not None and row.band_high is not None:
        parts.append(svg.line(x, scale.y(row.band_low), x, scale.y(row.band_high), color, 1, "band"))
    if row.conf_low is not None and row.conf_high is not None:
        parts.append(svg.line(x, scale.y(row.conf_low), x, scale.y(row.conf_high), color, 3.5, "interval"))
    mark = (
        f'<circle class="es-point" cx="{x:.1f}" cy="{scale.y(row.estimate):.1f}" r="4" fill="{color}"/>'
        if row.event_time >= 0
        else f'<rect class="es-point" x="{x - 3.5:.1f}" y="{scale.y(row.estimate) - 3.5:.1f}" '
        f'width="7" height="7" fill="#ffffff" stroke="{color}" stroke-width="1.5"/>'
    )
    return "".join([*parts, mark])


def _legend(result: Result, words: Words) -> list[str]:
    level = level_name(result, words)
    pointwise = words.say("intervalle %(level)s, point par point", level=level)
    together = words.say("bande %(level)s, toutes périodes ensemble", level=level)
    y = HEIGHT - 12
    return [
        svg.line(LEFT, y - 4, LEFT + 22, y - 4, AFTER, 3.5, "interval"),
        svg.text(LEFT + 28, y, pointwise, "start", 11),
        svg.line(LEFT + 250, y - 4, LEFT + 272, y - 4, AFTER, 1, "band"),
        svg.text(LEFT + 278, y, together, "start", 11),
    ]


def _description(rows: list[EventRow], overall: Estimate, words: Words) -> str:
    after = sum(row.event_time >= 0 for row in rows)
    return words.say(
        "%(before)s périodes avant l’ouverture, %(after)s après. Effet moyen après l’ouverture : %(effect)s.",
        before=len(rows) - after,
        after=after,
        effect=words.number(overall.estimate, signed=True),
    )
