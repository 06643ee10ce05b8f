"""A panel from what the platform holds: series of imported data, and openings of the programme's sites."""

from pathlib import Path

import polars as pl
import pytest
from django.urls import reverse

from essaim.platform.evaluations import held, panels, services
from essaim.platform.evaluations.models import Panel
from essaim.platform.evaluations.openings import openings
from essaim.platform.opendata import services as opendata
from essaim.platform.programmes import services as programmes
from essaim.platform.sites import services as sites
from essaim.platform.telling import tell


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path: Path) -> None:
    settings.OPENDATA_DIR = tmp_path / "opendata"


def zones_file(folder: Path) -> Path:
    """Unemployment by zone d'emploi, five quarters."""
    quarters = [f"{year}-T{n}" for year in (2023, 2024) for n in (1, 2, 3, 4)][:5]
    rows = [f"{code};Zone {code};" + ";".join(f"{7 + i % 3 / 10}".replace(".", ",") for i in range(5))
            for code in ("0051", "8405", "8401", "8402")]  # fmt: skip
    file = folder / "chomage.csv"
    file.write_text("\n".join(["ZE2020;LIBZE2020;" + ";".join(quarters), *rows]), encoding="utf-8")
    return file


def december_file(folder: Path, households: int = 300) -> Path:
    """RSA by commune, four Decembers: two communes of Gironde, and one of each other département."""
    communes = ("33063", "33318", "59350", "62041", "80021", "35238", "29019")
    rows = [f"{year}-12;{code};Nom;{households + year % 7};1;1;1"
            for code in communes for year in range(2019, 2023)]  # fmt: skip
    file = folder / "cnaf.csv"
    head = "dtreffre;numcomdo;nomcom;indfoy_rsa;indmtt_rsa;indfoy_ppa;indmtt_ppa"
    file.write_text("\n".join([head, *rows]), encoding="utf-8")
    return file


@pytest.fixture
def programme(make, client):
    """A programme with an evaluator logged in: Bordeaux opened in late 2020, Lille at a date nobody knows."""
    organisation, found = make.organisation(kind="evaluator"), make.programme()
    programmes.add_role(found, organisation, "evaluator")
    client.force_login(make.member(organisation))
    make.site(found, "Bordeaux", code="33063", stage="open", opened_on="2020-11-20")
    make.site(found, "Lille", code="59350", stage="open")
    return found


@pytest.fixture
def rsa(writer, tmp_path):
    return opendata.bring_now("cnaf", december_file(tmp_path), None, writer)


def choice_of(programme, unit: str, base: str = "foyers_rsa_pour_mille") -> tuple[held.Held, str]:
    found = held.Held.of(programme)
    series = next(s for s in found.series if s.base == base)
    return found, f"{series.id}-{unit}"


def draft_of(programme, unit: str = "commune", **options) -> panels.Draft:
    return held.draft_from(programme, *choice_of(programme, unit), **options)


def kept(draft: panels.Draft) -> pl.DataFrame:
    return pl.read_csv(draft.csv, infer_schema=False)


# --- series


def test_one_value_a_year_is_read_by_year_and_an_opening_inside_it_exposes_it(programme, rsa) -> None:
    draft = draft_of(programme)
    rows = kept(draft)
    assert sorted(rows["time"].unique()) == ["2019", "2020", "2021", "2022"]
    assert draft.waves == [{"cohort": "2020", "units": 1}]
    assert any("Une valeur par an" in note for note in map(tell, draft.notes))
    assert any("expose toute cette période" in note for note in map(tell, draft.notes))
    assert any("MSA" in note for note in map(tell, draft.notes))  # what the source itself warns of


def test_quarters_stay_quarters(programme, writer, tmp_path) -> None:
    opendata.bring_now("insee_chomage_ze", zones_file(tmp_path), None, writer)
    [series] = held.Held.of(programme).series
    assert list(series.labels.values())[:2] == ["2023T1", "2023T2"]
    assert series.units == ("ze",)  # a published rate is neither averaged nor carried down


def test_one_file_a_year_makes_a_series_of_its_vintages(programme, writer, tmp_path) -> None:
    for year in (19, 21):
        file = tmp_path / f"FILO_{year}.csv"
        file.write_text(
            f"CODGEO;LIBGEO;TP60{year}\n33063;Bordeaux;{year}\n80021;Amiens;20\n", encoding="utf-8"
        )
        opendata.bring_now("insee_filosofi", file, None, writer)
    [series] = held.Held.of(programme).series
    assert (series.periods, len(series.vintages)) == (("2019", "2021"), 2)
    measured = opendata.series_values(series, "commune", held.Held.of(programme).available.known())
    assert measured.filter(pl.col("unit") == "33063")["outcome"].to_list() == [19.0, 21.0]


def test_a_single_vintage_of_one_year_is_no_series(programme, writer, tmp_path) -> None:
    file = tmp_path / "FILO.csv"
    file.write_text("CODGEO;LIBGEO;TP6021\n33063;Bordeaux;21\n", encoding="utf-8")
    opendata.bring_now("insee_filosofi", file, None, writer)
    assert held.Held.of(programme).series == []


def test_counts_are_added_up_to_larger_territories(programme, rsa) -> None:
    found = held.Held.of(programme)
    series = next(s for s in found.series if s.base == "foyers_rsa")
    assert series.units == ("departement", "epci", "commune", "region")
    frame = opendata.series_values(series, "commune", found.available.known())
    assert (
        frame.filter(pl.col("unit") == "33063", pl.col("time") == "2019")["outcome"].item() == 300 + 2019 % 7
    )


def test_values_on_too_few_households_are_never_kept(programme, writer, tmp_path) -> None:
    opendata.bring_now("cnaf", december_file(tmp_path, households=5), None, writer)
    with pytest.raises(panels.BadPanel):
        draft_of(programme)  # all of them, the rate as well as the count
    with pytest.raises(panels.BadPanel):
        held.draft_from(programme, *choice_of(programme, "commune", "foyers_rsa"))


def test_another_network_s_series_is_not_offered(programme, make, writer, tmp_path) -> None:
    opendata.bring_now("cnaf", december_file(tmp_path), make.organisation("Ailleurs"), writer)
    assert held.Held.of(programme).series == []


# --- openings


def test_a_site_is_of_the_territory_that_holds_it(make) -> None:
    programme = make.programme()
    wave = sites.create_wave(programme, number=2)
    make.site(programme, "A", code="33063", stage="open", opened_on="2020-11", wave=wave)
    make.site(programme, "B", code="33318", stage="open", opened_on="2019")
    found = openings(programme, "departement")
    assert found.table.rows() == [("33", "2019-01-01", "", "")]  # the first opening, its first possible day
    assert any("qu’à l’année" in note for note in found.notes)
    assert any("dilué d’autant" in note for note in found.notes)


def test_who_can_say_nothing_leaves_with_the_reason(make) -> None:
    programme = make.programme()
    make.site(programme, "Daté", code="33063", stage="open", opened_on="2020")
    make.site(programme, "Sans date", code="59350", stage="open")
    make.site(programme, "Peut-être", code="62041", stage="unknown")
    make.site(programme, "Projet", code="35238", stage="exploration")
    make.site(programme, "Vaste", code="80", level="departement", stage="open", opened_on="2019")
    found = openings(programme, "commune")
    assert {"59350", "62041", "80021"} <= found.leaving.keys()
    assert "35238" not in found.leaving
    assert "date inconnue" in found.leaving["59350"] and "plus vaste" in found.leaving["80021"]


def test_an_undated_site_beside_a_dated_one_takes_the_territory_out(make) -> None:
    programme = make.programme()
    make.site(programme, "A", code="33063", stage="open", opened_on="2020")
    make.site(programme, "B", code="33318", stage="open")
    make.site(programme, "C", code="80021", stage="open", opened_on="2020")
    found = openings(programme, "departement")
    assert found.table["code"].to_list() == ["80"] and set(found.leaving) == {"33"}


def test_only_sites_larger_than_the_units_ask_for_another_level(make) -> None:
    programme = make.programme()
    make.site(programme, code="80", level="departement", stage="open", opened_on="2019")
    with pytest.raises(panels.BadPanel, match="échelle plus large"):
        openings(programme, "commune")


def test_a_site_without_territory_and_a_closed_one_are_said(make) -> None:
    programme = make.programme()
    make.site(programme, "Nulle part", stage="open", opened_on="2020")
    make.site(programme, "Fermé", code="80021", stage="ended", opened_on="2018", closed_on="2021")
    said = " ".join(openings(programme, "departement").notes)
    assert "Nulle part" in said and "reste compté comme exposé" in said


# --- on screen


def url(programme, plan) -> str:
    return reverse("evaluations:panel_held", args=[programme.slug, plan.pk])


def confirm(client, page) -> None:
    """The button of a preview."""
    plan = page.context["plan"]
    address = reverse("evaluations:panel_confirm", args=[plan.programme.slug, plan.pk])
    client.post(address, {"token": page.context["token"]})


def test_one_button_keeps_what_the_preview_showed(make, programme, rsa, client) -> None:
    plan = make.plan(programme)
    _held, choice = choice_of(programme, "commune")
    page = client.post(url(programme, plan), {"series": choice})
    draft = page.context["draft"]
    assert (draft.exposed, draft.compared, draft.before) == (1, 5, 0)
    text = page.content.decode()
    assert "date inconnue" in text and "59350" in text and "--" not in page.context["draft"].window_reason
    assert not Panel.objects.exists()
    confirm(client, page)
    panel = Panel.objects.get()
    assert panel.title == "Foyers allocataires du RSA, pour 1 000 habitants, par commune"
    assert rsa.sha256 in [given["sha256"] for given in panel.inputs]
    assert panel.inputs[0]["licence"] == rsa.licence and rsa.vintage in panel.source


def test_what_was_chosen_and_left_is_told_in_the_language_of_the_reader(make, programme, rsa, client) -> None:
    plan, (_held, choice) = make.plan(programme), choice_of(programme, "commune")
    confirm(client, client.post(url(programme, plan), {"series": choice}))
    client.cookies["django_language"] = "en"
    address = reverse("evaluations:panel", args=[programme.slug, plan.pk, Panel.objects.get().pk])
    page = client.get(address).content.decode()
    assert "Intention to treat" in page and "Opened at an unknown date" in page and "by commune" in page


def test_simulated_sites_make_a_simulated_panel(make, programme, rsa) -> None:
    make.site(programme, code="80021", stage="open", opened_on="2021", simulated=True)
    assert draft_of(programme).simulated


def test_a_window_out_of_the_series_is_refused_in_words(make, programme, rsa, client) -> None:
    _held, choice = choice_of(programme, "commune")
    given = {"series": choice, "first": "1990", "last": "2022", "reason": "Essai"}
    page = client.post(url(programme, make.plan(programme)), given).content.decode()
    assert "n’est pas une période mesurée" in page


def test_nobody_exposed_within_the_series_is_refused_in_words(make, rsa) -> None:
    programme = make.programme()
    make.site(programme, "Ancien", code="33063", stage="open", opened_on="2010")
    make.site(programme, "Récent", code="80021", stage="open", opened_on="2024")
    with pytest.raises(panels.BadPanel, match="pas d’effet à mesurer"):
        draft_of(programme)


def test_without_a_series_the_page_leads_to_the_import(make, programme, client) -> None:
    page = client.get(url(programme, make.plan(programme))).content.decode()
    assert reverse("opendata:sources") in page and "Aucune série" in page and "essaim-form" not in page


def test_without_a_date_the_page_leads_to_the_sites(make, rsa, client) -> None:
    programme = make.programme()
    client.force_login(make.member(programme.roles.first().organisation))
    page = client.get(url(programme, make.plan(programme))).content.decode()
    assert "date d’ouverture connue" in page


def test_the_report_and_its_numbers_say_where_the_series_comes_from(
    make, programme, rsa, client, writer
) -> None:
    plan = services.freeze_plan(make.plan(programme))
    _held, choice = choice_of(programme, "commune")
    confirm(client, client.post(url(programme, plan), {"series": choice}))
    estimated = services.run_estimate(Panel.objects.get(), by=writer)
    assert estimated.state == "done", estimated.message
    page = client.get(reverse("evaluations:report", args=[programme.slug, estimated.pk])).content.decode()
    numbers = client.get(
        reverse("evaluations:download", args=[programme.slug, estimated.pk, "csv"])
    ).content.decode()
    for said in (rsa.licence, rsa.sha256[:16], rsa.vintage, "Intention de traiter"):
        assert said in page
        assert said in numbers
