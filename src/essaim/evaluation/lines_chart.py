"""Lines over a common axis as SVG text: told apart by ink, dash and a label beside the drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from essaim.evaluation import svg
from essaim.words import number

#: Room for the labels, at the height where each line ends.
RIGHT = 150
INKS = (svg.AFTER, "#8a4b08", "#3b4a9b", "#7a2306", "#4c6b1f", "#6b2f6b")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "1 3")


@dataclass(frozen=True, slots=True)
class Line:
    """A line and its name; ``points`` are (x, y) in increasing x. Its ``members`` are drawn thin behind it."""

    label: str
    points: tuple[tuple[float, float], ...]
    members: tuple[tuple[tuple[float, float], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Axis:
    """What the x axis says: its title, its ticks with their words, a vertical mark and a named horizontal one."""

    title: str
    ticks: tuple[tuple[float, str], ...]
    mark: float | None = None
    level: tuple[float, str] | None = None


def lines_svg(lines: Sequence[Line], axis: Axis, title: str) -> str:
    """The chart; at least one line with one point. Its description gives the first and last value of each line."""
    scale = _scale(lines, axis)
    body = svg.horizontal_axes(scale)
    if axis.mark is not None:
        x = scale.x(axis.mark)
        body.append(svg.line(x, svg.TOP, x, svg.HEIGHT - svg.BOTTOM, svg.INK, 1, "opening", "4 4"))
    if axis.level is not None:
        y = scale.y(axis.level[0])
        body.append(svg.line(svg.LEFT, y, svg.WIDTH - RIGHT, y, svg.INK, 1, "level", "4 4"))
        body.append(svg.text(svg.LEFT + 6, y - 5, axis.level[1], "start"))
    body += [svg.under(scale, x, words) for x, words in axis.ticks]
    body.append(svg.axis_title(axis.title, RIGHT))
    ends = _apart([scale.y(line.points[-1][1]) for line in lines])
    for k, line in enumerate(lines):
        body += [
            svg.polyline(
                [(scale.x(a), scale.y(b)) for a, b in points], INKS[k % len(INKS)], "", "member", 0.6
            )
            for points in line.members
        ]
    for k, line in enumerate(lines):
        ink = INKS[k % len(INKS)]
        body.append(svg.polyline([(scale.x(a), scale.y(b)) for a, b in line.points], ink, DASHES[k % 6]))
        body.append(svg.text(svg.WIDTH - RIGHT + 6, ends[k] + 4, line.label, "start", ink=ink))
    said = (f"{line.label} : {number(line.points[0][1])} → {number(line.points[-1][1])}" for line in lines)
    return svg.document(title, " ; ".join(said), body)


def _scale(lines: Sequence[Line], axis: Axis) -> svg.Scale:
    points = [point for line in lines for part in (line.points, *line.members) for point in part]
    xs = [x for x, _y in points]
    ys = [y for _x, y in points] + ([axis.level[0]] if axis.level else [])
    return svg.Scale.over(ys, min(xs), max(xs), zero=False, beside=0, right=RIGHT)


def _apart(heights: list[float], gap: float = 14) -> list[float]:
    """Heights of labels pushed down until none covers another, then up until all stand beside the drawing."""
    bottom = svg.HEIGHT - svg.BOTTOM
    gap = min(gap, (bottom - svg.TOP) / len(heights))
    placed = list(heights)
    order = sorted(range(len(heights)), key=heights.__getitem__)
    for above, below in pairwise(order):
        placed[below] = max(placed[below], placed[above] + gap)
    placed[order[-1]] = min(placed[order[-1]], bottom)
    for below, above in pairwise(reversed(order)):
        placed[above] = min(placed[above], placed[below] - gap)
    return placed
