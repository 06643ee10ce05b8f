"""Differences, bumps and release notes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim.protocol.compare import compare_sites, matrix, site_rows
from essaim.protocol.diff import differences, words
from essaim.protocol.document import (
    Change,
    Credit,
    Deprecation,
    Essence,
    Label,
    Marker,
    Parameter,
    Requirement,
    Scale,
    Tool,
    Variant,
)
from essaim.protocol.lineage import with_lineage
from essaim.protocol.notes import release_notes, sentence
from essaim.protocol.versions import required_bump, version_problems
from tests.protocol.cases import added, component, duration, kept, not_done, protocol, reformed, site, valued

CORE, SOFT = component("core", duration(), kind="core"), component("soft", duration())
BASE = protocol(CORE, SOFT)
REQUIREMENT = Requirement(id="r", text="t", component="core", sources=("s",))
MARKER = Marker(id="m", label="M", dimension="quality", scale=Scale(type="boolean"))
TOOL = Tool(id="t", title="T", kind="document", sources=("s",))


def narrowing(**change):
    rule = Change(component="soft", parameter="duree", **change)
    return (
        Variant(id="v", title="V", territory_types=("rural",), reason="r", sources=("s",), changes=(rule,)),
    )


@pytest.mark.parametrize(
    "later, expected",
    [
        (protocol(CORE, SOFT), "none"),
        (protocol(SOFT), "major"),
        (protocol(CORE, SOFT, component("neuf", kind="core")), "major"),
        (protocol(replace(CORE, function="autre"), SOFT), "major"),
        (protocol(CORE, replace(SOFT, kind="core")), "major"),
        (protocol(replace(CORE, kind="adaptable"), SOFT), "major"),
        (
            protocol(CORE, SOFT, essence=Essence(for_whom="d’autres", why="pour avancer", sources=("s",))),
            "major",
        ),
        (protocol(CORE, component("soft", duration(max=48))), "major"),
        (protocol(CORE, component("soft", duration(unit="semaine"))), "major"),
        (protocol(CORE, component("soft", duration(step=2))), "major"),
        (protocol(CORE, component("soft")), "major"),
        (protocol(CORE, SOFT, variants=narrowing(max=30)), "major"),
        (protocol(CORE, SOFT, label=Label(title="L", requirements=(REQUIREMENT,))), "major"),
        (protocol(CORE), "minor"),
        (protocol(CORE, SOFT, component("neuf")), "minor"),
        (protocol(CORE, replace(SOFT, function="autre")), "minor"),
        (protocol(CORE, replace(SOFT, form="autre")), "minor"),
        (protocol(CORE, component("soft", duration(max=90))), "minor"),
        (protocol(CORE, component("soft", duration(default=30))), "minor"),
        (protocol(CORE, component("soft", duration(), duration("autre"))), "minor"),
        (protocol(CORE, SOFT, variants=narrowing(max=90)), "minor"),
        (protocol(CORE, SOFT, tools=(TOOL,)), "minor"),
        (protocol(CORE, replace(SOFT, markers=(MARKER,))), "minor"),
        (protocol(CORE, replace(SOFT, title="Autre titre")), "patch"),
        (protocol(CORE, replace(SOFT, evidence="preuve")), "patch"),
        (protocol(CORE, component("soft", duration(note="note"))), "patch"),
        (protocol(SOFT, CORE), "patch"),
        (replace(BASE, summary="résumé", unknowns=("?",)), "patch"),
    ],
)
def test_the_bump_follows_what_changed(later, expected):
    assert required_bump(BASE, later) == expected


def test_a_label_requirement_added_is_major_and_removed_minor():
    without, with_ = (
        protocol(CORE, label=Label(title="L")),
        protocol(CORE, label=Label(title="L", requirements=(REQUIREMENT,))),
    )
    assert (required_bump(without, with_), required_bump(with_, without)) == ("major", "minor")


@pytest.mark.parametrize(
    ("changed", "bump"), [({"evidence": "Autre"}, "major"), ({"sources": ("x",)}, "patch")]
)
def test_a_label_that_asks_for_another_proof_is_major(changed, bump):
    """Sites that hold the label must bring the new proof; another source asks nothing of them."""
    asked = (replace(REQUIREMENT, **changed),)
    before, after = (
        protocol(CORE, label=Label(title="L", requirements=held)) for held in ((REQUIREMENT,), asked)
    )
    assert required_bump(before, after) == bump


@pytest.mark.parametrize(
    "number, said", [("1.1.0", "trop peu"), ("2.0.0", ""), ("3.0.0", "ne suit pas"), ("1.0.0", "trop peu")]
)
def test_a_wrong_number_is_refused(number, said):
    problems = version_problems(BASE, replace(protocol(SOFT), version=number))
    assert said in " ".join(problems) and bool(problems) is bool(said)


def test_a_number_that_says_too_much_is_refused():
    (problem,) = version_problems(BASE, replace(BASE, title="Autre", version="2.0.0"))
    assert "1.0.1" in problem


def test_an_identifier_is_not_given_to_something_else():
    renamed = with_lineage(
        BASE, protocol(CORE, replace(SOFT, id="souple", replaces=("soft",)), version="1.1.0")
    )
    reused = protocol(CORE, component("souple", duration()), component("soft"), version="1.2.0")
    assert any("« soft » a déjà nommé" in problem for problem in version_problems(renamed, reused))


def test_a_place_is_not_given_to_another_parameter():
    moved = with_lineage(
        BASE,
        protocol(
            replace(CORE, parameters=(duration(), duration("d2", moved_from=("soft/duree",)))),
            component("soft"),
        ),
    )
    reused = protocol(*moved.components[:1], SOFT, version="1.2.0")
    assert any("« soft/duree » a déjà nommé" in problem for problem in version_problems(moved, reused))


def kinds(old, new):
    return [(d.kind, d.component, d.parameter or d.field) for d in differences(old, new)]


def test_nothing_differs_from_itself():
    assert kinds(BASE, BASE) == []


def test_lineage_is_shown_as_such():
    assert kinds(BASE, protocol(CORE, replace(SOFT, id="souple", replaces=("soft",)))) == [
        ("renamed", "souple", "")
    ]
    moved = protocol(
        replace(CORE, parameters=(duration(), duration("d2", moved_from=("soft/duree",)))), component("soft")
    )
    assert kinds(BASE, moved) == [("moved", "core", "d2")]
    split = protocol(
        CORE, component("s1", duration(), split_from=("soft",)), component("s2", split_from=("soft",))
    )
    assert [kind for kind, *_ in kinds(BASE, split)][:1] == ["split"]
    merged = protocol(component("tout", duration(), merged_from=("core", "soft"), kind="core"))
    assert ("merged", "tout", "") in kinds(BASE, merged)


def test_order_alone_is_one_difference():
    assert kinds(BASE, protocol(SOFT, CORE)) == [("reordered", "", "")]


def test_words_make_both_texts_again():
    old, new = "Une séance de deux heures.", "Deux séances de trois heures !"
    parts = words(old, new)
    assert "".join(p.text for p in parts if p.op != "+") == old
    assert "".join(p.text for p in parts if p.op != "-") == new


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.sampled_from(["un ", "deux ", "trois. ", "\n", "é!"])),
    st.lists(st.sampled_from(["un ", "deux ", "trois. "])),
)
def test_any_two_texts_are_made_again_long_or_short(old, new):
    for factor in (1, 400):
        before, after = "".join(old) + "fin." * factor, "".join(new) + " autre" * factor
        parts = words(before, after)
        assert "".join(p.text for p in parts if p.op != "+") == before
        assert "".join(p.text for p in parts if p.op != "-") == after


def test_long_texts_are_aligned_by_sentences():
    sentences = [f"Phrase {n} du long protocole." for n in range(400)]
    changed = [*sentences[:200], "Phrase 200 du nouveau protocole.", *sentences[201:]]
    parts = words(" ".join(sentences), " ".join(changed))
    assert [(p.op, p.text) for p in parts if p.op != "="] == [("-", "long"), ("+", "nouveau")]


def test_every_difference_has_a_sentence():
    later = replace(
        protocol(
            replace(CORE, function="f2", markers=(MARKER,)),
            component("souple", replace(duration(default=12), label="Autre"), replaces=("soft",)),
            component("neuf"),
            tools=(TOOL,),
            label=Label(title="L"),
        ),
        title="Autre titre",
    )
    said = [sentence(d) for d in differences(BASE, later)]
    assert "Change le défaut de « duree » (souple) : 24 → 12" in said
    assert "Ajoute le marqueur « m » de « core »" in said
    assert "Ajoute l’outil « t »" in said and "Ajoute le label" in said


def test_release_notes_put_the_core_first_and_thank():
    later = protocol(
        replace(CORE, function="autre"),
        replace(
            SOFT,
            credits=(Credit(name="Un site"),),
            deprecated=Deprecation(since="2.0.0", until="2027", reason="usage"),
        ),
        component("neuf"),
        version="2.0.0",
    )
    text = release_notes(BASE, later)
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "## Ce qui change au cœur",
        "## Ce qui s’ajoute ou s’adapte",
        "## Rédaction",
        "## Fins annoncées",
        "## Merci à",
    ]
    assert "« soft » : Un site." in text and "disparaîtra le 2027 : usage" in text


def test_notes_of_no_change_say_so():
    assert "Aucun changement." in release_notes(BASE, BASE)


# --- sites --------------------------------------------------------------------------------------------------------

ONE = site(valued("soft", "duree", 12), kept("core"))
OTHER = site(not_done("soft"), added(component("local")))


def test_a_site_beside_its_base():
    rows = {row.place: (row.state, row.base, row.local) for row in site_rows(BASE, ONE)}
    assert rows["soft", "duree"] == ("adapted", 24, 12)
    assert rows["core", None] == ("kept", "forme de core", "forme de core")
    assert rows["soft", None][0] == "followed"


def test_a_local_form_is_compared_word_by_word():
    (row,) = [
        r for r in site_rows(BASE, site(reformed("soft", "forme de nous"))) if r.place == ("soft", None)
    ]
    assert [(p.op, p.text) for p in row.words] == [("=", "forme de "), ("-", "soft"), ("+", "nous")]


def test_two_sites_beside_each_other():
    differing = {pair.place for pair in compare_sites(BASE, ONE, OTHER) if pair.differs}
    assert differing == {("soft", None), ("soft", "duree"), ("local", None)}


def test_the_map_of_a_network():
    found = matrix(BASE, [ONE, OTHER, site(valued("core", "duree", 90, derogation="requested"))])
    assert found.components == ("core", "soft", "local")
    assert found.cells == (
        ("kept", "followed", "derogation"),
        ("adapted", "not_done", "followed"),
        ("not_done", "added", "not_done"),
    )
    assert found.counts[1] == {"adapted": 1, "not_done": 1, "followed": 1}


def test_a_wider_set_is_not_narrower():
    few = Parameter(id="t", label="T", type="text", max_length=10)
    more = replace(few, max_length=None)
    assert required_bump(protocol(component("a", few)), protocol(component("a", more))) == "minor"
    assert required_bump(protocol(component("a", more)), protocol(component("a", few))) == "major"
