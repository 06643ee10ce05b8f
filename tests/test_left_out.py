"""A run says what it left out; on CI it fails for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from essaim.platform import pdf
from tests import pango

ROOT = Path(__file__).parents[1]
SUITE = """
import pytest

def test_runs():
    pass

@pytest.mark.browser
def test_in_a_browser():
    raise AssertionError("must not run: there is no browser")

@pytest.mark.skip(reason="for a reason")
def test_elsewhere():
    pass
"""
DATABASE_SUITE = """
import pytest

@pytest.mark.django_db
def test_marked():
    pass

def test_by_fixture(db):
    pass

def test_without():
    pass
"""


def run(folder: Path, suite: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``suite`` with the hooks of ``tests.left_out``, in a process of its own, where there is no Chromium."""
    (folder / "test_small.py").write_text(suite)
    env = {name: value for name, value in os.environ.items() if name not in {"CI", "PYTEST_ADDOPTS"}}
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder)]
    command += ["-p", "tests.left_out", "-p", "no:cacheprovider", *options, str(folder)]
    env |= {"PYTHONPATH": str(ROOT), "PLAYWRIGHT_CHROMIUM_EXECUTABLE": "/nowhere/chromium", **environment}
    return subprocess.run(command, env=env, capture_output=True, text=True, cwd=folder)


def test_what_is_skipped_is_counted_with_its_reason_and_its_remedy(tmp_path: Path) -> None:
    result = run(tmp_path, SUITE, "-p", "no:django")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 × for a reason" in result.stdout
    assert "1 × no Chromium, or no libatomic: `apt install chromium libatomic1`" in result.stdout


def test_on_ci_a_skipped_test_fails_the_run(tmp_path: Path) -> None:
    result = run(tmp_path, SUITE, "-p", "no:django", CI="true")
    assert result.returncode == 1
    assert "nothing may be skipped" in result.stdout


def test_database_only_keeps_the_tests_that_ask_for_the_database_however_they_ask(tmp_path: Path) -> None:
    result = run(tmp_path, DATABASE_SUITE, "--database-only", "--collect-only")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "test_marked" in result.stdout
    assert "test_by_fixture" in result.stdout
    assert "test_without" not in result.stdout


def test_a_pdf_written_without_pango_leaves_its_test_out_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pango.stand_in(monkeypatch)
    with pytest.raises(pytest.skip.Exception, match="apt install libpango"):
        pdf.render_pdf("404.html", {})
