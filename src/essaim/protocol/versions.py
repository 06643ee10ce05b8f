"""Version numbers that mean something: the kind of bump is computed from what changed.

Major when sites may have to act (a core component, the essence, less latitude, more asked by the label), minor
when they may gain (an adaptable component, a tool, more latitude), patch for wording. ``RULES`` is the table.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from essaim.protocol.diff import Difference, differences
from essaim.protocol.document import Parameter, Protocol
from essaim.protocol.latitude import Latitude, latitude, territories
from essaim.protocol.lineage import ancestors, routes

Bump = Literal["none", "patch", "minor", "major"]
ORDER: tuple[Bump, ...] = ("none", "patch", "minor", "major")

WORDING = ("label", "note", "title", "summary", "evidence", "sources", "credits", "unknowns", "url")
"""Fields whose change is wording wherever they are."""

BOUNDS = ("type", "unit", "min", "max", "step", "options", "min_items", "max_items", "max_length", "default")
"""Fields of a parameter or of a variant that make the latitude: weighed by what they allow, not by their text."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A difference with the bump it asks for and why (French)."""

    difference: Difference
    bump: Bump
    reason: str


@dataclass(frozen=True, slots=True)
class _Versions:
    """What a rule may look at besides the difference."""

    old: Protocol
    new: Protocol
    narrowed: frozenset[tuple[str, str]]
    """Places of the later version (of the earlier one when lost) where some value is no longer allowed."""

    def is_core(self, component: str) -> bool:
        found = [c for one in (self.old, self.new) if (c := one.component(component)) is not None]
        return any(one.kind == "core" for one in found)

    def narrows(self, d: Difference) -> bool:
        return (d.component, d.parameter) in self.narrowed


Test = Callable[[Difference, _Versions], bool]

VARIANT_REASON = "latitude réduite sur certains territoires"

RULES: tuple[tuple[str, Test, Bump], ...] = (
    ("l’essence est fixe", lambda d, v: d.section == "essence" and d.field != "sources", "major"),
    (
        "composant du cœur ajouté, retiré, partagé ou réuni",
        lambda d, v: (
            d.section == "components"
            and d.kind in ("added", "removed", "split", "merged")
            and v.is_core(d.component)
        ),
        "major",
    ),
    (
        "la fonction d’un composant du cœur change",
        lambda d, v: d.section == "components" and d.field == "function" and v.is_core(d.component),
        "major",
    ),
    (
        "un composant entre dans le cœur ou en sort",
        lambda d, v: d.field == "kind" and bool(d.component),
        "major",
    ),
    (
        "latitude réduite",
        lambda d, v: (
            d.section == "parameters" and v.narrows(d) and (d.kind != "changed" or d.field in BOUNDS)
        ),
        "major",
    ),
    (
        "exigence du label ajoutée ou changée",
        lambda d, v: (
            d.section == "requirements"
            and d.kind in ("added", "changed")
            and (d.field == "evidence" or d.field not in WORDING)
        ),
        "major",
    ),
    ("le label apparaît", lambda d, v: d.section == "label" and d.old is None, "major"),
    ("rédaction", lambda d, v: d.field in WORDING or d.section == "sources", "patch"),
    ("ordre", lambda d, v: d.kind == "reordered", "patch"),
    ("composant, outil ou latitude", lambda d, v: True, "minor"),
)
"""(reason, test, bump): the first rule whose test holds weighs the difference."""


def weigh(old: Protocol, new: Protocol) -> tuple[Weighed, ...]:
    """Every difference with its bump; narrowed latitudes of variants included."""
    narrowed = frozenset(_narrowed(old, new))
    versions = _Versions(old, new, narrowed)
    return tuple(_weigh(difference, versions) for difference in differences(old, new))


def _weigh(difference: Difference, versions: _Versions) -> Weighed:
    if difference.section == "variants" and _variant_narrows(difference, versions):
        return Weighed(difference, "major", VARIANT_REASON)
    for reason, test, bump in RULES:
        if test(difference, versions):
            return Weighed(difference, bump, reason)
    raise AssertionError("the last rule always holds")


def _variant_narrows(difference: Difference, versions: _Versions) -> bool:
    if difference.field in WORDING:
        return False
    touched = {
        (change.component, change.parameter)
        for protocol in (versions.old, versions.new)
        for variant in protocol.variants
        if variant.id == difference.item
        for change in variant.changes
    }
    return not touched.isdisjoint(versions.narrowed)


def required_bump(old: Protocol, new: Protocol) -> Bump:
    """The least bump that what changed asks for."""
    return max((one.bump for one in weigh(old, new)), key=ORDER.index, default="none")


def next_version(version: str, bump: Bump) -> str:
    """
    >>> next_version("1.4.2", "minor")
    '1.5.0'
    """
    major, minor, patch = parse(version)
    if bump == "major":
        return f"{major + 1}.0.0"
    if bump == "minor":
        return f"{major}.{minor + 1}.0"
    return version if bump == "none" else f"{major}.{minor}.{patch + 1}"


def parse(version: str) -> tuple[int, int, int]:
    """Numbers of a version, to compare two of them."""
    major, minor, patch = map(int, version.split("."))
    return major, minor, patch


def actual_bump(old: str, new: str) -> Bump | None:
    """The bump between two version numbers; ``None`` when ``new`` is not the next number of its kind.

    >>> actual_bump("1.4.2", "2.0.0"), actual_bump("1.4.2", "1.6.0")
    ('major', None)
    """
    return next((bump for bump in ORDER if next_version(old, bump) == new), None)


def version_problems(old: Protocol, new: Protocol) -> tuple[str, ...]:
    """Why ``new`` may not follow ``old`` (French): another protocol, wrong number, identifier that changes meaning."""
    if old.id != new.id:
        return (f"« {new.id} » est un autre protocole que « {old.id} » : une version garde l’identifiant.",)
    return (*_number_problems(old, new), *_reused(old, new))


def _number_problems(old: Protocol, new: Protocol) -> Iterator[str]:
    required = required_bump(old, new)
    expected = next_version(old.version, required)
    actual = actual_bump(old.version, new.version)
    if actual is None:
        yield f"{new.version} ne suit pas {old.version} : le prochain numéro est {expected}."
    elif ORDER.index(actual) < ORDER.index(required):
        reasons = "; ".join(dict.fromkeys(one.reason for one in weigh(old, new) if one.bump == required))
        yield f"{new.version} est trop peu : {reasons}. Numérotez {expected}."
    elif ORDER.index(actual) > ORDER.index(required):
        yield f"{new.version} annonce plus que ce qui change. Numérotez {expected}."


def _reused(old: Protocol, new: Protocol) -> Iterator[str]:
    """An identifier that once named something else would send the decisions of old sites astray."""
    present = {component.id for component in old.components}
    former = {id for component in old.components for id in ancestors(component)} - present
    for component in new.components:
        if component.id in former:
            yield f"« {component.id} » a déjà nommé un autre composant : donnez un nouvel identifiant."
    yield from _reused_parameters(old, new)


def _reused_parameters(old: Protocol, new: Protocol) -> Iterator[str]:
    present = {(c.id, p.id) for c in old.components for p in c.parameters}
    former = {(c.id, name) for c in old.components for p in c.parameters for name in p.replaces}
    for component in old.components:
        for parameter in component.parameters:
            former |= {(home, name) for home, _, name in (a.partition("/") for a in parameter.moved_from)}
    for component in new.components:
        for parameter in component.parameters:
            if (component.id, parameter.id) in former - present:
                yield (
                    f"« {component.id}/{parameter.id} » a déjà nommé un autre paramètre : "
                    "donnez un nouvel identifiant."
                )


def _narrowed(old: Protocol, new: Protocol) -> Iterator[tuple[str, str]]:
    """Places where a value allowed on some kind of territory is no longer."""
    kinds = [
        kind for protocol in (old, new) for variant in protocol.variants for kind in variant.territory_types
    ]
    everywhere = territories(kinds)
    before = {(c.id, p.id): p for c in old.components for p in c.parameters}
    after = {(c.id, p.id): p for c in new.components for p in c.parameters}
    for origin, places in routes(old, new).parameters.items():
        if not places:
            yield origin
        for place in places:
            if _narrows(old, new, (origin[0], before[origin]), (place[0], after[place]), everywhere):
                yield place


def _narrows(
    old: Protocol,
    new: Protocol,
    before: tuple[str, Parameter],
    after: tuple[str, Parameter],
    everywhere: Collection[frozenset[str]],
) -> bool:
    return any(
        not includes(latitude(new, *after, territory), latitude(old, *before, territory))
        for territory in everywhere
    )


def includes(wide: Latitude, narrow: Latitude) -> bool:
    """Whether every value that ``narrow`` allows means the same and is allowed by ``wide``."""
    if (wide.parameter.type, wide.parameter.unit) != (narrow.parameter.type, narrow.parameter.unit):
        return False
    if wide.parameter.type in ("number", "duration"):
        return _includes_interval(wide, narrow) and _includes_grid(wide.parameter, narrow.parameter)
    most = len(narrow.options) if narrow.max_items is None else narrow.max_items
    return (
        set(narrow.options) <= set(wide.options)
        and (wide.min_items or 0) <= (narrow.min_items or 0)
        and (wide.max_items is None or most <= wide.max_items)
        and (
            wide.max_length is None
            or (narrow.max_length is not None and narrow.max_length <= wide.max_length)
        )
    )


def _includes_interval(wide: Latitude, narrow: Latitude) -> bool:
    low = wide.min is None or (narrow.min is not None and narrow.min >= wide.min)
    return low and (wide.max is None or (narrow.max is not None and narrow.max <= wide.max))


def _includes_grid(wide: Parameter, narrow: Parameter) -> bool:
    if not wide.step:
        return True
    if not narrow.step:
        return False
    step, shift = (
        Fraction(str(wide.step)),
        Fraction(str(narrow.min or 0)) - Fraction(str(wide.min or 0)),
    )
    return Fraction(str(narrow.step)) % step == 0 and shift % step == 0
