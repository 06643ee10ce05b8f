"""Sites at equal maturity: the outcome by periods since opening, site by site, by wave and by protocol version.

A description, not an estimate: it shows what was observed, without saying what would have happened otherwise. No
number of sites is too few: what describes too few persons left the panel when it was sent (``panels``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import polars as pl
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from essaim.evaluation import Panel
from essaim.evaluation.lines_chart import Axis, Line, lines_svg
from essaim.platform.sites.services import opened_sites

MOST_LINES = 120  # beyond so many sites, thin lines make a stain: the means alone are drawn


@dataclass(frozen=True, slots=True)
class Site:
    """The outcome of a site by periods since its opening: ``values`` of those observed."""

    name: str
    values: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """A group of sites, one at least."""

    group: str
    sites: tuple[Site, ...]

    @property
    def label(self) -> str:
        count = len(self.sites)
        said = ngettext("%(group)s (%(count)s site)", "%(group)s (%(count)s sites)", count)
        return said % {"group": self.group, "count": count}

    @property
    def points(self) -> tuple[tuple[int, float, int], ...]:
        """Mean outcome by periods since opening: (since, mean, sites)."""
        ages = sorted({age for site in self.sites for age in site.values})
        at = {age: [site.values[age] for site in self.sites if age in site.values] for age in ages}
        return tuple((age, float(np.mean(values)), len(values)) for age, values in at.items())


def curves(panel: Panel, groups: Mapping[str, str], names: Mapping[str, str]) -> list[Curve]:
    """One curve a group over the exposed units; ``groups`` gives each unit's group, units without one are left out.

    ``names``: how to call the units, where not by their code.
    """
    ordinals = np.array(panel.calendar.ordinals)
    found: dict[str, list[Site]] = {}
    for unit, cohort, outcome in zip(map(str, panel.units), panel.cohort, panel.outcome, strict=True):
        seen = ~np.isnan(outcome)
        if unit not in groups or cohort not in ordinals or not seen.any():
            continue
        ages = (ordinals - cohort)[seen].tolist()
        site = Site(names.get(unit, unit), dict(zip(ages, outcome[seen].tolist(), strict=True)))
        found.setdefault(groups[unit], []).append(site)
    return [Curve(group, tuple(sites)) for group, sites in sorted(found.items())]


def names_of(frame: pl.DataFrame) -> dict[str, str]:
    """How the panel calls its units, where it has a column « name »."""
    if "name" not in frame.columns:
        return {}
    rows = frame.select("unit", "name").drop_nulls().unique(subset="unit", keep="first").iter_rows()
    return {str(unit): str(name) for unit, name in rows}


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


def curves_svg(found: Sequence[Curve], title: str, unit: str) -> str:
    """The means as SVG, opening marked, and behind them each site as a thin line, up to ``MOST_LINES`` sites."""
    ages = _ages(found)
    every = max(1, ceil((ages[-1] - ages[0]) / 12))
    ticks = tuple(
        (age, str(age).replace("-", "−")) for age in range(ages[0], ages[-1] + 1) if age % every == 0
    )
    thin = drawn(found)
    lines = [
        Line(
            curve.label,
            tuple((age, mean) for age, mean, _sites in curve.points),
            tuple(tuple(site.values.items()) for site in curve.sites)
            if thin and len(curve.sites) > 1
            else (),
        )
        for curve in found
    ]
    mark = 0 if ages[0] <= 0 <= ages[-1] else None
    return lines_svg(lines, Axis(_("%(unit)s depuis l’ouverture") % {"unit": unit}, ticks, mark), title)


def drawn(found: Sequence[Curve]) -> bool:
    """Whether each site is drawn and told, beside the means."""
    return sum(len(curve.sites) for curve in found) <= MOST_LINES


def _ages(found: Sequence[Curve]) -> list[int]:
    return sorted({age for curve in found for site in curve.sites for age in site.values})


@dataclass(frozen=True, slots=True)
class Table:
    """Each site in a row: (name, group, its value at each of the ``ages``)."""

    ages: list[int]
    rows: list[tuple[str, str, list[float | None]]]

    @classmethod
    def of(cls, found: Sequence[Curve]) -> "Table":
        ages = _ages(found)
        rows = [
            (site.name, curve.group, [site.values.get(age) for age in ages])
            for curve in found
            for site in curve.sites
        ]
        return cls(ages, rows)
