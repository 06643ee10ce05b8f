"""Programmes, their dated organisations, policy frames, facts and known sites refer to each other soundly."""

import re

import pytest

from essaim.territory.codes import commune, departement
from tests.programmes.library import ROOT, SITE_COLUMNS, SLUGS, document, every, sites, source_ids, texts

PARTIAL_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
ROLES = {"originator", "head", "co_steerer", "sponsor", "funder", "partner", "evaluator"}
STAGES = {"spotted", "supported", "evaluated", "spreading", "generalised", "stopped"}
ORGANISATION_KINDS = {"network", "structure", "funder", "evaluator", "authority", "other"}
FRAME_KINDS = {"law", "strategy", "plan", "policy", "contract"}
DATE_KEYS = ("date", "start", "end", "since", "started_on")

each_programme = pytest.mark.parametrize("slug", SLUGS)


def bad_dates(data: object) -> list[object]:
    """Dates that are neither unknown nor partial ISO texts."""
    found = [value for key in DATE_KEYS for value in every(data, key)]
    return [v for v in found if v is not None and not (isinstance(v, str) and PARTIAL_DATE.fullmatch(v))]


@each_programme
def test_programme_is_named_after_its_folder_and_has_a_title_bearer_and_summary(slug: str) -> None:
    programme = document(f"{slug}/programme")
    assert programme["slug"] == slug
    assert all(programme[field] for field in ("title", "bearer", "summary"))


@each_programme
def test_programme_refers_to_declared_organisations_and_frames(slug: str) -> None:
    programme = document(f"{slug}/programme")
    organisations = {o["slug"] for o in document("organisations")["organisations"]}
    frames = {f["slug"] for f in document("frames")["frames"]}
    assert {role["organisation"] for role in programme["roles"]} <= organisations
    assert {held["frame"] for held in programme["frames"]} <= frames


@each_programme
def test_programme_has_known_roles_and_at_least_one_head(slug: str) -> None:
    roles = [role["role"] for role in document(f"{slug}/programme")["roles"]]
    assert set(roles) <= ROLES
    assert "head" in roles


@each_programme
def test_every_statement_of_a_programme_cites_a_source_of_its_protocol(slug: str) -> None:
    programme = document(f"{slug}/programme")
    statements = [*programme["roles"], *programme["frames"], *programme["facts"]]
    statements += programme["innovation"]["history"]
    unsourced = [s for s in statements if not s["sources"] or not set(s["sources"]) <= source_ids(slug)]
    assert unsourced == []


@each_programme
def test_dates_of_a_programme_are_partial_iso_dates(slug: str) -> None:
    assert bad_dates(document(f"{slug}/programme")) == []


@each_programme
def test_the_funnel_ends_at_the_present_stage(slug: str) -> None:
    innovation = document(f"{slug}/programme")["innovation"]
    assert {step["stage"] for step in innovation["history"]} <= STAGES
    assert innovation["history"][-1]["stage"] == innovation["stage"]


def test_every_organisation_and_frame_is_unique_of_a_known_kind_and_sourced() -> None:
    for name, kinds in (("organisations", ORGANISATION_KINDS), ("frames", FRAME_KINDS)):
        file = document(name)
        sources = {source["id"] for source in file["sources"]}
        items = file[name]
        assert len({item["slug"] for item in items}) == len(items)
        assert {item["kind"] for item in items} <= kinds
        assert all(item["sources"] and set(item["sources"]) <= sources for item in items)
        assert bad_dates(file) == []


def test_every_frame_serves_a_programme() -> None:
    used = {held["frame"] for slug in SLUGS for held in document(f"{slug}/programme")["frames"]}
    assert used == {frame["slug"] for frame in document("frames")["frames"]}


def test_vita_air_was_born_at_air_services_spread_by_coorace_and_co_steered_by_ansa() -> None:
    roles = {(role["organisation"], role["role"]) for role in document("vita-air/programme")["roles"]}
    assert {
        ("air-services", "originator"),
        ("coorace", "head"),
        ("ansa", "co_steerer"),
        ("coorace", "co_steerer"),
    } == roles


def test_convergence_is_sponsored_by_the_ministry_within_the_poverty_strategy() -> None:
    programme = document("convergence/programme")
    assert ("ministere-du-travail", "sponsor") in {(r["organisation"], r["role"]) for r in programme["roles"]}
    assert [held["frame"] for held in programme["frames"]] == ["strategie-pauvrete"]


def test_the_poverty_strategy_is_shared_by_three_programmes() -> None:
    sharing = [
        slug
        for slug in SLUGS
        if "strategie-pauvrete" in [held["frame"] for held in document(f"{slug}/programme")["frames"]]
    ]
    assert sharing == ["seve-emploi", "tapaj", "convergence"]


@each_programme
def test_sites_have_the_agreed_columns_and_unique_names(slug: str) -> None:
    header = (ROOT / slug / "sites.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.split(",") == SITE_COLUMNS
    names = [site["name"] for site in sites(slug)]
    assert len(set(names)) == len(names)


@each_programme
def test_sites_have_valid_codes_dates_and_status(slug: str) -> None:
    for site in sites(slug):
        if site["departement"]:
            assert departement(site["departement"]).code == site["departement"], site
        if site["commune_code"]:
            assert commune(site["commune_code"]).department == site["departement"], site
        for column in ("opened_on", "closed_on"):
            assert not site[column] or PARTIAL_DATE.fullmatch(site[column]), site
        assert site["status"] in {"active", "project", "closed", "unknown"}, site


@each_programme
def test_every_site_cites_a_source_of_the_protocol(slug: str) -> None:
    foreign = [s["name"] for s in sites(slug) if not set(s["source"].split("|")) <= source_ids(slug)]
    assert foreign == []


@each_programme
def test_a_list_of_sites_is_never_called_complete(slug: str) -> None:
    expected = "partial" if sites(slug) else "unknown"
    assert document(f"{slug}/programme")["sites_completeness"] == expected


@pytest.mark.parametrize(
    ("slug", "count"),
    [("convergence", 10), ("tapaj", 10), ("fermes-emmaus", 1), ("tzcld", 40), ("cites-de-l-emploi", 45)],
)
def test_known_sites_are_counted(slug: str, count: int) -> None:
    assert len(sites(slug)) == count


def test_cites_waves_are_24_in_2020_and_the_known_part_of_60_in_2021() -> None:
    years = [site["opened_on"] for site in sites("cites-de-l-emploi")]
    assert (years.count("2020"), years.count("2021")) == (24, 21)


def test_tzcld_first_ten_territories_share_the_date_of_their_order() -> None:
    assert [site["opened_on"] for site in sites("tzcld")].count("2016-11-24") == 10


@pytest.mark.parametrize(
    "name",
    ["organisations", "frames", "rencontre-2022", "teachings"]
    + [f"{slug}/{file}" for slug in SLUGS for file in ("protocol", "programme")],
)
def test_texts_follow_french_typography(name: str) -> None:
    straight = re.compile(r"\w'\w| [;?!»%€]|« |\w : ")
    assert [text for text in texts(document(name)) if straight.search(text)] == []
