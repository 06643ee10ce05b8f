"""Fixtures of the tests of the site."""

import pytest

from essaim.platform.evaluations import report


@pytest.fixture
def with_checks() -> None:
    """Asked for by the tests that look at the checks of a report: they take a second for each estimate."""


@pytest.fixture(autouse=True)
def without_checks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "with_checks" not in request.fixturenames:
        monkeypatch.setattr(report, "MOST_VALUES", 0)
