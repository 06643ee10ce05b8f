"""What a run leaves out, said at its end with the reason and the remedy; on CI, leaving anything out is a failure.

Hooks of pytest, gathered by ``tests/conftest.py``.
"""

import os
from collections import Counter

import pytest

from tests import chromium
from tests.realdata.folder import FOLDER

NO_CHROMIUM = (
    "no Chromium, or no libatomic: `apt install chromium libatomic1`, or name one in "
    "PLAYWRIGHT_CHROMIUM_EXECUTABLE, then `make e2e`"
)
ON_CI = os.environ.get("CI", "").lower() in {"1", "true"}
# Fixtures of pytest-django that open the database; a test that opens it otherwise is refused by pytest-django.
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "django_db_reset_sequences"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only", action="store_true", help="only the tests that touch the database (DATABASE_URL)"
    )


def touches_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)


@pytest.hookimpl(trylast=True)  # once the folders have marked their tests
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database-only"):
        kept = [item for item in items if touches_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept
    if chromium.executable() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))


def skipped(reporter: pytest.TerminalReporter) -> Counter[str]:
    """How many tests each reason left out."""
    reasons: Counter[str] = Counter()
    for report in reporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ")] += 1
    return reasons


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if ON_CI and reporter is not None and skipped(reporter) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = [f"{count} × {reason}" for reason, count in sorted(skipped(terminalreporter).items())]
    if lines and ON_CI:
        lines.append("CI: nothing may be skipped, so this run fails.")
    if "not realdata" in config.option.markexpr and FOLDER.is_dir():
        lines.append("the checks of the official files: `make realdata` runs them")
    if config.getoption("--database-only"):
        lines.append("the tests that touch no database: `make test` runs them")
    if lines:
        terminalreporter.section("left out")
        terminalreporter.write_line("\n".join(lines))
