"""Running a coroutine on fsspec's event loop, so that whoever waits can stop it.

fsspec's own ``sync`` leaves the coroutine running when its caller is interrupted, and
what it writes then appears after the caller has cleaned up.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import fsspec.asyn

__all__ = ["run"]

_T = TypeVar("_T")
_LOOK_EVERY = 0.1
_LONGEST_END = 10.0
"""Seconds that a stopped coroutine has to clean up."""


def run(
    coroutine: Coroutine[Any, Any, _T], look: Callable[[], object] | None = None
) -> _T:
    """Run a coroutine to its end, or stop it when this thread is interrupted.

    Args:
        coroutine: Made for fsspec's loop.
        look: Called ten times a second meanwhile, in this thread.
    """
    loop = fsspec.asyn.get_loop()
    done = threading.Event()
    tasks: list[asyncio.Task[_T]] = []

    def begin() -> None:
        tasks.append(loop.create_task(coroutine))
        tasks[0].add_done_callback(lambda _: done.set())

    loop.call_soon_threadsafe(begin)
    try:
        while not done.wait(_LOOK_EVERY):
            if look is not None:
                look()
    except BaseException:
        loop.call_soon_threadsafe(lambda: tasks[0].cancel())  # noqa: PLW0108 - there is none yet
        done.wait(_LONGEST_END)
        raise
    return tasks[0].result()
