"""Sites at equal maturity: mean outcome by periods since opening, by wave and by protocol version.

A description, not an estimate: it shows what was observed, without saying what would have happened otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import polars as pl
from django.utils.translation import gettext as _

from essaim.evaluation import Panel
from essaim.evaluation.reading import number
from essaim.platform.sites.services import opened_sites

LEAST_UNITS = 2  # a point on one territory is that territory, not a maturity
WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 720, 360, 70, 24, 56, 150
INKS = ("#0b6e69", "#8a4b08", "#3b4a9b", "#7a2306", "#4c6b1f", "#6b2f6b")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "1 3")


@dataclass(frozen=True, slots=True)
class Curve:
    """Mean outcome of a group by periods since opening: ``points`` of (since, mean, units)."""

    label: str
    points: tuple[tuple[int, float, int], ...]


def curves(panel: Panel, groups: Mapping[str, str]) -> list[Curve]:
    """One curve a group over the exposed units; ``groups`` gives each unit's group, units without one are left out.

    A point needs at least two territories.
    """
    ordinals = np.array(panel.calendar.ordinals)
    found: dict[str, dict[int, list[float]]] = {}
    for row, unit in enumerate(panel.units):
        group, cohort = groups.get(str(unit)), int(panel.cohort[row])
        if group is None or cohort not in panel.calendar.ordinals:
            continue
        by_age = found.setdefault(group, {})
        for since, value in zip(ordinals - cohort, panel.outcome[row], strict=True):
            if not np.isnan(value):
                by_age.setdefault(int(since), []).append(float(value))
    return [
        Curve(
            group,
            tuple(
                (age, float(np.mean(v)), len(v)) for age, v in sorted(ages.items()) if len(v) >= LEAST_UNITS
            ),
        )
        for group, ages in sorted(found.items())
        if any(len(v) >= LEAST_UNITS for v in ages.values())
    ]


def waves_of(panel: Panel) -> dict[str, str]:
    """Group of each exposed unit: its first period of exposure."""
    labels = dict(zip(panel.calendar.ordinals, panel.calendar.labels, strict=True))
    return {
        str(unit): str(labels[int(cohort)])
        for unit, cohort in zip(panel.units, panel.cohort, strict=True)
        if int(cohort) in labels
    }


def versions_of(frame: pl.DataFrame, programme: Any) -> dict[str, str]:
    """Group of each unit: its column « version », or the version followed by the opened site of that territory."""
    if "version" in frame.columns:
        rows = frame.select("unit", "version").unique(subset="unit", keep="first").iter_rows()
        return {str(unit): str(version) for unit, version in rows if version}
    return {
        site.territory_code: site.protocol_version.number
        for site in opened_sites(programme)
        if site.territory_code and site.protocol_version
    }


def curves_svg(found: list[Curve], title: str, unit: str) -> str:
    """The curves as SVG, told apart by ink, dash and a label at their end; no style, for a strict policy."""
    ages = [age for curve in found for age, _mean, _units in curve.points]
    values = [mean for curve in found for _age, mean, _units in curve.points]
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    first, last = min(ages), max(max(ages), min(ages) + 1)

    def x(age: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (age - first) / (last - first)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / span

    parts = [_tick(y(low + span * k / 4), low + span * k / 4) for k in range(5)]
    parts.append(
        f'<line x1="{x(0):.1f}" y1="{TOP}" x2="{x(0):.1f}" y2="{HEIGHT - BOTTOM}" stroke="#22313f" '
        'stroke-dasharray="4 4"/>'
    )
    every = max(1, (last - first) // 12)
    parts += [
        _text(x(a), HEIGHT - BOTTOM + 18, str(a).replace("-", "−"))
        for a in range(first, last + 1)
        if a % every == 0
    ]
    parts.append(
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, _("%(unit)s depuis l’ouverture") % {"unit": unit})
    )
    ends = _apart([y(curve.points[-1][1]) for curve in found])
    for k, curve in enumerate(found):
        ink, dash = INKS[k % len(INKS)], DASHES[k % len(DASHES)]
        path = " ".join(f"{x(age):.1f},{y(mean):.1f}" for age, mean, _units in curve.points)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        parts.append(f'<polyline points="{path}" fill="none" stroke="{ink}" stroke-width="2.2"{dashed}/>')
        parts.append(_text(x(curve.points[-1][0]) + 6, ends[k] + 4, curve.label, "start", ink))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f'<title>{escape(title)}</title><rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
        + "".join(parts)
        + "</svg>"
    )


def _apart(heights: list[float], gap: float = 14) -> list[float]:
    """Heights of labels pushed down until none covers another."""
    placed = list(heights)
    order = sorted(range(len(heights)), key=heights.__getitem__)
    for above, below in pairwise(order):
        placed[below] = max(placed[below], placed[above] + gap)
    return placed


def _tick(y: float, value: float) -> str:
    line = f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#d5dbe1"/>'
    return line + _text(LEFT - 8, y + 4, number(value), "end")


def _text(x: float, y: float, text: str, anchor: str = "middle", ink: str = "#22313f") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="12" fill="{ink}" '
        f'font-family="DejaVu Sans, Arial, sans-serif">{escape(text)}</text>'
    )
