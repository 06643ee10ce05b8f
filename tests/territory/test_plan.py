"""The wave block of a study: read whole or refused whole, then put in codes and metres."""

import pytest

from essaim.territory.indicators import shipped_table
from essaim.territory.plan import Plan, PlanQuota, read_plan, wave_of
from essaim.territory.portfolio import PortfolioError


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
