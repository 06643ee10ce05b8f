"""Pieces of the charts as SVG text.

No ``style`` attribute nor element, so that a chart can stand in a page under a strict content policy: only
presentation attributes, and classes (prefix ``es-``) for those who want to dress it otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from essaim.words import number

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 46, 66
INK, GRID, BEFORE, AFTER = "#22313f", "#d5dbe1", "#6b7a89", "#0b6e69"
FONT = "DejaVu Sans, Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class Scale:
    """From positions ``first``..``last`` and values to points of the drawing.

    ``beside`` is the room left before the first position and after the last, in positions; ``right`` the margin.
    """

    first: float
    last: float
    low: float
    high: float
    ticks: tuple[float, ...]
    digits: int
    beside: float = 0.5
    right: float = RIGHT

    @classmethod
    def over(
        cls,
        values: Sequence[float],
        first: float,
        last: float,
        *,
        zero: bool = True,
        beside: float = 0.5,
        right: float = RIGHT,
    ) -> "Scale":
        """The scale that shows all the values, and ``zero`` if asked."""
        seen = [0.0, *values] if zero else values
        ticks, digits = _ticks(min(seen), max(seen))
        low, high = min(ticks[0], *values), max(ticks[-1], *values)
        high = high if high > low else low + 1
        return cls(first, last, low, high, ticks, digits, beside, right)

    def x(self, position: float) -> float:
        """Where a position stands, across."""
        span = self.last - self.first or 1
        step = (WIDTH - LEFT - self.right) / (span + 2 * self.beside)
        return LEFT + step * (position - self.first + self.beside)

    def y(self, value: float) -> float:
        """Where a value stands, down."""
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
    stop = max(int(high / step) + (high > 0), start + 1)  # zero alone is still a span
    return tuple(step * i for i in range(start, stop + 1)), max(power, 0)


def line(
    x1: float, y1: float, x2: float, y2: float, color: str, width: float, name: str, dash: str = ""
) -> str:
    """A line of class ``es-{name}``."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line class="es-{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{color}" stroke-width="{width}"{dashes}/>'
    )


def polyline(
    points: Sequence[tuple[float, float]], color: str, dash: str = "", name: str = "line", width: float = 2.2
) -> str:
    """A line of class ``es-{name}`` through points of the drawing."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline class="es-{name}" points="{path}" fill="none" stroke="{color}" stroke-width="{width}"{dashes}/>'


def text(
    x: float,
    y: float,
    words: str,
    anchor: str = "middle",
    size: int = 12,
    name: str = "label",
    ink: str = INK,
) -> str:
    """A text, escaped."""
    return (
        f'<text class="es-{name}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-family="{FONT}" '
        f'font-size="{size}" fill="{ink}">{escape(words)}</text>'
    )


def horizontal_axes(scale: Scale) -> list[str]:
    """The lines of the grid with their values, and the line of zero if it is in sight."""
    drawn: list[str] = []
    end = WIDTH - scale.right
    for tick in scale.ticks:
        y = scale.y(tick)
        drawn.append(line(LEFT, y, end, y, GRID, 1, "grid"))
        drawn.append(text(LEFT - 8, y + 4, number(tick, digits=scale.digits), "end"))
    if scale.low <= 0 <= scale.high:
        drawn.append(line(LEFT, scale.y(0), end, scale.y(0), INK, 1.2, "zero"))
    return drawn


def under(scale: Scale, position: float, words: str) -> str:
    """The label of a position, under the drawing."""
    return text(scale.x(position), HEIGHT - BOTTOM + 18, words)


def axis_title(words: str, right: float = RIGHT) -> str:
    """What the positions are, under their labels."""
    return text((LEFT + WIDTH - right) / 2, HEIGHT - BOTTOM + 36, words)


def document(title: str, description: str, body: list[str]) -> str:
    """The whole drawing, named and described for those who do not see it."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="es-chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(description)}</desc>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            text(LEFT, 24, title, "start", 15, "title"),
            *body,
            "</svg>\n",
        ]
    )


def empty(title: str, reason: str) -> str:
    """A drawing that says why there is none."""
    return document(title, reason, [text(WIDTH / 2, HEIGHT / 2, reason)])
