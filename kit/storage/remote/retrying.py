"""Asking again what a store did not answer well: bounded, ever later, never at once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from kit.storage.failure import is_transient
from kit.storage.settings import Patience

__all__ = ["patiently"]

_T = TypeVar("_T")
_LONGEST_WAIT = 30.0


async def patiently(step: Callable[[], Awaitable[_T]], patience: Patience) -> _T:
    """Await a step, and again after each transient error, as often as patience says.

    Args:
        step: Makes what to await; it has to begin anew each time.
        patience: How often and how long.

    Raises:
        Exception: The step's last error, if it is lasting or no retry is left.
    """
    for attempt in range(patience.retries):
        try:
            return await step()
        except Exception as error:  # each fsspec store has errors of its own
            if not is_transient(error):
                raise
        await asyncio.sleep(_wait(patience, attempt))
    return await step()


def _wait(patience: Patience, attempt: int) -> float:
    longest = min(patience.backoff * 2.0**attempt, _LONGEST_WAIT)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - jitter is no secret
