"""The wave composed from a ranking: what the screen asks, what is kept, what leaves with the study."""

import io

import polars as pl
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation

from essaim.platform.territories import exports, ranking, services, sheet
from essaim.territory import codes
from essaim.territory.composition import compose
from essaim.territory.study import from_yaml


def test_a_wave_keeps_its_quotas_and_its_forced_territories(make) -> None:
    study = make.study(ranked=True)
    out = study.rows()[0]["code"]
    services.choose_wave(
        study,
        {
            "size": 5,
            "most_by_region": 1,
            "inside": {"59": "Engagement pris"},
            "outside": {out: "Déjà pourvu"},
        },
    )
    chosen = study.proposed()
    assert len(chosen) == 5 and "59" in chosen and out not in chosen
    assert len({codes.departement(code).region for code in chosen}) == 5
    assert study.portfolio["optimal"]


def test_a_wave_that_cannot_be_names_the_constraints_that_clash(make) -> None:
    study = make.study(ranked=True)
    with pytest.raises(ValidationError, match=r"59 imposé .*59 écarté"):
        services.choose_wave(study, {"size": 3, "inside": {"59": "Oui"}, "outside": {"59": "Non"}})
    study.refresh_from_db()
    assert study.portfolio is None


def test_the_wave_becomes_the_proposal_that_decisions_are_compared_with(make) -> None:
    study, author = make.study(ranked=True), make.user()
    services.choose_wave(study, {"size": 2, "inside": {"59": "Engagement pris"}})
    assert not services.decide(study, "59", True, "", author).overruled
    with pytest.raises(ValidationError, match="pas encore décidée"):
        services.choose_wave(study, {"size": 2})


def test_a_forced_territory_keeps_its_reason_in_the_decision(make) -> None:
    study = make.study(ranked=True)
    services.choose_wave(study, {"size": 2, "inside": {"59": "Engagement pris"}})
    services.accept_proposal(study, make.user())
    assert study.decisions.get(code="59").reason == "Engagement pris"


def _posted(**given: object) -> dict[str, object]:
    """The form as a browser sends it: empty fields, one row of budget, two of quotas."""
    empty = ("size", "most_by_region", "least_by_region", "apart_km", "least_near", "most_near", "cover_km")
    rows = {
        "budgets-TOTAL_FORMS": 1,
        "budgets-INITIAL_FORMS": 0,
        "quotas-TOTAL_FORMS": 2,
        "quotas-INITIAL_FORMS": 0,
    }
    fields = dict.fromkeys((*empty, "cover_percent", "inside", "outside"), "")
    return {**fields, "objective": "acceptability", **rows, **given}


@pytest.fixture
def asked(make, login):
    """A ranked study, the address of its wave, and somebody of the network at the screen."""
    head = make.organisation()
    programme = make.programme(head=head)
    study = make.study(programme, ranked=True)
    return study, reverse("territories:wave", args=[programme.slug, study.pk]), login(make.member(head))


def test_a_forced_territory_says_why(asked) -> None:
    _study, url, client = asked
    assert "dire la raison" in client.post(url, _posted(size=3, inside="59")).content.decode()
    assert client.post(url, _posted(size=3, inside="59 Engagement pris")).status_code == 302
    assert "Engagement pris" in client.get(url).content.decode()


ALL = {
    "size": 6,
    "most_by_region": 3,
    "apart_km": "20",
    "most_near": 2,
    "cover_km": "80",
    "cover_percent": "10.5",
    "outside": "75 Déjà pourvu",
    "budgets-0-indicator": "communes",
    "budgets-0-limit": "3000",
    "quotas-0-group": "regions:32",
    "quotas-0-at_least": 1,
    "quotas-1-group": "types:rural",
    "quotas-1-at_least": 1,
    "quotas-1-at_most": 4,
}


def test_every_constraint_goes_from_the_screen_to_the_wave_and_back(asked) -> None:
    study, url, client = asked
    response = client.post(url, _posted(**ALL))
    assert response.status_code == 302, response.context["form"].errors
    study.refresh_from_db()
    chosen, plan = study.proposed(), study.plan
    assert plan.cover_share == pytest.approx(0.105) and plan.budgets[0].limit == 3000
    assert len(chosen) == 6 and "75" not in chosen
    assert any(codes.departement(code).region == "32" for code in chosen)
    assert study.portfolio["used"]["Nombre de communes"] <= 3000 and study.portfolio["covered"] > 0
    page = client.get(url)
    told = page.content.decode()
    assert "Hauts-de-France : au moins 1." in told and "territoires ruraux : de 1 à 4." in told
    form = page.context["form"]
    again = _posted(**{name: "" if value is None else value for name, value in form.initial.items()})
    for rows in (form.budgets, form.quotas):
        again |= {f"{rows.prefix}-TOTAL_FORMS": rows.total_form_count()}
        again |= {f"{rows.prefix}-INITIAL_FORMS": rows.initial_form_count()}
        for row in rows:
            again |= {row.add_prefix(k): "" if v is None else v for k, v in row.initial.items()}
    assert client.post(url, again).status_code == 302
    study.refresh_from_db()
    assert study.plan == plan and study.proposed() == chosen


def test_the_wave_asked_is_on_the_decision_sheet(asked) -> None:
    study, url, client = asked
    client.post(url, _posted(size=3, apart_km="200"))
    study.refresh_from_db()
    assert "Deux territoires sont à 200 km au moins." in sheet.sheet_of(study)["wave"]


def test_the_wave_leaves_with_the_study_and_replays(asked) -> None:
    study, url, client = asked
    client.post(url, _posted(**ALL))
    study.refresh_from_db()
    document = from_yaml(exports.study_yaml(study))
    data = pl.read_csv(io.StringIO(exports.data_csv(study)), schema_overrides={"code": pl.String})
    assert "communes" in data.columns
    table = ranking.table_of(study.inputs)
    again = ranking.rank(document, table)
    assert again.provenance["study_sha256"] == study.result["provenance"]["study_sha256"]
    assert list(compose(again, document.wave, table).best.codes) == study.proposed()


def test_a_wave_written_in_a_document_waits_in_the_form_and_nothing_of_it_is_lost(make, login) -> None:
    head = make.organisation()
    programme, member = make.programme(head=head), make.member(head)
    model = make.study(programme, ranked=True)
    quota = {"name": "Les trois", "codes": ["59", "62", "80"], "at_least": 2}
    wave = {"size": 4, "objective": "score", "cover_km": 60, "cover_share": 0.05, "quotas": [quota]}
    study = services.create_study(programme, "Rejouée", {**model.document, "wave": wave}, member)
    services.run_study(study)
    url = reverse("territories:wave", args=[programme.slug, study.pk])
    client = login(member)
    form = client.get(url).context["form"]
    assert form.initial["cover_percent"] == 5 and form.quotas[0].initial["group"] == "kept:0"
    sent = _posted(
        size=4, objective="score", cover_km="60", cover_percent="5",
        **{"quotas-0-group": "kept:0", "quotas-0-at_least": 2},
    )  # fmt: skip
    assert client.post(url, sent).status_code == 302
    study.refresh_from_db()
    assert study.plan.quotas[0].codes == ("59", "62", "80")
    assert len({"59", "62", "80"} & set(study.proposed())) >= 2


def test_the_greatest_coverage_is_sought_from_the_screen(asked) -> None:
    study, url, client = asked
    assert client.post(url, _posted(objective="coverage", size=3, cover_km="60")).status_code == 302
    study.refresh_from_db()
    assert len(study.proposed()) == 3 and study.portfolio["covered"] == pytest.approx(
        study.portfolio["value"]
    )
    assert "Population à 60 km d’un site ou moins" in client.get(url).content.decode()


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({}, "Dire combien de territoires"),
        ({"size": 3, "cover_km": "30"}, "vont ensemble"),
        ({"size": 3, "objective": "coverage"}, "à portée"),
        ({"size": 3, "objective": "coverage", "cover_km": "30", "apart_km": "9"}, "Ne se combine pas"),
        ({"size": 3, "least_near": 3, "most_near": 1}, "dépasse le maximum"),
        ({"size": 3, "budgets-0-limit": "5"}, "ce que coûte un territoire"),
        ({"size": 3, "budgets-0-indicator": "secret", "budgets-0-limit": "5"}, "choix valide"),
        ({"size": 3, "quotas-0-at_most": 2}, "de quels territoires"),
        ({"size": 3, "quotas-0-group": "types:rural"}, "un minimum ou un maximum"),
        ({"size": 3, "quotas-0-group": "kept:7", "quotas-0-at_most": 2}, "choix valide"),
        (
            {"size": 3, "quotas-0-group": "types:rural", "quotas-0-at_least": 9},
            "quota « territoires ruraux »",
        ),
        ({"size": 3, "budgets-TOTAL_FORMS": "x"}, "ManagementForm"),
    ],
)
def test_what_cannot_be_asked_is_said_and_nothing_is_written(
    asked, given: dict[str, object], word: str
) -> None:
    study, url, client = asked
    response = client.post(url, _posted(**given))
    assert response.status_code == 200 and word in response.content.decode().replace("\u00a0", " ")
    study.refresh_from_db()
    assert study.portfolio is None


def test_what_clashes_is_told_in_the_language_of_the_reader(asked) -> None:
    _study, url, client = asked
    client.cookies["django_language"] = "en"
    both = client.post(url, _posted(size=3, inside="59 Promised", outside="59 Served")).content.decode()
    assert "No wave meets all of these at once: 59 imposed (Promised) ; 59 set aside (Served)." in both
    near = client.post(url, _posted(size=3, cover_km="10.5", cover_percent="99")).content.decode()
    assert "at once: 99% of the population within 10.5 km of a site. Remove or loosen" in near


def test_weights_that_contradict_are_told_in_the_language_of_the_reader(make) -> None:
    study = make.study(ranked=False)
    weights = [f"{criterion['key']} >= 0.8" for criterion in study.document["criteria"][:2]]
    with pytest.raises(ValidationError, match="Aucun poids ne respecte toutes les contraintes"):
        services.update_document(study, weights=weights)
    with translation.override("en"), pytest.raises(ValidationError, match="No weights obey all"):
        services.update_document(study, weights=weights)


def test_what_an_imposed_territory_costs_is_told(asked) -> None:
    study, url, client = asked
    first, last = study.rows()[0]["code"], study.rows()[-1]["code"]
    client.post(url, _posted(size=2, inside=f"{first} Déjà engagé\n{last} Engagement pris"))
    study.refresh_from_db()
    free, costly = study.portfolio["imposed"]
    assert free["code"] == first and free["share"] == 0 and free["out"] == []
    assert costly["code"] == last and costly["share"] > 0 and len(costly["out"]) == 1
    page = client.get(url).content.decode()
    assert "ne coûte rien" in page and f"la vague aurait : {costly['out'][0]}" in page.replace("\u00a0", " ")
