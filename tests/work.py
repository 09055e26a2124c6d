"""How long something takes, in units of work measured in the same run."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOP = 300_000


def seconds(function: Callable[[], object]) -> float:
    """Return the processor time of a call."""
    start = time.process_time()
    function()
    return time.process_time() - start


@functools.cache
def unit() -> float:
    """Return the processor time of a fixed loop: about 10 ms on a quick machine."""
    return min(seconds(lambda: sum(i * i for i in range(_LOOP))) for _ in range(3))


@contextmanager
def at_most(units: float) -> Iterator[None]:
    """Fail if the block takes more units of processor time than this."""
    start = time.process_time()
    yield
    spent = (time.process_time() - start) / unit()
    assert spent < units, f"took {spent:.1f} units, and at most {units} were expected"
