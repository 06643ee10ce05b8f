"""Targeting studies: stated, ranked, explained, decided, replayed."""

import csv
import io
import re
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from essaim.platform.campaigns import services as campaigns
from essaim.platform.territories import exports, forms, ranking, reading, services, sources
from essaim.platform.territories.models import Study
from essaim.territory.table import Table


def test_the_same_study_gives_the_same_result_and_fingerprint(make) -> None:
    first = make.study(ranked=True, title="Même")
    second = make.study(ranked=True, title="Même")
    assert first.result_sha256 == second.result_sha256
    assert first.state == "ranked" and len(first.proposed()) == 4


def test_a_study_replays_from_what_it_kept_whatever_happens_elsewhere(make, monkeypatch) -> None:
    study = make.study(ranked=True)
    monkeypatch.setattr(sources, "table_for", lambda *a: pytest.fail("the data kept must be enough"))
    assert ranking.fingerprint(ranking.result_of(ranking.replay(study))) == study.result_sha256


def test_the_result_survives_the_database(make) -> None:
    study = make.study(ranked=True)
    assert ranking.fingerprint(Study.objects.get(pk=study.pk).result) == study.result_sha256


def test_a_bad_document_is_refused_with_its_reasons(make) -> None:
    with pytest.raises(ValidationError, match="Unité inconnue"):
        make.study(document={"unit": "quartier"})
    with pytest.raises(ValidationError, match="se contredisent"):
        make.study(document={"weights": ["need >= 60%", "resources >= 60%"]})


def test_an_indicator_that_does_not_exist_is_said_by_name(make) -> None:
    study = make.study(
        document={"criteria": [{"key": "x", "family": "need", "indicator": "inconnu"}], "weights": []}
    )
    with pytest.raises(ValidationError, match="inconnu"):
        services.run_study(study)


def test_changing_what_is_stated_erases_the_ranking(make) -> None:
    study = services.update_document(make.study(ranked=True), k=6)
    assert (study.state, study.result, study.inputs, study.result_sha256) == ("draft", None, None, "")


def test_weights_of_a_criterion_that_goes_go_with_it(make) -> None:
    study = make.study()
    kept = [c for c in study.document["criteria"] if c["family"] == "need"]
    assert services.update_document(study, criteria=kept).document["weights"] == []


def test_a_contradiction_between_weights_changes_nothing(make) -> None:
    study = make.study(document={"weights": ["need >= 60%"]})
    with pytest.raises(ValidationError, match="se contredisent"):
        services.add_weight(study, "resources >= 60%")
    study.refresh_from_db()
    assert study.document["weights"] == ["need >= 60%"]


def test_a_decision_against_the_proposal_needs_a_reason(make) -> None:
    study, author = make.study(ranked=True), make.user()
    proposed = study.proposed()
    other = next(row["code"] for row in study.rows() if row["code"] not in proposed)
    assert not services.decide(study, proposed[0], True, "", author).overruled
    for code, kept in ((other, True), (proposed[1], False)):
        with pytest.raises(ValidationError, match="dit sa raison"):
            services.decide(study, code, kept, " ", author)
        assert services.decide(study, code, kept, "Un autre programme y est déjà.", author).overruled
    assert study.state == "decided"
    assert [d.code for d in services.kept_territories(study.programme)] == sorted(
        [proposed[0], other], key=lambda code: services.name_of(study, code)
    )


def test_nothing_is_decided_on_a_study_that_is_not_ranked(make) -> None:
    with pytest.raises(ValidationError, match="Classer d’abord"):
        services.decide(make.study(), "33", True, "", make.user())


def test_a_territory_out_of_the_scope_cannot_be_decided(make) -> None:
    study = make.study(ranked=True, document={"scope": {"regions": ["75"]}})
    with pytest.raises(ValidationError, match="périmètre"):
        services.decide(study, "59", True, "Il le faut.", make.user())


def test_a_decided_study_is_frozen_and_copied_to_change(make) -> None:
    study, author = make.study(ranked=True), make.user()
    services.accept_proposal(study, author)
    for change in (lambda: services.update_document(study, k=2), lambda: services.run_study(study)):
        with pytest.raises(ValidationError, match="reprise"):
            change()
    with pytest.raises(ValidationError, match="ne s’efface pas"):
        services.delete_study(study)
    copy = services.copy_study(study, author)
    assert (copy.state, copy.copied_from, copy.document["criteria"]) == (
        "draft", study, study.document["criteria"],
    )  # fmt: skip


def test_declared_interest_counts_living_applications_of_the_territories_within(make) -> None:
    programme = make.programme()
    campaign = make.campaign(programme)
    make.application(campaign, territory_code="33063")
    refused = make.application(campaign, territory_code="33318")
    campaigns.decide(refused, "declined", "Non.", make.user())
    make.application(campaign, territory_level="departement", territory_code="59")
    counts = {}
    for unit in ("departement", "epci", "commune"):
        column = sources.table_for(programme, unit, [sources.INTEREST])
        values = dict(zip(column.codes, column.column(sources.INTEREST).values.tolist(), strict=True))
        counts[unit] = {code: value for code, value in values.items() if value}
    assert counts == {
        "departement": {"33": 1.0, "59": 1.0},
        "epci": {"243300316": 1.0},
        "commune": {"33063": 1.0},
    }


def test_one_simulated_application_labels_the_whole_ranking(make, login) -> None:
    head = make.organisation()
    programme = make.programme(head=head)
    make.application(make.campaign(programme), simulated=True)
    criteria = [
        {"key": "interest_", "family": "interest", "indicator": sources.INTEREST},
        {"key": "population", "family": "resources", "indicator": "population"},
    ]
    study = make.study(programme, ranked=True, document={"criteria": criteria, "weights": []})
    assert study.ranking_simulated == ["Intérêt local déclaré"]
    client = login(make.member(head))
    for name, args in (("study", []), ("explain", ["33"]), ("accept", [])):
        page = client.get(
            reverse(f"territories:{name}", args=[programme.slug, study.pk, *args])
        ).content.decode()
        assert "badge simulated" in page, name
    assert "simulé" in exports.ranking_csv(study).splitlines()[1]


def test_a_new_study_proposes_no_simulated_criterion(make) -> None:
    programme = make.programme()
    assert {c["indicator"] for c in services.starting_criteria(programme, "epci")} == {
        "far_share",
        "population",
    }
    make.application(make.campaign(programme), simulated=True)
    assert sources.INTEREST not in {c["indicator"] for c in services.starting_criteria(programme, "epci")}


def test_the_exported_study_and_data_replay_outside_the_site(make) -> None:
    from essaim.territory.ranking import run
    from essaim.territory.study import from_yaml

    study = make.study(ranked=True)
    rows = list(csv.DictReader(io.StringIO(exports.data_csv(study))))
    kept = ranking.table_of(study.inputs)
    columns = {
        key: replace(column, values=column.values * 0 + [float(row[key]) for row in rows])
        for key, column in kept.columns.items()
    }
    table = Table(kept.level, tuple(row["code"] for row in rows), tuple(row["name"] for row in rows), columns)
    again = run(from_yaml(exports.study_yaml(study)), table)
    assert ranking.fingerprint(ranking.result_of(again)) == study.result_sha256


def test_a_spreadsheet_takes_no_text_for_a_formula(make) -> None:
    study = make.study(ranked=True)
    services.decide(study, study.proposed()[0], True, "=cmd()", make.user())
    assert "'=cmd()" in exports.ranking_csv(study)


def test_the_point_score_is_shown_to_be_less_than_it_seems(make) -> None:
    study = make.study(ranked=True, document={"weights": []})
    doubt = services.point_doubt(study)
    by_points = {r["code"] for r in study.rows() if r["point_rank"] <= 4}
    unsure = {r["code"] for r in study.rows() if r["code"] in by_points and r["status"] != "certain"}
    assert {r["code"] for r in doubt["unsure"]} == unsure != set()
    assert doubt["gap"] > 0 and 0 <= doubt["same_set_percent"] <= 100


def test_a_long_ranking_goes_to_the_task_and_ends_the_same(make, monkeypatch) -> None:
    monkeypatch.setattr(services, "IMMEDIATE_SCORES", 1)
    study = services.start(make.study(title="Même"), make.user())
    assert (study.state, study.run_state) == ("ranked", "idle")
    assert study.result_sha256 == make.study(ranked=True, title="Même").result_sha256


def test_a_task_that_is_refused_says_why_to_the_person(make, monkeypatch) -> None:
    monkeypatch.setattr(services, "IMMEDIATE_SCORES", 1)
    study = services.start(make.study(document={"k": 4, "scope": {"codes": ["33", "40"]}}), make.user())
    assert study.run_state == "failed" and "k vaut 4" in study.run_message


def test_sentences_on_weights_are_read_in_french() -> None:
    document = {
        "criteria": [
            {"key": "chomage", "family": "need", "indicator": "chomage", "label": "Chômage"},
            {"key": "offre", "family": "offer", "indicator": "offre", "label": "Offre"},
        ],
        "weights": ["need >= 2 * offer", "10% <= chomage <= 40%"],
    }
    assert reading.weights_in_words(document) == [
        "famille «\xa0besoin\xa0» ≥ 2 × famille «\xa0offre existante\xa0»",
        "10% ≤ Chômage ≤ 40%",
    ]


@pytest.mark.parametrize(
    ("kind", "text", "read"),
    [
        ("threshold", "150", {"kind": "threshold", "at": 150.0}),
        ("minmax", "0 ; 40,5", {"kind": "minmax", "low": 0.0, "high": 40.5}),
        ("curve", "0:0 ; 10:0,5 ; 20:1", {"kind": "curve", "points": [[0, 0], [10, 0.5], [20, 1]]}),
        ("rank", "", {"kind": "rank"}),
    ],
)
def test_settings_of_a_note_are_read_and_written_back(kind: str, text: str, read: dict) -> None:
    assert forms.read_setting(kind, text) == read
    assert forms.read_setting(kind, forms.write_setting(read)) == read


@pytest.mark.parametrize(
    ("kind", "text"), [("threshold", ""), ("curve", "1:2:3"), ("minmax", "5"), ("curve", "a:b")]
)
def test_settings_that_say_nothing_are_refused(kind: str, text: str) -> None:
    with pytest.raises(ValueError):
        forms.read_setting(kind, text)


def test_the_whole_study_by_the_screens(make, login) -> None:
    head = make.organisation()
    programme = make.programme(head=head)
    client = login(make.member(head))
    created = client.post(
        reverse("territories:create", args=[programme.slug]),
        {"title": "Où ouvrir ?", "unit": "departement", "k": 3, "regions": ["75", "76"], "without": "33"},
    )
    study = Study.objects.get()
    args = [programme.slug, study.pk]
    assert created.url == reverse("territories:criteria", args=args)
    measures = list(sources.measures_for(programme, "departement"))
    data = {"form-TOTAL_FORMS": len(measures), "form-INITIAL_FORMS": len(measures)}
    for number, key in enumerate(measures):
        data |= {f"form-{number}-{name}": value for name, value in {
            "indicator": key, "family": "need", "direction": "high", "transform": "rank", "missing": "exclude",
        }.items()}  # fmt: skip
        if key in ("far_share", "density"):
            data |= {f"form-{number}-use": "on", f"form-{number}-reason": "Parce que."}
    data[f"form-{measures.index('density')}-family"] = "resources"
    assert client.post(reverse("territories:criteria", args=args), data).status_code == 302
    refused = client.post(
        reverse("territories:weights", args=args), {"left": "need", "kind": "times", "right": "need"}
    )
    assert refused.status_code == 200
    client.post(
        reverse("territories:weights", args=args), {"left": "need", "kind": "at_least", "right": "resources"}
    )
    look = client.get(reverse("territories:weights", args=args)).content.decode()
    assert "famille «\xa0besoin\xa0» ≥ famille «\xa0ressources présentes\xa0»" in look
    ran = client.post(reverse("territories:run", args=args), follow=True)
    assert "alert-danger" not in ran.content.decode(), ran.content.decode().split("alert-danger")[1][:300]
    study.refresh_from_db()
    codes = {row["code"] for row in study.rows()}
    assert study.state == "ranked" and "33" not in codes and "24" in codes and "59" not in codes
    page = client.get(reverse("territories:study", args=args)).content.decode()
    assert "<svg" in page and "style=" not in re.sub(r"hx-[a-z]+=", "", page)
    first = study.proposed()[0]
    client.post(reverse("territories:explain", args=[*args, first]), {"kept": "no", "reason": ""})
    assert not study.decisions.exists()
    client.post(reverse("territories:explain", args=[*args, first]), {"kept": "no", "reason": "Déjà pourvu."})
    client.post(reverse("territories:accept", args=args))
    assert [d.kept for d in study.decisions.all()].count(True) == 2


def test_a_study_comes_back_from_its_yaml(make, login) -> None:
    head = make.organisation()
    programme = make.programme(head=head)
    client = login(make.member(head))
    origin = make.study(programme, ranked=True)
    url = reverse("territories:replay", args=[programme.slug])
    client.post(url, {"file": SimpleUploadedFile("etude.yaml", exports.study_yaml(origin).encode())})
    again = Study.objects.exclude(pk=origin.pk).get()
    assert services.run_study(again).result_sha256 == origin.result_sha256


@pytest.mark.parametrize("content", [b"\xff\xfe", b"- liste", b"a: [", b"title: x", b"x" * 300_000])
def test_rubbish_for_a_study_is_refused_with_a_message(make, login, content: bytes) -> None:
    head = make.organisation()
    programme = make.programme(head=head)
    url = reverse("territories:replay", args=[programme.slug])
    response = login(make.member(head)).post(url, {"file": SimpleUploadedFile("etude.yaml", content)})
    assert response.status_code == 200 and "field-error" in response.content.decode()
    assert not Study.objects.exists()


def test_the_list_of_studies_asks_a_bounded_number_of_queries(
    make, login, django_assert_max_num_queries
) -> None:
    head = make.organisation()
    programme = make.programme(head=head)
    for _ in range(6):
        make.study(programme)
    client = login(make.member(head))
    with django_assert_max_num_queries(15):
        assert client.get(reverse("territories:studies", args=[programme.slug])).status_code == 200


def test_a_territory_page_gives_each_fact_its_source_and_date(make, login) -> None:
    client = login(make.user())
    page = client.get(reverse("territories:place", args=["epci", "243300316"])).content.decode()
    assert "Bordeaux Métropole" in page and "recensement 2023" in page and "Nouvelle-Aquitaine" in page
    assert client.get(reverse("territories:place", args=["commune", "99999"])).status_code == 404
    assert client.get(reverse("territories:place", args=["quartier", "33063"])).status_code == 404


def test_a_territory_is_found_by_name_or_code(make, login) -> None:
    client = login(make.user())
    for asked in ("bordeaux", "33063"):
        assert "33063" in client.get(reverse("territories:search"), {"q": asked}).content.decode()
    assert "Aucun territoire" in client.get(reverse("territories:search"), {"q": "zzzzz"}).content.decode()


def test_the_map_tells_apart_what_enters_a_little_from_what_enters_mostly(make) -> None:
    study = make.study(ranked=True, document={"k": 10, "weights": []})
    classes = reading.ranking_map(study).classes
    assert classes[0].label == "0" and len(classes) >= 4
    assert sum(c.count for c in classes) == study.result["count"]


def test_an_explanation_is_told_in_the_language_of_the_reader(make) -> None:
    from django.utils import translation

    from essaim.platform.territories import telling
    from essaim.territory.explain import explain

    again = ranking.replay(make.study(ranked=True))
    found = explain(again, again.notes.codes[again.order[0]])
    french = telling.told(again, found)
    with translation.override("en"):
        english = telling.told(again, found)
    assert len(french) == len(english) == len(found.sentences)
    assert "premiers" in french[0] and "first 4" in english[0]
