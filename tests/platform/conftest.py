"""Fixtures of the tests of the site."""

import pytest

from essaim.platform.evaluations import report
from essaim.platform.programmes import services as programmes


@pytest.fixture
def evaluated_programme(make, client):
    """A programme whose evaluator is logged in."""
    programme, organisation = make.programme(), make.organisation(kind="evaluator")
    programmes.add_role(programme, organisation, "evaluator")
    client.force_login(make.member(organisation))
    return programme


@pytest.fixture
def with_checks() -> None:
    """Asked for by the tests that look at the checks of a report: they take a second for each estimate."""


@pytest.fixture(autouse=True)
def without_checks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "with_checks" not in request.fixturenames:
        monkeypatch.setattr(report, "MOST_VALUES", 0)
