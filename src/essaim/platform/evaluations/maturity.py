"""Sites at equal maturity: mean outcome by periods since opening, by wave and by protocol version.

A description, not an estimate: it shows what was observed, without saying what would have happened otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from django.utils.translation import gettext as _

from essaim.evaluation import Panel
from essaim.evaluation.lines_chart import Axis, Line, lines_svg
from essaim.platform.sites.services import opened_sites

LEAST_UNITS = 2  # a point on one territory is that territory, not a maturity


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
    """The curves as SVG, opening marked."""
    ages = [age for curve in found for age, _mean, _units in curve.points]
    every = max(1, (max(ages) - min(ages)) // 12)
    ticks = tuple(
        (age, str(age).replace("-", "−")) for age in range(min(ages), max(ages) + 1) if age % every == 0
    )
    lines = [Line(c.label, tuple((age, mean) for age, mean, _units in c.points)) for c in found]
    mark = 0 if min(ages) <= 0 <= max(ages) else None
    return lines_svg(lines, Axis(_("%(unit)s depuis l’ouverture") % {"unit": unit}, ticks, mark), title)
