"""Adaptations that several sites made alike: what the field teaches the protocol.

Decisions on one place are alike when their values are close or their texts similar; components that sites added
are alike when their descriptions are, whatever their identifiers. Groups are the connected sets of alike
decisions; they are counted in sites, with their types of territory and their fidelity.
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from essaim.protocol.adaptation import Adaptation, Decision, Place, find_parameter
from essaim.protocol.document import Component, Credit, Parameter, Protocol, Source

TEXT_LIKENESS = 0.5
"""Least cosine of two texts (words weighted by rarity) that makes them alike."""

CLOSE = 0.1
"""Greatest distance of two numbers that makes them close, as a share of the range of the parameter."""

_STOP = frozenset(
    re.findall(
        r"\w+",
        "a au aux avec ce ces cette dans de des du elle en est et il ils l la le les leur leurs lui mais "
        "ne nous on ou par pas plus pour qu que qui sa se ses son sont sur un une vous y d n s c j",
    )
)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Alike decisions: ``place`` (the component is empty for additions), the ``sites`` and what they have in common.

    ``fidelity`` counts the answers of the sites (consistent, inconsistent, unknown); ``example`` is the decision
    nearest to all others.
    """

    status: str
    place: Place
    sites: tuple[str, ...]
    decisions: tuple[str, ...]
    territory_types: tuple[tuple[str, int], ...]
    fidelity: tuple[tuple[str, int], ...]
    example: Decision


def recurrences(
    protocol: Protocol, adaptations: Sequence[Adaptation], least: int = 2
) -> tuple[Recurrence, ...]:
    """Groups of alike decisions of at least ``least`` sites, the most shared first.

    Adaptations should be on ``protocol``; decisions on what it does not have are left out, additions excepted.
    """
    groups: dict[tuple[str, Place], list[tuple[Adaptation, Decision]]] = defaultdict(list)
    for adaptation in adaptations:
        for decision in adaptation.decisions:
            if decision.status == "added":
                groups["added", ("", None)].append((adaptation, decision))
            elif decision.status != "kept" and _known(protocol, decision):
                groups[decision.status, decision.place].append((adaptation, decision))
    found = []
    for (status, place), members in groups.items():
        for group in _alike(protocol, members):
            if len({adaptation.site for adaptation, _ in group}) >= least:
                found.append(_summary(status, place, group))
    return tuple(
        sorted(found, key=lambda one: (-len(one.sites), one.status, one.place[0], one.place[1] or ""))
    )


def _known(protocol: Protocol, decision: Decision) -> bool:
    component = protocol.component(decision.component)
    if component is None:
        return False
    return decision.parameter is None or find_parameter(component, decision.parameter) is not None


Member = tuple[Adaptation, Decision]


def _alike(protocol: Protocol, members: list[Member]) -> list[list[Member]]:
    """Connected groups, in the order of their first member; the most typical member of each comes first."""
    first = members[0][1]
    component = protocol.component(first.component)
    parameter = find_parameter(component, first.parameter) if component and first.parameter else None
    if first.status == "not_done":
        pairs = [(i - 1, i) for i in range(1, len(members))]
    elif parameter is not None and parameter.type != "text":
        pairs = _close_values(parameter, [decision for _, decision in members])
    else:
        pairs = _similar_texts([text_of(decision) for _, decision in members])
    neighbours: dict[int, list[int]] = defaultdict(list)
    for i, j in pairs:
        neighbours[i].append(j)
        neighbours[j].append(i)
    return [
        [members[i] for i in sorted(group, key=lambda i: (-len(neighbours[i]), i))]
        for group in _connected(len(members), neighbours)
    ]


def _connected(count: int, neighbours: dict[int, list[int]]) -> list[list[int]]:
    seen: set[int] = set()
    groups = []
    for start in range(count):
        if start in seen:
            continue
        seen.add(start)
        group, queue = [], [start]
        while queue:
            one = queue.pop()
            group.append(one)
            fresh = [other for other in neighbours[one] if other not in seen]
            seen.update(fresh)
            queue += fresh
        groups.append(group)
    return groups


def _close_values(parameter: Parameter, decisions: list[Decision]) -> list[tuple[int, int]]:
    """Pairs of neighbours in the order of the values that are close, or equal."""
    if parameter.type in ("number", "duration"):
        numbers = [(d.value, i) for i, d in enumerate(decisions) if isinstance(d.value, int | float)]
        gap = _close_gap(parameter)
        ordered = sorted(numbers)
        return [(i, j) for (a, i), (b, j) in pairwise(ordered) if b - a <= gap]
    last: dict[Any, int] = {}
    pairs = []
    for i, decision in enumerate(decisions):
        key = frozenset(decision.value) if isinstance(decision.value, tuple) else decision.value
        if key in last:
            pairs.append((last[key], i))
        last[key] = i
    return pairs


def _close_gap(parameter: Parameter) -> float:
    if parameter.min is None or parameter.max is None:
        return 0.0
    return CLOSE * float(parameter.max - parameter.min)


def text_of(decision: Decision) -> str:
    """The words by which a decision is compared."""
    if decision.addition is not None:
        return f"{decision.addition.title} {decision.addition.function} {decision.addition.form}"
    return decision.form or (decision.value if isinstance(decision.value, str) else "")


def stems(text: str) -> list[str]:
    """Content words without accents or endings, so that « ateliers » and « atelier » meet.

    >>> stems("Des ateliers de cuisine partagés")
    ['atelie', 'cuisin', 'partag']
    """
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return [word[:6] for word in re.findall(r"[a-z0-9]+", plain) if word not in _STOP]


def _similar_texts(texts: list[str]) -> list[tuple[int, int]]:
    """Pairs whose cosine, words weighted by rarity, reaches ``TEXT_LIKENESS``; only pairs that share a word."""
    counts = [Counter(stems(text)) for text in texts]
    holders: dict[str, list[int]] = defaultdict(list)
    for i, count in enumerate(counts):
        for word in count:
            holders[word].append(i)
    weights = {word: math.log(1 + len(texts) / len(where)) for word, where in holders.items()}
    norms = [math.sqrt(sum((n * weights[w]) ** 2 for w, n in count.items())) for count in counts]
    products: dict[tuple[int, int], float] = defaultdict(float)
    for word in sorted(holders):
        where = holders[word]
        for a, i in enumerate(where):
            for j in where[a + 1 :]:
                products[i, j] += counts[i][word] * counts[j][word] * weights[word] ** 2
    return [(i, j) for (i, j), dot in products.items() if dot >= TEXT_LIKENESS * norms[i] * norms[j]]


def _summary(status: str, place: Place, group: list[Member]) -> Recurrence:
    by_site = {adaptation.site: adaptation for adaptation, _ in group}
    types = Counter(kind for adaptation in by_site.values() for kind in adaptation.territory_types)
    fidelity = Counter(decision.frame.fidelity if decision.frame else "unknown" for _, decision in group)
    return Recurrence(
        status,
        place,
        tuple(by_site),
        tuple(decision.id for _, decision in group),
        tuple(sorted(types.items())),
        tuple(sorted(fidelity.items())),
        group[0][1],
    )


def draft_component(recurrence: Recurrence, source: str) -> Component:
    """First draft of a component out of additions made alike, credited to the sites.

    Raises:
        ValueError: when the recurrence is not of additions.
    """
    example = recurrence.example.addition
    if example is None:
        raise ValueError("Seuls des ajouts faits de la même façon donnent un nouveau composant.")
    names = ", ".join(recurrence.sites)
    return Component(
        id=example.id,
        kind="adaptable",
        title=example.title,
        function=example.function,
        form=example.form,
        sources=(source,),
        credits=(Credit(name=names, note=f"ajouté par {len(recurrence.sites)} sites"),),
    )


def draft_protocol(protocol: Protocol, found: Iterable[Recurrence], source: Source) -> Protocol:
    """``protocol`` with the components its sites added alike: the first version of one that had none.

    Identifiers already taken get a number; the result is a draft to review.
    """
    drafts: list[Component] = []
    taken = {component.id for component in protocol.components}
    for one in found:
        if one.status != "added":
            continue
        draft = draft_component(one, source.id)
        name, n = draft.id, 2
        while name in taken:
            name, n = f"{draft.id}-{n}", n + 1
        taken.add(name)
        drafts.append(replace(draft, id=name))
    known = any(one.id == source.id for one in protocol.sources)
    sources = protocol.sources if known else (*protocol.sources, source)
    return replace(protocol, components=(*protocol.components, *drafts), sources=sources)


TERRITORY_LABELS: dict[str, str] = {
    "rural": "rural",
    "low_density": "peu dense",
    "overseas": "outre-mer",
    "qpv": "quartier prioritaire",
    "mountain": "montagne",
    "urban": "urbain",
}


def proposal_text(protocol: Protocol, recurrence: Recurrence) -> str:
    """Draft of a proposal to the network, in French, to be edited."""
    count = len(recurrence.sites)
    kinds = ", ".join(f"{TERRITORY_LABELS.get(kind, kind)} ({n})" for kind, n in recurrence.territory_types)
    faithful = dict(recurrence.fidelity).get("consistent", 0)
    return (
        f"{count} sites ont {_what(protocol, recurrence).rstrip('.')}. "
        f"Types de territoire : {kinds or 'non renseignés'}. "
        f"Fidèle à la fonction selon {faithful} sur {len(recurrence.decisions)} décisions. "
        f"Sites : {', '.join(recurrence.sites)}."
    )


def _what(protocol: Protocol, recurrence: Recurrence) -> str:
    example = recurrence.example
    if example.addition is not None:
        return f"ajouté « {example.addition.title} » ou un composant semblable"
    component = protocol.component(recurrence.place[0])
    title = component.title if component else recurrence.place[0]
    if recurrence.status == "not_done":
        return f"laissé de côté « {title} »"
    if example.parameter is None:
        return f"donné à « {title} » une forme proche de : {example.form}"
    parameter = find_parameter(component, example.parameter) if component else None
    label = parameter.label if parameter else example.parameter
    return f"réglé « {label} » de « {title} » autour de : {_value_in_words(parameter, example.value)}"


def _value_in_words(parameter: Parameter | None, value: Any) -> str:
    """Options by their label, yes or no in words, a number with its unit."""
    labels: dict[str, str] = {o.id: o.label for o in parameter.options} if parameter else {}
    if isinstance(value, tuple):
        return ", ".join(labels.get(str(item), str(item)) for item in value)
    if isinstance(value, bool):
        return "oui" if value else "non"
    unit = f" {parameter.unit}" if parameter and parameter.unit else ""
    return f"{labels.get(value, value)}{unit}"
