"""People who never saw YAML edit a protocol: forms item by item, what goes with a removal, live comparison."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from essaim.platform.programmes import editing, services
from essaim.platform.programmes.forms_protocol import ItemForm
from essaim.platform.programmes.forms_variants import ChangeForm
from essaim.protocol import codec
from essaim.protocol.diff import differences
from essaim.protocol.document import Parameter
from tests.platform.test_programmes_adaptation import days

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


def url(programme, name, *args):
    return reverse(f"programmes:{name}", args=[programme.slug, *args])


def seen_on(client, address):
    """What a form says it saw when it was opened."""
    return re.search(r'name="seen" value="([0-9a-f]*)"', client.get(address).content.decode())[1]


def draft_protocol(programme):
    return services.draft_of(programme).protocol


def test_what_somebody_else_wrote_in_between_is_shown_before_it_is_replaced(network, login) -> None:
    programme, person = network
    services.open_draft(programme, by=person)
    client = login(person)
    essence = url(programme, "edit_part", "essence")
    typed = {"for_whom": "Tous", "why": "Ensemble", "sources": ["cahier"], "seen": seen_on(client, essence)}
    assert client.post(essence, typed).status_code == 302
    page = client.post(essence, typed | {"why": "Seul"}).content.decode()
    assert "Quelqu’un a modifié" in page and "Seul</textarea>" in page and "<del>Ensemble</del>" in page
    assert draft_protocol(programme).essence.why == "Ensemble"
    again = re.search(r'name="seen" value="([0-9a-f]*)"', page)[1]
    client.post(essence, typed | {"why": "Seul", "seen": again})
    assert draft_protocol(programme).essence.why == "Seul"


def test_two_people_may_edit_different_parts_at_once(network, login) -> None:
    programme, person = network
    services.open_draft(programme, by=person)
    client = login(person)
    edit = url(programme, "edit_item", "components", "rythme")
    seen = seen_on(client, edit)
    client.post(url(programme, "edit_part", "presentation"), {"title": "Autre titre"})
    client.post(edit, COMPONENT | {"title": "Rythme", "seen": seen})
    assert draft_protocol(programme).title == "Autre titre"
    assert draft_protocol(programme).component("rythme").function == "Se parler"


@pytest.fixture
def editor(network, login):
    """The draft of a network and a person who edits it."""
    programme, person = network
    services.open_draft(programme, by=person)
    return programme, login(person)


def test_a_variant_is_made_of_forms_and_its_contradiction_shows_at_once(editor) -> None:
    programme, client = editor
    for title, kind, bounds in (
        ("Rural", "rural", {"max": "2"}),
        ("Quartier", "qpv", {"min": "4", "default": "4"}),
    ):
        variant = {"title": title, "territory_types": [kind], "reason": "Distances", "sources": ["cahier"]}
        client.post(url(programme, "add_item", "variants"), variant)
        change = url(programme, "edit_change", kind if kind == "rural" else "quartier", "rythme", "jours")
        preview = client.post(
            change, bounds | {"preview": "1"}, headers={"hx-request": "true"}
        ).content.decode()
        client.post(change, bounds)
    assert "aucune valeur n’est permise" in preview and "rural" in preview
    assert [v.changes[0].parameter for v in draft_protocol(programme).variants] == ["jours", "jours"]


def test_a_problem_of_the_draft_is_told_in_english_to_who_reads_english(editor) -> None:
    programme, client = editor
    variant = {"title": "Rural", "territory_types": ["rural"], "reason": "Loin", "sources": ["cahier"]}
    client.post(url(programme, "add_item", "variants"), variant)
    client.post(url(programme, "edit_change", "rural", "rythme", "jours"), {"max": "-1"})
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
    page = client.get(reverse("programmes:draft", args=[programme.slug])).content.decode()
    assert "on this type of territory: rural" in page and "no value is allowed." in page


def test_a_setting_of_a_variant_that_changes_nothing_is_refused(editor) -> None:
    programme, client = editor
    client.post(url(programme, "add_item", "variants"), {"title": "Rural", "territory_types": ["rural"],
                "reason": "Loin", "sources": ["cahier"]})  # fmt: skip
    page = client.post(
        url(programme, "edit_change", "rural", "rythme", "jours"), {"min": ""}
    ).content.decode()
    assert "Rien ne change" in page


@pytest.mark.parametrize(
    ("held", "typed", "stored"),
    [
        ({"type": "choice", "options": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}]},
         {"options": ["a"], "default": "a"}, {"options": ("a",), "default": "a"}),
        ({"type": "set", "options": [{"id": "a", "label": "A"}]}, {"default": ["a"], "max_items": "1"},
         {"default": ("a",), "max_items": 1}),
        ({"type": "boolean"}, {"default": "no"}, {"default": False}),
        ({"type": "text"}, {"max_length": "80"}, {"max_length": 80, "default": None}),
        ({"type": "duration", "unit": "mois"}, {"min": "3"}, {"min": 3, "default": None}),
    ],
)  # fmt: skip
def test_a_setting_is_typed_as_its_parameter(held, typed, stored) -> None:
    parameter = codec.decode(Parameter, {"id": "p", "label": "P", **held})
    change = ChangeForm(typed, component="c", parameter=parameter, before=None)
    assert change.is_valid(), change.errors
    made = change.change()
    assert {name: getattr(made, name) for name in stored} == stored


def test_an_end_is_announced_since_the_version_that_says_it(editor) -> None:
    programme, client = editor
    typed = COMPONENT | {"title": "Rythme", "deprecated_until": "2027-06", "deprecated_reason": "Remplacé."}
    client.post(url(programme, "edit_item", "components", "rythme"), typed)
    end = draft_protocol(programme).component("rythme").deprecated
    assert (end.since, end.until, end.reason) == (draft_protocol(programme).version, "2027-06", "Remplacé.")


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ({"do": "split", "split-part": "Suivi", "split-function": "Suivre", "split-parameters": ["jours"]},
         ["accueil", "rythme", "suivi"]),
        ({"do": "absorb", "absorb-other": "accueil"}, ["rythme"]),
        ({"do": "move", "move-parameter": "jours", "move-to": "accueil"}, ["accueil", "rythme"]),
        ({"do": "rename", "rename-id": "cadence"}, ["accueil", "cadence"]),
        ({"do": "origin", "origin-split_from": ["accueil"]}, ["accueil", "rythme"]),
    ],
)  # fmt: skip
def test_the_lineage_is_declared_on_the_screen(editor, typed, ids) -> None:
    programme, client = editor
    where, before = url(programme, "reshape", "rythme"), draft_protocol(programme)
    shown = client.post(where, typed).context["preview"]
    assert shown["groups"] and draft_protocol(programme) == before
    given = [(name, value) for name, value in shown["typed"]]
    again = {name: [value for key, value in given if key == name] for name, _value in given}
    assert client.post(where, again).status_code == 302
    after = draft_protocol(programme)
    assert [component.id for component in after.components] == ids
    before = services.current_version(programme).protocol
    told = {d.kind for d in differences(before, after)}
    expected = {"absorb": "merged", "move": "moved", "rename": "renamed"}.get(typed["do"], "split")
    assert expected in told


def test_a_removal_says_what_is_gone(editor) -> None:
    programme, client = editor
    page = client.post(url(programme, "remove_item", "components", "rythme"), follow=True)
    assert "« Rythme » est retiré du brouillon." in page.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def test_before_reshaping_one_reads_which_sites_it_touches(editor, make, writer) -> None:
    programme, client = editor
    version = services.current_version(programme)
    for name, value in (("Bourg", 4), ("Val", None)):
        site = make.site(programme, name=name, protocol_version=version)
        if value:
            days(site, value, writer)
    typed = {"do": "split", "split-part": "Suivi", "split-function": "Suivre", "split-parameters": ["jours"]}
    told = client.post(url(programme, "reshape", "rythme"), typed).context["preview"]["fates"]
    assert [(row.site.name, row.before, row.after) for row in told.rows] == [
        ("Bourg", "reste", "suit dans «\xa0Suivi, Jours par semaine\xa0»")
    ]
    removal = client.get(url(programme, "remove_item", "components", "rythme"))
    assert [row.after for row in removal.context["fates"].rows] == ["ne s’applique plus"]


def test_a_draft_that_moved_since_the_preview_is_shown_again(editor) -> None:
    programme, client = editor
    typed = {"do": "rename", "rename-id": "cadence", "confirm": "une autre empreinte"}
    assert client.post(url(programme, "reshape", "rythme"), typed).context["preview"]
    assert draft_protocol(programme).component("cadence") is None


def test_a_refused_name_is_told_in_its_form(editor) -> None:
    programme, client = editor
    page = client.post(url(programme, "reshape", "rythme"), {"do": "rename", "rename-id": "accueil"})
    assert "nomme ou a nommé" in page.content.decode()


def test_an_item_dragged_takes_its_place(editor) -> None:
    programme, client = editor
    client.post(url(programme, "place_item", "components", "rythme"), {"before": "accueil"})
    assert [c.id for c in draft_protocol(programme).components] == ["rythme", "accueil"]
    client.post(url(programme, "place_item", "components", "rythme"), {"before": ""})
    assert [c.id for c in draft_protocol(programme).components] == ["accueil", "rythme"]


def test_the_label_says_who_reviews_and_until_when(editor) -> None:
    programme, client = editor
    typed = {"title": "Label", "reviewed_by": "Un jury de pairs", "valid_months": "36"}
    client.post(url(programme, "edit_part", "label"), typed)
    label = draft_protocol(programme).label
    assert (label.reviewed_by, label.valid_months) == ("Un jury de pairs", 36)
    client.post(url(programme, "remove_part", "label"))
    assert draft_protocol(programme).label is None


def test_what_is_unknown_is_a_line_each_and_nothing_typed_is_lost(editor) -> None:
    programme, client = editor
    presentation = url(programme, "edit_part", "presentation")
    refused = client.post(presentation, {"title": "", "summary": "Un long résumé", "unknowns": "Le coût"})
    assert "Un long résumé" in refused.content.decode() and "Le coût" in refused.content.decode()
    client.post(presentation, {"title": "T", "unknowns": "Le coût\n\n La durée "})
    assert draft_protocol(programme).unknowns == ("Le coût", "La durée")
