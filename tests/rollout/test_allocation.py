"""The draw: every territory once, capacities and strata kept, the same for all who replay it; what is refused."""

import copy
import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim.rollout.allocation import (
    METHODS,
    Request,
    Territory,
    chosen,
    draw,
    randomisation_p,
    replay,
    request_from,
)
from essaim.rollout.errors import RolloutError
from essaim.rollout.rounding import Bits, even_sizes, rounded_table


@st.composite
def requests(shape: st.DrawFn, method: str | None = None) -> Request:
    """2 to 16 territories in up to 4 strata, up to 4 waves with enough room, some imposed first."""
    count = shape(st.integers(2, 16))
    strata = shape(st.lists(st.sampled_from("ABCD"), min_size=count, max_size=count))
    forced = shape(st.integers(0, count // 3))
    territories = tuple(
        Territory(f"T{i:02}", strata[i], {"size": float(i * i % 7 + i)}, "site pilote" if i < forced else "")
        for i in range(count)
    )
    waves = shape(st.integers(1, 4))
    room = shape(st.lists(st.integers(0, 6), min_size=waves, max_size=waves))
    capacities = [max(room[0], forced), *room[1:]]
    capacities[-1] += max(count - sum(capacities), 0)
    chosen_method = method or shape(st.sampled_from(METHODS))
    return Request(territories, tuple(capacities), chosen_method, candidates=50, keep=0.3)  # type: ignore[arg-type]


SEEDS = st.integers(0, 2**64)


@settings(max_examples=60, deadline=None)
@given(requests(), SEEDS)
def test_every_territory_once_within_capacities(request: Request, seed: int) -> None:
    waves = draw(request, seed).waves
    assert sorted(waves) == sorted(t.code for t in request.territories)
    held = Counter(waves.values())
    assert all(held[w + 1] <= limit for w, limit in enumerate(request.capacities))
    assert sum(held.values()) == len(request.territories)


@settings(max_examples=60, deadline=None)
@given(requests(), SEEDS, st.randoms())
def test_the_order_of_rows_changes_nothing(request: Request, seed: int, order: object) -> None:
    rows = list(request.territories)
    order.shuffle(rows)  # type: ignore[attr-defined]
    again = replace(request, territories=tuple(rows))
    assert again.fingerprint() == request.fingerprint()
    assert draw(again, seed).waves == draw(request, seed).waves


@settings(max_examples=60, deadline=None)
@given(requests("stratified"), SEEDS)
def test_strata_are_balanced_within_one_of_their_share(request: Request, seed: int) -> None:
    made, total = draw(request, seed), len(request.drawn)
    for stratum in {t.stratum for t in request.drawn}:
        codes = [t.code for t in request.drawn if t.stratum == stratum]
        held = Counter(made.waves[c] for c in codes)
        for wave, size in enumerate(request.sizes, 1):
            assert abs(held[wave] - len(codes) * size / total) < 1


@settings(max_examples=30, deadline=None)
@given(requests(), SEEDS)
def test_a_published_record_replays(request: Request, seed: int) -> None:
    made = draw(request, seed)
    record = json.loads(json.dumps(made.to_dict(), ensure_ascii=False))
    assert replay(record).to_dict() == made.to_dict()


def _plain(count: int = 12, waves: int = 3, **more: object) -> Request:
    rows = tuple(Territory(f"T{i:02}", "AB"[i % 2], {"x": float(i), "y": float(i % 5)}) for i in range(count))
    return Request(rows, (count // waves,) * waves, **more)  # type: ignore[arg-type]


def test_the_draw_never_changes_from_one_version_to_another() -> None:
    """A draw published today must replay in ten years: these waves are frozen."""
    assert _plain().fingerprint() == "8ef1975574667d8f79e6b71c67e5059ff37dbf3feab3028c8cae7966714a7cd8"
    assert list(draw(_plain(), 2026).waves.values()) == [3, 2, 1, 2, 2, 3, 2, 1, 1, 3, 3, 1]
    assert list(draw(_plain(method="stratified"), 2026).waves.values()) == [
        3,
        1,
        2,
        3,
        1,
        3,
        2,
        1,
        3,
        2,
        1,
        2,
    ]
    assert list(draw(_plain(method="constrained", candidates=500), 2026).waves.values()) == [
        3,
        1,
        3,
        1,
        2,
        2,
        1,
        2,
        1,
        3,
        2,
        3,
    ]


def test_other_seeds_and_other_inputs_give_other_draws() -> None:
    base = draw(_plain(), 1).waves
    assert draw(_plain(), 2).waves != base
    touched = replace(
        _plain(), territories=(*_plain().territories[:-1], Territory("T11", "A", {"x": 99, "y": 0}))
    )
    assert touched.fingerprint() != _plain().fingerprint()
    assert draw(touched, 1).waves != base


@pytest.mark.parametrize("method", ["simple", "stratified"])
def test_each_territory_is_as_likely_in_each_wave(method: str) -> None:
    """1,200 draws of 7 territories in strata of 4 and 3, waves of 3, 2 and 2: within four standard errors."""
    rows = tuple(Territory(f"T{i}", "A" if i < 4 else "B") for i in range(7))
    request = Request(rows, (3, 2, 2), method)  # type: ignore[arg-type]
    labels = np.array([draw(request, seed).labels for seed in range(1200)])
    for wave, share in enumerate((3 / 7, 2 / 7, 2 / 7)):
        error = np.sqrt(share * (1 - share) / 1200)
        assert np.abs((labels == wave).mean(axis=0) - share).max() < 4 * error


def test_territories_that_must_go_first_are_in_wave_1_outside_the_comparison() -> None:
    rows = (Territory("Z", first="site pilote"), *(Territory(f"T{i}") for i in range(5)))
    record = draw(Request(rows, (3, 3)), 5).to_dict()
    (forced,) = [row for row in record["allocation"] if not row["in_comparison"]]
    assert (forced["code"], forced["wave"], forced["first"]) == ("Z", 1, "site pilote")
    assert Counter(row["wave"] for row in record["allocation"]) == {1: 3, 2: 3}


def test_constraint_keeps_the_best_balanced_schemes() -> None:
    made = draw(_plain(16, 4, method="constrained", candidates=2000, keep=0.05), 3)
    assert made.constraint is not None
    assert made.constraint.kept >= 0.05 * made.constraint.distinct
    assert sum(made.balance.values()) <= made.constraint.worst_kept + 1e-9 < made.constraint.median_candidate
    assert any(np.array_equal(made.labels, scheme) for scheme in made.schemes)


def test_balance_is_zero_for_equal_means_and_one_when_the_wave_tells_all() -> None:
    rows = [Territory(c, "", {"x": x}) for c, x in zip("abcd", (1.0, 1.0, 3.0, 3.0), strict=True)]
    assert chosen(rows, {"a": 1, "b": 2, "c": 1, "d": 2}).balance == {"x": 0}
    assert chosen(rows, {"a": 1, "b": 1, "c": 2, "d": 2}).balance == {"x": 1}


def test_a_constraint_that_locks_pairs_is_told() -> None:
    rows = tuple(Territory(f"T{i}", "", {"x": x}) for i, x in enumerate((0.0, 0.1, 0.2, 0.3, 50.0, 50.0)))
    made = draw(Request(rows, (3, 3), "constrained", candidates=5000, keep=0.2), 1)
    assert made.constraint is not None
    assert ("T4", "T5") in made.constraint.never
    assert any("jamais" in warning for warning in made.constraint.warnings)
    assert any("sous 5 %" in warning for warning in made.constraint.warnings)


def test_a_loose_constraint_is_not_scolded() -> None:
    made = draw(_plain(16, 4, method="constrained", candidates=3000, keep=0.2), 1)
    assert made.constraint is not None
    assert made.constraint.warnings == ()


def test_a_tampered_record_is_refused() -> None:
    record = json.loads(json.dumps(draw(_plain(), 4).to_dict()))
    moved, touched, other = copy.deepcopy(record), copy.deepcopy(record), copy.deepcopy(record)
    moved["allocation"][0]["wave"] = moved["allocation"][0]["wave"] % 3 + 1
    touched["inputs"]["territories"][0]["covariates"]["x"] = 7.5
    other["inputs"]["format"] = "autre/1"
    for changed, told in (
        (moved, "a été modifié"),
        (touched, "ont changé"),
        (other, "inconnu"),
        ({}, "illisible"),
    ):
        with pytest.raises(RolloutError, match=told):
            replay(changed)


@pytest.mark.parametrize(
    "change",
    [
        {"drawn": False},
        {"label": "vagues choisies, non tirées au sort"},
        {"balance": {"x": 0.5, "y": 0.5}},
        {"constraint": None},
        {"seed": "abc"},
        {"seed": 1.5},
        {"inputs": {**_plain().canonical(), "territories": [{"code": "a", "covariates": 3}]}},
    ],
)
def test_whatever_is_touched_in_a_record_is_refused(change: dict[str, object]) -> None:
    made = draw(_plain(method="constrained", candidates=200), 4).to_dict()
    with pytest.raises(RolloutError):
        replay({**made, **change})


def test_a_constraint_that_was_embellished_is_refused_but_not_the_words_of_its_warnings() -> None:
    made = draw(_plain(method="constrained", candidates=200, keep=0.01), 4).to_dict()
    assert replay({**made, "constraint": {**made["constraint"], "warnings": ["…"]}})
    with pytest.raises(RolloutError, match=r"\(constraint\)"):
        replay({**made, "constraint": {**made["constraint"], "kept": 1000}})


def test_the_data_published_before_a_draw_are_not_its_record() -> None:
    before = {"inputs": _plain().canonical(), "fingerprint": _plain().fingerprint(), "drawn": False}
    with pytest.raises(RolloutError, match="il lui manque : seed"):
        replay(before)


def test_data_that_are_not_those_of_their_fingerprint_are_not_drawn() -> None:
    touched = _plain(method="stratified").canonical()
    with pytest.raises(RolloutError, match="ont changé après publication"):
        request_from({"inputs": touched, "fingerprint": _plain().fingerprint()})


def test_chosen_waves_are_called_chosen() -> None:
    made = chosen([Territory("a"), Territory("b")], {"a": 1, "b": 2}).to_dict()
    assert made["drawn"] is False
    assert "choisies" in made["label"]
    assert not any(row["in_comparison"] for row in made["allocation"])


@pytest.mark.parametrize("method", METHODS)
def test_the_randomisation_test_rejects_a_true_null_at_its_level(method: str) -> None:
    """300 draws of a fixed outcome without effect, at 10 %: within three standard errors, never much above."""
    outcome = np.array([(3 * i * i + i) % 11 for i in range(12)], dtype=float)
    request = _plain(method=method, candidates=400, keep=0.3)

    def statistic(labels: np.ndarray) -> float:
        return float(outcome[labels == 0].mean() - outcome[labels == 2].mean())

    found = [randomisation_p(draw(request, seed), statistic, draws=99) <= 0.1 for seed in range(300)]
    assert np.mean(found) <= 0.1 + 3 * np.sqrt(0.09 / 300)


def test_the_randomisation_test_sees_an_effect() -> None:
    made = draw(_plain(16, 4, method="constrained", candidates=2000, keep=0.2), 8)
    waves = made.labels.astype(float)
    assert randomisation_p(made, lambda labels: float(np.corrcoef(labels, waves)[0, 1])) < 0.01


@given(st.integers(0, 40), st.lists(st.integers(0, 15), min_size=1, max_size=5))
def test_sizes_are_as_even_as_capacities_allow(total: int, capacities: list[int]) -> None:
    total = min(total, sum(capacities))
    sizes = even_sizes(total, capacities)
    assert sum(sizes) == total
    assert all(s <= c for s, c in zip(sizes, capacities, strict=True))
    roomy = [s for s, c in zip(sizes, capacities, strict=True) if s < c]
    assert all(a >= b for a, b in pairwise(roomy))
    assert not roomy or max(sizes) - min(roomy) <= 1


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(1, 5), st.integers(0, 10**6))
def test_a_rounded_table_keeps_its_margins_and_each_cell_within_one(
    rows: list[int], waves: int, seed: int
) -> None:
    held = np.array([*rows, 1])
    columns = np.array(even_sizes(int(held.sum()), [10**6] * waves))
    table = rounded_table(held, columns, Bits(str(seed)))
    assert np.array_equal(table.sum(axis=1), held)
    assert np.array_equal(table.sum(axis=0), columns)
    assert np.abs(table - np.outer(held, columns) / held.sum()).max() < 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"territories": (Territory("a"), Territory("a"))}, "en double : a"),
        ({"territories": ()}, "Aucun territoire"),
        ({"territories": (Territory("a", first="pilote"),)}, "Aucun territoire"),
        ({"capacities": (2, 2)}, "12 territoires pour 4 places"),
        ({"capacities": ()}, "Capacités"),
        ({"capacities": (20, -1)}, "Capacités"),
        ({"method": "magic"}, "inconnue"),
        ({"method": "constrained", "keep": 0}, "Part gardée"),
        ({"method": "constrained", "territories": (Territory("a"), Territory("b"))}, "covariables"),
        ({"territories": (Territory("a", "", {"x": 1.0}), Territory("b"))}, "Territoire b, colonne « x »"),
        ({"territories": tuple(Territory(c, "", {"x": 1.0}) for c in "ab")}, "la même valeur partout"),
        (
            {"territories": (Territory("a", "", {"x": float("nan")}, "pilote"), Territory("b"))},
            "Territoire a, colonne « x »",
        ),
        (
            {
                "territories": (Territory("a", first="p"), Territory("b", first="p"), Territory("c")),
                "capacities": (1, 9),
            },
            "doivent ouvrir en premier",
        ),
    ],
)
def test_an_impossible_request_is_refused(changes: dict[str, object], told: str) -> None:
    with pytest.raises(RolloutError, match=told):
        replace(_plain(), **changes)


@pytest.mark.parametrize("seed", [-1, 1.5, True, "loto"])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    with pytest.raises(RolloutError, match="Graine"):
        draw(_plain(), seed)  # type: ignore[arg-type]


def test_a_territory_without_chosen_wave_is_named() -> None:
    with pytest.raises(RolloutError, match="manquante pour : b"):
        chosen([Territory("a"), Territory("b")], {"a": 1})
