"""Pango, the library of the system that PDFs need: a test that really writes one is left out where it is missing."""

import ctypes
import sys
from types import SimpleNamespace
from typing import NoReturn

import pytest

NO_PANGO = "no Pango: `apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0`, then `make test`"


def installed() -> bool:
    try:
        for library in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"):
            ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _leave_out(*_args: object, **_options: object) -> NoReturn:
    pytest.skip(NO_PANGO)


def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the end of the test, writing a PDF leaves the test out, with the reason."""
    monkeypatch.setitem(sys.modules, "weasyprint", SimpleNamespace(HTML=_leave_out))  # type: ignore[arg-type]
