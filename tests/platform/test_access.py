"""Every address × every role: what each may open is written by hand in ``access/*.csv``, not derived from the code.

An address without a line fails. Outcomes: a status code; ``login`` (sent to the login page); ``ok`` for a POST that
passes the rights (whatever the form then says).
"""

import csv
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.platform.world import ROLES, World, build_world

FOLDER = Path(__file__).parent / "access"
FOREIGN_PREFIXES = ("account_", "mfa_", "socialaccount_")  # allauth's own pages, tested by allauth
OURS_AMONG_THEM = {"account_profile"}
FOREIGN = {"set_language"}


def _lines() -> list[tuple[str, dict[str, str]]]:
    found = []
    for path in sorted(FOLDER.glob("*.csv")):
        with path.open() as file:
            found += [(path.stem, line) for line in csv.DictReader(file)]
    return found


def _names(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from _names(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield prefix + pattern.name


def _is_ours(name: str) -> bool:
    return name in OURS_AMONG_THEM or not (name.startswith(FOREIGN_PREFIXES) or name in FOREIGN)


def test_every_address_has_a_line() -> None:
    ours = {name for name in _names(get_resolver().url_patterns) if _is_ours(name)}
    assert ours - {line["name"] for _domain, line in _lines()} == set()


def _values(world: World, domain: str) -> dict[str, str]:
    values = {"programme": world.programme.slug, "structure": world.structure.slug}
    if (FOLDER / f"{domain}.py").exists():
        values |= import_module(f"tests.platform.access.{domain}").build(world)
    return values


def _outcome(client: Client, method: str, url: str) -> str:
    response = getattr(client, method.lower())(url)
    if response.status_code == 302 and response.url.startswith(reverse("account_login")):
        return "login"
    if method == "POST" and response.status_code in (200, 204, 302):
        return "ok"
    return str(response.status_code)


@pytest.mark.parametrize(
    ("domain", "line"), _lines(), ids=lambda value: value["name"] if isinstance(value, dict) else value
)
def test_each_role_opens_what_the_table_says(make, domain: str, line: dict[str, str]) -> None:
    from django.db import transaction

    world = build_world(make)
    values = _values(world, domain)
    url = reverse(line["name"], args=[part.format(**values) for part in line["args"].split()])
    found = {}
    for role in ROLES:
        client = Client()
        if world.people[role]:
            client.force_login(world.people[role])
        mark = transaction.savepoint()
        found[role] = _outcome(client, line["method"], url)
        transaction.savepoint_rollback(mark)
    assert found == {role: line[role] for role in ROLES}
