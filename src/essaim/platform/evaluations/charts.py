"""Lines over a common axis as SVG: told apart by ink, dash and a label at their end; no style, for a strict policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape

from essaim.evaluation.words import number

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 720, 360, 70, 24, 56, 150
INKS = ("#0b6e69", "#8a4b08", "#3b4a9b", "#7a2306", "#4c6b1f", "#6b2f6b")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "1 3")
INK, GRID = "#22313f", "#d5dbe1"


@dataclass(frozen=True, slots=True)
class Line:
    """A line and its name; ``points`` are (x, y) in increasing x."""

    label: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """What the x axis says: its title, its ticks with their words, a vertical mark and a named horizontal one."""

    title: str
    ticks: tuple[tuple[float, str], ...]
    mark: float | None = None
    level: tuple[float, str] | None = None


def lines_svg(lines: Sequence[Line], axis: Axis, title: str) -> str:
    """The chart; at least one line with one point."""
    scale = _Scale.of(lines, axis)
    parts = [_tick(scale, scale.low + (scale.high - scale.low) * k / 4) for k in range(5)]
    if axis.mark is not None:
        parts.append(_rule(scale.x(axis.mark), TOP, scale.x(axis.mark), HEIGHT - BOTTOM))
    if axis.level is not None:
        y = scale.y(axis.level[0])
        parts.append(_rule(LEFT, y, WIDTH - RIGHT, y))
        parts.append(_text(LEFT + 6, y - 5, axis.level[1], "start"))
    parts += [_text(scale.x(x), HEIGHT - BOTTOM + 18, words) for x, words in axis.ticks]
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, axis.title))
    ends = _apart([scale.y(line.points[-1][1]) for line in lines])
    for k, line in enumerate(lines):
        parts.append(_polyline(scale, line, k))
        parts.append(
            _text(scale.x(line.points[-1][0]) + 6, ends[k] + 4, line.label, "start", INKS[k % len(INKS)])
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f'<title>{escape(title)}</title><rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
        + "".join(parts)
        + "</svg>"
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    first: float
    last: float
    low: float
    high: float

    @classmethod
    def of(cls, lines: Sequence[Line], axis: Axis) -> "_Scale":
        xs = [x for line in lines for x, _y in line.points]
        ys = [y for line in lines for _x, y in line.points] + ([axis.level[0]] if axis.level else [])
        first, low = min(xs), min(ys)
        return cls(
            first, max(xs) if max(xs) > first else first + 1, low, max(ys) if max(ys) > low else low + 1
        )

    def x(self, value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - self.first) / (self.last - self.first)

    def y(self, value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - value) / (self.high - self.low)


def _polyline(scale: _Scale, line: Line, rank: int) -> str:
    path = " ".join(f"{scale.x(x):.1f},{scale.y(y):.1f}" for x, y in line.points)
    dash = DASHES[rank % len(DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{path}" fill="none" stroke="{INKS[rank % len(INKS)]}" stroke-width="2.2"{dashed}/>'


def _apart(heights: list[float], gap: float = 14) -> list[float]:
    """Heights of labels pushed down until none covers another."""
    placed = list(heights)
    order = sorted(range(len(heights)), key=heights.__getitem__)
    for above, below in pairwise(order):
        placed[below] = max(placed[below], placed[above] + gap)
    return placed


def _tick(scale: _Scale, value: float) -> str:
    y = scale.y(value)
    line = f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="{GRID}"/>'
    return line + _text(LEFT - 8, y + 4, number(value), "end")


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{INK}" stroke-dasharray="4 4"/>'


def _text(x: float, y: float, text: str, anchor: str = "middle", ink: str = INK) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="12" fill="{ink}" '
        f'font-family="DejaVu Sans, Arial, sans-serif">{escape(text)}</text>'
    )
