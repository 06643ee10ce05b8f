"""Sizing a plan on screen: smallest effect over correlations nobody knows, sites that a wave can take."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from essaim.platform.evaluations import services, sizing

GIVEN = {
    "waves": "6 ; 6 ; 6 ; 6", "never": "0", "persons": "100", "before": "1", "after": "1", "transition": "0",
    "ramp": "1", "sd": "0.2", "iccs": "0,01 ; 0,05", "correlation": "nested", "autocorrelations": "0,8 ; 1",
    "person": "0", "retention": "1", "wanted": "0.8",
}  # fmt: skip


@pytest.fixture
def plan(make, evaluated_programme):
    """A draft, and its evaluator logged in."""
    return make.plan(evaluated_programme, smallest_effect=0.03)


def _url(name: str, plan) -> str:
    return reverse(f"evaluations:{name}", args=[plan.programme.slug, plan.pk])


def test_the_page_shows_a_grid_a_chart_and_never_one_number(plan, client) -> None:
    page = client.get(_url("power", plan), GIVEN)
    found = page.context["found"]
    assert [len(row["effects"]) for row in found["rows"]] == [2, 2]
    assert found["least"] < found["most"]
    assert "<polyline" in page.context["chart"] and "plus petit effet qui compte" in page.context["chart"]
    assert "Vagues choisies" in page.content.decode()


def test_what_is_kept_is_frozen_with_the_plan_and_shown_on_it(plan, client) -> None:
    client.post(_url("power", plan), GIVEN)
    plan.refresh_from_db()
    assert plan.sizing["given"]["iccs"] == [0.01, 0.05]
    frozen = services.freeze_plan(plan)
    assert frozen.document["sizing"]["least"] == plan.sizing["least"]
    assert "Plus petit effet détectable" in client.get(_url("plan", plan)).content.decode()
    with pytest.raises(ValidationError, match="gelé"):
        services.record_sizing(frozen, plan.sizing["given"])


def test_a_design_that_says_nothing_is_refused_with_its_reason(plan, client) -> None:
    page = client.get(_url("power", plan), {**GIVEN, "waves": "6", "before": "0"})
    assert page.context["found"] is None
    assert "distinguer l’effet du temps" in page.content.decode()


@pytest.mark.parametrize("typed", ["peu", "nan", "inf", "0,01 ; 1e400", "1e13"])
def test_a_list_that_is_not_numbers_is_refused_beside_its_field(plan, client, typed: str) -> None:
    page = client.get(_url("power", plan), {**GIVEN, "iccs": typed})
    assert "points-virgules" in str(page.context["form"].errors["iccs"])


@pytest.mark.parametrize("name", ["before", "after", "transition", "never", "persons"])
def test_a_number_that_no_design_has_is_refused_beside_its_field(plan, client, name: str) -> None:
    page = client.get(_url("power", plan), {**GIVEN, name: "1" + "0" * 400})
    assert list(page.context["form"].errors) == [name]


@pytest.mark.parametrize("typed", ["8,8,10", "8, 8, 10", "8 8 10", "8 ; 8 ; 10"])
def test_whole_numbers_are_told_apart_by_any_sign(plan, make, client, typed: str) -> None:
    assert client.get(_url("power", plan), {**GIVEN, "waves": typed}).context["found"]["clusters"] == 26
    table = "\n".join(["code", *(f"T{i}" for i in range(26))])
    found = make.draw(plan, table=table, capacities=typed, method="simple")
    assert found.inputs["capacities"] == [8, 8, 10]


@pytest.mark.parametrize("typed", ["8,,10", "8.5 8", "-8", "huit", "8,", "²"])
def test_territories_that_are_not_whole_numbers_are_refused_beside_their_field(plan, client, typed) -> None:
    form = client.get(_url("power", plan), {**GIVEN, "waves": typed}).context["form"]
    assert "nombres entiers" in str(form.errors["waves"])


def test_the_page_says_what_it_read_of_decimal_commas(plan, client) -> None:
    given = {"coordinators": "2,2", "days": "100,5", "sites_per_coordinator": "8", "days_to_open": "10",
             "days_to_follow": "2", "followed": "1"}  # fmt: skip
    page = client.get(_url("capacity", plan), given).content.decode()
    assert "coordinateurs 2,2 – jours 100,5." in page


def test_a_grid_too_long_to_compute_is_refused(plan, client) -> None:
    page = client.get(_url("power", plan), {**GIVEN, "waves": "3 " * 41, "iccs": "0,01 " * 11})
    errors = page.context["form"].errors
    assert (errors["waves"], errors["iccs"]) == (["40 nombres au plus."], ["10 nombres au plus."])


def test_the_places_of_waves_lead_to_a_draw(plan, client) -> None:
    given = {"coordinators": "2 ; 2", "days": "100 ; 100", "sites_per_coordinator": "8", "days_to_open": "10",
             "days_to_follow": "2", "followed": "1"}  # fmt: skip
    page = client.get(_url("capacity", plan), given)
    assert page.context["places"] == "10, 6"
    assert "capacities=10%2C%206" in page.content.decode()


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValidationError, match="Autant de valeurs"):
        sizing.places([2.0], [1.0, 2.0], {})
