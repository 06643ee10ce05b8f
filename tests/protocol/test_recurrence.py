"""What several sites did alike."""

from dataclasses import replace

import pytest

from essaim.protocol.check import validate
from essaim.protocol.document import Option, Parameter, Source
from essaim.protocol.recurrence import draft_component, draft_protocol, proposal_text, recurrences
from tests.protocol.cases import (
    UNFAITHFUL,
    added,
    component,
    duration,
    kept,
    not_done,
    protocol,
    reformed,
    site,
    valued,
)

CHOICE = Parameter(
    id="mode", label="Mode", type="choice", options=(Option(id="a", label="A"), Option(id="b", label="B"))
)
BASE = protocol(component("a", duration(), CHOICE), component("b"))


def sites(*lists, **changes):
    return [replace(site(*decisions), site=f"site {n}", **changes) for n, decisions in enumerate(lists)]


def found(*lists, least=2):
    return recurrences(BASE, sites(*lists), least)


def test_close_values_meet_and_far_ones_do_not():
    (one,) = found([valued("a", "duree", 12)], [valued("a", "duree", 14)], [valued("a", "duree", 40)])
    assert (one.place, one.sites) == (("a", "duree"), ("site 0", "site 1"))


def test_equal_choices_meet():
    (one,) = found([valued("a", "mode", "b")], [valued("a", "mode", "b")], [valued("a", "mode", "a")])
    assert one.sites == ("site 0", "site 1")


def test_leaving_out_the_same_component_meets():
    (one,) = found([not_done("b")], [not_done("b")], [not_done("a")])
    assert (one.status, one.sites) == ("not_done", ("site 0", "site 1"))


def test_similar_texts_meet_across_endings_and_accents():
    (one,) = found(
        [reformed("b", "Un atelier itinérant dans les villages")],
        [reformed("b", "Des ateliers itinérants, de village en village")],
        [reformed("b", "Une permanence téléphonique le mardi")],
    )
    assert one.sites == ("site 0", "site 1")


def own(id, title, function):
    return added(component(id, title=title, function=function, form=""))


GARDEN = own("jardin", "Jardin partagé", "Cultiver ensemble des légumes")
GARDEN_TOO = own("potager", "Le jardin", "Cultiver des légumes ensemble, jardin partagé")
CHOIR = own("chorale", "Chorale", "Chanter le mardi soir")


def test_additions_meet_without_a_common_identifier():
    (one,) = found([GARDEN], [GARDEN_TOO], [CHOIR])
    assert (one.status, one.sites) == ("added", ("site 0", "site 1"))


def test_keeping_is_not_an_adaptation():
    assert found([kept("a")], [kept("a")]) == ()


def test_one_site_is_no_recurrence_even_twice():
    twice = [own("jardin", "Jardin partagé", "Cultiver"), own("jardin-2", "Jardin partagé", "Cultiver")]
    assert found(twice) == ()


def test_the_least_number_of_sites_is_asked():
    assert found([not_done("b")], [not_done("b")], least=3) == ()


def test_territories_and_fidelity_are_counted():
    both = sites([reformed("b", "à vélo")], [reformed("b", "à vélo", frame=UNFAITHFUL)])
    both = [
        replace(both[0], territory_types=("rural", "mountain")),
        replace(both[1], territory_types=("rural",)),
    ]
    (one,) = recurrences(BASE, both)
    assert one.territory_types == (("mountain", 1), ("rural", 2))
    assert one.fidelity == (("consistent", 1), ("inconsistent", 1))
    assert "2 sites" in proposal_text(BASE, one) and "1 sur 2" in proposal_text(BASE, one)


def test_the_most_shared_comes_first():
    assert [
        len(one.sites)
        for one in found([not_done("b"), not_done("a")], [not_done("b"), not_done("a")], [not_done("a")])
    ] == [3, 2]


def test_the_order_of_sites_does_not_change_the_groups():
    lists = [[GARDEN], [CHOIR], [GARDEN_TOO], [valued("a", "duree", 12)], [valued("a", "duree", 13)]]
    one, other = recurrences(BASE, sites(*lists)), recurrences(BASE, sites(*lists)[::-1])
    assert {frozenset(r.sites) for r in one} == {frozenset(r.sites) for r in other}


def test_a_protocol_that_had_no_component_gets_its_first():
    empty = protocol()
    source = Source(id="sites", title="Apports des sites")
    draft = draft_protocol(empty, recurrences(empty, sites([GARDEN], [GARDEN_TOO])), source)
    assert [(c.id, c.kind, c.credits[0].name) for c in draft.components] == [
        ("jardin", "adaptable", "site 0, site 1")
    ]
    assert validate(draft) == ()


def test_a_draft_does_not_take_a_used_identifier():
    base = protocol(component("jardin"))
    pair = sites([own("jardin", "Jardin", "Semer des graines")], [own("x", "Jardin", "Semer des graines")])
    draft = draft_protocol(base, recurrences(base, pair), Source(id="s", title="Charte"))
    assert [c.id for c in draft.components] == ["jardin", "jardin-2"]


def test_only_additions_make_a_component():
    (one,) = found([not_done("b")], [not_done("b")])
    with pytest.raises(ValueError, match="ajouts"):
        draft_component(one, "s")
