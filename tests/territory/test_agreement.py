"""Voices side by side: exact where linear programming answers, and symmetric in the voices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim.territory.agreement import AgreementError, agreement, order_sentences
from essaim.territory.criteria import Criterion, Transform
from essaim.territory.study import Study
from essaim.territory.table import Column, Measure, Table

LINEAR = Transform("minmax", low=0.0, high=1.0)
CRITERIA = (Criterion("a", "need", "a", transform=LINEAR), Criterion("b", "resources", "b", transform=LINEAR))
STUDY = Study("Essai", "set", CRITERIA, k=1, samples=400)


def _table() -> Table:
    """X is best on a, Y on b, Z worst on both."""
    values = {"a": [1.0, 0.0, 0.0], "b": [0.0, 1.0, 0.0]}
    columns = {k: Column(Measure(k, k, "", "essai", "2026", "set"), np.array(v)) for k, v in values.items()}
    return Table("set", ("X", "Y", "Z"), ("X", "Y", "Z"), columns)


def test_opposite_voices_dispute_what_each_puts_first() -> None:
    found = agreement(STUDY, _table(), [["a >= 60%"], ["b >= 60%"]])
    assert {s.code: s.verdict for s in found.standings} == {"X": "disputed", "Y": "disputed", "Z": "out"}
    assert {s.code: s.shares for s in found.standings}["X"] == (1.0, 0.0)
    assert set(found.clash) == {"a >= 60%", "b >= 60%"}


def test_ranges_are_exact_and_the_common_part_is_said() -> None:
    found = agreement(STUDY, _table(), [["a >= 60%"], ["50% <= a <= 70%"]])
    spread = {s.key: s for s in found.spreads}["a"]
    assert np.allclose(spread.ranges, [(0.6, 1.0), (0.5, 0.7)])
    assert spread.shared is not None and np.allclose(spread.shared, (0.6, 0.7))
    assert found.clash == () and [s.code for s in found.named("in")] == ["X"]
    apart = agreement(STUDY, _table(), [["a >= 60%"], ["a <= 40%"]])
    assert {s.key: s.shared for s in apart.spreads} == {"a": None, "b": None}


def test_a_sentence_is_held_admitted_or_refused() -> None:
    voices = [["a >= b"], ["a >= 80%"], [], ["b >= 90%"]]
    position = next(p for p in agreement(STUDY, _table(), voices).positions if p.sentence == "a >= b")
    assert (position.holds, position.admits, position.refuses) == ((0, 1), (2,), (3,))


def test_an_equality_is_held_only_when_nothing_else_is_left() -> None:
    voices = [["a == b"], ["a >= b"], ["50% <= a <= 50%"]]
    position = agreement(STUDY, _table(), voices).positions[0]
    assert (position.holds, position.admits, position.refuses) == ((0, 2), (1,), ())


def test_one_voice_is_no_agreement() -> None:
    with pytest.raises(AgreementError, match="deux voix"):
        agreement(STUDY, _table(), [["a >= b"]])


def test_an_order_becomes_sentences_and_ties_say_nothing() -> None:
    assert order_sentences({"x": 2, "y": 1, "z": 3, "t": 1}) == ["y >= x", "t >= x", "x >= z"]
    assert order_sentences({"x": 1, "y": 1}) == []


_voice = st.sampled_from([[], ["a >= b"], ["b >= 2 * a"], ["a >= 70%"], ["a == b"], ["30% <= b <= 60%"]])


@settings(max_examples=25, deadline=None)
@given(st.lists(_voice, min_size=2, max_size=4), st.randoms())
def test_the_order_of_voices_changes_nothing_but_their_numbers(
    voices: list[list[str]], random: object
) -> None:
    order = list(range(len(voices)))
    random.shuffle(order)  # type: ignore[attr-defined]
    first, second = (agreement(STUDY, _table(), v) for v in (voices, [voices[i] for i in order]))
    assert {s.code: s.verdict for s in first.standings} == {s.code: s.verdict for s in second.standings}
    assert bool(first.clash) == bool(second.clash)
    holders = {p.sentence: set(p.holds) for p in first.positions}
    assert {p.sentence: {order[i] for i in p.holds} for p in second.positions} == holders
    for position in first.positions:
        assert sorted((*position.holds, *position.admits, *position.refuses)) == list(range(len(voices)))
