"""The event-study chart as SVG text: a pure function of the result, for HTML and PDF alike.

No ``style`` attribute nor element, so that it can stand in a page under a strict content policy: only
presentation attributes, and classes (prefix ``es-``) for those who want to dress it otherwise.
"""

from dataclasses import dataclass
from xml.sax.saxutils import escape

from essaim.evaluation.reading import number
from essaim.evaluation.result import Estimate, Result

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 46, 66
INK, GRID, BEFORE, AFTER = "#22313f", "#d5dbe1", "#6b7a89", "#0b6e69"
FONT = "DejaVu Sans, Arial, sans-serif"


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


def event_study_svg(result: Result, title: str = "Effet selon le temps depuis l’ouverture") -> str:
    """The chart: estimates, pointwise intervals (thick), simultaneous band (thin), around opening."""
    rows = event_rows(result)
    if not rows:
        return _empty(title)
    scale = _Scale.of(rows)
    unit = result.calendar.kind.units
    label = "Données simulées. " if result.facts.simulated else ""
    body = [*_axes(scale, rows, unit), *(_point(scale, row) for row in rows), *_legend(result)]
    return _document(label + title, _description(rows, result.aggregations["event"].overall), body)


@dataclass(frozen=True, slots=True)
class _Scale:
    first: int
    last: int
    low: float
    high: float
    ticks: tuple[float, ...]
    digits: int

    @classmethod
    def of(cls, rows: list[EventRow]) -> "_Scale":
        values = [0.0]
        for row in rows:
            values += [
                v
                for v in (row.estimate, row.conf_low, row.conf_high, row.band_low, row.band_high)
                if v is not None
            ]
        ticks, digits = _ticks(min(values), max(values))
        low, high = min(ticks[0], *values), max(ticks[-1], *values)
        return cls(rows[0].event_time, rows[-1].event_time, low, high, ticks, digits)

    def x(self, event_time: float) -> float:
        span = max(self.last - self.first, 1)
        step = (WIDTH - LEFT - RIGHT) / (span + 1)
        return LEFT + step * (event_time - self.first + 0.5)

    def y(self, value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - value) / (self.high - self.low)


def _ticks(low: float, high: float) -> tuple[tuple[float, ...], int]:
    """About five round values around [low, high], and the decimals they need."""
    span = high - low or 1.0
    raw = span / 4
    power = 0
    while raw < 1 and power < 12:
        raw, power = raw * 10, power + 1
    while raw >= 10:
        raw, power = raw / 10, power - 1
    step = next(s for s in (1, 2, 5, 10) if raw <= s) / 10.0**power
    start = int(low / step) - (low < 0)
    stop = int(high / step) + (high > 0)
    return tuple(step * i for i in range(start, stop + 1)), max(power, 0)


def _line(
    x1: float, y1: float, x2: float, y2: float, color: str, width: float, name: str, dash: str = ""
) -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line class="es-{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{color}" stroke-width="{width}"{dashes}/>'
    )


def _text(x: float, y: float, text: str, anchor: str = "middle", size: int = 12, name: str = "label") -> str:
    return (
        f'<text class="es-{name}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-family="{FONT}" '
        f'font-size="{size}" fill="{INK}">{escape(text)}</text>'
    )


def _axes(scale: _Scale, rows: list[EventRow], unit: str) -> list[str]:
    drawn: list[str] = []
    for tick in scale.ticks:
        y = scale.y(tick)
        drawn.append(_line(LEFT, y, WIDTH - RIGHT, y, GRID, 1, "grid"))
        drawn.append(_text(LEFT - 8, y + 4, number(tick, digits=scale.digits), "end"))
    drawn.append(_line(LEFT, scale.y(0), WIDTH - RIGHT, scale.y(0), INK, 1.2, "zero"))
    opening = scale.x(-0.5)
    if LEFT <= opening <= WIDTH - RIGHT:
        drawn.append(_line(opening, TOP, opening, HEIGHT - BOTTOM, INK, 1, "opening", "4 4"))
    every = max(1, len(rows) // 14)
    for row in rows:
        if row.event_time % every == 0:
            drawn.append(
                _text(scale.x(row.event_time), HEIGHT - BOTTOM + 18, str(row.event_time).replace("-", "−"))
            )
    drawn.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 36, f"{unit} depuis l’ouverture"))
    return drawn


def _point(scale: _Scale, row: EventRow) -> str:
    x, color = scale.x(row.event_time), AFTER if row.event_time >= 0 else BEFORE
    parts = []
    if row.band_low is not None and row.band_high is not None:
        parts.append(_line(x, scale.y(row.band_low), x, scale.y(row.band_high), color, 1, "band"))
    if row.conf_low is not None and row.conf_high is not None:
        parts.append(_line(x, scale.y(row.conf_low), x, scale.y(row.conf_high), color, 3.5, "interval"))
    mark = (
        f'<circle class="es-point" cx="{x:.1f}" cy="{scale.y(row.estimate):.1f}" r="4" fill="{color}"/>'
        if row.event_time >= 0
        else f'<rect class="es-point" x="{x - 3.5:.1f}" y="{scale.y(row.estimate) - 3.5:.1f}" '
        f'width="7" height="7" fill="#ffffff" stroke="{color}" stroke-width="1.5"/>'
    )
    return "".join([*parts, mark])


def _legend(result: Result) -> list[str]:
    level = f"{result.level:.0%}".replace("%", " %")
    y = HEIGHT - 12
    return [
        _line(LEFT, y - 4, LEFT + 22, y - 4, AFTER, 3.5, "interval"),
        _text(LEFT + 28, y, f"intervalle à {level}, point par point", "start", 11),
        _line(LEFT + 250, y - 4, LEFT + 272, y - 4, AFTER, 1, "band"),
        _text(LEFT + 278, y, f"bande à {level}, toutes périodes ensemble", "start", 11),
    ]


def _description(rows: list[EventRow], overall: Estimate) -> str:
    after = [row for row in rows if row.event_time >= 0]
    return (
        f"{len(rows) - len(after)} périodes avant l’ouverture, {len(after)} après. Effet moyen après "
        "l’ouverture : "
        f"{number(overall.estimate, signed=True)}."
    )


def _document(title: str, description: str, body: list[str]) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="es-chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(description)}</desc>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            _text(LEFT, 24, title, "start", 15, "title"),
            *body,
            "</svg>\n",
        ]
    )


def _empty(title: str) -> str:
    return _document(
        title, "Aucun effet à montrer.", [_text(WIDTH / 2, HEIGHT / 2, "Aucun effet à montrer.")]
    )
