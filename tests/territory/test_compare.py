"""Two rankings side by side: what changed is named, and every point of a score that moved has its cause."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim.territory.compare import compare, statement_changes
from essaim.territory.criteria import Criterion, Transform
from essaim.territory.ranking import run
from essaim.territory.study import Scope, Study
from essaim.territory.table import Column, Measure, Table

LINEAR = Transform("minmax", low=0.0, high=1.0)
A, B, C = (Criterion(k, "need", k, transform=LINEAR) for k in "abc")
STUDY = Study("Essai", "set", (A, B), k=2, samples=300)
CODES = ("P", "Q", "R", "S")


def _table(values: dict[str, list[float]], date: str = "2025") -> Table:
    columns = {
        k: Column(Measure(k, k, "", "essai", date, "set"), np.array(v, float)) for k, v in values.items()
    }
    return Table("set", CODES, CODES, columns)


BASE = {"a": [0.9, 0.6, 0.3, 0.1], "b": [0.2, 0.4, 0.7, 0.9], "c": [0.5, 0.1, 0.9, 0.2]}


def test_a_ranking_against_itself_has_nothing_to_say() -> None:
    one = run(STUDY, _table(BASE))
    found = compare(one, one)
    assert (found.changes, found.data, found.entered, found.left) == ((), (), (), ())
    assert all(
        move.steps == 0 and all(p.by_weight == p.by_note == 0 for p in move.parts) for move in found.moves
    )


def test_what_is_stated_differently_is_named() -> None:
    after = replace(
        STUDY,
        k=1,
        criteria=(replace(A, direction="low"), C),
        weights=("a >= c",),
        scope=Scope(codes=("P", "Q")),
    )
    kinds = {(change.kind, change.what) for change in statement_changes(STUDY, after)}
    assert kinds == {
        ("stated", "k"), ("stated", "scope.codes"), ("criterion_removed", "b"), ("criterion_added", "c"),
        ("criterion_changed", "a"), ("weight_added", "a >= c"),
    }  # fmt: skip


def test_values_that_changed_are_counted_with_the_largest() -> None:
    newer = {**BASE, "a": [0.9, 0.65, 0.3, 0.5]}
    found = compare(run(STUDY, _table(BASE)), run(STUDY, _table(newer, "2026")))
    data = {change.key: change for change in found.data}
    assert (data["a"].changed, data["a"].largest, data["a"].dates) == (2, ("S", 0.1, 0.5), ("2025", "2026"))
    assert data["b"].changed == 0 and data["b"].dates == ("2025", "2026")


def test_other_units_are_only_compared_in_words() -> None:
    other = run(replace(STUDY, unit="qpv"), replace(_table(BASE), level="qpv"))
    found = compare(run(STUDY, _table(BASE)), other)
    assert not found.comparable and not found.moves and found.changes[0].what == "unit"


def test_a_territory_that_one_side_does_not_rank_has_no_parts() -> None:
    narrow = replace(STUDY, scope=Scope(without=("S",)))
    found = compare(run(STUDY, _table(BASE)), run(narrow, _table(BASE)))
    move = next((m for m in found.moves if m.code == "S"), None)
    assert "S" in found.left and move is not None and move.places[1] is None and move.parts == ()


_values = st.lists(st.floats(0, 1, width=16), min_size=4, max_size=4)


@settings(max_examples=25, deadline=None)
@given(
    _values,
    _values,
    st.sampled_from([(), ("a >= 60%",), ("b >= 60%",)]),
    st.sampled_from([(A, B), (A, C), (C,)]),
)
def test_the_parts_of_a_move_sum_to_it_exactly(a, b, weights, criteria) -> None:  # type: ignore[no-untyped-def]
    kept = {c.key for c in criteria}
    after = replace(STUDY, criteria=criteria, weights=weights if {"a", "b"} <= kept else (), samples=200)
    found = compare(run(STUDY, _table(BASE)), run(after, _table({**BASE, "a": a, "b": b})))
    for move in found.moves:
        before_score, after_score = move.scores
        assert before_score is not None and after_score is not None
        total = sum(p.by_weight + p.by_note for p in move.parts)
        assert np.isclose(total, after_score - before_score, atol=1e-9)
