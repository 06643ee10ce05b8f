"""First pages: the cycle, the teachings, the desk of each role."""

from django.conf import settings
from django.urls import reverse

from essaim.platform.home import cycle, teachings


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
