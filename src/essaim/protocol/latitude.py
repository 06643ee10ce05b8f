"""What a site may choose: the latitude of a parameter on a territory, and whether a value lies within it.

Each variant that applies turns the latitude of the protocol into its own (the fields it states replace those
of the parameter); where several apply, all must hold: intervals and options are intersected. Bounds are
inclusive. Steps count from the parameter's own ``min`` (or 0): variants never move the grid.
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeVar

from essaim.protocol.codec import Number, Value
from essaim.protocol.document import Change, Parameter, Protocol, TerritoryType, Variant
from essaim.words import Told, told

_N = TypeVar("_N", int, Number)

EXCLUSIVE_TYPES = (frozenset({"urban", "rural"}), frozenset({"urban", "low_density"}))
"""Pairs of territory types that no territory has together."""


@dataclass(frozen=True, slots=True)
class Latitude:
    """The values allowed for one parameter on one territory; ``None`` where nothing bounds."""

    parameter: Parameter
    min: Number | None
    max: Number | None
    options: tuple[str, ...]
    min_items: int | None
    max_items: int | None
    max_length: int | None
    default: Value | None
    variants: tuple[str, ...]
    """Identifiers of the variants that made it, in the order of the document."""

    def is_empty(self) -> bool:
        """Whether no value at all is allowed."""
        kind = self.parameter.type
        if kind in ("number", "duration"):
            return _first_on_grid(self) is None
        if kind == "choice":
            return not self.options
        if kind == "set":
            least = self.min_items or 0
            most = len(self.options) if self.max_items is None else min(self.max_items, len(self.options))
            return least > most
        return False

    def objection(self, value: Value) -> str | None:
        """Why ``value`` lies outside, in French; ``None`` when it is allowed."""
        return _OBJECTIONS[self.parameter.type](self, value)


def applicable(protocol: Protocol, territory_types: Collection[str]) -> tuple[Variant, ...]:
    """Variants of ``protocol`` for a territory that has these types."""
    return tuple(v for v in protocol.variants if not set(v.territory_types).isdisjoint(territory_types))


def latitude(
    protocol: Protocol, component: str, parameter: Parameter, territory_types: Collection[str] = ()
) -> Latitude:
    """Effective latitude of a parameter of ``component`` on a territory that has ``territory_types``."""
    changes = [
        (variant.id, change)
        for variant in applicable(protocol, territory_types)
        for change in variant.changes
        if change.component == component and change.parameter == parameter.id
    ]
    result = _base(parameter)
    if changes:
        first, *rest = [_changed(parameter, variant, change) for variant, change in changes]
        result = first
        for other in rest:
            result = _both(result, other)
    return result


def _base(parameter: Parameter) -> Latitude:
    options = tuple(option.id for option in parameter.options)
    return Latitude(
        parameter,
        parameter.min,
        parameter.max,
        options,
        parameter.min_items,
        parameter.max_items,
        parameter.max_length,
        parameter.default,
        (),
    )


def _changed(parameter: Parameter, variant: str, change: Change) -> Latitude:
    base = _base(parameter)
    return Latitude(
        parameter,
        base.min if change.min is None else change.min,
        base.max if change.max is None else change.max,
        change.options or base.options,
        base.min_items if change.min_items is None else change.min_items,
        base.max_items if change.max_items is None else change.max_items,
        base.max_length if change.max_length is None else change.max_length,
        base.default if change.default is None else change.default,
        (variant,),
    )


def _both(one: Latitude, other: Latitude) -> Latitude:
    """Intersection of two latitudes; the default of the later variant wins when it is one it states."""
    return Latitude(
        one.parameter,
        _most(one.min, other.min),
        _least(one.max, other.max),
        tuple(option for option in one.options if option in other.options),
        _most(one.min_items, other.min_items),
        _least(one.max_items, other.max_items),
        _least(one.max_length, other.max_length),
        one.default if other.default == one.parameter.default else other.default,
        one.variants + other.variants,
    )


def _most(one: _N | None, other: _N | None) -> _N | None:
    return other if one is None else one if other is None else max(one, other)


def _least(one: _N | None, other: _N | None) -> _N | None:
    return other if one is None else one if other is None else min(one, other)


def starting_from(parameter: Parameter, value: Value) -> Parameter:
    """The parameter with ``value`` for default, its range widened just enough to hold it.

    Options, unit and the grid of steps stay: a value that they leave out is still refused (see
    :meth:`Latitude.objection`).

    >>> days = Parameter(id="d", label="Jours", type="number", min=1, max=5, default=2)
    >>> starting_from(days, 7).max, starting_from(days, 7).min, starting_from(days, 7).default
    (7, 1, 7)
    """
    wider: dict[str, Any] = {}
    if isinstance(value, int | float) and not isinstance(value, bool) and _on_grid(parameter, value):
        wider = {
            "min": None if parameter.min is None else min(parameter.min, value),
            "max": None if parameter.max is None else max(parameter.max, value),
        }
    elif parameter.type == "set" and isinstance(value, tuple):
        wider = {
            "min_items": None if parameter.min_items is None else min(parameter.min_items, len(value)),
            "max_items": None if parameter.max_items is None else max(parameter.max_items, len(value)),
        }
    elif isinstance(value, str) and parameter.max_length is not None:
        wider = {"max_length": max(parameter.max_length, len(value))}
    return replace(parameter, default=value, **wider)


def territories(types: Iterable[TerritoryType]) -> list[frozenset[str]]:
    """Every set of ``types`` that one territory can have, the empty one first."""
    sets: list[frozenset[str]] = [frozenset()]
    for kind in sorted(set(types)):
        sets += [one | {kind} for one in sets]
    return [one for one in sets if not any(pair <= one for pair in EXCLUSIVE_TYPES)]


def _exact(number: Number) -> Fraction:
    """The decimal that was written, not the binary float nearest to it."""
    return Fraction(str(number))


def _on_grid(parameter: Parameter, value: Number) -> bool:
    if not parameter.step:
        return True
    return (_exact(value) - _exact(parameter.min or 0)) % _exact(parameter.step) == 0


def _first_on_grid(lat: Latitude) -> Fraction | None:
    """Least allowed number (any number when there is no ``min``); ``None`` when there is none."""
    if lat.min is None:
        return Fraction(0)
    first = _exact(lat.min)
    if lat.parameter.step:
        step, origin = _exact(lat.parameter.step), _exact(lat.parameter.min or 0)
        first = origin + math.ceil((first - origin) / step) * step
    return first if lat.max is None or first <= _exact(lat.max) else None


def _object_number(lat: Latitude, value: Value) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return told("on attend un nombre")
    if (lat.min is not None and value < lat.min) or (lat.max is not None and value > lat.max):
        return told(
            "%(value)s n’est pas dans la latitude : %(latitude)s",
            value=str(value),
            latitude=_interval(lat),
        )
    if not _on_grid(lat.parameter, value):
        step, start = lat.parameter.step, lat.parameter.min or 0
        return told(
            "%(value)s ne suit pas le pas de %(step)s depuis %(start)s",
            value=str(value),
            step=str(step),
            start=str(start),
        )
    return None


def _object_choice(lat: Latitude, value: Value) -> str | None:
    if not isinstance(value, str):
        return told("on attend une des options")
    return None if value in lat.options else _not_an_option(lat, value)


def _not_an_option(lat: Latitude, value: str) -> Told:
    return told(
        "« %(value)s » n’est pas une option permise (%(options)s)",
        value=value,
        options=", ".join(lat.options),
    )


def _object_set(lat: Latitude, value: Value) -> str | None:
    if not isinstance(value, tuple):
        return told("on attend une liste d’options")
    if len(set(value)) < len(value):
        return told("une option est répétée")
    foreign = [item for item in value if item not in lat.options]
    if foreign:
        return _not_an_option(lat, foreign[0])
    if lat.min_items is not None and len(value) < lat.min_items:
        return told("il faut au moins %(count)s options", count=lat.min_items)
    if lat.max_items is not None and len(value) > lat.max_items:
        return told("il faut au plus %(count)s options", count=lat.max_items)
    return None


def _object_boolean(lat: Latitude, value: Value) -> str | None:
    return None if isinstance(value, bool) else told("on attend oui ou non (true ou false)")


def _object_text(lat: Latitude, value: Value) -> str | None:
    if not isinstance(value, str):
        return told("on attend un texte")
    if lat.max_length is not None and len(value) > lat.max_length:
        return told("le texte dépasse %(most)s signes", most=lat.max_length)
    return None


_OBJECTIONS = {
    "number": _object_number,
    "duration": _object_number,
    "choice": _object_choice,
    "set": _object_set,
    "boolean": _object_boolean,
    "text": _object_text,
}


def _interval(lat: Latitude) -> Told:
    """The numbers allowed, in words."""
    unit = f" {lat.parameter.unit}" if lat.parameter.unit else ""
    if lat.min is None and lat.max is None:
        return told("tout nombre en %(unit)s", unit=lat.parameter.unit) if unit else told("tout nombre")
    if lat.max is None:
        return told("au moins %(bound)s", bound=f"{lat.min}{unit}")
    if lat.min is None:
        return told("au plus %(bound)s", bound=f"{lat.max}{unit}")
    return told("de %(low)s à %(high)s", low=str(lat.min), high=f"{lat.max}{unit}")
