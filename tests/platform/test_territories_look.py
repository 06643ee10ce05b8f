"""The first look beside the steps of a study: it moves with the form, and writes nothing."""

import re

import pytest
from django.urls import reverse

from essaim.platform.territories import sources
from essaim.platform.territories.forms import ScopeForm
from essaim.platform.territories.models import Study


@pytest.fixture
def desk(make, login):
    head = make.organisation()
    programme = make.programme(head=head)
    return programme, login(make.member(head))


def _criteria(*used: str) -> dict[str, str]:
    keys = ["far_share", "density", "population"]
    data = {"form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "3"}
    for number, key in enumerate(keys):
        told = {
            "indicator": key,
            "family": "need",
            "direction": "high",
            "transform": "rank",
            "missing": "exclude",
        }
        data |= {f"form-{number}-{name}": value for name, value in told.items()}
        if key in used:
            data[f"form-{number}-use"] = "on"
    return data


def test_a_change_of_scope_moves_the_look_and_writes_nothing(desk, make) -> None:
    programme, client = desk
    study = make.study(programme)
    url = reverse("territories:look", args=[programme.slug, study.pk, "scope"])
    page = client.post(
        url, {"title": "x", "unit": "departement", "k": 2, "departments": "33, 40, 24"}
    ).content.decode()
    assert "Sur 3 territoires" in page and "Gironde" in page and "<svg" in page and "Paris (" not in page
    study.refresh_from_db()
    assert (study.title, study.document["k"], study.result) == (study.document["title"], 4, None)


def test_a_criterion_is_tried_before_its_reason_is_written(desk, make) -> None:
    programme, client = desk
    study = make.study(programme)
    url = reverse("territories:look", args=[programme.slug, study.pk, "criteria"])
    first, second = (client.post(url, _criteria(key)).content.decode() for key in ("density", "far_share"))
    assert "<svg" in first and "<svg" in second and first != second


def test_nothing_chosen_is_said_and_not_shown_as_a_result(desk, make) -> None:
    programme, client = desk
    study = make.study(programme)
    page = client.post(reverse("territories:look", args=[programme.slug, study.pk, "criteria"]), _criteria())
    assert "cochez un premier critère" in page.content.decode() and "<svg" not in page.content.decode()
    made = client.post(reverse("territories:new_look", args=[programme.slug]), {"unit": "qpv", "k": 3})
    assert "<svg" not in made.content.decode() and Study.objects.count() == 1


def test_a_study_that_does_not_exist_yet_has_its_look(desk) -> None:
    programme, client = desk
    page = client.post(
        reverse("territories:new_look", args=[programme.slug]), {"unit": "departement", "k": 3}
    )
    assert "Sur 101 territoires" in page.content.decode() and not Study.objects.exists()


def test_an_answer_to_mend_is_said_where_the_map_would_be(desk, make) -> None:
    programme, client = desk
    study = make.study(programme)
    url = reverse("territories:look", args=[programme.slug, study.pk, "scope"])
    page = client.post(
        url, {"title": "x", "unit": "departement", "k": 2, "departments": "999"}
    ).content.decode()
    assert "réponses à corriger" in page
    too_few = client.post(
        url, {"title": "x", "unit": "departement", "k": 9, "departments": "33"}
    ).content.decode()
    assert "k vaut 9" in too_few
    assert client.post(reverse("territories:look", args=[programme.slug, study.pk, "x"])).status_code == 404


def test_an_indicator_withdrawn_meanwhile_is_said_beside_the_step(desk, make, monkeypatch) -> None:
    programme, client = desk
    study = make.study(programme, document={"weights": []})
    monkeypatch.setattr(sources, "_shipped", lambda level: sources.shipped_table(level).only(["33"]))
    page = client.get(reverse("territories:weights", args=[programme.slug, study.pk])).content.decode()
    assert "k vaut 4" in page


def test_each_step_keeps_a_plain_form_for_those_without_scripts(desk, make) -> None:
    programme, client = desk
    study = make.study(programme)
    for name in ("scope", "criteria", "weights"):
        page = client.get(reverse(f"territories:{name}", args=[programme.slug, study.pk])).content.decode()
        assert '<form method="post" class="essaim-form"' in page and 'id="look"' in page, name
        assert "<svg" in page and " style=" not in re.sub(r"hx-[a-z]+=", "", page), name


@pytest.mark.parametrize(
    ("unit", "typed", "codes"),
    [
        ("departement", "33 2A, La Réunion", ["33", "2A", "974"]),
        ("commune", "L'Haÿ les Roses\nBordeaux", ["94038", "33063"]),
        ("ze", "0051 0052", ["0051", "0052"]),
    ],
)
def test_territories_are_listed_by_code_or_by_name(unit: str, typed: str, codes: list[str]) -> None:
    form = ScopeForm({"title": "x", "unit": unit, "k": 2, "codes": typed})
    assert form.is_valid(), form.errors
    assert form.document()["scope"]["codes"] == codes


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Saint-Denis", "donnez le code"),
        ("Bordo", "ni un code ni un nom"),
        ("Bordeau", "Bordeaux (33063), Bordeaux-Saint-Clair"),
    ],
)
def test_a_name_that_is_not_one_territory_is_refused_with_what_is_near(typed: str, told: str) -> None:
    form = ScopeForm({"title": "x", "unit": "commune", "k": 2, "without": typed})
    assert not form.is_valid() and told in form.errors["without"][0]
