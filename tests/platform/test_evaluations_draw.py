"""The draw of the waves on the platform: published, held with a public result, replayed by anybody, then used."""

import json
from datetime import timedelta

import polars as pl
import pytest
from click.testing import CliRunner
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from essaim.cli import main
from essaim.evaluation.simulate import Scenario, simulate
from essaim.platform.evaluations import documents, panels, report, services, services_draws
from essaim.platform.evaluations.forms import PlaceWavesForm
from essaim.platform.evaluations.models import WaveDraw
from essaim.platform.programmes import services as programmes


@pytest.fixture
def head(make, client):
    """A head of network, logged in; ``.programme`` is theirs."""
    network = make.organisation(kind="network")
    network.programme = make.programme("Programme tiré")
    programmes.add_role(network.programme, network, "head")
    network.person = make.member(network)
    client.force_login(network.person)
    return network


def _json(client, found: WaveDraw) -> str:
    return client.get(reverse("evaluations:draw_json", args=[found.fingerprint])).content.decode()


def test_the_file_published_before_and_the_record_after_give_the_same_draw(make, client, tmp_path) -> None:
    found = make.draw(state="published")
    before, after = tmp_path / "avant.json", tmp_path / "apres.json"
    before.write_text(_json(client, found))
    found = services_draws.hold_draw(found, "3 12 27")
    after.write_text(_json(client, found))
    by_hand = CliRunner().invoke(main, ["rollout", "draw", str(before), "--public", "3 12 27", "--json"])
    again = CliRunner().invoke(main, ["rollout", "draw", str(after), "--replay"])
    assert json.loads(by_hand.output)["allocation"] == found.record["allocation"]
    assert "conforme au procès-verbal" in again.output


def test_anybody_reads_a_published_draw_and_the_page_replays_it(make, client) -> None:
    found = make.draw(state="held")
    page = client.get(reverse("evaluations:draw_public", args=[found.fingerprint]))
    assert page.context["replayed"] is True
    assert "Territoire 3" in page.content.decode()
    found.record["allocation"][2]["wave"] = 9
    found.save()
    page = client.get(reverse("evaluations:draw_public", args=[found.fingerprint]))
    assert page.context["replayed"] is False


def test_nobody_reads_a_draft(make, client) -> None:
    make.draw()
    assert client.get(reverse("evaluations:draw_public", args=["0" * 64])).status_code == 404


def test_published_data_change_no_more(make, writer) -> None:
    found = make.draw(state="published")
    with pytest.raises(ValidationError, match="ne changent plus"):
        services_draws.save_draw(found.plan, found, by=writer, capacities="24")


@pytest.mark.parametrize("days", [-2000, 0])
def test_a_seed_that_may_be_known_before_the_fingerprint_is_refused(make, days: int) -> None:
    found = make.draw(seed_on=timezone.localdate() + timedelta(days=days))
    with pytest.raises(ValidationError, match="un jour à venir"):
        services_draws.publish_draw(found)


def test_a_draw_waits_for_the_day_of_its_public_result(make) -> None:
    found = make.draw(state="published", seed_on=timezone.localdate() + timedelta(days=3))
    with pytest.raises(ValidationError, match="attendre le jour dit"):
        services_draws.hold_draw(found, "3 12 27")
    assert services_draws.hold_draw(found, "3 12 27", today=found.seed_on).is_held


def test_a_draw_is_held_once(make) -> None:
    found = make.draw(state="held")
    with pytest.raises(ValidationError, match="empreinte est publiée"):
        services_draws.hold_draw(found, "autre")


def test_a_plan_has_one_live_draw_and_a_published_one_is_cancelled_in_the_open(make, client) -> None:
    found = make.draw(state="held")
    with pytest.raises(ValidationError, match="déjà un tirage"):
        make.draw(found.plan)
    with pytest.raises(ValidationError, match="Dire pourquoi"):
        services_draws.cancel_draw(found, " ")
    services_draws.cancel_draw(found, "Deux territoires se retirent")
    page = client.get(reverse("evaluations:draw_public", args=[found.fingerprint])).content.decode()
    assert "Deux territoires se retirent" in page


def test_the_page_of_a_draw_lists_those_that_were_cancelled_before_it(make, client) -> None:
    found = make.draw(state="held")
    services_draws.cancel_draw(found, "Le résultat ne plaît pas")
    later = make.draw(found.plan, "published", capacities="8, 8, 9")
    page = client.get(reverse("evaluations:draw_public", args=[later.fingerprint])).content.decode()
    assert str(found) in page and "Le résultat ne plaît pas" in page
    assert (
        str(later)
        not in client.get(reverse("evaluations:draw_public", args=[found.fingerprint])).content.decode()
    )


def test_a_draw_made_anew_after_the_plan_was_frozen_is_a_departure(make, head) -> None:
    plan = make.plan(head.programme, control="notyettreated")
    first = make.draw(plan, "held")
    plan = services.freeze_plan(plan)
    assert (
        report.departures_of(plan, {"control": plan.control, "anticipation": 0, "draw": first.fingerprint})
        == []
    )
    services_draws.cancel_draw(first, "Le résultat ne plaît pas")
    (none,) = services.run_estimate(make.panel(plan), by=head.person).departures
    assert f"gelé avec le tirage {first.fingerprint[:8]}" in none and "n’en rejoue aucun" in none
    later = make.draw(plan, "held", capacities="8, 8, 9")
    (other,) = services.run_estimate(make.panel(plan), by=head.person).departures
    assert f"un autre, {later.fingerprint[:8]}" in other


def test_the_same_data_are_not_drawn_twice(make) -> None:
    found = make.draw(state="held")
    services_draws.cancel_draw(found, "Le résultat ne plaît pas")
    with pytest.raises(ValidationError, match="déjà été publiées"):
        make.draw(found.plan, "published")


@pytest.mark.parametrize(
    ("fields", "name", "said"),
    [
        ({"table": "code;nom\n"}, "table", "Aucun territoire"),
        ({"table": "nom\nBordeaux\n"}, "table", "pas de colonne"),
        ({"table": "code;nom;libellé\nA;a;a\n"}, "table", "disent la même chose"),
        ({"capacities": "huit"}, "capacities", "nombre de places par vague"),
        ({"capacities": "9, 8"}, "capacities", "24 territoires pour 17 places"),
        ({"method": "constrained"}, "method", "équilibre des covariables"),
        ({"table": "code;nom\nA;a\nB;b\n"}, "method", "au moins deux strates"),
        ({"table": "code;nom\nA;a\nA;b\n"}, "table", "en double"),
        (
            {"table": "code;taux;x\nA;dix\nB;3\n", "method": "constrained"},
            "table",
            "« dix » n’est pas un nombre",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_beside_its_field(make, fields, name, said) -> None:
    with pytest.raises(ValidationError) as refused:
        make.draw(**fields)
    assert said in str(refused.value.message_dict[name])


def test_the_screens_lead_from_the_table_to_the_waves_of_the_sites(make, head, client) -> None:
    plan = make.plan(head.programme)
    opened = make.site(
        head.programme, "Ouvert", code="33", level="departement", stage="open", opened_on="2020"
    )
    coming = make.site(head.programme, "À venir", code="59", level="departement")
    url = {
        name: reverse(f"evaluations:draw_{name}", args=[head.programme.slug, plan.pk, 0])
        for name in ("publish", "hold", "place")
    }
    form = client.get(reverse("evaluations:draw_new", args=[head.programme.slug, plan.pk])).context["form"]
    assert "59;" in form.initial["table"] and "33;" not in form.initial["table"]
    tomorrow = timezone.localdate() + timedelta(days=1)
    given = {"table": "code;nom\n33;Gironde\n59;Nord\n75;Paris", "capacities": "1,1,1", "method": "simple",
             "keep": 10, "seed_rule": "Loto", "seed_on": tomorrow.isoformat()}  # fmt: skip
    client.post(reverse("evaluations:draw_new", args=[head.programme.slug, plan.pk]), given)
    found = WaveDraw.objects.get()
    url = {name: address.replace("/0/", f"/{found.pk}/") for name, address in url.items()}
    client.post(url["publish"])
    WaveDraw.objects.update(seed_on=timezone.localdate())  # a day goes by
    client.post(url["hold"], {"public_text": "42"})
    page = client.post(
        url["place"], {"first_number": 1, "opens_1": "2027", "opens_2": "2027-06", "opens_3": ""}, follow=True
    )
    coming.refresh_from_db()
    opened.refresh_from_db()
    found.refresh_from_db()
    wave = {row["code"]: row["wave"] for row in found.record["allocation"]}["59"]
    assert (coming.wave.number, coming.wave.method, coming.wave.draw_seed) == (wave, "drawn", "42")
    assert opened.wave is None
    assert "Paris" in page.content.decode()


@pytest.mark.parametrize(
    ("openings", "good"),
    [(("2027", "2027-06", "2028"), True), (("2029", "", "2028"), False), (("2027-05", "2027-03", ""), False)],
)
def test_waves_open_in_the_order_of_the_draw(openings: tuple[str, ...], good: bool) -> None:
    given = {f"opens_{number}": opens for number, opens in enumerate(openings, 1)}
    assert PlaceWavesForm({"first_number": 1, **given}, waves=3).is_valid() is good


def test_waves_already_open_are_not_overwritten(make) -> None:
    from essaim.platform.sites import services as sites

    found = make.draw(state="held")
    wave = sites.create_wave(found.plan.programme, number=1)
    make.site(found.plan.programme, stage="open", wave=wave)
    with pytest.raises(ValidationError, match="déjà des sites ouverts"):
        services_draws.place_waves(found, ["", "", ""], 1)


def _panel(make, found: WaveDraw, effect: float):
    """A simulated panel whose units open as the draw said."""
    by_wave: dict[int, list[str]] = {}
    for row in found.record["allocation"]:
        by_wave.setdefault(row["wave"], []).append(row["code"])
    sizes = tuple(len(codes) for _wave, codes in sorted(by_wave.items()))
    frame = simulate(Scenario(units=sum(sizes), waves=sizes, effect=effect, noise=0.2))
    code = {}
    for cohort, (_wave, codes) in zip(sorted(frame["cohort"].unique()), sorted(by_wave.items()), strict=True):
        units = frame.filter(pl.col("cohort") == cohort)["unit"].unique(maintain_order=True).to_list()
        code |= dict(zip(units, codes, strict=True))
    frame = frame.with_columns(unit=pl.col("unit").replace_strict(code))
    draft = panels.from_one_file(("p.csv", frame.write_csv().encode()))
    return services.add_panel(found.plan, draft, title="P", source="Simulation", by=make.user())


def test_the_estimate_replays_the_draw_and_the_report_says_it(make, head, client) -> None:
    plan = services.freeze_plan(make.plan(head.programme, control="notyettreated"))
    found = make.draw(plan, "held")
    estimated = services.run_estimate(_panel(make, found, 2.0), by=head.person)
    done = estimated.result["provenance"]
    assert (estimated.state, done["inference"], done["draw"]["seed"]) == (
        "done",
        "randomisation",
        found.record["seed"],
    )
    page = client.get(
        reverse("evaluations:report", args=[head.programme.slug, estimated.pk])
    ).content.decode()
    assert "Tirées au sort, en public" in page
    assert "En rejouant le tirage" in page
    assert services.replay(estimated, by=head.person).same_result is True


def test_a_report_names_the_draw_it_replayed_whatever_became_of_it(make, head, client) -> None:
    plan = make.plan(head.programme, control="notyettreated")
    found = make.draw(plan, "held")
    estimated = services.run_estimate(_panel(make, found, 2.0), by=head.person)
    services_draws.cancel_draw(found, "Deux territoires se retirent")
    make.draw(plan, "held", capacities="8, 8, 9")
    page = client.get(reverse("evaluations:report", args=[head.programme.slug, estimated.pk]))
    for text in (page.content.decode(), " ".join(documents.waves_in_words(estimated))):
        assert f"empreinte {found.fingerprint[:16]}…, graine {found.record['seed']}" in text
        assert "Ce tirage a été annulé le" in text and "Deux territoires se retirent" in text


def test_chosen_waves_are_named_on_the_plan_and_in_the_report(make, head, client) -> None:
    plan = services.freeze_plan(make.plan(head.programme))
    estimated = services.run_estimate(make.panel(plan), by=head.person)
    for name, pk in (("plan", plan.pk), ("report", estimated.pk)):
        page = client.get(reverse(f"evaluations:{name}", args=[head.programme.slug, pk])).content.decode()
        assert "ce n’est pas un essai randomisé par étapes" in page
    assert estimated.result["provenance"]["inference"] == "cr2"
