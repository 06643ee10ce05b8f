"""Threads where they gain: none within small matrices, some over the parts of a large panel.

A 152 × 152 eigen-decomposition took 272 ms with two BLAS threads and 1.3 ms with one.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

#: Numbers under which starting a thread costs more than it saves.
_LARGE = 1_000_000

_THREADS = min(4, os.cpu_count() or 1)

A = TypeVar("A")
B = TypeVar("B")


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def single_thread() -> AbstractContextManager[Any]:
    """Within this context, linear algebra uses one thread."""
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited


def side_by_side(work: Callable[[A], B], parts: Iterable[A], size: int) -> list[B]:
    """``work`` on each part, in order; in threads when all of them hold ``size`` numbers, and that is many.

    numpy works outside of the interpreter's lock.
    """
    if size < _LARGE:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(work, parts))
