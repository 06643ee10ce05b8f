"""A set of territories drawn by hand: a click on the map writes it in the study, a second one takes it out."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from essaim.platform.audit import writing_as
from tests.browser.test_every_page import TAGS
from tests.factories import Make


@pytest.fixture
def desk(transactional_db: None, open_as: Any) -> Page:
    """A network's manager who begins a study."""
    make = Make()
    with writing_as(make.user()):
        head = make.organisation()
        programme = make.programme(head=head)
        person = make.member(head)
    page: Page = open_as(person)
    page.goto(f"/programmes/{programme.slug}/studies/new/")
    return page


def test_territories_are_chosen_on_the_map(desk: Page) -> None:
    desk.locator("[name=unit][value=departement]").check()
    desk.locator("[name=k]").fill("2")
    desk.locator("[name=pick][value=codes]").check()
    for code in ("33", "40", "24", "40"):
        shape = desk.locator(f"#look [data-code='{code}']").first
        shape.wait_for(timeout=15_000)
        with desk.expect_response("**/studies/new/look/"):
            shape.dispatch_event("click")
    expect(desk.locator("[name=codes]")).to_have_value("33, 24")
    expect(desk.locator("#look")).to_contain_text("Sur 2 territoires")
    assert Axe().run(desk, options={"runOnly": TAGS}).response["violations"] == []
