"""Splitting, merging, renaming and moving keep the lineage: no decision of a site goes astray."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from essaim.protocol import Protocol, validate
from essaim.protocol.adaptation import Decision, Frame, decide, new_adaptation
from essaim.protocol.lineage import with_lineage
from essaim.protocol.merge import upgrade
from essaim.protocol.reshape import absorb, move_parameter, rename, split

DAYS = {"id": "jours", "label": "Jours", "type": "number", "min": 1, "max": 5}
FRAME = Frame(
    what="content", when="preparation", planning="planned_proactive", decided_by=("team",), level="organisation",
    nature=("tailoring",), reasons=("recipient_needs",), fidelity="consistent",
)  # fmt: skip


def two_components() -> Protocol:
    def component(id: str, **fields):
        base = {"id": id, "kind": "core", "title": id.capitalize(), "function": f"Fonction {id}"}
        return base | {"sources": ["s"]} | fields

    change = {"component": "a", "parameter": "jours", "max": 3}
    variant = {"id": "v", "title": "V", "territory_types": ["rural"], "reason": "Loin", "sources": ["s"]}
    requirement = {"id": "r", "text": "Tenir", "component": "a", "sources": ["s"]}
    return Protocol.from_dict(
        {"format": "essaim/protocol/1", "id": "p", "version": "1.0.0", "title": "P",
         "essence": {"for_whom": "Tous", "why": "Ensemble", "sources": ["s"]},
         "sources": [{"id": "s", "title": "S"}],
         "components": [component("a", parameters=[DAYS]), component("b", parameters=[DAYS], form="Ici")],
         "variants": [{**variant, "changes": [change]}], "label": {"title": "L", "requirements": [requirement]}}
    )  # fmt: skip


@pytest.fixture
def protocol() -> Protocol:
    return two_components()


def four_days_on_a(protocol: Protocol):
    made = new_adaptation(protocol, "Site")
    chosen = Decision(id="d", status="adapted", component="a", parameter="jours", value=4, frame=FRAME)
    return decide(made, protocol, chosen)


EDITS = {
    "split": lambda p: split(p, "a", "c", title="C", function="Autre", parameters=["jours"]),
    "absorb": lambda p: absorb(p, "b", "a"),
    "rename": lambda p: rename(p, "a", "z"),
    "move": lambda p: move_parameter(without_choice(p), "a", "jours", "b", base=p),
}


def without_choice(protocol: Protocol) -> Protocol:
    """``b`` has lost its parameter of the same name."""
    a, b = protocol.components
    return replace(protocol, components=(a, replace(b, parameters=())))


@pytest.mark.parametrize(
    ("edit", "place"),
    [("split", "c/jours"), ("absorb", "b/a-jours"), ("rename", "z/jours"), ("move", "b/a-jours")],
)
def test_the_decision_of_a_site_follows_the_piece(protocol, edit, place) -> None:
    after = EDITS[edit](protocol)
    assert validate(after) == ()
    done = upgrade(protocol, with_lineage(protocol, after), four_days_on_a(protocol))
    kept = [*done.result.decisions, *(d for c in done.conflicts for d in c.decisions)]
    assert [(f"{d.component}/{d.parameter}", d.value) for d in kept if d.value == 4] == [(place, 4)]
    assert all(retired.decision.value != 4 for retired in done.retired)


@pytest.mark.parametrize("edit", EDITS)
def test_variants_and_requirements_follow_the_piece(protocol, edit) -> None:
    after = EDITS[edit](protocol)
    places = {(c.id, p.id) for c in after.components for p in c.parameters}
    assert {(c.component, c.parameter) for v in after.variants for c in v.changes} <= places
    assert after.label is not None
    assert after.component(after.label.requirements[0].component)


@given(st.lists(st.sampled_from(["split", "absorb", "rename"]), max_size=4))
def test_several_steps_in_one_draft_still_lead_back_to_the_published_version(edits) -> None:
    draft = base = two_components()
    for number, edit in enumerate(edits):
        first = draft.components[0].id
        if edit == "split":
            draft = split(draft, first, f"n{number}", title="N", function="F", parameters=["jours"])
        elif edit == "rename":
            draft = rename(draft, first, f"n{number}")
        elif len(draft.components) > 1:
            draft = absorb(draft, first, draft.components[1].id)
        draft = with_lineage(base, draft)
    done = upgrade(base, draft, four_days_on_a(base))
    kept = [*done.result.decisions, *(d for c in done.conflicts for d in c.decisions)]
    assert any(decision.value == 4 for decision in kept)
    assert done.retired == ()


def test_texts_of_merged_components_are_put_end_to_end(protocol) -> None:
    whole = absorb(protocol, "a", "b").component("a")
    assert whole is not None
    assert (whole.function, whole.form) == ("Fonction a\n\nFonction b", "Ici")


@pytest.mark.parametrize("new", ["b", "a"])
def test_an_identifier_already_taken_is_refused(protocol, new) -> None:
    renamed = rename(protocol, "a", "z")
    with pytest.raises(ValueError, match="a nommé"):
        rename(renamed, "z" if new == "b" else "b", new)


def test_a_parameter_takes_another_name_where_its_own_is_taken(protocol) -> None:
    moved = move_parameter(protocol, "a", "jours", "b").component("b")
    assert moved is not None
    assert [(p.id, p.moved_from) for p in moved.parameters] == [("jours", ()), ("a-jours", ("a/jours",))]
