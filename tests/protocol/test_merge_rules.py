"""The rules of the upgrade, one by one."""

from dataclasses import replace

import pytest

from essaim.protocol import InvalidDocument
from essaim.protocol.adaptation import Derogation
from essaim.protocol.audit import audit
from essaim.protocol.document import Change, Option, Parameter, Variant
from essaim.protocol.merge import prepare, upgrade
from essaim.protocol.report import upgrade_document
from essaim.protocol.resolution import Choice, resolve
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

BASE = protocol(component("a", duration()), component("b"), component("c", kind="core"))


def new(*components, **changes):
    return protocol(*components, version="2.0.0", **changes)


def with_(changed):
    """BASE at version 2 with one component replaced."""
    return new(*(changed if one.id == changed.id else one for one in BASE.components))


def conflict_kinds(later, *decisions, base=BASE, **changes):
    return [c.kind for c in upgrade(base, later, site(*decisions, **changes)).conflicts]


A30 = with_(component("a", duration(default=30)))


def test_what_the_site_never_touched_moves_along():
    done = upgrade(BASE, A30, site())
    assert done.result == site(version="2.0.0") and [d.field for d in done.moved] == ["default"]


def test_what_only_the_site_changed_stays():
    done = upgrade(BASE, with_(component("b", form="autre")), site(valued("a", "duree", 12)))
    assert done.result.decisions == (valued("a", "duree", 12),) and not done.conflicts


def test_what_both_changed_is_a_conflict_with_both_sides():
    (conflict,) = upgrade(BASE, A30, site(valued("a", "duree", 12))).conflicts
    assert (conflict.kind, conflict.base, conflict.new, conflict.candidates) == (
        "both_changed",
        24,
        30,
        ("a/duree",),
    )


def test_a_decision_equal_to_the_new_default_stays_explicit():
    done = upgrade(BASE, A30, site(valued("a", "duree", 30)))
    assert done.result.decisions == (valued("a", "duree", 30),) and not done.conflicts


def test_keeping_follows_the_protocol():
    done = upgrade(BASE, A30, site(kept("a"), kept("a", "duree", id="k2")))
    assert done.kept == ("k-a", "k2") and not done.conflicts


def test_another_unit_is_a_conflict_even_at_the_new_default():
    later = with_(component("a", duration(unit="semaine", default=12)))
    assert conflict_kinds(later, valued("a", "duree", 12)) == ["meaning_changed"]


def test_a_narrower_latitude_disputes_what_it_leaves_out_and_only_that():
    later = with_(component("a", duration(max=30)))
    assert conflict_kinds(later, valued("a", "duree", 36)) == ["outside_latitude"]
    assert conflict_kinds(later, valued("a", "duree", 30)) == []


def test_a_derogation_stands_while_its_rule_does():
    granted = valued("a", "duree", 72, derogation="granted")
    assert conflict_kinds(with_(component("b", form="autre")), granted) == []
    assert conflict_kinds(with_(component("a", duration(max=66))), granted) == ["outside_latitude"]


def test_a_refused_derogation_does_not_cover():
    assert conflict_kinds(replace(BASE, version="2.0.0"), valued("a", "duree", 72, derogation="refused")) == [
        "outside_latitude"
    ]


def test_a_variant_counts_only_where_it_applies():
    rule = Change(component="a", parameter="duree", max=12, default=12)
    variant = Variant(
        id="v", title="V", territory_types=("rural",), reason="r", sources=("s",), changes=(rule,)
    )
    later = replace(BASE, version="2.0.0", variants=(variant,))
    assert conflict_kinds(later, valued("a", "duree", 36)) == []
    assert conflict_kinds(later, valued("a", "duree", 36), territory_types=("rural",)) == ["outside_latitude"]


def test_wording_disputes_nothing():
    later = with_(component("b", title="Titre neuf", evidence="preuve"))
    assert conflict_kinds(later, reformed("b", "à notre façon")) == []


def test_a_local_form_is_disputed_when_the_form_or_the_function_changes():
    for later in (component("b", form="autre"), component("b", function="autre")):
        assert conflict_kinds(with_(later), reformed("b", "à notre façon")) == ["both_changed"]


def test_what_is_not_done_is_disputed_when_its_reason_changes_not_its_form():
    assert conflict_kinds(with_(component("b", form="autre")), not_done("b")) == []
    assert conflict_kinds(with_(component("b", function="autre")), not_done("b")) == ["both_changed"]


def test_what_enters_the_core_must_be_done():
    assert conflict_kinds(with_(component("b", kind="core")), not_done("b")) == ["not_permitted"]
    assert conflict_kinds(with_(component("b", kind="core")), reformed("b", "x", frame=UNFAITHFUL)) == [
        "not_permitted"
    ]


def test_the_order_of_a_set_does_not_count():
    options = tuple(Option(id=i, label=i) for i in "abc")
    before = protocol(
        component("a", Parameter(id="p", label="P", type="set", options=options, default=("a",)))
    )
    after = new(component("a", Parameter(id="p", label="P", type="set", options=options, default=("a", "b"))))
    assert conflict_kinds(after, valued("a", "p", ("b", "a")), base=before) == []


def test_a_renamed_component_takes_its_decisions_along():
    later = new(
        component("a", duration()),
        component("z", form="forme de b", function="fonction de b", replaces=("b",)),
    )
    done = upgrade(BASE, later, site(reformed("b", "à notre façon")))
    assert done.result.at("z") is not None and not done.conflicts


def test_a_moved_parameter_takes_its_decision_along():
    later = new(
        component("a"), component("b", duration(moved_from=("a/duree",))), component("c", kind="core")
    )
    done = upgrade(BASE, later, site(valued("a", "duree", 12)))
    assert done.result.at("b", "duree") is not None and not done.conflicts


def test_a_removed_component_retires_its_decisions_with_a_reason():
    later = new(component("b"))
    (one, two) = upgrade(BASE, later, site(valued("a", "duree", 12), kept("c"))).retired
    assert (one.reason, two.reason) == ("removed", "removed")


SPLIT = new(
    component("a1", duration(), split_from=("a",)),
    component("a2", duration(), split_from=("a",)),
    component("b"),
)


def test_a_split_component_asks_where_the_decision_goes():
    (conflict,) = upgrade(BASE, SPLIT, site(valued("a", "duree", 12))).conflicts
    assert (conflict.kind, conflict.candidates) == ("split", ("a1/duree", "a2/duree"))


def test_a_split_component_whose_parameter_went_one_way_asks_nothing():
    later = new(component("a1", duration(), split_from=("a",)), component("a2", split_from=("a",)))
    done = upgrade(BASE, later, site(valued("a", "duree", 12)))
    assert done.result.at("a1", "duree") is not None and not done.conflicts


def test_keeping_what_was_split_no_longer_says_anything():
    (retired,) = upgrade(BASE, SPLIT, site(kept("a"))).retired
    assert retired.reason == "split"


MERGED = new(component("ab", duration(), merged_from=("a", "b")))


def test_merged_components_ask_about_what_was_decided_on_each():
    assert conflict_kinds(MERGED, not_done("a"), reformed("b", "x")) == ["merged", "merged"]


def test_keeping_both_of_what_was_merged_is_said_once():
    done = upgrade(BASE, MERGED, site(kept("a"), kept("b")))
    assert done.kept == ("k-a",) and [r.reason for r in done.retired] == ["already_said"]


def test_a_name_that_the_protocol_takes_is_disputed_unless_it_is_the_same():
    mine = component("local", form="la nôtre")
    assert conflict_kinds(new(*BASE.components, component("local")), added(mine)) == ["both_added"]
    assert conflict_kinds(new(*BASE.components, mine), added(mine)) == []


def test_decisions_on_what_the_base_does_not_have_are_set_aside_not_lost():
    (retired,) = upgrade(BASE, A30, site(kept("inconnu"))).retired
    assert retired.reason == "unknown"


def test_a_decision_that_stays_under_a_changed_function_is_to_be_read_again():
    later = with_(component("a", duration(), function="autre"))
    assert upgrade(BASE, later, site(valued("a", "duree", 12))).to_reread == ("v-a-duree",)


def test_versions_must_be_of_one_protocol():
    with pytest.raises(ValueError, match="comparez le même protocole"):
        prepare(BASE, replace(A30, id="autre"))


def test_the_site_must_be_on_the_base_version():
    with pytest.raises(ValueError, match="prenez la version de base"):
        upgrade(BASE, A30, site(version="0.9.0"))


# --- choices -----------------------------------------------------------------------------------------------------


def resolved(later, choice, *decisions):
    done = upgrade(BASE, later, site(*decisions))
    return resolve(done, {conflict.id: choice for conflict in done.conflicts})


def test_a_conflict_without_choice_is_named():
    with pytest.raises(InvalidDocument, match="attend un choix"):
        resolve(upgrade(BASE, A30, site(valued("a", "duree", 12))), {})


def test_keeping_one_s_decision():
    result = resolved(A30, Choice(action="keep"), valued("a", "duree", 12))
    assert result.at("a", "duree").value == 12
    assert (result.version, result.revision) == ("2.0.0", 2)
    assert result.previous == site(valued("a", "duree", 12)).fingerprint()


def test_following_the_new_version_is_recorded():
    assert resolved(A30, Choice(action="take"), valued("a", "duree", 12)).at("a", "duree").status == "kept"


def test_withdrawing_a_decision():
    assert resolved(A30, Choice(action="drop"), valued("a", "duree", 12)).decisions == ()


def test_amending_a_decision():
    assert (
        resolved(A30, Choice(action="keep", value=18), valued("a", "duree", 12)).at("a", "duree").value == 18
    )


def test_keeping_what_lies_outside_needs_a_derogation():
    later = with_(component("a", duration(max=30)))
    with pytest.raises(InvalidDocument, match="demandez une dérogation"):
        resolved(later, Choice(action="keep"), valued("a", "duree", 36))
    result = resolved(later, Choice(action="keep", derogation_reason="trajets"), valued("a", "duree", 36))
    assert result.at("a", "duree").derogation == Derogation(state="requested", reason="trajets")


def test_a_split_needs_a_target():
    with pytest.raises(InvalidDocument, match="a1/duree, a2/duree"):
        resolved(SPLIT, Choice(action="keep"), valued("a", "duree", 12))
    result = resolved(SPLIT, Choice(action="keep", target="a2/duree"), valued("a", "duree", 12))
    assert result.at("a2", "duree").value == 12


def test_an_addition_whose_name_is_taken_gets_another():
    later, mine = new(*BASE.components, component("local")), added(component("local", form="la nôtre"))
    with pytest.raises(InvalidDocument, match="nouvel identifiant"):
        resolved(later, Choice(action="keep"), mine)
    result = resolved(later, Choice(action="keep", target="local-bis"), mine)
    assert result.at("local-bis").addition.id == "local-bis"


def test_two_choices_may_not_land_on_one_place():
    with pytest.raises(InvalidDocument, match="porte déjà"):
        resolved(MERGED, Choice(action="take"), reformed("a", "x"), reformed("b", "y"))


def test_a_choice_for_no_conflict_is_refused():
    with pytest.raises(InvalidDocument, match="n’existe pas"):
        resolve(upgrade(BASE, A30, site()), {"x": Choice(action="drop")})


# --- mutations ----------------------------------------------------------------------------------------------------

CROWD = (valued("a", "duree", 12), reformed("b", "à notre façon"), kept("c"), not_done("b2"), kept("gone"))
CROWDED = protocol(*BASE.components, component("b2"), component("gone"))
CROWDED_NEW = new(component("a", duration(default=30)), *BASE.components[1:], component("b2"))


def complaints():
    local = site(*CROWD)
    document = upgrade_document(upgrade(CROWDED, CROWDED_NEW, local)).to_dict()
    return audit(CROWDED.to_dict(), CROWDED_NEW.to_dict(), local.to_dict(), document)


def test_the_checker_is_content_with_the_merge_as_it_is():
    assert complaints() == ()


@pytest.mark.parametrize("victim", [decision.id for decision in CROWD])
def test_a_merge_that_forgets_a_decision_is_found_out(victim, monkeypatch):
    from essaim.protocol.merge import Plan

    true_apply = Plan.apply

    def forgetful(plan, local):
        rest = replace(local, decisions=tuple(d for d in local.decisions if d.id != victim))
        return replace(true_apply(plan, rest), site=local)

    monkeypatch.setattr(Plan, "apply", forgetful)
    assert complaints() == (f"la décision « {victim} » a disparu",)


@pytest.mark.parametrize(
    "name, mutant, complaint",
    [
        ("_judge_value", lambda d, t: d, "changé des deux côtés, sans conflit"),
        ("_judge_value", lambda d, t: replace(d, value=30), "réécrite"),
        ("_retired", None, "disparu"),
        ("_conflict", None, "disparu"),
    ],
)
def test_a_wrong_rule_is_found_out(name, mutant, complaint, monkeypatch):
    import essaim.protocol.merge as merge

    if mutant is None:
        original = getattr(merge, name)

        def stripped(*args, **kwargs):
            outcome = original(*args, **kwargs)
            if name == "_conflict":
                return replace(outcome, decisions=())
            return replace(outcome, decision=kept("autre"))

        mutant = stripped
    monkeypatch.setattr(merge, name, mutant)
    assert any(complaint in found for found in complaints())


def test_a_merge_that_ignores_latitude_is_found_out(monkeypatch):
    import essaim.protocol.merge as merge

    monkeypatch.setattr(merge._Target, "objection", lambda target, value: None)
    later = with_(component("a", duration(max=30)))
    local = site(valued("a", "duree", 36))
    document = upgrade_document(upgrade(BASE, later, local)).to_dict()
    assert "sort de la latitude" in audit(BASE.to_dict(), later.to_dict(), local.to_dict(), document)[0]


def test_a_dispute_without_cause_is_found_out(monkeypatch):
    import essaim.protocol.merge as merge

    monkeypatch.setattr(merge, "_judge_value", lambda d, t: merge._conflict("both_changed", d, t.places))
    local = site(valued("a", "duree", 12))
    document = upgrade_document(upgrade(BASE, replace(BASE, version="2.0.0"), local)).to_dict()
    found = audit(BASE.to_dict(), replace(BASE, version="2.0.0").to_dict(), local.to_dict(), document)
    assert found == ("conflit sans cause sur « a »",)
