"""What is proven of the upgrade, for any protocol, any later version and any lawful site."""

import os
from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from essaim.protocol.adaptation import check_adaptation, objection
from essaim.protocol.audit import audit
from essaim.protocol.check import validate
from essaim.protocol.lineage import with_lineage
from essaim.protocol.merge import upgrade
from essaim.protocol.provenance import provenance
from essaim.protocol.report import upgrade_document
from tests.protocol import cases

EXAMPLES = int(os.environ.get("ESSAIM_LAW_EXAMPLES", "50"))
many = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def steps(draw, count: int = 1):
    """Some versions of a protocol in a row, and a site on the first."""
    versions = [draw(cases.protocols())]
    for n in range(count):
        versions.append(draw(cases.successors(versions[-1], f"{n + 2}.0.0")))
    return *versions, draw(cases.sites(versions[0]))


def outcome(base, new, site):
    return upgrade_document(upgrade(base, new, site)).to_dict()


@many
@given(steps())
def test_generated_cases_are_lawful(case):
    base, new, site = case
    assert not validate(base)
    assert not check_adaptation(site, base)
    assert not [problem for problem in validate(new) if "latitude" not in problem.message]


@many
@given(steps(0))
def test_upgrading_to_the_same_version_changes_nothing(case):
    base, site = case
    done = upgrade(base, base, site)
    assert (done.result, done.conflicts, done.retired, done.moved) == (site, (), (), ())


@many
@given(steps())
def test_the_independent_checker_finds_nothing_to_say(case):
    base, new, site = case
    assert audit(base.to_dict(), new.to_dict(), site.to_dict(), outcome(base, new, site)) == ()


@many
@given(steps())
def test_every_decision_is_settled_disputed_or_retired_once(case):
    base, new, site = case
    done = upgrade(base, new, site)
    ends = [d.id for d in done.result.decisions]
    ends += [d.id for conflict in done.conflicts for d in conflict.decisions]
    ends += [retired.decision.id for retired in done.retired]
    assert sorted(ends) == sorted(d.id for d in site.decisions)


@many
@given(steps())
def test_latitude_is_never_violated_in_silence(case):
    base, new, site = case
    for decision in upgrade(base, new, site).result.decisions:
        assert decision.is_derogation or objection(new, decision, site.territory_types) is None


@many
@given(steps())
def test_a_derogation_stays_only_where_the_rule_it_departs_from_stays(case):
    base, new, site = case
    done = upgrade(base, new, site)
    problems = check_adaptation(done.result, new)
    assert not problems


@many
@given(steps(2))
def test_two_steps_make_one_when_neither_disputes_nor_retires(case):
    first, second, third, site = case
    third = with_lineage(second, third)
    one = upgrade(first, second, site)
    assume(not one.conflicts and not one.retired)
    two = upgrade(second, third, one.result)
    assume(not two.conflicts and not two.retired)
    direct = upgrade(first, third, site)
    assert (direct.conflicts, direct.retired) == ((), ())
    assert direct.result == two.result


@many
@given(steps(), st.randoms(use_true_random=False))
def test_the_order_of_decisions_does_not_matter(case, random):
    base, new, site = case
    shuffled = list(site.decisions)
    random.shuffle(shuffled)
    one = upgrade(base, new, site)
    other = upgrade(base, new, replace(site, decisions=tuple(shuffled)))
    assert {d for d in one.result.decisions if d.status != "kept"} == {
        d for d in other.result.decisions if d.status != "kept"
    }
    assert {frozenset(c.decisions) for c in one.conflicts} == {
        frozenset(c.decisions) for c in other.conflicts
    }
    assert len(one.retired) == len(other.retired)


LOCAL_EDITS = (cases._edit_function, cases._edit_form, cases._edit_kind, cases._edit_parameter)


@st.composite
def unrelated(draw):
    """A base and two edits of it that touch different components, made in both orders and each alone."""
    base = draw(cases.protocols())
    assume(len(base.components) >= 2)
    left, right = base.components[0], base.components[1]
    ours = draw(st.sampled_from(LOCAL_EDITS))(draw, replace(base, components=(left,)), "n").components[0]
    theirs = draw(st.sampled_from(LOCAL_EDITS))(draw, replace(base, components=(right,)), "n").components[0]

    def swapped(*changes):
        by_id = {c.id: c for c in changes}
        listed = tuple(by_id.get(c.id, c) for c in base.components)
        return replace(base, components=listed, version="2.0.0", variants=())

    base = replace(base, variants=())
    return (
        base,
        swapped(ours),
        swapped(theirs),
        swapped(ours, theirs),
        left.id,
        right.id,
        draw(cases.sites(base)),
    )


def fate(done, component):
    """What became of the decisions on one component."""
    return (
        [d for d in done.result.decisions if d.component == component],
        [c for c in done.conflicts if c.decisions[0].component == component],
        [r for r in done.retired if r.decision.component == component],
    )


@many
@given(unrelated())
def test_unrelated_changes_commute(case):
    base, ours, theirs, both, left, right, site = case
    together = upgrade(base, both, site)
    assert fate(together, left) == fate(upgrade(base, ours, site), left)
    assert fate(together, right) == fate(upgrade(base, theirs, site), right)


@many
@given(steps())
def test_the_same_upgrade_gives_the_same_document(case):
    base, new, site = case
    assert outcome(base, new, site) == outcome(base, new, site)


@many
@given(steps(), st.data())
def test_the_checker_finds_every_decision_dropped_from_the_outcome(case, data):
    base, new, site = case
    document = outcome(base, new, site)
    for section in ("result", "conflicts", "retired"):
        for dropped, index in _without_one(document, section):
            complaints = audit(base.to_dict(), new.to_dict(), site.to_dict(), dropped)
            assert any("disparu" in complaint for complaint in complaints), (section, index)


def _without_one(document, section):
    """The document less each item of a section in turn."""
    items = document["result"].get("decisions", []) if section == "result" else document[section]
    for index in range(len(items)):
        rest = [item for i, item in enumerate(items) if i != index]
        if section == "result":
            yield {**document, "result": {**document["result"], "decisions": rest}}, index
        else:
            yield {**document, section: rest}, index


@many
@given(steps())
def test_completing_the_lineage_twice_says_no_more_than_once(case):
    base, new, _site = case
    once = with_lineage(base, new)
    assert with_lineage(base, once) == once


@many
@given(steps(2))
def test_every_clause_has_a_history_that_starts_by_an_introduction(case):
    first, second, third, _site = case
    found = provenance((first, second, with_lineage(second, third)))
    places = {(c.id, None) for c in third.components}
    places |= {(c.id, p.id) for c in third.components for p in c.parameters}
    assert set(found) == places
    assert {steps[0].kind for steps in found.values()} <= {"introduced"}
