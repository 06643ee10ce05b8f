"""Pages of the demonstration, one of each kind, by role: no accessibility violation and no sideways scroll at 320 and
1280 px."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth import get_user_model
from playwright.sync_api import Page

from essaim.platform.demo.people import PEOPLE
from essaim.platform.demo.services import load

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SAME_KIND = re.compile(r"/\d+(?=/|$)")  # one page of each kind is enough: /sites/12/ stands for /sites/13/
PROGRAMME = re.compile(r"^/(programmes|events|organisations)/[a-z0-9-]+")
WIDTHS = (1280, 320)
MOST = 110  # pages that each test opens: a bound on the time of the suite
SHARES = 2


@pytest.fixture
def demo(transactional_db: None, settings: Any) -> None:
    settings.DEMO = True
    load(lambda _line: None)


def _kind(path: str) -> str:
    return PROGRAMME.sub(r"/\1/x", SAME_KIND.sub("/1", path.split("?")[0].split("#")[0]))


def _problems(page: Page, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": 900})
    found = [
        f"{page.url} [{width}] {violation['id']}: {violation['nodes'][0]['html'][:140]}"
        for violation in Axe().run(page, options={"runOnly": TAGS}).response["violations"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [*found, f"{page.url} [{width}] déborde : {wide} px"] if wide > width else found


def _links(page: Page) -> list[str]:
    """Addresses that the page leads to, downloads left out."""
    paths: list[str] = page.eval_on_selector_all(
        "a[href^='/']", "links => links.map(a => a.getAttribute('href'))"
    )
    return [
        path
        for path in paths
        if not re.search(r"\.(pdf|docx|yaml|csv|xlsx|py|zip|html|json|svg|geojson)$", path)
    ]


def _crawl(page: Page, seen: set[str], budget: int) -> tuple[list[str], int]:
    """Visit the kinds of pages that this person reaches from their first page and nobody has seen yet.

    Returns the problems, and what is left of the number of pages to open.
    """
    waiting, problems = ["/"], []
    while waiting and budget > 0:
        budget -= 1
        path = waiting.pop(0)
        response = page.goto(path)
        if response is None or response.status >= 400:
            problems.append(f"{path} → {response.status if response else 'rien'}")
            continue
        for width in WIDTHS:
            problems += _problems(page, width)
        for link in _links(page):
            if _kind(link) not in seen:
                seen.add(_kind(link))
                waiting.append(link)
    return problems, budget


@pytest.mark.parametrize("share", range(SHARES))
def test_pages_are_accessible_and_fit(demo: None, open_as: Any, share: int) -> None:
    """The roles are shared out between two tests, so that two processors work."""
    seen, problems, budget = {"/"}, [], MOST
    emails = ["", *(person.email for person in PEOPLE)]
    for email in emails[share::SHARES]:
        user = get_user_model().objects.get(email=email) if email else None
        found, budget = _crawl(open_as(user), seen, budget)
        problems += [f"{email or 'personne'} : {problem}" for problem in found]
    assert problems == []
