"""Protocols and adaptations for the tests: a small one written by hand, and generators of any shape."""

from dataclasses import replace

from hypothesis import strategies as st

from essaim.protocol.adaptation import Adaptation, Decision, Derogation, Frame, check_adaptation
from essaim.protocol.document import (
    Change,
    Component,
    Essence,
    Option,
    Parameter,
    Protocol,
    Source,
    Variant,
)
from essaim.protocol.lineage import with_lineage

FRAME = Frame(
    what="content",
    when="implementation",
    planning="planned_reactive",
    decided_by=("team",),
    level="organisation",
    nature=("tailoring",),
    reasons=("organisation_time",),
    fidelity="consistent",
)
UNFAITHFUL = replace(FRAME, fidelity="inconsistent")
OPTIONS = tuple(Option(id=id, label=id.upper()) for id in ("a", "b", "c"))


def duration(id: str = "duree", **changes) -> Parameter:
    values = {"unit": "mois", "min": 6, "max": 60, "default": 24} | changes
    return Parameter(id=id, label="Durée", type="duration", **values)


def component(id: str, *parameters: Parameter, kind: str = "adaptable", **changes) -> Component:
    values = {"title": id, "function": f"fonction de {id}", "form": f"forme de {id}"} | changes
    return Component(id=id, kind=kind, sources=("s",), parameters=parameters, **values)


def protocol(*components: Component, version: str = "1.0.0", **changes) -> Protocol:
    values = {
        "essence": Essence(for_whom="pour tous", why="pour avancer", sources=("s",)),
        "sources": (Source(id="s", title="Charte"),),
    } | changes
    return Protocol(
        format="essaim/protocol/1",
        id="exemple",
        version=version,
        title="Exemple",
        components=components,
        **values,
    )


def site(*decisions: Decision, version: str = "1.0.0", **changes) -> Adaptation:
    return Adaptation(
        format="essaim/adaptation/1",
        protocol="exemple",
        version=version,
        site="Site",
        decisions=decisions,
        **changes,
    )


def kept(component: str, parameter: str | None = None, id: str = "") -> Decision:
    return Decision(id=id or f"k-{component}", component=component, parameter=parameter, status="kept")


def valued(component: str, parameter: str, value, id: str = "", derogation: str = "") -> Decision:
    return Decision(
        id=id or f"v-{component}-{parameter}",
        component=component,
        parameter=parameter,
        status="adapted",
        value=value,
        frame=FRAME,
        derogation=Derogation(state=derogation, reason="essai") if derogation else None,
    )


def reformed(component: str, form: str, id: str = "", frame: Frame = FRAME) -> Decision:
    return Decision(id=id or f"f-{component}", component=component, status="adapted", form=form, frame=frame)


def not_done(component: str, id: str = "", derogation: str = "") -> Decision:
    return Decision(
        id=id or f"n-{component}",
        component=component,
        status="not_done",
        frame=FRAME,
        derogation=Derogation(state=derogation, reason="essai") if derogation else None,
    )


def added(own: Component, id: str = "") -> Decision:
    return Decision(
        id=id or f"a-{own.id}", component=own.id, status="added", addition=own, form="", frame=FRAME
    )


# --- generators -------------------------------------------------------------------------------------------------

_words = st.sampled_from(["un", "deux", "trois", "quatre"])


@st.composite
def parameters(draw, id: str) -> Parameter:
    kind = draw(st.sampled_from(["duration", "number", "choice", "set", "boolean", "text"]))
    default: object = None
    fields: dict[str, object] = {}
    if kind in ("duration", "number"):
        low = draw(st.integers(0, 3))
        high = low + draw(st.integers(0, 4))
        fields = {"min": low, "max": high, "unit": draw(st.sampled_from(["mois", "jour"]))}
        default = draw(st.one_of(st.none(), st.integers(low, high)))
    elif kind in ("choice", "set"):
        options = OPTIONS[: draw(st.integers(1, 3))]
        fields = {"options": options}
        names = [option.id for option in options]
        default = (
            draw(st.sampled_from(names))
            if kind == "choice"
            else tuple(sorted(draw(st.sets(st.sampled_from(names)))))
        )
    elif kind == "boolean":
        default = draw(st.one_of(st.none(), st.booleans()))
    else:
        default = draw(_words)
    return Parameter(id=id, label=draw(_words), type=kind, default=default, **fields)


@st.composite
def components(draw, id: str) -> Component:
    names = draw(st.lists(st.sampled_from(["p", "q", "r"]), unique=True, max_size=3))
    return Component(
        id=id,
        kind=draw(st.sampled_from(["core", "adaptable"])),
        title=id,
        function=draw(_words),
        form=draw(_words),
        sources=("s",),
        parameters=tuple(draw(parameters(name)) for name in names),
    )


@st.composite
def protocols(draw, version: str = "1.0.0") -> Protocol:
    ids = draw(st.lists(st.sampled_from(["c1", "c2", "c3", "c4"]), unique=True, min_size=1))
    made = protocol(*(draw(components(id)) for id in ids), version=version)
    return _with_variant(draw, made)


def _with_variant(draw, made: Protocol) -> Protocol:
    """One variant on one bounded number, sometimes: it halves the range and states a default."""
    numbers = [
        (c.id, p)
        for c in made.components
        for p in c.parameters
        if p.type in ("duration", "number") and p.max is not None
    ]
    if not numbers or draw(st.booleans()):
        return replace(made, variants=())
    owner, parameter = draw(st.sampled_from(numbers))
    change = Change(
        component=owner, parameter=parameter.id, min=parameter.max, max=parameter.max, default=parameter.max
    )
    variant = Variant(
        id="v", title="V", territory_types=("rural",), reason="r", changes=(change,), sources=("s",)
    )
    return replace(made, variants=(variant,))


@st.composite
def sites(draw, base: Protocol) -> Adaptation:
    """A valid adaptation of ``base``: what lies outside latitude is a derogation."""
    types = draw(st.sampled_from([(), ("rural",)]))
    decisions = [d for c in base.components for d in _decisions(draw, c)]
    for name in draw(st.lists(st.sampled_from(["local", "n1-0", "n2-0"]), unique=True, max_size=2)):
        decisions.append(added(draw(components(name))))
    decisions = draw(st.permutations([d for d in decisions if draw(st.integers(0, 3)) > 0]))
    made = site(*decisions, version=base.version, territory_types=types)
    return replace(made, decisions=tuple(_lawful(made, base, i) for i in range(len(decisions))))


def _decisions(draw, own: Component) -> list[Decision]:
    whole = draw(st.sampled_from(["kept", "form", "not_done", "faithless"]))
    frame = UNFAITHFUL if whole == "faithless" else FRAME
    first = {"kept": kept(own.id), "not_done": not_done(own.id)}.get(
        whole, reformed(own.id, draw(_words), frame=frame)
    )
    rest = []
    for parameter in own.parameters:
        if draw(st.booleans()):
            rest.append(valued(own.id, parameter.id, _value(draw, parameter)))
        else:
            rest.append(kept(own.id, parameter.id, id=f"k-{own.id}-{parameter.id}"))
    return [first, *rest]


def _value(draw, parameter: Parameter):
    if parameter.type in ("duration", "number"):
        return draw(st.integers(0, 8))
    if parameter.type == "choice":
        return draw(st.sampled_from(["a", "b", "c"]))
    if parameter.type == "set":
        return tuple(draw(st.permutations(sorted(draw(st.sets(st.sampled_from(["a", "b", "c"])))))))
    return draw(st.booleans()) if parameter.type == "boolean" else draw(_words)


def _lawful(made: Adaptation, base: Protocol, index: int) -> Decision:
    decision = made.decisions[index]
    if check_adaptation(replace(made, decisions=(decision,)), base):
        return replace(decision, derogation=Derogation(state="granted", reason="essai"))
    return decision


@st.composite
def successors(draw, base: Protocol, version: str = "2.0.0") -> Protocol:
    """A later version of ``base``, a few edits away, with its lineage; identifiers are never used again."""
    current = base
    for n in range(draw(st.integers(0, 3))):
        fresh = f"n{version[0]}-{n}"
        edit = draw(st.sampled_from(EDITS))
        edited = edit(draw, current, fresh)
        current = with_lineage(current, edited)
    return replace(_with_variant(draw, current), version=version)


def _swap(made: Protocol, old: Component, *new: Component) -> Protocol:
    """``made`` with one component replaced by others, in place."""
    listed = [c for one in made.components for c in (new if one.id == old.id else (one,))]
    return replace(made, components=tuple(listed))


def _pick(draw, made: Protocol) -> Component | None:
    return draw(st.sampled_from(made.components)) if made.components else None


def _edit_function(draw, made, fresh):
    one = _pick(draw, made)
    return made if one is None else _swap(made, one, replace(one, function=draw(_words)))


def _edit_form(draw, made, fresh):
    one = _pick(draw, made)
    return made if one is None else _swap(made, one, replace(one, form=draw(_words)))


def _edit_kind(draw, made, fresh):
    one = _pick(draw, made)
    return (
        made
        if one is None
        else _swap(made, one, replace(one, kind=draw(st.sampled_from(["core", "adaptable"]))))
    )


def _remove(draw, made, fresh):
    one = _pick(draw, made)
    return made if one is None else _swap(made, one)


def _add(draw, made, fresh):
    return replace(made, components=(*made.components, draw(components(fresh))))


def _rename(draw, made, fresh):
    one = _pick(draw, made)
    return made if one is None else _swap(made, one, replace(one, id=fresh, replaces=(one.id,)))


def _split(draw, made, fresh):
    """Into two new components, or one split off; each part takes some of the parameters, or a copy."""
    one = _pick(draw, made)
    if one is None:
        return made
    there = tuple(p for p in one.parameters if draw(st.booleans()))
    here = tuple(p for p in one.parameters if p not in there or draw(st.booleans()))
    part = replace(draw(components(fresh)), split_from=(one.id,), parameters=there)
    if draw(st.booleans()):
        return _swap(made, one, replace(one, parameters=here), part)
    other = replace(one, id=f"{fresh}-bis", replaces=(), split_from=(one.id,), parameters=here)
    return _swap(made, one, other, part)


def _merge(draw, made, fresh):
    if len(made.components) < 2:
        return made
    one, other = draw(st.permutations(made.components))[:2]
    brought = (p for p in other.parameters if not _was_used(made, one, p.id))
    pool = {p.id: p for p in (*brought, *one.parameters)}
    rest = _swap(made, other)
    if draw(st.booleans()):
        return _swap(rest, one, replace(one, merged_from=(other.id,), parameters=tuple(pool.values())))
    whole = replace(draw(components(fresh)), merged_from=(one.id, other.id), parameters=tuple(pool.values()))
    return _swap(rest, one, whole)


def _was_used(made: Protocol, own: Component, name: str) -> bool:
    """Whether ``name`` is a former identifier in ``own``, of a parameter renamed or moved away since."""
    homes = {f"{id}/{name}" for id in (own.id, *own.replaces)}
    moved = any(homes.intersection(p.moved_from) for c in made.components for p in c.parameters)
    return moved or any(name in p.replaces for p in own.parameters)


def _reorder(draw, made, fresh):
    return replace(made, components=tuple(draw(st.permutations(made.components))))


def _on_parameter(draw, made, change):
    holders = [c for c in made.components if c.parameters]
    if not holders:
        return made
    one = draw(st.sampled_from(holders))
    target = draw(st.sampled_from(one.parameters))
    changed = tuple(q for p in one.parameters for q in (change(p) if p is target else (p,)))
    return _swap(made, one, replace(one, parameters=changed))


def _edit_parameter(draw, made, fresh):
    def change(p):
        new = draw(parameters(p.id))
        return (replace(new, replaces=p.replaces, moved_from=p.moved_from),)

    return _on_parameter(draw, made, change)


def _rename_parameter(draw, made, fresh):
    return _on_parameter(draw, made, lambda p: (replace(p, id=fresh, replaces=(p.id,)),))


def _remove_parameter(draw, made, fresh):
    return _on_parameter(draw, made, lambda p: ())


def _add_parameter(draw, made, fresh):
    """Under a new identifier, or under one that other components use but this one never did."""
    one = _pick(draw, made)
    if one is None:
        return made
    return _swap(made, one, replace(one, parameters=(*one.parameters, draw(parameters(fresh)))))


def _move_parameter(draw, made, fresh):
    holders = [c for c in made.components if c.parameters]
    if not holders or len(made.components) < 2:
        return made
    home = draw(st.sampled_from(holders))
    away = draw(st.sampled_from([c for c in made.components if c.id != home.id]))
    target = draw(st.sampled_from(home.parameters))
    free = all(p.id != target.id for p in away.parameters) and not _was_used(made, away, target.id)
    name = target.id if free and draw(st.booleans()) else fresh
    moved = replace(target, id=name, replaces=(), moved_from=(f"{home.id}/{target.id}",))
    emptied = _swap(
        made, home, replace(home, parameters=tuple(p for p in home.parameters if p is not target))
    )
    return _swap(emptied, away, replace(away, parameters=(*away.parameters, moved)))


EDITS = (
    _edit_function,
    _edit_form,
    _edit_kind,
    _remove,
    _add,
    _rename,
    _split,
    _merge,
    _reorder,
    _edit_parameter,
    _rename_parameter,
    _remove_parameter,
    _add_parameter,
    _move_parameter,
)
