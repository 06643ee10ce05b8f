"""The Chromium that drives the browser tests: the system's own, never one downloaded by a test tool."""

import ctypes
import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def executable() -> str | None:
    """``PLAYWRIGHT_CHROMIUM_EXECUTABLE`` when it names a program, else the first one installed, else None.

    None too without libatomic: Playwright's own driver does not start without that library of the system.
    """
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        return None
    wanted = os.environ.get("PLAYWRIGHT_CHROMIUM_EXECUTABLE")
    candidates = [wanted] if wanted else NAMES
    return next((path for path in map(shutil.which, candidates) if path), None)
