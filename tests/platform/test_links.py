"""No page of the demonstration leads a person to an address that refuses them or does not exist."""

import re
from html.parser import HTMLParser
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client

from essaim.platform.demo.services import load
from essaim.platform.programmes.permissions import programmes_where

ANY_NUMBER = re.compile(r"/\d+(?=/|$)")
PROGRAMME = re.compile(r"^/programmes/([a-z0-9-]+)/")
DOWNLOAD = re.compile(r"\.(pdf|docx|xlsx)$")  # slow to write; tests/platform/test_access.py asks for each


ONE_OF_EACH_ROLE = (
    "",
    "convergence",
    "animation",
    "structure",
    "comite-local-d-essai",
    "financeur",
    "evaluation",
)


class Links(HTMLParser):
    """The addresses of this site that a page leads to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href") or ""
        if tag == "a" and address.startswith("/") and not address.startswith("/static/"):
            self.found.append(address.split("#")[0])


def _kind(address: str, mine: set[str]) -> str:
    """/programmes/x/sites/12/ stands for any site of any programme where the person has, or has not, a role."""
    programme = PROGRAMME.match(address)
    if programme:
        whose = "mine" if programme[1] in mine else "foreign"
        address = PROGRAMME.sub(f"/programmes/{whose}/", address)
    return ANY_NUMBER.sub("/1", address)


def _refused(client: Client, mine: set[str]) -> list[str]:
    """``page → address: status``, over the pages reached from the first one, one of each kind."""
    seen, waiting, refused = {"/"}, [("", "/")], []
    while waiting:
        origin, address = waiting.pop(0)
        response = client.get(address)
        if response.status_code >= 400:
            refused.append(f"{origin} → {address} : {response.status_code}")
        if response.get("Content-Type", "").startswith("text/html") and response.status_code == 200:
            for link in Links(response.content.decode()).found:
                path = link.split("?")[0]
                if (kind := _kind(path, mine)) not in seen and not DOWNLOAD.search(path):
                    seen.add(kind)
                    waiting.append((address, link))
    return refused


def test_no_link_leads_to_a_refusal(db: None, settings: Any) -> None:
    settings.DEMO = True
    load(lambda _line: None)
    refused = []
    for name in ONE_OF_EACH_ROLE:
        client, mine = Client(), set()
        if name:
            user = get_user_model().objects.get(email=f"{name}@demo.essaim.example")
            client.force_login(user)
            mine = {programme.slug for programme in programmes_where(user, "view_proposals")}
        refused += [f"{name or 'personne'} : {line}" for line in _refused(client, mine)]
    assert refused == []
