"""The folder of official files: ``ESSAIM_REALDATA``, else ``../shared/data`` beside the checkout."""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("ESSAIM_REALDATA") or Path(__file__).parents[3] / "shared" / "data")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without the folder, its tests are deselected (never counted as passed) and the report says so."""
    if FOLDER.is_dir():
        return
    left_out = [item for item in items if item.get_closest_marker("realdata")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("realdata")]


def pytest_report_header() -> str:
    if FOLDER.is_dir():
        return f"realdata: official files read from {FOLDER}"
    return f"realdata: left out, the folder {FOLDER} does not exist (set ESSAIM_REALDATA)"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not FOLDER.is_dir():
        terminalreporter.write_line(pytest_report_header())
