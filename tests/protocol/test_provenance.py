"""Where each clause of a protocol comes from, version after version."""

from dataclasses import replace

from essaim.protocol import Protocol
from essaim.protocol.document import Credit
from essaim.protocol.lineage import with_lineage
from essaim.protocol.provenance import Step, clauses_provenance, provenance

SOURCE = {"id": "s", "title": "Source"}


def component(id: str, **fields):
    base = {"id": id, "kind": "core", "title": id.capitalize(), "function": "Être là", "sources": ["s"]}
    return base | fields


def version(number: str, *components) -> Protocol:
    essence = {"for_whom": "Tous", "why": "Ensemble", "sources": ["s"]}
    return Protocol.from_dict(
        {"format": "essaim/protocol/1", "id": "p", "version": number, "title": "P", "essence": essence,
         "sources": [SOURCE], "components": list(components)}
    )  # fmt: skip


def told(steps: tuple[Step, ...]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(step.version, step.kind, step.origins) for step in steps]


def test_no_version_has_no_history() -> None:
    assert provenance(()) == {}


def test_a_component_says_where_it_was_introduced_and_changed() -> None:
    one, two = version("1.0.0", component("a")), version("1.1.0", component("a", form="Ici"), component("b"))
    found = provenance((one, two, replace(two, version="1.1.1", title="Autre")))
    assert told(found["a", None]) == [("1.0.0", "introduced", ()), ("1.1.0", "changed", ())]
    assert found["a", None][-1].fields == ("form",)
    assert told(found["b", None]) == [("1.1.0", "introduced", ())]


def test_a_part_split_off_keeps_the_history_of_the_whole() -> None:
    one = version("1.0.0", component("a"))
    two = version("2.0.0", component("a"), component("b", split_from=["a"]))
    found = told(provenance((one, two))["b", None])
    assert found == [("1.0.0", "introduced", ()), ("2.0.0", "split", ("A",))]


def test_a_merged_component_keeps_the_history_of_both_once() -> None:
    one = version("1.0.0", component("a"))
    two = version("1.1.0", component("a"), component("b"))
    three = with_lineage(two, version("2.0.0", component("a", merged_from=["b"])))
    assert told(provenance((one, two, three))["a", None]) == [
        ("1.0.0", "introduced", ()),
        ("1.1.0", "introduced", ()),
        ("2.0.0", "merged", ("B",)),
    ]


def test_a_renamed_component_says_what_it_was_called() -> None:
    one = version("1.0.0", component("a"))
    two = version("2.0.0", component("z", replaces=["a"]))
    assert told(provenance((one, two))["z", None])[-1] == ("2.0.0", "renamed", ("A",))


def test_a_moved_parameter_says_from_which_component() -> None:
    held = {"id": "jours", "label": "Jours", "type": "number"}
    one = version("1.0.0", component("a", parameters=[held]), component("b"))
    moved = component("b", parameters=[{**held, "moved_from": ["a/jours"]}])
    found = provenance((one, version("2.0.0", component("a"), moved)))
    assert told(found["b", "jours"])[-1] == ("2.0.0", "moved", ("A",))


def test_thanks_are_given_in_the_version_that_brings_them() -> None:
    one = version("1.0.0", component("a"))
    credit = Credit(name="Le site de Bordeaux")
    thanked = replace(one, version="1.1.0", components=(replace(one.components[0], credits=(credit,)),))
    step = provenance((one, thanked, replace(thanked, version="1.1.1", title="Q")))["a", None][-1]
    assert (step.version, step.credits) == ("1.1.0", (credit,))


def test_a_marker_and_a_requirement_say_where_they_came_and_what_changed() -> None:
    seen = {"id": "m", "label": "Vu", "dimension": "quality", "scale": {"type": "boolean"}}
    asked = {"id": "r", "text": "Accueillir", "component": "a", "sources": ["s"]}
    one = version("1.0.0", component("a", markers=[seen]))
    two = Protocol.from_dict(
        one.to_dict() | {"version": "2.0.0", "label": {"title": "L", "requirements": [asked]}}
    )
    three = Protocol.from_dict(
        two.to_dict()
        | {"version": "2.0.1", "components": [component("a", markers=[{**seen, "label": "Vu ici"}])]}
    )
    found = clauses_provenance((one, two, three))
    assert told(found["markers", "a", "m"]) == [("1.0.0", "introduced", ()), ("2.0.1", "changed", ())]
    assert found["markers", "a", "m"][-1].fields == ("label",)
    assert told(found["requirements", "", "r"]) == [("2.0.0", "introduced", ())]


def test_a_marker_follows_its_component_and_one_taken_elsewhere_says_from_where() -> None:
    seen = {"id": "m", "label": "Vu", "dimension": "quality", "scale": {"type": "boolean"}}
    one = version("1.0.0", component("a", markers=[seen]))
    renamed = version("2.0.0", component("z", replaces=["a"], markers=[seen]))
    assert told(clauses_provenance((one, renamed))["markers", "z", "m"]) == [("1.0.0", "introduced", ())]
    split = version("2.0.0", component("a"), component("b", split_from=["a"], markers=[seen]))
    assert told(clauses_provenance((one, split))["markers", "b", "m"])[-1] == ("2.0.0", "moved", ("A",))
