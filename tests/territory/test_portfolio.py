"""Waves: the best one by brute force, every kind of constraint, conflicts named, costs of forcing."""

from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from essaim.territory.codes import territories
from essaim.territory.places import Points, centres, pairs_within
from essaim.territory.portfolio import (
    Budget,
    Choice,
    Coverage,
    PortfolioError,
    Quota,
    Wave,
    alternatives,
    choose,
    cost_of_forcing,
)
from essaim.territory.solver import Program, solve, solve_by_core

CODES = [f"T{i}" for i in range(9)]
RNG = np.random.default_rng(12)
VALUES = dict(zip(CODES, RNG.random(9).round(3).tolist(), strict=True))
COSTS = dict(zip(CODES, RNG.uniform(1, 5, 9).round(1).tolist(), strict=True))
NORTH = frozenset(CODES[:4])
PLACES = Points(np.column_stack([np.arange(9) * 1_000.0, np.zeros(9)]))
NEAR = {c: tuple(CODES[j] for j in (i - 1, i + 1) if 0 <= j < 9) for i, c in enumerate(CODES)}


# Each territory reaches its own place and the next; the last place is out of reach.
REACH = csr_matrix(np.eye(9, 10) + np.eye(9, 10, 1))
PEOPLE = np.array([10.0, 20, 5, 40, 5, 30, 15, 25, 50, 0])
ASKED = Coverage("150 habitants à portée", REACH, PEOPLE, 150.0)


def reached(chosen: set[str]) -> float:
    rows = [CODES.index(c) for c in chosen]
    return float(PEOPLE[REACH[rows].toarray().sum(axis=0) > 0].sum())


def value(chosen: tuple[str, ...]) -> float:
    return sum(VALUES[c] for c in chosen)


def brute(allowed) -> tuple[str, ...]:  # type: ignore[no-untyped-def]
    every = [s for size in range(10) for s in combinations(CODES, size) if allowed(set(s))]
    return max(every, key=value)


CASES = [
    (Wave(size=3), lambda s: len(s) == 3),
    (
        Wave(size=4, quotas=(Quota("nord", NORTH, 1, 2),)),
        lambda s: len(s) == 4 and 1 <= len(s & NORTH) <= 2,
    ),
    (Wave(budgets=(Budget("€", COSTS, 8.0),)), lambda s: sum(COSTS[c] for c in s) <= 8 + 1e-9),
    (
        Wave(size=3, apart_m=2_500.0, points=PLACES),
        lambda s: len(s) == 3 and all(abs(int(a[1]) - int(b[1])) > 2 for a, b in combinations(s, 2)),
    ),
    (
        Wave(size=4, near=NEAR, most_near=0),
        lambda s: len(s) == 4 and not any(v in s for c in s for v in NEAR[c]),
    ),
    (
        Wave(size=4, near=NEAR, least_near=1),
        lambda s: len(s) == 4 and all(any(v in s for v in NEAR[c]) for c in s),
    ),
    (Wave(size=4, coverage=ASKED), lambda s: len(s) == 4 and reached(s) >= 150),
    (
        Wave(size=3, inside={"T8": "déjà engagé"}, outside={"T0": "retiré"}),
        lambda s: len(s) == 3 and "T8" in s and "T0" not in s,
    ),
]


@pytest.mark.parametrize(("wave", "allowed"), CASES)
def test_the_best_wave_is_that_of_brute_force(wave: Wave, allowed) -> None:  # type: ignore[no-untyped-def]
    found = choose(VALUES, wave)
    assert found.optimal
    assert allowed(set(found.codes))
    assert found.value == pytest.approx(value(brute(allowed)))


def test_the_people_covered_are_told() -> None:
    found = choose(VALUES, Wave(size=4, coverage=ASKED))
    assert found.covered == reached(set(found.codes)) >= 150
    assert choose(VALUES, Wave(size=4)).covered is None


def test_a_coverage_out_of_reach_is_named_with_what_limits_it() -> None:
    with pytest.raises(PortfolioError) as error:
        choose(VALUES, Wave(size=1, coverage=ASKED, quotas=(Quota("nord", NORTH, 0, 4),)))
    assert set(error.value.conflict) == {"taille de la vague : 1", "150 habitants à portée"}


def test_alternatives_to_a_wave_that_covers_cover_too() -> None:
    wave = Wave(size=4, coverage=ASKED)
    found = alternatives(VALUES, wave, choose(VALUES, wave), count=3, within=1.0)
    assert len(found) == 3
    assert all((c.covered or 0) >= 150 for c in found)


def test_what_each_budget_spends_is_told() -> None:
    found = choose(VALUES, Wave(size=2, budgets=(Budget("€", COSTS, 100.0),)))
    assert found.used["€"] == pytest.approx(sum(COSTS[c] for c in found.codes))


def test_constraints_that_cannot_hold_together_are_named_and_no_others() -> None:
    wave = Wave(
        size=3,
        quotas=(Quota("nord", NORTH, 4), Quota("sud", frozenset(CODES[4:]), 0, 5)),
        budgets=(Budget("€", COSTS, 1e6),),
    )
    with pytest.raises(PortfolioError) as error:
        choose(VALUES, wave)
    assert set(error.value.conflict) == {"taille de la vague : 3", "quota « nord »"}


def test_a_territory_both_imposed_and_set_aside_is_a_conflict() -> None:
    with pytest.raises(PortfolioError, match="T1 imposé"):
        choose(VALUES, Wave(size=3, inside={"T1": "voulu"}, outside={"T1": "refusé"}))


@pytest.mark.parametrize(
    ("wave", "word"),
    [
        (Wave(inside={"zz": "x"}), "absents"),
        (Wave(outside={"T1": " "}), "sans raison"),
        (Wave(budgets=(Budget("€", {"T0": 1.0}, 5.0),)), "coût inconnu"),
        (Wave(size=1, apart_m=1.0), "position"),
    ],
)
def test_a_wave_that_cannot_be_stated_is_refused(wave: Wave, word: str) -> None:
    with pytest.raises(PortfolioError, match=word):
        choose(VALUES, wave)


def test_alternatives_are_the_next_best_waves_in_order() -> None:
    best = choose(VALUES, Wave(size=3))
    found = alternatives(VALUES, Wave(size=3), best, count=4, within=1.0)
    every = sorted((value(s) for s in combinations(CODES, 3)), reverse=True)
    assert [c.value for c in found] == pytest.approx(every[1:5])
    assert len({frozenset(c.codes) for c in [best, *found]}) == 5


def test_alternatives_stop_at_the_tolerance() -> None:
    best = choose(VALUES, Wave(size=3))
    assert alternatives(VALUES, Wave(size=3), best, within=0.0) == []


def test_the_cost_of_forcing_is_what_the_new_optimum_loses() -> None:
    wave = Wave(size=3)
    best = choose(VALUES, wave)
    worst = min(CODES, key=lambda c: VALUES[c])
    forced = cost_of_forcing(VALUES, wave, best, worst)
    assert worst in forced.coming
    assert len(forced.leaving) == 1
    assert forced.loss == pytest.approx(VALUES[forced.leaving[0]] - VALUES[worst])


@pytest.mark.parametrize(("wave", "allowed"), CASES)
def test_the_cost_of_forcing_is_that_of_brute_force(wave: Wave, allowed) -> None:  # type: ignore[no-untyped-def]
    """Every territory, under every kind of constraint, against all subsets that hold it."""
    best = choose(VALUES, wave)
    for code in CODES:
        if not any(allowed(set(s)) and code in s for size in range(10) for s in combinations(CODES, size)):
            with pytest.raises(PortfolioError):
                cost_of_forcing(VALUES, wave, best, code)
            continue
        forced = cost_of_forcing(VALUES, wave, best, code)
        asked = brute(lambda s, code=code: code in s and allowed(s))
        assert code in forced.choice.codes and allowed(set(forced.choice.codes))
        assert forced.loss == pytest.approx(best.value - value(asked))
        assert {*best.codes} - {*forced.leaving} | {*forced.coming} == {*forced.choice.codes}


def test_forcing_one_that_is_already_in_costs_nothing() -> None:
    best = choose(VALUES, Wave(size=3))
    assert cost_of_forcing(VALUES, Wave(size=3), best, best.codes[0]).loss == pytest.approx(0)


def test_nothing_to_constrain_takes_all_that_is_worth_something() -> None:
    found: Choice = choose({"a": 1.0, "b": -1.0}, Wave())
    assert found.codes == ("a",)


def test_parts_of_france_are_never_near_each_other() -> None:
    here = centres("departement", list(territories("departement")))
    codes = list(territories("departement"))
    near = {frozenset((codes[i], codes[j])) for i, j in pairs_within(here, 300_000)}
    assert frozenset(("33", "47")) in near
    assert not any(len({c[:2] == "97" for c in pair}) == 2 for pair in near)
    assert np.isnan(here.xy[codes.index("987")]).all()


def test_the_centre_of_a_department_is_in_it() -> None:
    here = centres("departement", ["33"]).xy[0]
    bordeaux = centres("commune", ["33063"]).xy[0]
    assert np.hypot(*(here - bordeaux)) < 25_000


@pytest.mark.parametrize("seed", range(4))
def test_solving_by_the_core_finds_the_exact_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 200
    program = Program(
        cost=-rng.random(n),
        rows=csr_matrix(np.vstack([rng.uniform(1, 9, n), rng.lognormal(0, 1, n), np.arange(n) < 50])),
        row_low=np.array([-np.inf, -np.inf, 5]),
        row_high=np.array([80.0, 20.0, 9.0]),
        low=np.zeros(n),
        high=np.ones(n),
        integer=np.ones(n, bool),
    )
    exact, by_core = solve(program, 20.0), solve_by_core(program, 20.0, gap=1e-9, core=15)
    assert exact.outcome == by_core.outcome == "optimal"
    assert by_core.objective == pytest.approx(exact.objective, abs=1e-9)
    assert by_core.bound <= exact.objective + 1e-9


def test_a_large_wave_is_proven_within_the_usual_gap() -> None:
    rng = np.random.default_rng(3)
    codes = [f"{i:04d}" for i in range(6_000)]
    values = dict(zip(codes, rng.random(6_000).tolist(), strict=True))
    costs = dict(zip(codes, rng.uniform(1, 10, 6_000).tolist(), strict=True))
    quotas = tuple(Quota(f"r{g}", frozenset(codes[g::6]), 5, 30) for g in range(6))
    found = choose(values, Wave(budgets=(Budget("€", costs, 500.0),), quotas=quotas))
    assert found.gap <= 1e-4
    assert found.used["€"] <= 500 + 1e-6
    assert all(5 <= len(q.codes & set(found.codes)) <= 30 for q in quotas)
