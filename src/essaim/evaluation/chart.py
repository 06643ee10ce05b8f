"""The charts of effects, by time since opening and by wave, as SVG text: pure functions of the result."""

from dataclasses import dataclass

from essaim.evaluation import svg
from essaim.evaluation.reading import level_name
from essaim.evaluation.result import Result
from essaim.evaluation.svg import AFTER, BEFORE, BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale
from essaim.words import FRENCH, Words

#: Labels that stand side by side without touching: times since opening, names of waves.
MOST_TIMES, MOST_WAVES = 14, 9


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One effect of a chart, at its ``position`` along the axis; undefined numbers are ``None``."""

    position: int
    label: str
    estimate: float
    conf_low: float | None
    conf_high: float | None
    band_low: float | None
    band_high: float | None


def event_rows(result: Result) -> list[EffectRow]:
    """The numbers of the chart of times since opening, in order."""
    return _rows(result, "event")


def wave_rows(result: Result) -> list[EffectRow]:
    """The numbers of the chart of waves, in order."""
    return _rows(result, "group")


def _rows(result: Result, kind: str) -> list[EffectRow]:
    if kind not in result.aggregations:
        return []
    return [
        EffectRow(
            int(key) if kind == "event" else place,
            str(key).replace("-", "−") if kind == "event" else str(key),
            effect.estimate,
            _known(effect.conf_low),
            _known(effect.conf_high),
            _known(effect.band_low),
            _known(effect.band_high),
        )
        for place, (key, effect) in enumerate(result.aggregations[kind].by)
        if _known(effect.estimate) is not None
    ]


def _known(value: float | None) -> float | None:
    return value if value is not None and value == value else None


def event_study_svg(result: Result, title: str = "", words: Words = FRENCH) -> str:
    """Effects by time since opening, before and after."""
    rows = event_rows(result)
    after = sum(row.position >= 0 for row in rows)
    described = words.say(
        "%(before)s périodes avant l’ouverture, %(after)s après. Effet moyen après l’ouverture : %(effect)s.",
        before=len(rows) - after,
        after=after,
        effect=_overall(result, "event", words),
    )
    axis = words.say("%(unit)s depuis l’ouverture", unit=words.translate(result.calendar.kind.units))
    together = words.say("bande %(level)s, toutes périodes ensemble", level=level_name(result, words))
    title = title or words.say("Effet selon le temps depuis l’ouverture")
    return _effects_svg(result, rows, (title, described), (axis, MOST_TIMES), together, words)


def waves_svg(result: Result, words: Words = FRENCH) -> str:
    """The mean effect of each wave, by its first period of exposure."""
    rows = wave_rows(result)
    described = words.say(
        "%(waves)s. Effet moyen : %(effect)s.",
        waves=words.count("%(count)s vague", "%(count)s vagues", len(rows)),
        effect=_overall(result, "group", words),
    )
    together = words.say("bande %(level)s, toutes vagues ensemble", level=level_name(result, words))
    axis = words.say("première période d’exposition de la vague")
    title = words.say("Effet par vague")
    return _effects_svg(result, rows, (title, described), (axis, MOST_WAVES), together, words)


def _overall(result: Result, kind: str, words: Words) -> str:
    found = result.aggregations.get(kind)
    return words.number(found.overall.estimate, signed=True) if found else ""


def _effects_svg(
    result: Result,
    rows: list[EffectRow],
    named: tuple[str, str],
    axis: tuple[str, int],
    together: str,
    words: Words,
) -> str:
    """Estimates, pointwise intervals (thick), simultaneous band (thin).

    ``named``: title and description; ``axis``: its title and the most labels that it takes; ``together``: what the
    band covers.
    """
    title, described = named
    if not rows:
        return svg.empty(title, words.say("Aucun effet à montrer."))
    if result.facts.simulated:
        title = words.say("Données simulées. %(title)s", title=title)
    scale = _scale(rows)
    pointwise = words.say("intervalle %(level)s, point par point", level=level_name(result, words))
    body = [*_axes(scale, rows, *axis), *(_point(scale, row) for row in rows), *_legend(pointwise, together)]
    return svg.document(title, described, body)


def _scale(rows: list[EffectRow]) -> Scale:
    values = [
        v
        for row in rows
        for v in (row.estimate, row.conf_low, row.conf_high, row.band_low, row.band_high)
        if v is not None
    ]
    return Scale.over(values, rows[0].position, rows[-1].position)


def _axes(scale: Scale, rows: list[EffectRow], title: str, most: int) -> list[str]:
    """The axes; where positions go below zero, opening is marked just before zero."""
    drawn = svg.horizontal_axes(scale)
    opening = scale.x(-0.5)
    if LEFT < opening <= WIDTH - RIGHT:
        drawn.append(svg.line(opening, TOP, opening, HEIGHT - BOTTOM, svg.INK, 1, "opening", "4 4"))
    every = max(1, len(rows) // most)
    drawn += [svg.under(scale, row.position, row.label) for row in rows if row.position % every == 0]
    drawn.append(svg.axis_title(title))
    return drawn


def _point(scale: Scale, row: EffectRow) -> str:
    x, color = scale.x(row.position), AFTER if row.position >= 0 else BEFORE
    parts = []
    if row.band_low is not None and row.band_high is not None:
        parts.append(svg.line(x, scale.y(row.band_low), x, scale.y(row.band_high), color, 1, "band"))
    if row.conf_low is not None and row.conf_high is not None:
        parts.append(svg.line(x, scale.y(row.conf_low), x, scale.y(row.conf_high), color, 3.5, "interval"))
    mark = (
        f'<circle class="es-point" cx="{x:.1f}" cy="{scale.y(row.estimate):.1f}" r="4" fill="{color}"/>'
        if row.position >= 0
        else f'<rect class="es-point" x="{x - 3.5:.1f}" y="{scale.y(row.estimate) - 3.5:.1f}" '
        f'width="7" height="7" fill="#ffffff" stroke="{color}" stroke-width="1.5"/>'
    )
    return "".join([*parts, mark])


def _legend(pointwise: str, together: str) -> list[str]:
    y = HEIGHT - 12
    return [
        svg.line(LEFT, y - 4, LEFT + 22, y - 4, AFTER, 3.5, "interval"),
        svg.text(LEFT + 28, y, pointwise, "start", 11),
        svg.line(LEFT + 250, y - 4, LEFT + 272, y - 4, AFTER, 1, "band"),
        svg.text(LEFT + 278, y, together, "start", 11),
    ]
