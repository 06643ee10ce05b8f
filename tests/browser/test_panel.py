"""From a plan to a kept panel without a mouse, on what the platform holds; accessible at both widths on the way."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from essaim.platform.audit import writing_as
from essaim.platform.opendata import services as opendata
from tests.browser.test_every_page import TAGS, WIDTHS
from tests.factories import Make

COMMUNES = ("33063", "59350", "62041", "80021", "35238", "29019")


@pytest.fixture
def plan_page(transactional_db: None, settings: Any, tmp_path: Path, open_as: Any) -> Page:
    """The head of a network in front of a plan: Bordeaux opened in 2020, the RSA is known from 2018 to 2022."""
    settings.OPENDATA_DIR = tmp_path / "opendata"
    make, file = Make(), tmp_path / "rsa.csv"
    rows = [f"{year}-12;{code};N;{300 + year % 7};1;1;1" for code in COMMUNES for year in range(2018, 2023)]
    file.write_text(
        "\n".join(["dtreffre;numcomdo;nomcom;indfoy_rsa;indmtt_rsa;indfoy_ppa;indmtt_ppa", *rows])
    )
    with writing_as(make.user()):
        head = make.organisation()
        programme = make.programme(head=head)
        make.site(programme, "Bordeaux", code="33063", stage="open", opened_on="2020-11")
        plan, person = make.plan(programme), make.member(head)
        opendata.bring_now("cnaf", file, head, person)
    page: Page = open_as(person)
    page.goto(f"/programmes/{programme.slug}/evaluations/{plan.pk}/")
    return page


def reach(page: Page, name: str) -> None:
    """Tab until the focus is on the control of this name."""
    for _step in range(80):
        page.keyboard.press("Tab")
        if name in page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
        ):
            return
    raise AssertionError(f"« {name} » is not reached by Tab")


def look(page: Page) -> list[str]:
    problems = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page, options={"runOnly": TAGS}).response["violations"]
        problems += [f"{page.url} [{width}] {one['id']}: {one['nodes'][0]['html'][:140]}" for one in found]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            problems.append(f"{page.url} [{width}] déborde")
    return problems


def test_a_panel_is_made_and_kept_by_keyboard(plan_page: Page) -> None:
    page = plan_page
    reach(page, "Le composer des données importées")
    page.keyboard.press("Enter")
    page.wait_for_url("**/panels/held/")
    problems = look(page)
    reach(page, "Résultat mesuré")
    page.keyboard.type("Foyers allocataires du RSA, par commune")
    reach(page, "Voir l’aperçu")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("1 unité exposée pendant la fenêtre, 5 unités non exposées")
    problems += look(page)
    reach(page, "Garder ce panel")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Vérifications")
    assert problems + look(page) == []
