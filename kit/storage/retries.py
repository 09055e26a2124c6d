"""Retries: how often and how long to try, from the environment, and the loop."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from kit.errors import StorageSettingError
from kit.storage.failures import is_transient
from kit.storage.urls import store_environ

_RETRIES = ("KIT_STORAGE_RETRIES", "FLYTE_AWS_RETRIES")
_BACKOFF = ("KIT_STORAGE_BACKOFF", "FLYTE_AWS_BACKOFF_SECONDS")
_TIMEOUT = ("KIT_STORAGE_TIMEOUT",)
_LONGEST_WAIT = 30.0

T = TypeVar("T")


@dataclass(frozen=True)
class RetryPolicy:
    """How a store that does not answer well is asked again.

    Attributes:
        retries: How often, after the first time.
        backoff: Seconds before the first retry; twice as long before each further
            one, up to 30.  Each wait is cut by a random part of up to a half.
        timeout: Seconds to wait for a connection, and for each next byte.
    """

    retries: int = 3
    backoff: float = 0.5
    timeout: float = 60.0

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> RetryPolicy:
        """Read it from kit's variables, or else from those that flytekit has.

        Raises:
            StorageSettingError: A variable is not a number, or out of range.
        """
        environ = store_environ() if environ is None else environ
        return cls(
            retries=int(_number(environ, _RETRIES, cls.retries, 0, 100, whole=True)),
            backoff=_number(environ, _BACKOFF, cls.backoff, 0, 300),
            timeout=_number(environ, _TIMEOUT, cls.timeout, 0.1, 86_400),
        )


def _number(
    environ: Mapping[str, str],
    names: tuple[str, ...],
    default: float,
    least: float,
    most: float,
    *,
    whole: bool = False,
) -> float:
    """Return the number in the first of some variables that is set."""
    for name in names:
        text = environ.get(name, "").strip()
        if not text:
            continue
        try:
            number = int(text) if whole else float(text)
        except ValueError:
            number = math.nan
        if least <= number <= most:
            return number
        kind = "a whole number" if whole else "a number"
        msg = f"{name} is {text!r:.80}, expected {kind} from {least:g} to {most:g}."
        raise StorageSettingError(msg)
    return default


async def with_retries(step: Callable[[], Awaitable[T]], policy: RetryPolicy) -> T:
    """Await a step, and again after transient errors, as often as the policy allows.

    Args:
        step: Makes what to await; it has to begin anew each time.
        policy: How often and how long.

    Raises:
        Exception: The step's last error, if it is lasting or no retry is left.
    """
    for attempt in range(policy.retries):
        try:
            return await step()
        except Exception as error:  # each fsspec store has errors of its own
            if not is_transient(error):
                raise
        await asyncio.sleep(_wait(policy, attempt))
    return await step()


def _wait(policy: RetryPolicy, attempt: int) -> float:
    longest = min(policy.backoff * 2.0**attempt, _LONGEST_WAIT)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - jitter is no secret
