"""People who never saw YAML edit a protocol: forms item by item, what goes with a removal, live comparison."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from essaim.platform.programmes import editing, services
from essaim.platform.programmes.forms_protocol import ItemForm

COMPONENT = {"title": "Goûter", "kind": "adaptable", "function": "Se parler", "sources": ["cahier"]}
SET = {"label": "Jours", "type": "set", "options": "Lundi\nMardi", "default": "Mardi", "min_items": "1"}


def form(protocol, section, data, component="", before=None):
    place = (section, component)
    return ItemForm(data, protocol=protocol, place=place, before=before), place


def test_a_new_component_gets_an_identifier_from_its_title(make) -> None:
    protocol = make.protocol()
    typed, place = form(protocol, "components", COMPONENT)
    assert typed.is_valid()
    assert editing.put(protocol, place, typed.item()).components[-1].id == "gouter"


def test_a_component_without_source_is_refused_by_the_form(make) -> None:
    typed, _place = form(make.protocol(), "components", COMPONENT | {"sources": []})
    assert "sources" in typed.errors


def test_editing_keeps_what_the_form_does_not_show(make) -> None:
    protocol = make.protocol()
    before = protocol.component("rythme")
    typed, _place = form(protocol, "components", COMPONENT, before=before)
    assert typed.is_valid()
    assert (typed.item().id, typed.item().parameters) == ("rythme", before.parameters)


def test_options_are_typed_a_line_each_and_the_default_by_its_label(make) -> None:
    typed, _place = form(make.protocol(), "parameters", SET, "rythme")
    assert typed.is_valid(), typed.errors
    parameter = typed.item()
    assert [(o.id, o.label) for o in parameter.options] == [("lundi", "Lundi"), ("mardi", "Mardi")]
    assert (parameter.default, parameter.min_items) == (("mardi",), 1)


def test_a_reworded_option_keeps_its_identifier(make) -> None:
    protocol = make.protocol()
    before = form(protocol, "parameters", SET, "rythme")[0]
    assert before.is_valid()
    again, _place = form(
        protocol, "parameters", SET | {"options": "Le lundi\nMardi"}, "rythme", before.item()
    )
    assert again.is_valid()
    assert [(o.id, o.label) for o in again.item().options] == [("lundi", "Le lundi"), ("mardi", "Mardi")]


def test_bounds_of_another_type_are_left_out(make) -> None:
    typed, _place = form(make.protocol(), "parameters", SET | {"type": "boolean", "default": "oui"}, "rythme")
    assert typed.is_valid()
    assert (typed.item().options, typed.item().default) == ((), True)


def test_order_changes_by_one_and_stops_at_the_ends(make) -> None:
    protocol = make.protocol()
    place = ("components", "")
    assert [c.id for c in editing.move(protocol, place, "rythme", -1).components] == ["rythme", "accueil"]
    assert editing.move(protocol, place, "accueil", -1) == protocol


def test_a_source_still_cited_cannot_go(make) -> None:
    with pytest.raises(ValidationError, match="Accueil"):
        editing.remove(make.protocol(), ("sources", ""), "cahier")


def test_what_goes_with_a_component_is_said_and_goes(make) -> None:
    change = {"component": "rythme", "parameter": "jours", "max": 3}
    variant = {"id": "rural", "title": "Rural", "territory_types": ["rural"], "reason": "Distances"}
    variant |= {"sources": ["cahier"], "changes": [change]}
    tenir = {"id": "r", "text": "Tenir", "component": "rythme", "sources": ["cahier"]}
    label = {"title": "Label", "requirements": [tenir]}
    protocol = make.protocol(variants=[variant], label=label)
    place = ("components", "")
    said = " ".join(editing.consequences(protocol, place, "rythme"))
    assert "Rural" in said and "Tenir" in said
    left = editing.remove(protocol, place, "rythme")
    assert (left.variants[0].changes, left.label.requirements) == ((), ())


@pytest.fixture
def network(make):
    head = make.organisation()
    programme = make.programme(head=head)
    make.version(programme)
    return programme, make.member(head)


def test_the_whole_way_from_draft_to_publication_by_screens(network, login) -> None:
    programme, person = network
    client = login(person)

    def url(name, *args):
        return reverse(f"programmes:{name}", args=[programme.slug, *args])

    client.post(url("start_draft"))
    edit = url("edit_item", "components", "rythme")
    typed = {"title": "Rythme", "kind": "adaptable", "function": "Tenir dans la durée",
             "form": "Deux journées de suite", "sources": ["cahier"]}  # fmt: skip
    preview = client.post(edit, typed | {"preview": "1"}, headers={"hx-request": "true"}).content.decode()
    assert "<ins>" in preview and services.draft_of(programme).number == "1.0.0"
    assert client.post(edit, typed).status_code == 302
    page = client.get(url("draft")).content.decode()
    assert "1.1.0" in page and "mineur" in page
    client.post(url("submit_draft"))
    refused = client.post(url("publish_draft"), {"number": "2.0.0", "notes": "Oui."}).content.decode()
    assert "annonce plus" in refused
    client.post(url("publish_draft"), {"number": "1.1.0", "notes": "Plus régulier."})
    assert services.current_version(programme).number == "1.1.0"
    changed = client.get(url("compare", "1.0.0", "1.1.0")).content.decode()
    assert "<del>" in changed and "Plus régulier." in changed


def test_a_form_opened_before_somebody_else_saved_is_refused(network, login) -> None:
    programme, person = network
    draft = services.open_draft(programme, by=person)
    url = reverse("programmes:edit_essence", args=[programme.slug])
    typed = {"for_whom": "Tous", "why": "Ensemble", "seen": draft.sha256}
    client = login(person)
    assert client.post(url, typed).status_code == 302
    assert "entre-temps" in client.post(url, typed | {"why": "Seul"}).content.decode()
