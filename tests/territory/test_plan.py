"""The wave block of a study: read whole or refused whole, then put in codes and metres."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from essaim.territory.composition import Composition, compose, wave_of
from essaim.territory.indicators import shipped_table
from essaim.territory.plan import Plan, PlanQuota, read_plan
from essaim.territory.portfolio import PortfolioError, Wave
from essaim.territory.ranking import run
from essaim.territory.study import from_dict
from essaim.territory.table import Column, Measure, Table


@pytest.mark.parametrize(
    ("block", "word"),
    [
        ([], "bloc à clés"),
        ({}, "donnez size"),
        ({"size": 0}, "au moins 1"),
        ({"size": 3, "taille": 4}, "clé inconnue « taille »"),
        ({"size": 3, "objective": "beauté"}, "objective"),
        ({"size": 3, "apart_km": -1}, "strictement positif"),
        ({"size": 3, "cover_km": 30}, "vont ensemble"),
        ({"size": 3, "cover_km": 30, "cover_share": 80}, "de 0 à 1"),
        ({"size": 3, "cover_km": "loin", "cover_share": 0.8}, "cover_km"),
        ({"size": 3, "quotas": [{"name": "x"}]}, "at_least ou at_most"),
        ({"size": 3, "quotas": [{"types": ["campagne"], "at_most": 1}]}, "type inconnu"),
        ({"size": 3, "quotas": {"name": "x"}}, "doit être une liste"),
        ({"size": 3, "quotas": ["x"]}, "bloc à clés"),
        ({"size": 3, "budgets": [{"indicator": "cout"}]}, "limit"),
        ({"size": 3, "inside": {1001: "pourquoi"}}, "guillemets"),
        ({"size": 3, "outside": ["01"]}, "code: raison"),
    ],
)
def test_a_bad_block_is_refused_with_the_way_to_mend_it(block: object, word: str) -> None:
    plan, problems = read_plan(block)
    assert plan is None
    assert any(word in p for p in problems)


def test_no_block_is_no_plan() -> None:
    assert read_plan(None) == (None, [])


def test_a_quota_gathers_regions_departments_types_and_codes() -> None:
    table = shipped_table("departement")
    quota = PlanQuota("q", regions=("94",), departments=("33",), types=("urban",), codes=("23",), at_most=9)
    wave = wave_of(Plan(size=3, quotas=(quota,), apart_km=50.0), "departement", table.codes, table)
    assert {"2A", "2B", "33", "23", "75"} <= wave.quotas[0].codes
    assert "15" not in wave.quotas[0].codes
    assert wave.apart_m == 50_000.0


def test_a_coverage_counts_the_people_of_the_ranked_territories_within_reach() -> None:
    """Paris and its three neighbours: from Paris alone, half of the four départements is within 12 km or so."""
    table = shipped_table("departement")
    wave = wave_of(
        Plan(size=1, cover_km=12.0, cover_share=0.5), "departement", ("75", "92", "93", "94"), table
    )
    assert wave.coverage is not None
    everybody = wave.coverage.people.sum()
    assert wave.coverage.least == everybody / 2
    from_paris = (wave.coverage.reach[0].toarray().ravel() > 0) @ wave.coverage.people
    assert 0.5 < from_paris / everybody < 1


def test_distances_and_regions_need_a_known_level() -> None:
    table = shipped_table("departement")
    with pytest.raises(PortfolioError, match="voisins"):
        wave_of(Plan(size=1, apart_km=5.0), "qpv", table.codes, table)
    quota = PlanQuota("q", regions=("94",), at_most=1)
    with pytest.raises(PortfolioError, match="liste de codes"):
        wave_of(Plan(size=1, quotas=(quota,)), "qpv", table.codes, table)


def test_the_same_quota_stands_for_every_region_that_has_candidates() -> None:
    table = shipped_table("departement")
    wave = wave_of(Plan(size=3, most_by_region=1), "departement", ("75", "92", "2A", "2B", "33"), table)
    assert {q.name: (q.codes, q.at_least, q.at_most) for q in wave.quotas} == {
        "Île-de-France": (frozenset({"75", "92"}), 0, 1),
        "Corse": (frozenset({"2A", "2B"}), 0, 1),
        "Nouvelle-Aquitaine": (frozenset({"33"}), 0, 1),
    }


def test_the_regions_of_quartiers_are_those_of_their_departements() -> None:
    values = Measure("rate", "taux", "%", "essai", "2024", "qpv", "")
    table = Table(
        "qpv",
        ("QN07501M", "QN03301M", "QN02A01M"),
        ("A", "B", "C"),
        {"rate": Column(values, np.ones(3))},
        {"QN07501M": "75", "QN03301M": "33", "QN02A01M": "2A"},
    )
    wave = wave_of(Plan(size=1, least_by_region=1), "qpv", table.codes, table)
    assert {q.name for q in wave.quotas} == {"Île-de-France", "Nouvelle-Aquitaine", "Corse"}
    bare = replace(table, departments={})
    with pytest.raises(PortfolioError, match="régions"):
        wave_of(Plan(size=1, least_by_region=1), "qpv", table.codes, bare)


DOCUMENT = {
    "title": "Essai",
    "unit": "departement",
    "k": 3,
    "samples": 500,
    "criteria": [
        {"key": "people", "family": "need", "indicator": "population", "reason": "x"},
        {"key": "room", "family": "resources", "indicator": "density", "direction": "low", "reason": "x"},
    ],
    "scope": {"regions": ["84", "93"]},
}


def _composed(wave: dict[str, object]) -> tuple[Composition, Table]:
    study = from_dict({**DOCUMENT, "wave": wave})
    table = shipped_table("departement")
    assert study.wave is not None
    return compose(run(study, table), study.wave, table), table


@pytest.mark.parametrize(
    "limits",
    [
        {"size": 2},
        {"size": 3, "outside": {"69": "déjà pourvu"}},
        {"size": 3, "most_by_region": 2},
        {"size": 3, "quotas": [{"name": "Paca", "regions": ["93"], "at_least": 2}]},
        {"budgets": [{"name": "communes", "indicator": "communes", "limit": 700}]},
    ],
)
def test_the_greatest_coverage_is_that_of_every_choice_tried(limits: dict[str, object]) -> None:
    found, table = _composed({"objective": "coverage", "cover_km": 60, **limits})
    plan, _ = read_plan({"objective": "coverage", "cover_km": 60, **limits})
    assert plan is not None
    kept = tuple(found.values)
    wave = wave_of(plan, "departement", kept, table, kept)
    best = max(
        _covered(wave, rows)
        for count in range(1, 5)
        for rows in combinations(range(len(kept)), count)
        if _allowed(wave, kept, rows)
    )
    assert found.best.value == pytest.approx(found.best.covered)
    assert found.best.value >= best * (1 - found.best.gap) - 1e-6
    assert found.best.value <= best + 1e-6
    assert _allowed(wave, kept, tuple(kept.index(code) for code in found.best.codes))


def _covered(wave: Wave, rows: tuple[int, ...]) -> float:
    assert wave.coverage is not None
    reach = wave.coverage.reach.toarray()
    return float((reach[list(rows)].sum(axis=0) > 0) @ wave.coverage.people)


def _allowed(wave: Wave, kept: tuple[str, ...], rows: tuple[int, ...]) -> bool:
    chosen = {kept[row] for row in rows}
    if (wave.size is not None and len(rows) > wave.size) or chosen & set(wave.outside):
        return False
    for quota in wave.quotas:
        held = len(chosen & quota.codes)
        if held < quota.at_least or (quota.at_most is not None and held > quota.at_most):
            return False
    return all(sum(b.costs[code] for code in chosen) <= b.limit for b in wave.budgets)


@pytest.mark.parametrize(
    ("block", "word"),
    [
        ({"size": 3}, "demande wave.cover_km"),
        ({"size": 3, "cover_km": 30, "apart_km": 10}, "apart_km ne se combine pas"),
        ({"size": 3, "cover_km": 30, "inside": {"13": "oui"}}, "inside ne se combine pas"),
        (
            {
                "cover_km": 30,
                "budgets": [{"indicator": "communes", "limit": 1}, {"indicator": "density", "limit": 1}],
            },
            "un seul budget",
        ),
    ],
)
def test_a_coverage_says_what_it_does_not_combine_with(block: dict[str, object], word: str) -> None:
    plan, problems = read_plan({"objective": "coverage", **block})
    assert plan is None and any(word in p for p in problems)


def test_a_coverage_that_cannot_be_names_its_quota() -> None:
    quotas = [{"name": "Paca", "regions": ["93"], "at_least": 9}]
    with pytest.raises(PortfolioError, match="« Paca » n’a que 6 candidats"):
        _composed({"objective": "coverage", "cover_km": 60, "size": 9, "quotas": quotas})
    twice = [*quotas, {"name": "Rhône", "departments": ["13"], "at_most": 1}]
    with pytest.raises(PortfolioError, match="que dans un quota"):
        _composed({"objective": "coverage", "cover_km": 60, "size": 9, "quotas": twice})
