"""What a site may choose, and what it may not alone."""

from dataclasses import replace

import pytest

from essaim.protocol import InvalidDocument
from essaim.protocol.adaptation import (
    OutsideLatitude,
    check_adaptation,
    decide,
    dumps_adaptation,
    loads_adaptation,
    new_adaptation,
    objection,
    withdraw,
)
from essaim.protocol.document import Change, Option, Parameter, Variant
from essaim.protocol.frame import ASPECTS, label
from essaim.protocol.latitude import latitude, territories
from tests.protocol.cases import (
    FRAME,
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

OPTIONS = tuple(Option(id=i, label=i.upper()) for i in "abc")
SET = Parameter(id="s", label="S", type="set", options=OPTIONS, min_items=1, max_items=2)


def narrow(id, *types, **change):
    rule = Change(component="a", parameter="duree", **change)
    return Variant(id=id, title=id, territory_types=types, reason="r", sources=("s",), changes=(rule,))


RURAL, OVERSEAS = narrow("v", "rural", max=36), narrow("w", "overseas", min=12, max=48)
BASE = protocol(
    component("a", duration(), SET),
    component("core", kind="core"),
    component("b"),
    variants=(RURAL, OVERSEAS),
)


def lat(*types):
    return latitude(BASE, "a", BASE.components[0].parameters[0], types)


@pytest.mark.parametrize(
    "types, low, high, variants",
    [
        ((), 6, 60, ()),
        (("rural",), 6, 36, ("v",)),
        (("overseas",), 12, 48, ("w",)),
        (("rural", "overseas", "qpv"), 12, 36, ("v", "w")),
    ],
)
def test_variants_narrow_where_they_apply_and_all_must_hold(types, low, high, variants):
    found = lat(*types)
    assert (found.min, found.max, found.variants) == (low, high, variants)


def test_an_objection_says_the_latitude_in_words():
    assert lat("rural").objection(40) == "40 n’est pas dans la latitude : de 6 à 36 mois"


@pytest.mark.parametrize("value", [True, "12", 5, 61, (), 12.5])
def test_values_outside_a_duration(value):
    whole = replace(lat(), parameter=duration(step=1))
    assert whole.objection(value)


@pytest.mark.parametrize(
    "value, allowed",
    [(("a",), True), ((), False), (("a", "b", "c"), False), (("z",), False), (("a", "a"), False)],
)
def test_values_of_a_set(value, allowed):
    assert (latitude(BASE, "a", SET).objection(value) is None) is allowed


def test_no_territory_is_both_urban_and_rural():
    assert frozenset({"urban", "rural"}) not in territories(["urban", "rural"])
    assert len(territories(["urban", "rural"])) == 3


# --- decisions ----------------------------------------------------------------------------------------------------

FIRST = new_adaptation(BASE, "Site", ["rural"])


def test_a_decision_within_latitude_makes_the_next_revision():
    second = decide(FIRST, BASE, valued("a", "duree", 12))
    assert (second.revision, second.previous, second.at("a", "duree").value) == (2, FIRST.fingerprint(), 12)
    assert FIRST.decisions == ()


def test_a_decision_outside_latitude_is_refused():
    with pytest.raises(OutsideLatitude, match="de 6 à 36 mois"):
        decide(FIRST, BASE, valued("a", "duree", 48))


def test_or_becomes_a_derogation_request():
    second = decide(FIRST, BASE, valued("a", "duree", 48), derogation_reason="trajets")
    assert second.at("a", "duree").derogation.state == "requested"
    assert check_adaptation(second, BASE) == ()


def test_a_new_decision_on_a_place_replaces_the_old():
    second = decide(decide(FIRST, BASE, valued("a", "duree", 12)), BASE, valued("a", "duree", 18, id="autre"))
    assert [d.value for d in second.decisions] == [18]


def test_a_decision_may_change_its_place():
    second = decide(decide(FIRST, BASE, kept("a", id="d")), BASE, kept("b", id="d"))
    assert [d.component for d in second.decisions] == ["b"]


def test_withdrawing_keeps_the_history():
    second = decide(FIRST, BASE, kept("a"))
    third = withdraw(second, "k-a")
    assert third.decisions == () and third.previous == second.fingerprint()


@pytest.mark.parametrize(
    "decision, allowed",
    [
        (kept("core"), True),
        (reformed("core", "x"), True),
        (reformed("core", "x", frame=UNFAITHFUL), False),
        (not_done("core"), False),
        (not_done("b"), True),
        (reformed("b", "x", frame=UNFAITHFUL), True),
    ],
)
def test_the_function_of_the_core_holds(decision, allowed):
    assert (objection(BASE, decision) is None) is allowed


@pytest.mark.parametrize(
    "decision, said",
    [
        (kept("zz"), "n’existe pas"),
        (kept("a", "zz"), "pas de paramètre"),
        (replace(valued("a", "duree", 12), value=None), "demande une valeur"),
        (reformed("b", " "), "forme locale"),
        (replace(not_done("a"), parameter="duree"), "composant entier"),
        (replace(kept("a"), value=3), "ne va qu’avec"),
        (replace(kept("a"), addition=component("a")), "ne va qu’avec"),
        (replace(not_done("b"), frame=None), "se justifie"),
        (replace(not_done("b"), frame=replace(FRAME, what="zz")), "n’est pas une réponse"),
        (replace(not_done("b"), frame=replace(FRAME, reasons=())), "Rien n’est répondu"),
        (added(component("b", form="autre")), "déjà un autre composant"),
        (replace(added(component("n")), addition=None), "décrit un composant entier"),
    ],
)
def test_a_decision_says_what_its_status_needs(decision, said):
    with pytest.raises(InvalidDocument, match=said):
        decide(FIRST, BASE, decision)
    assert said in " ".join(problem.message for problem in check_adaptation(site(decision), BASE))


def test_codes_of_another_revision_of_the_framework_are_kept():
    later = replace(FRAME, what="autre-code", revision="2031")
    assert check_adaptation(site(replace(not_done("b"), frame=later)), BASE) == ()
    assert label("what", "autre-code") == "autre-code"


def test_two_decisions_on_one_place_are_a_defect():
    problems = check_adaptation(site(kept("a"), kept("a", id="bis")), BASE)
    assert {problem.message for problem in problems} == {"Deux décisions portent sur la même chose."}


def test_an_adaptation_of_another_version_is_told_so():
    (problem,) = check_adaptation(site(version="3.0.0"), BASE)
    assert "3.0.0" in problem.message


def test_adaptations_are_written_and_read_back():
    full = site(
        valued("a", "duree", 48, derogation="granted"), added(component("n")), not_done("b"), kept("core")
    )
    assert loads_adaptation(dumps_adaptation(full)) == full


def test_a_misshapen_adaptation_names_its_line():
    text = dumps_adaptation(site(kept("a"))).replace("status: kept", "status: gardé")
    with pytest.raises(InvalidDocument) as caught:
        loads_adaptation(text, "site.yaml")
    assert caught.value.problems[0].line is not None


def test_every_aspect_of_the_framework_is_a_field_and_has_answers():
    for name, aspect in ASPECTS.items():
        assert hasattr(FRAME, name) and aspect.answers and aspect.question.endswith("?")
