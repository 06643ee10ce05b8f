"""Sites beside their base, beside each other, and a whole network: components × sites."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from essaim.protocol.adaptation import Adaptation, Decision, Place
from essaim.protocol.codec import Value
from essaim.protocol.diff import Words, words
from essaim.protocol.document import Protocol
from essaim.protocol.latitude import latitude

State = Literal["followed", "kept", "adapted", "not_done", "added", "derogation"]

STATE_LABELS: dict[State, str] = {
    "followed": "suivi, sans décision",
    "kept": "gardé",
    "adapted": "adapté",
    "not_done": "non fait",
    "added": "ajouté",
    "derogation": "dérogation",
}


@dataclass(frozen=True, slots=True)
class Row:
    """What a site does on one place: the protocol's say (default or form), the site's, and the decision if any."""

    place: Place
    state: State
    base: Value | None
    local: Value | None
    decision: Decision | None

    @property
    def words(self) -> tuple[Words, ...]:
        """Word-level comparison, when both are texts."""
        if isinstance(self.base, str) and isinstance(self.local, str):
            return words(self.base, self.local)
        return ()


def site_rows(protocol: Protocol, site: Adaptation) -> tuple[Row, ...]:
    """The site beside its base: each component, then each of its parameters, then what the site added."""
    decided = {decision.place: decision for decision in site.decisions}
    rows: list[Row] = []
    for component in protocol.components:
        rows.append(_row((component.id, None), component.form, decided))
        for parameter in component.parameters:
            default = latitude(protocol, component.id, parameter, site.territory_types).default
            rows.append(_row((component.id, parameter.id), default, decided))
    known = {row.place for row in rows}
    return (*rows, *(_row(place, None, decided) for place in decided if place not in known))


def _row(place: Place, base: Value | None, decided: dict[Place, Decision]) -> Row:
    decision = decided.get(place)
    return Row(place, state_of(decision), base, _local(decision, base), decision)


def state_of(decision: Decision | None) -> State:
    """The state of a place, derogations shown as such."""
    if decision is None:
        return "followed"
    return "derogation" if decision.is_derogation else decision.status


def _local(decision: Decision | None, base: Value | None) -> Value | None:
    if decision is None or decision.status == "kept":
        return base
    if decision.status == "not_done":
        return None
    if decision.addition is not None:
        return decision.addition.form
    return decision.form if decision.parameter is None else decision.value


@dataclass(frozen=True, slots=True)
class Pair:
    """One place in two sites."""

    place: Place
    one: Row
    other: Row

    @property
    def differs(self) -> bool:
        """Whether they do different things there, decided or not."""
        done = (self.one.local, self.one.state == "not_done")
        return done != (self.other.local, self.other.state == "not_done")


def compare_sites(protocol: Protocol, one: Adaptation, other: Adaptation) -> tuple[Pair, ...]:
    """Two sites of one version, place by place; what only one of them added counts as not done by the other."""
    left = {row.place: row for row in site_rows(protocol, one)}
    right = {row.place: row for row in site_rows(protocol, other)}
    return tuple(
        Pair(place, left.get(place, _absent(place)), right.get(place, _absent(place)))
        for place in dict.fromkeys((*left, *right))
    )


def _absent(place: Place) -> Row:
    return Row(place, "not_done", None, None, None)


@dataclass(frozen=True, slots=True)
class Matrix:
    """``cells[i][j]``: the state of component ``i`` in site ``j``; ``counts[i]``: how many sites in each state."""

    components: tuple[str, ...]
    sites: tuple[str, ...]
    cells: tuple[tuple[State, ...], ...]
    counts: tuple[Counter[State], ...]


def matrix(protocol: Protocol, sites: Sequence[Adaptation]) -> Matrix:
    """The network's map of adaptations. A component counts as adapted when its form or any parameter is."""
    own = dict.fromkeys(d.component for site in sites for d in site.decisions if d.status == "added")
    components = tuple(dict.fromkeys((*(c.id for c in protocol.components), *own)))
    by_site = [_states(site) for site in sites]
    cells = tuple(
        tuple(states.get(id, _default_state(protocol, id)) for states in by_site) for id in components
    )
    return Matrix(components, tuple(site.site for site in sites), cells, tuple(Counter(row) for row in cells))


_GRAVITY: tuple[State, ...] = ("followed", "kept", "adapted", "added", "not_done", "derogation")
"""A component shows the last of these states among its decisions."""


def _states(site: Adaptation) -> dict[str, State]:
    states: dict[str, State] = {}
    for decision in site.decisions:
        found = (state_of(decision), states.get(decision.component, "followed"))
        states[decision.component] = max(found, key=_GRAVITY.index)
    return states


def _default_state(protocol: Protocol, component: str) -> State:
    return "followed" if protocol.component(component) is not None else "not_done"
