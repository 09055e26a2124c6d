"""How long and how often to try: read from the environment, and checked."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

from kit.errors import StorageSettingError

__all__ = ["Patience"]

_RETRIES = ("KIT_STORAGE_RETRIES", "FLYTE_AWS_RETRIES")
_BACKOFF = ("KIT_STORAGE_BACKOFF", "FLYTE_AWS_BACKOFF_SECONDS")
_TIMEOUT = ("KIT_STORAGE_TIMEOUT",)


@dataclass(frozen=True)
class Patience:
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
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Patience:
        """Read it from kit's variables, or else from those that flytekit has.

        Raises:
            StorageSettingError: A variable is no number, or out of range.
        """
        environ = os.environ if environ is None else environ
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
