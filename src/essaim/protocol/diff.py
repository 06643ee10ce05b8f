"""What differs between two versions of a protocol, clause by clause, and word by word inside texts."""

import bisect
import difflib
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal

from essaim.protocol import codec
from essaim.protocol.adaptation import Place
from essaim.protocol.codec import FreeText, Text
from essaim.protocol.document import Component, Parameter, Protocol
from essaim.protocol.lineage import routes, same_component

DifferenceKind = Literal["added", "removed", "changed", "renamed", "moved", "split", "merged", "reordered"]

LISTS = ("sources", "variants", "roles", "prerequisites", "tools", "indicators")
"""Lists of the document compared item by item, besides components."""

MAX_COMPARISONS = 250_000
"""Product of word counts beyond which two texts are first aligned by sentences: the cost stays bounded."""

LINEAGE = ("replaces", "split_from", "merged_from", "moved_from")
"""Fields that only say where an item comes from: shown as renamed, moved, split or merged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference. ``section`` names the list or object of the document, ``item`` the identifier in it.

    ``component`` and ``parameter`` locate it in the later version (in the earlier one when removed).
    ``old`` and ``new`` are plain data (text, number, list…); for an item added or removed, the whole
    item.
    """

    section: Text
    kind: DifferenceKind
    item: FreeText = ""
    component: FreeText = ""
    parameter: FreeText = ""
    field: FreeText = ""
    old: Any = None
    new: Any = None

    @property
    def place(self) -> Place | None:
        """Where a site may decide about it; ``None`` outside components."""
        return (self.component, self.parameter or None) if self.component else None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, empty fields left out."""
        data = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in data.items() if value not in ("", None)}


@dataclass(frozen=True, slots=True)
class Words:
    """A stretch of text: in both texts (``=``), only in the old (``-``) or only in the new (``+``)."""

    op: Literal["=", "-", "+"]
    text: str


def words(old: str, new: str) -> tuple[Words, ...]:
    """Word-level comparison; the ``=`` and ``-`` parts make ``old``, the ``=`` and ``+`` parts ``new``.

    >>> [f"{part.op}{part.text}" for part in words("deux jours par mois", "trois jours par mois")]
    ['-deux', '+trois', '= jours par mois']
    """
    return _joined(_words(_tokens(old), _tokens(new)))


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+|\s+|[^\w\s]", text)


def _words(before: list[str], after: list[str]) -> Iterator[Words]:
    if len(before) * len(after) > MAX_COMPARISONS:
        yield from _long(before, after)
        return
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, i, j, k, n in matcher.get_opcodes():
        if tag == "equal":
            yield Words("=", "".join(before[i:j]))
        else:
            yield Words("-", "".join(before[i:j]))
            yield Words("+", "".join(after[k:n]))


def _long(before: list[str], after: list[str]) -> Iterator[Words]:
    """Long texts: sentences found once in each, in the same order, hold; what lies between is compared by words."""
    old, new = _sentences(before), _sentences(after)
    i = k = 0
    for j, n in [*_anchors(old, new), (len(old), len(new))]:
        left, right = ([word for one in part for word in one] for part in (old[i:j], new[k:n]))
        if len(left) * len(right) > MAX_COMPARISONS:
            yield Words("-", "".join(left))
            yield Words("+", "".join(right))
        else:
            yield from _words(left, right)
        if j < len(old):
            yield Words("=", "".join(old[j]))
        i, k = j + 1, n + 1


def _sentences(tokens: list[str]) -> list[tuple[str, ...]]:
    sentences: list[list[str]] = [[]]
    for word in tokens:
        sentences[-1].append(word)
        if word in ".!?;:" or "\n" in word:
            sentences.append([])
    return [tuple(one) for one in sentences if one]


def _anchors(old: list[tuple[str, ...]], new: list[tuple[str, ...]]) -> list[tuple[int, int]]:
    """Positions of the longest run of sentences, each found once in both texts, that come in the same order."""
    often, often_new = Counter(old), Counter(new)
    places = {one: n for n, one in enumerate(new) if often_new[one] == 1}
    pairs = [(i, places[one]) for i, one in enumerate(old) if often[one] == 1 and one in places]
    tails: list[int] = []
    last: list[int] = []
    previous: list[int | None] = []
    for index, (_, n) in enumerate(pairs):
        at = bisect.bisect_left(tails, n)
        previous.append(last[at - 1] if at else None)
        tails[at : at + 1], last[at : at + 1] = [n], [index]
    run: list[tuple[int, int]] = []
    step = last[-1] if last else None
    while step is not None:
        run.append(pairs[step])
        step = previous[step]
    return run[::-1]


def _joined(parts: Iterable[Words]) -> tuple[Words, ...]:
    """Neighbours of one kind made one, empty ones left out."""
    found = (part for part in parts if part.text)
    return tuple(Words(op, "".join(part.text for part in run)) for op, run in itertools.groupby(found, _op))


def _op(part: Words) -> Literal["=", "-", "+"]:
    return part.op


def differences(old: Protocol, new: Protocol) -> tuple[Difference, ...]:
    """Every difference but the version number, in the order of the later document; lineage is followed."""
    return tuple(_differences(old, new))


def _differences(old: Protocol, new: Protocol) -> Iterator[Difference]:
    for name in ("title", "summary"):
        yield from _field("protocol", name, getattr(old, name), getattr(new, name))
    yield from _fields("essence", old.essence, new.essence)
    yield from _field("protocol", "unknowns", list(old.unknowns), list(new.unknowns))
    yield from _components(old, new)
    for name in LISTS:
        yield from _items(name, getattr(old, name), getattr(new, name))
    yield from _label(old, new)
    yield from _selection(old, new)


def _field(section: str, name: str, old: Any, new: Any, **where: str) -> Iterator[Difference]:
    if old != new:
        yield Difference(section=section, kind="changed", field=name, old=old, new=new, **where)


def _fields(
    section: str, old: Any, new: Any, *, skip: tuple[str, ...] = (), **where: Any
) -> Iterator[Difference]:
    """Differences of two objects of one class, field by field."""
    for field in fields(old):
        if field.name in ("id", *LINEAGE, *skip):
            continue
        before, after = (codec.encode(getattr(one, field.name)) for one in (old, new))
        yield from _field(section, field.name, before, after, **where)


def _items(section: str, old: tuple[Any, ...], new: tuple[Any, ...], **where: Any) -> Iterator[Difference]:
    """Differences of two lists of items with identifiers."""
    before, after = {item.id: item for item in old}, {item.id: item for item in new}
    for id, item in before.items():
        if id not in after:
            yield Difference(section=section, kind="removed", item=id, old=codec.encode(item), **where)
    for id, item in after.items():
        if id in before:
            yield from _fields(section, before[id], item, item=id, **where)
        else:
            yield Difference(section=section, kind="added", item=id, new=codec.encode(item), **where)
    if _reordered(list(before), list(after)):
        yield Difference(section=section, kind="reordered", old=list(before), new=list(after), **where)


def _reordered(old: list[str], new: list[str]) -> bool:
    return [id for id in old if id in new] != [id for id in new if id in old]


def _components(old: Protocol, new: Protocol) -> Iterator[Difference]:
    known = routes(old, new)
    earlier = {component.id: component for component in old.components}
    for id, heirs in known.components.items():
        if not heirs:
            yield Difference(
                section="components", kind="removed", component=id, old=codec.encode(earlier[id])
            )
        elif len(heirs) > 1:
            yield Difference(section="components", kind="split", component=id, new=list(heirs))
    for component in new.components:
        before = same_component(component, earlier)
        origins = [id for id, heirs in known.components.items() if component.id in heirs]
        if component.id in known.merged:
            yield Difference(section="components", kind="merged", component=component.id, old=origins)
        if before is None:
            yield Difference(
                section="components", kind="added", component=component.id, new=codec.encode(component)
            )
            continue
        if before.id != component.id:
            yield Difference(
                section="components", kind="renamed", component=component.id, old=before.id, new=component.id
            )
        yield from _fields(
            "components", before, component, skip=("parameters", "markers"), component=component.id
        )
        yield from _items("markers", before.markers, component.markers, component=component.id)
    yield from _parameters(old, new, known.parameters)
    continued = [found.id for c in new.components if (found := same_component(c, earlier)) is not None]
    if continued != [component.id for component in old.components if component.id in continued]:
        ids = [[component.id for component in one.components] for one in (old, new)]
        yield Difference(section="components", kind="reordered", old=ids[0], new=ids[1])


def _parameters(
    old: Protocol, new: Protocol, known: dict[tuple[str, str], tuple[tuple[str, str], ...]]
) -> Iterator[Difference]:
    before = {(c.id, p.id): p for c in old.components for p in c.parameters}
    after = {(c.id, p.id): p for c in new.components for p in c.parameters}
    earlier = {component.id: component for component in old.components}
    continued = {place: same_component(c, earlier) for c in new.components for place in _places(c)}
    origins: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for origin, places in known.items():
        if not places and _stays(origin, new, earlier):
            yield _parameter("removed", origin, old=codec.encode(before[origin]))
        for place in places:
            origins.setdefault(place, []).append(origin)
    for place, parameter in after.items():
        if place not in origins:
            if continued[place] is not None:
                yield _parameter("added", place, new=codec.encode(parameter))
            continue
        for origin in origins[place]:
            yield from _parameter_change(origin, place, before[origin], parameter, continued[place])


def _places(component: Component) -> list[tuple[str, str]]:
    return [(component.id, parameter.id) for parameter in component.parameters]


def _stays(origin: tuple[str, str], new: Protocol, earlier: dict[str, Component]) -> bool:
    """Whether the component of a lost parameter goes on (else the loss of the component says it all)."""
    return any(
        (found := same_component(c, earlier)) is not None and found.id == origin[0] for c in new.components
    )


def _parameter_change(
    origin: tuple[str, str],
    place: tuple[str, str],
    before: Parameter,
    after: Parameter,
    home: Component | None,
) -> Iterator[Difference]:
    same_home = home is not None and home.id == origin[0]
    if not same_home:
        yield _parameter("moved", place, old="/".join(origin), new="/".join(place))
    elif origin[1] != place[1]:
        yield _parameter("renamed", place, old=origin[1], new=place[1])
    yield from _fields("parameters", before, after, component=place[0], parameter=place[1])


def _parameter(kind: DifferenceKind, place: tuple[str, str], old: Any = None, new: Any = None) -> Difference:
    return Difference(
        section="parameters", kind=kind, component=place[0], parameter=place[1], old=old, new=new
    )


def _label(old: Protocol, new: Protocol) -> Iterator[Difference]:
    if old.label is None or new.label is None:
        yield from _field("label", "", codec.encode(old.label), codec.encode(new.label))
        return
    yield from _fields("label", old.label, new.label, skip=("requirements",))
    yield from _items("requirements", old.label.requirements, new.label.requirements)


def _selection(old: Protocol, new: Protocol) -> Iterator[Difference]:
    if old.selection is None or new.selection is None:
        yield from _field("selection", "", codec.encode(old.selection), codec.encode(new.selection))
        return
    yield from _fields("selection", old.selection, new.selection, skip=("steps", "criteria"))
    yield from _items("steps", old.selection.steps, new.selection.steps)
    yield from _items("criteria", old.selection.criteria, new.selection.criteria)
