"""First pages: the cycle, the teachings, the desk of each role."""

from datetime import date

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from essaim.platform.home import cycle, services, teachings
from essaim.platform.sites import services as sites
from essaim.platform.sites.models import Milestone


def test_the_cycle_has_ten_stages_and_each_says_what_it_is(client) -> None:
    page = client.get(reverse("cycle")).content.decode()
    assert len(cycle.stages()) == 10
    assert all(str(stage.sentence) in page for stage in cycle.stages())


def test_every_teaching_leads_to_a_screen_or_says_that_it_is_to_come(client, db) -> None:
    document = teachings._document()["teachings"]
    assert [entry["number"] for entry in document] == list(range(1, 25))
    assert set(teachings.SCREENS) == {entry["slug"] for entry in document}
    page = client.get(reverse("teachings")).content.decode()
    assert page.count("à venir</span>") == sum(screen is None for screen in teachings.SCREENS.values())


def test_a_reader_is_led_to_the_screens_of_their_own_programme(make) -> None:
    programme = make.programme("Le mien", head=make.organisation("Réseau"))
    member = make.member(programme.roles.get().organisation)
    urls = {taught.number: taught.url for taught in teachings.teachings(member)}
    assert reverse("programmes:proposals", args=[programme.slug]) == urls[24]


def test_a_reader_with_no_programme_is_led_to_no_closed_screen(make) -> None:
    urls = {taught.number: taught.url for taught in teachings.teachings(make.user("Sans programme"))}
    assert urls[24] == ""


def test_the_programmes_shown_as_examples_exist() -> None:
    shown = {screen[1] for screen in teachings.SCREENS.values() if screen and screen[1]}
    assert all((settings.PROGRAMMES_DIR / slug / "programme.yaml").exists() for slug in shown)


def test_a_receiving_structure_finds_its_sites_on_its_desk(make, login) -> None:
    structure = make.organisation(kind="structure")
    programme = make.programme()
    site = make.site(programme, structures=[structure])
    page = login(make.member(structure)).get("/").content.decode()
    assert reverse("sites:detail", args=[programme.slug, site.pk]) in page


def test_demonstration_accounts_open_nothing_outside_the_demonstration(client, db) -> None:
    assert client.post(reverse("demo_enter"), {"email": "convergence@demo.essaim.example"}).status_code == 404


def test_a_network_finds_all_its_sites_on_its_desk_the_late_ones_first(make) -> None:
    programme = make.programme(head=make.organisation("Réseau"))
    make.site(programme, name="À l’heure")
    late = make.site(programme, name="En retard")
    sites.save_part(Milestone(site=late), title="Réunir le COPIL", due=date(2020, 1, 1))
    rows = services.desk(make.member(programme.roles.get().organisation)).followed["network"]
    assert [[site.name for site, _next in sites] for _programme, sites in rows] == [
        ["En retard", "À l’heure"]
    ]


def test_a_desk_asks_the_database_no_more_for_many_sites_than_for_one(make, login) -> None:
    programme = make.programme(head=make.organisation("Réseau"))
    client = login(make.member(programme.roles.get().organisation))
    counts = []
    for more in (1, 12):
        for number in range(more):
            make.site(
                programme, name=f"Site {more}-{number}", structures=[make.organisation(kind="structure")]
            )
        client.get("/")
        with CaptureQueriesContext(connection) as asked:
            client.get("/")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_an_animator_finds_only_the_sites_of_the_region(make) -> None:
    programme = make.programme(head=make.organisation("Réseau"))
    make.site(programme, name="Bordeaux", code="33063")
    make.site(programme, name="Metz", code="57463")
    animator = make.member(programme.roles.get().organisation, role="animator", regions=["75"])
    rows = services.desk(animator).followed["animator"]
    assert [[site.name for site, _next in sites] for _programme, sites in rows] == [["Bordeaux"]]
