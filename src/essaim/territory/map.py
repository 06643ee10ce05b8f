"""Maps of France as SVG made on the server: a choropleth with its legend, its table and its text.

The strict content security policy allows no ``style`` attribute: shapes carry classes only (``map-c0`` to
``map-c6``, ``map-none``, ``map-frame``, ``map-marked``…), which the site's style sheet colours. ``PALETTE`` are the
colours that sheet and printed documents share; ``standalone=True`` writes them as presentation attributes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from essaim.territory.codes import DATA, Level, territories

# Sequential, readable in grey and by colour-blind people: light sand to deep green.
PALETTE: Final = ("#f3ecd8", "#d9dfb4", "#b2cc97", "#80b27e", "#4e9268", "#2b7053", "#164a3a")
NO_DATA: Final = "#d8d8d8"
SHIPPED: Final = ("departement", "epci")


class MapError(ValueError):
    """A map that cannot be drawn, and what to give instead."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """SVG paths by code in one plane. ``insets``: boxes with a name; ``magnifier``: codes drawn again, larger."""

    viewbox: tuple[float, float, float, float]
    paths: Mapping[str, str]
    insets: tuple[Mapping[str, Any], ...] = ()
    magnifier: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Class:
    """One colour of the legend: values from ``low`` to ``high``, both included in what the data hold."""

    low: float
    high: float
    count: int
    label: str


@dataclass(frozen=True, slots=True)
class Choropleth:
    """A map and the two forms that say the same: ``rows`` for its table, ``text`` for its description."""

    svg: str
    classes: tuple[Class, ...]
    text: str
    rows: tuple[tuple[str, str, float | None], ...]
    missing: int = 0


@dataclass(frozen=True, slots=True)
class MapText:
    """What a reader is told around a map: ``title``, the ``unit`` of values, ``source`` with its date."""

    title: str
    unit: str = ""
    source: str = ""
    decimals: int = 0
    simulated: bool = field(default=False, kw_only=True)

    @property
    def shown_title(self) -> str:
        return f"{self.title} (simulé)" if self.simulated else self.title


@cache
def outlines(level: Level) -> Outlines:
    """The shipped outlines: départements (with a magnifier on Paris) and EPCI; overseas in insets."""
    if level not in SHIPPED:
        raise MapError(
            f"Aucun contour livré pour le niveau « {level} » : sont livrés {' et '.join(SHIPPED)}. "
            "Importez les contours voulus."
        )
    name = {"departement": "departements", "epci": "epci"}[level]
    document = json.loads((DATA / f"outlines_{name}.json").read_text(encoding="utf-8"))
    return Outlines(
        tuple(document["viewbox"]), document["paths"], tuple(document["insets"]), document.get("magnifier")
    )


def choropleth(
    values: Mapping[str, float | None],
    level: Level,
    about: MapText,
    *,
    classes: int = 5,
    tops: Sequence[float] = (),
    marked: Iterable[str] = (),
    links: Mapping[str, str] | None = None,
    coded: bool = False,
    shapes: Outlines | None = None,
    names: Mapping[str, str] | None = None,
    standalone: bool = False,
    ident: str = "carte",
) -> Choropleth:
    """A map of ``values`` by code (None or NaN: no data, drawn apart), in quantile classes.

    ``tops``: greatest value of each class instead, where quantiles would melt what matters (many zeros).

    ``marked`` codes get a thick outline; ``links`` turn outlines into links; ``coded``: each outline says its code
    (``data-code``), for a script that lets one choose on the map; ``shapes`` and ``names`` replace the
    shipped ones (outlines a user imported); ``ident`` must be unique in the page.
    """
    shapes = shapes or outlines(level)
    names = names if names is not None else {c: t.label for c, t in territories(level).items()}
    known = {c: float(v) for c, v in values.items() if v is not None and np.isfinite(v)}
    found = (
        _classes_up_to(
            np.sort(np.asarray(list(known.values()), float)), np.asarray(tops, float), about.decimals
        )
        if tops
        else quantile_classes(list(known.values()), classes, about.decimals)
    )
    drawing = _Drawing(shapes, names, found, known, frozenset(marked), links or {}, about, standalone, coded)
    text = describe(known, names, about, missing=len(values) - len(known))
    rows = [(c, names.get(c, c), known.get(c)) for c in values]
    return Choropleth(
        drawing.svg(text, ident),
        found,
        text,
        tuple(sorted(rows, key=lambda r: (r[2] is None, -(r[2] or 0.0), r[1]))),
        len(values) - len(known),
    )


def quantile_classes(values: Sequence[float], count: int, decimals: int = 0) -> tuple[Class, ...]:
    """At most ``count`` classes of about equal size; equal values are never split, empty classes vanish."""
    if not 1 <= count <= len(PALETTE):
        raise MapError(f"Nombre de classes impossible : {count}. Choisissez de 1 à {len(PALETTE)}.")
    if not values:
        return ()
    data = np.sort(np.asarray(values, float))
    cuts = np.unique(np.quantile(data, np.linspace(0, 1, count + 1)[1:-1], method="inverted_cdf"))
    return _classes_up_to(data, cuts, decimals)


def _classes_up_to(data: NDArray[np.float64], tops: NDArray[np.float64], decimals: int) -> tuple[Class, ...]:
    """Classes of sorted values, each up to one of ``tops``; the last takes the rest, empty ones vanish."""
    if not len(data):
        return ()
    upper = np.unique(np.append(tops[tops < data[-1]], data[-1]))
    found: list[Class] = []
    start = 0
    for top in upper:
        end = int(np.searchsorted(data, top, side="right"))
        if end == start:
            continue
        low, high = float(data[start]), float(data[end - 1])
        label = (
            number(low, decimals) if low == high else f"{number(low, decimals)} à {number(high, decimals)}"
        )
        found.append(Class(low, high, end - start, label))
        start = end
    return tuple(found)


def number(value: float, decimals: int = 0) -> str:
    """A number as French writes it: no-break thin spaces, decimal comma, true minus sign.

    >>> number(12345.678, 1)
    '12\u202f345,7'
    """
    text = f"{value:,.{decimals}f}".replace(",", "\u202f").replace(".", ",")
    return text.replace("-", "\u2212")


def describe(known: Mapping[str, float], names: Mapping[str, str], about: MapText, missing: int) -> str:
    """The map in words: extremes, median, what is missing, source."""
    if not known:
        return f"{about.shown_title}. Aucune valeur à montrer."
    unit = f"\u00a0{about.unit}" if about.unit else ""
    ordered = sorted(known, key=lambda c: (-known[c], c))
    highest = ", ".join(f"{names.get(c, c)} ({number(known[c], about.decimals)}{unit})" for c in ordered[:3])
    lowest = ", ".join(
        f"{names.get(c, c)} ({number(known[c], about.decimals)}{unit})" for c in ordered[-3:][::-1]
    )
    median = number(float(np.median(list(known.values()))), about.decimals)
    parts = [
        f"{about.shown_title}, {len(known)} territoires.",
        f"Valeurs les plus hautes : {highest}.",
        f"Les plus basses : {lowest}.",
        f"Médiane : {median}{unit}.",
    ]
    if missing:
        parts.append(f"Sans donnée : {missing}.")
    if about.source:
        parts.append(f"Source : {about.source}.")
    return " ".join(parts)


@dataclass(frozen=True, slots=True)
class _Drawing:
    shapes: Outlines
    names: Mapping[str, str]
    classes: tuple[Class, ...]
    values: Mapping[str, float]
    marked: frozenset[str]
    links: Mapping[str, str]
    about: MapText
    standalone: bool
    coded: bool

    def svg(self, text: str, ident: str) -> str:
        box = " ".join(f"{v:g}" for v in self.shapes.viewbox)
        # The content of an image is opaque to assistive technology: links need a group.
        role = "group" if self.links else "img"
        # Marked outlines come last: a later neighbour would cover half of a thick border.
        order = sorted(self.shapes.paths, key=lambda c: (c in self.marked, c))
        return "".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" class="map" viewBox="{box}" role="{role}"',
                f' aria-labelledby="{ident}-t {ident}-d">',
                f'<title id="{ident}-t">{escape(self.about.shown_title)}</title>',
                f'<desc id="{ident}-d">{escape(text)}</desc>',
                *(self._inset(i) for i in self.shapes.insets),
                *(self._shape(c) for c in order),
                self._magnified(),
                self._legend(),
                "</svg>",
            ]
        )

    def _colour(self, css: str, fill: str, stroke: str = "#ffffff", width: float = 3) -> str:
        if not self.standalone:
            return f'class="{css}"'
        return f'class="{css}" fill="{fill}" stroke="{stroke}" stroke-width="{width:g}"'

    def _shape(self, code: str) -> str:
        href = self.links.get(code)
        return f'<a href="{escape(href)}">{self._path(code)}</a>' if href else self._path(code)

    def _path(self, code: str) -> str:
        value = self.values.get(code)
        rank = None if value is None else next(i for i, k in enumerate(self.classes) if value <= k.high)
        css = "map-none" if rank is None else f"map-c{self._tone(rank)}"
        fill = NO_DATA if rank is None else PALETTE[self._tone(rank)]
        thick = code in self.marked
        shown = "sans donnée" if value is None else number(value, self.about.decimals)
        unit = f"\u00a0{self.about.unit}" if self.about.unit and value is not None else ""
        attributes = self._colour(
            f"{css} map-marked" if thick else css, fill, "#1b1b1b" if thick else "#ffffff", 12 if thick else 3
        )
        label = escape(f"{self.names.get(code, code)} : {shown}{unit}")
        if self.coded:
            attributes += f' data-code="{escape(code)}"'
        return f'<path {attributes} d="{self.shapes.paths[code]}"><title>{label}</title></path>'

    def _tone(self, rank: int) -> int:
        """Spread few classes over the whole palette: two classes must not look alike."""
        last = len(self.classes) - 1
        return len(PALETTE) // 2 if last == 0 else round(rank * (len(PALETTE) - 1) / last)

    def _inset(self, inset: Mapping[str, Any]) -> str:
        x, y, width, height = inset["box"]
        frame = self._colour("map-frame", "none", "#999999", 4)
        box = f'<rect {frame} x="{x}" y="{y}" width="{width}" height="{height}"/>'
        return box + _label(x + 20, y + height - 20, inset["name"])

    def _magnified(self) -> str:
        """The same territories drawn twice are one for assistive technology: the copy is hidden from it."""
        zoom = self.shapes.magnifier
        if zoom is None:
            return ""
        inner = "".join(self._path(c) for c in zoom["codes"])
        x, y = zoom["label"]
        copy = f'<g transform="{zoom["transform"]}">{inner}</g>{_label(x, y, zoom["name"])}'
        return f'<g class="map-zoom" aria-hidden="true">{copy}</g>'

    def _legend(self) -> str:
        tones = [self._tone(i) for i in range(len(self.classes))]
        entries = [(f"map-c{t}", PALETTE[t], c.label) for t, c in zip(tones, self.classes, strict=True)]
        if any(c not in self.values for c in self.shapes.paths):
            entries.append(("map-none", NO_DATA, "sans donnée"))
        left, top, _, height = self.shapes.viewbox
        x = left + (960 if self.shapes.insets else 20)
        y = top + height - 120 * len(entries) - 40
        lines = [_label(x, y - 40, self.about.unit)] if self.about.unit else []
        for i, (css, fill, label) in enumerate(entries):
            colour = self._colour(css, fill, "#999999")
            lines.append(f'<rect {colour} x="{x}" y="{y + 120 * i}" width="130" height="90"/>')
            lines.append(_label(x + 160, y + 120 * i + 75, label))
        return f'<g class="map-legend" aria-hidden="true">{"".join(lines)}</g>'


def _label(x: float, y: float, text: str) -> str:
    return f'<text class="map-label" x="{x}" y="{y}" font-size="90">{escape(text)}</text>'
