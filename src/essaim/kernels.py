"""Kernels in machine code where numba is installed (optional group ``fast``), plain functions elsewhere."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

NUMBA: Final = find_spec("numba") is not None
#: Whether kernels are worth calling.
AVAILABLE = NUMBA


@cache
def compiled(kernel: Callable[..., Any], *called: Callable[..., Any]) -> Callable[..., Any]:
    """``kernel``, and what is ``called`` in it, in machine code that lets other threads run.

    It is kept from one process to the next where the disk allows.
    """
    if not NUMBA:
        return kernel
    # Imported when it is first needed: half a second that other commands do not pay.
    njit: Any = import_module("numba").njit
    for one in called:
        import_module("numba.extending").register_jitable(one)
    try:
        found: Callable[..., Any] = njit(cache=True, nogil=True)(kernel)
    except RuntimeError:  # numba finds no folder to write its cache in
        found = njit(nogil=True)(kernel)
    return found
