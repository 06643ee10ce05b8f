"""The editor of a protocol with a mouse, with a keyboard and on a telephone: order, live preview, accessibility."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from essaim.platform.audit import writing_as
from essaim.platform.programmes import services
from tests.browser.test_every_page import TAGS, WIDTHS
from tests.factories import Make


@pytest.fixture
def editor(transactional_db: None, open_as: Any) -> tuple[Page, Any]:
    """A network's manager in front of a draft whose components are « accueil » then « rythme »; the programme."""
    make = Make()
    with writing_as(make.user()):
        head = make.organisation()
        programme = make.programme(head=head)
        make.version(programme)
        person = make.member(head)
        services.open_draft(programme, by=person)
    page = open_as(person)
    page.goto(f"/programmes/{programme.slug}/protocol/draft/")
    return page, programme


def order(programme: Any) -> list[str]:
    draft = services.draft_of(programme)
    assert draft is not None
    return [component.id for component in draft.protocol.components]


def test_a_component_is_dragged_to_its_place(editor: Any) -> None:
    page, programme = editor
    items = page.locator("[aria-labelledby=components] .sortable")
    first, last = (page.locator(f"[data-item={id}]") for id in order(programme))
    box = first.bounding_box()
    assert items.count() >= 2 and box
    with page.expect_navigation():
        last.drag_to(first, source_position={"x": 4, "y": 4}, target_position={"x": 20, "y": 3})
    assert order(programme) == ["rythme", "accueil"]


def test_the_arrows_do_the_same_by_keyboard_and_keep_the_place(editor: Any) -> None:
    page, programme = editor
    button = page.get_by_role("button", name="Monter Rythme")
    button.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert order(programme) == ["rythme", "accueil"]
    assert page.url.endswith("#components-rythme")


def test_what_readers_will_see_and_what_changes_follow_the_typing(editor: Any) -> None:
    page, programme = editor
    page.goto(f"/programmes/{programme.slug}/protocol/draft/components/rythme/edit/")
    page.locator("[name=form]").fill("Deux matinées de suite.")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("Deux matinées de suite.", timeout=10_000)
    expect(preview.locator("ins").first).to_be_visible()
    draft = services.draft_of(programme)
    assert draft is not None and "matinées" not in str(draft.protocol.to_dict())  # nothing is saved meanwhile


def test_the_editor_is_accessible_and_fits_a_telephone(editor: Any) -> None:
    page, programme = editor
    here = f"/programmes/{programme.slug}/protocol/draft/"
    problems = []
    for path in (here, f"{here}components/rythme/edit/", f"{here}components/new/", f"{here}part/essence/"):
        response = page.goto(path)
        assert response and response.ok, path
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found = Axe().run(page, options={"runOnly": TAGS}).response["violations"]
            problems += [f"{path} [{width}] {one['id']}: {one['nodes'][0]['html'][:140]}" for one in found]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                problems.append(f"{path} [{width}] déborde")
    assert problems == []
