"""Fixtures that every test may ask for."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from essaim.platform import audit
from tests import factories, pango

pytest_plugins = ["tests.realdata.folder", "tests.left_out"]


@pytest.fixture(autouse=True)
def french() -> None:
    """A test that asked for a page in English leaves English behind in its thread."""
    from django.utils import translation

    translation.activate("fr")


if not pango.installed():

    @pytest.fixture(autouse=True)
    def no_pango(monkeypatch: pytest.MonkeyPatch) -> None:
        pango.stand_in(monkeypatch)


@pytest.fixture
def writer(db: None) -> Iterator[Any]:
    """A person in whose name a test may write."""
    from django.contrib.auth import get_user_model

    user = get_user_model().objects.create_user(
        "ecriture@exemple.test", "un mot de passe long", name="Écriture"
    )
    with audit.writing_as(user):
        yield user


@pytest.fixture
def make(writer: Any) -> factories.Make:
    """Factories with named traits: ``make.organisation(kind="network")``."""
    return factories.Make()


@pytest.fixture
def login(client: Client) -> Any:
    """``login(user)`` gives a client logged in as that user."""

    def _login(user: Any) -> Client:
        client.force_login(user)
        return client

    return _login
