"""Reading, writing and validating protocol documents."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim.protocol import InvalidDocument, Protocol, dumps, examine, loads, validate
from essaim.protocol.codec import canonical_json
from essaim.protocol.document import Change, Label, Marker, Option, Parameter, Requirement, Scale, Variant
from essaim.protocol.yamltext import MAX_BYTES, read_yaml, write_yaml
from tests.protocol import cases

MINIMAL = """\
format: essaim/protocol/1
id: exemple
version: 1.0.0
title: Exemple
essence: {for_whom: tous, why: avancer, sources: [s]}
sources: [{id: s, title: Charte, date: 2022}]
"""


def messages(problems):
    return " | ".join(f"{problem.path} {problem.message}" for problem in problems)


def test_an_essence_without_component_is_a_protocol():
    assert loads(MINIMAL).components == ()


def test_a_problem_names_file_line_path_and_mend():
    text = (
        MINIMAL + "components:\n  - id: a\n    kind: coeur\n    title: A\n    function: f\n    sources: [s]\n"
    )
    _, (problem,) = examine(text, "protocol.yaml")
    assert (problem.file, problem.line, problem.path) == ("protocol.yaml", 9, "components[0].kind")
    assert "core, adaptable" in problem.mend


def test_all_problems_are_said_at_once():
    _, problems = examine(MINIMAL + "titre: x\nroles: [{id: A b, title: ''}]\n")
    assert [problem.line for problem in problems] == [7, 8, 8]


def test_a_mistyped_field_gets_the_nearest_name():
    _, (problem,) = examine(MINIMAL + "componets: []\n")
    assert "components" in problem.mend


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "vide"),
        ("- a", "champs nommés"),
        ("42", "champs nommés"),
        ("a: b\n\tc: d", "YAML lisible"),
        ("a: &x [1]\nb: *x", "ancres"),
        ("a: *x", "alias"),
        ("a: !!python/object:os.system x", "étiquette"),
        ("a: 1\n---\nb: 2", "plusieurs documents"),
        ("a: 1\na: 2", "deux fois"),
        ("1: 2", "clé n’est pas un texte"),
        ("a: " + "[" * 60 + "]" * 60, "niveaux"),
        ("{" * 5000, "clé n’est pas un texte"),
        ("a: 'x\n", "YAML lisible"),
        ("\x00", "YAML lisible"),
        ("a: " + "x" * MAX_BYTES, "octets"),
        ("\ud800", "UTF-8"),
    ],
)
def test_rubbish_is_refused_with_words(text, said):
    protocol, problems = examine(text)
    assert protocol is None and said in messages(problems)


def test_a_file_that_is_not_utf8_names_its_line():
    _, (problem,) = examine("id: a\ntitle: été\n".encode("latin-1"))
    assert problem.line == 2 and "UTF-8" in problem.mend


def test_a_billion_laughs_costs_nothing():
    bomb = "a: &a [x,x]\n" + "\n".join(f"b{i}: &b{i} [*a,*a]" for i in range(50))
    assert read_yaml(bomb).data is None


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail(junk):
    protocol, problems = examine(junk)
    assert protocol is None and problems


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(st.sampled_from(["id", "title", "components", "essence", "variants", "label"]), _json))
def test_no_json_makes_from_dict_fail_otherwise_than_by_naming_problems(data):
    with pytest.raises(InvalidDocument) as caught:
        Protocol.from_dict(data)
    assert all(problem.message and problem.mend for problem in caught.value.problems)


_texts = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=30)
_plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(-1e15, 1e15) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=300)
@given(_plain)
def test_what_is_written_is_read_back(data):
    assert read_yaml(write_yaml(data)).data == data


@settings(deadline=None, max_examples=50)
@given(cases.protocols())
def test_yaml_and_json_round_trips_lose_nothing(protocol):
    assert loads(dumps(protocol)) == protocol
    assert Protocol.from_dict(protocol.to_dict()) == protocol


def test_the_order_of_lists_is_content():
    one, two = cases.component("a"), cases.component("b")
    assert cases.protocol(one, two).fingerprint() != cases.protocol(two, one).fingerprint()


def test_the_fingerprint_does_not_depend_on_how_it_was_written():
    text = MINIMAL.replace("version: 1.0.0\ntitle: Exemple", "title: 'Exemple'\nversion: '1.0.0'")
    assert loads(text).fingerprint() == loads(MINIMAL).fingerprint()


def test_whole_numbers_have_one_writing():
    wide = cases.protocol(cases.component("a", cases.duration(max=60.0)))
    assert Protocol.from_dict(wide.to_dict()).canonical_json() == canonical_json(
        cases.protocol(cases.component("a", cases.duration())).to_dict()
    )


@pytest.mark.parametrize(
    "text", ["no", "oui", "2022-03-22", "1e5", "1.0", "0o17", "12", "null", "~", "1_000", "a: b", "- x"]
)
def test_texts_that_look_like_something_else_stay_texts(text):
    protocol = replace(loads(MINIMAL), title=text)
    assert loads(dumps(protocol)).title == text


# --- content -----------------------------------------------------------------------------------------------------


def said(*components, **changes):
    return messages(validate(cases.protocol(*components, **changes)))


def test_a_component_must_cite_a_source():
    assert "ne cite aucune source" in said(replace(cases.component("a"), sources=()))


def test_a_source_must_be_declared():
    assert "« zz » n’est pas déclarée" in said(replace(cases.component("a"), sources=("zz",)))


def test_identifiers_are_unique():
    assert "déjà pris" in said(cases.component("a"), cases.component("a"))


def test_essence_is_reserved():
    assert "réservé" in said(cases.component("essence"))


@pytest.mark.parametrize("field", ["tools", "roles", "prerequisites", "indicators"])
def test_what_a_component_cites_exists(field):
    assert "n’existe pas" in said(replace(cases.component("a"), **{field: ("x",)}))


def test_a_label_requirement_bears_on_the_essence_or_a_component():
    label = Label(title="L", requirements=(Requirement(id="r", text="t", component="x", sources=("s",)),))
    assert "« x » n’existe pas" in said(label=label)
    fixed = replace(label, requirements=(replace(label.requirements[0], component="essence"),))
    assert said(label=fixed) == ""


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({"default": 90}, "hors latitude"),
        ({"min": 70}, "vide"),
        ({"unit": "lunes"}, "unité de durée"),
        ({"step": 0}, "pas doit être positif"),
        ({"max_items": 2}, "ne concerne pas"),
        ({"min": 1, "max": 60, "step": 5, "default": 24}, "hors latitude"),
    ],
)
def test_bounds_of_a_duration(changes, expected):
    assert expected in said(cases.component("a", cases.duration(**changes)))


def test_a_choice_needs_options():
    assert "Aucune option" in said(cases.component("a", Parameter(id="p", label="P", type="choice")))


def test_steps_are_counted_in_decimals():
    parameter = cases.duration(min=0, max=1, step=0.1, default=0.3)
    assert said(cases.component("a", parameter)) == ""


def variant(id, *types, **change):
    return Variant(
        id=id,
        title=id,
        territory_types=types,
        reason="r",
        sources=("s",),
        changes=(Change(component="a", parameter="duree", **change),),
    )


def test_two_variants_that_leave_nothing_contradict_each_other():
    one, two = variant("v", "rural", max=12, default=12), variant("w", "overseas", min=36, default=36)
    text = said(cases.component("a", cases.duration()), variants=(one, two))
    assert "rural" in text and "aucune valeur n’est permise" in text


def test_variants_that_no_territory_meets_together_may_differ():
    one, two = variant("v", "rural", max=12, default=12), variant("w", "urban", min=36, default=36)
    assert said(cases.component("a", cases.duration()), variants=(one, two)) == ""


def test_options_may_be_emptied_by_three_variants_that_agree_two_by_two():
    parameter = Parameter(
        id="duree", label="D", type="choice", options=tuple(Option(id=i, label=i) for i in "abc")
    )
    three = (
        variant("u", "rural", options=("a", "b")),
        variant("v", "overseas", options=("b", "c")),
        variant("w", "qpv", options=("a", "c")),
    )
    assert "aucune valeur" in said(cases.component("a", parameter), variants=three)
    assert said(cases.component("a", parameter), variants=three[:2]) == ""


def test_a_variant_must_bring_its_default_when_it_excludes_the_general_one():
    assert "le défaut est hors latitude" in said(
        cases.component("a", cases.duration()), variants=(variant("v", "rural", max=12),)
    )


def test_a_variant_changes_what_exists():
    stray = replace(variant("v", "rural", max=30), changes=(Change(component="a", parameter="x", max=3),))
    assert "« a.x » n’existe pas" in said(cases.component("a", cases.duration()), variants=(stray,))


@pytest.mark.parametrize(
    "scale, target, expected",
    [
        (Scale(type="likert"), None, "points"),
        (Scale(type="number", min=3, max=3), None, "inférieur"),
        (Scale(type="number", min=0, max=10), 12, "nombre de l’échelle"),
        (Scale(type="boolean"), 3, "true ou false"),
        (Scale(type="likert", points=4), 1, "plus mauvais bout"),
    ],
)
def test_markers_need_a_usable_scale(scale, target, expected):
    marker = Marker(id="m", label="M", dimension="quality", scale=scale, target=target)
    assert expected in said(replace(cases.component("a"), markers=(marker,)))


def test_a_former_identifier_is_not_used_again():
    assert "encore utilisé" in said(replace(cases.component("a"), replaces=("b",)), cases.component("b"))


@pytest.mark.parametrize(
    "path", sorted(Path(__file__).parents[2].glob("programmes/*/protocol.yaml")), ids=str
)
def test_the_protocols_of_the_programmes_are_valid(path):
    protocol, problems = examine(path.read_bytes(), str(path))
    assert problems == ()
    assert loads(dumps(protocol)) == protocol


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: b: c", 1, "deux-points inattendu"),
        ("a: [b, c\nd: e", 2, "liste"),
        ("a: {b: c\nd: e", 2, "champs"),
        ("a: b\nc: \x00", 2, "caractère de contrôle"),
        ("é: b\nc: @d", 2, "signe réservé"),
        ('a: "b', 1, "guillemets"),
    ],
)
def test_what_is_not_yaml_is_told_in_french_with_its_line(text, line, said) -> None:
    _protocol, problems = examine(text)
    assert [(one.line, said in one.message) for one in problems] == [(line, True)]
