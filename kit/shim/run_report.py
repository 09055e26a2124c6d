"""What a run tells of itself from inside: times, types and what was around it.

The values of inputs, outputs and variables are not in it.  It is a file of JSON that
the runner asks for, and comes from where a task could have written it: what cannot be
is not believed.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["STEPS", "RunReport", "parse_report", "read_report"]

STEPS = ("load", "inputs", "execute", "outputs", "decks")
"""What a run goes through inside, in the words of ``Timings``."""

_LARGEST = 256 * 2**10
_MOST = 1_000
_LONGEST = 1_000


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """What was seen from inside a run.

    Attributes:
        began: When kit's code took over, in seconds since 1970 by the clock there.
        seconds: What took how long, of :data:`STEPS`; only those that were reached.
        inputs: Python types of what the executor was called with, by name, as in
            ``list[dict[str, float]]``.
        outputs: Python types of what it returned, by name.
        python: Version of Python.
        platform: Operating system and machine, as in ``linux x86_64``.
        packages: Versions of kit, flyteidl and protobuf, and of what the executor's
            module names.
        variables: Names of the environment variables that were set.
        named_variables: Those of them that the executor's module names.
        directory: Where it ran.
        user: Whose process it was.
        peak_memory: The most memory that the process held until then, in bytes, with
            all that was done in it before; None where the system does not tell it.
    """

    began: float
    seconds: Mapping[str, float] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    python: str = ""
    platform: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    named_variables: tuple[str, ...] = ()
    directory: str = ""
    user: str = ""
    peak_memory: int | None = None

    def to_bytes(self) -> bytes:
        """Return the file of it."""
        return json.dumps(dataclasses.asdict(self)).encode()


def read_report(path: Path) -> RunReport | None:
    """Read a run's report; None if it wrote none, or none that can be one."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError:
        return None
    return None if len(data) > _LARGEST else parse_report(data)


def parse_report(data: bytes) -> RunReport | None:
    """Take a report's JSON apart; None if it is not one."""
    try:
        found = json.loads(data)
        return RunReport(
            began=_number(found["began"]),
            seconds=_mapped(found["seconds"], _number),
            packages=_mapped(found["packages"], _text),
            inputs=_mapped(found["inputs"], _text),
            outputs=_mapped(found["outputs"], _text),
            variables=tuple(map(_text, found["variables"][:_MOST])),
            named_variables=tuple(map(_text, found["named_variables"][:_MOST])),
            peak_memory=_whole(found["peak_memory"]),
            **{
                name: _text(found[name])
                for name in ("python", "platform", "directory", "user")
            },
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _mapped(found: Any, check: Any) -> dict[str, Any]:
    if not isinstance(found, dict) or len(found) > _MOST:
        msg = "no short object"
        raise TypeError(msg)
    return {_text(name): check(value) for name, value in found.items()}


def _text(found: Any) -> str:
    if not isinstance(found, str):
        msg = "no text"
        raise TypeError(msg)
    return found[:_LONGEST]


def _number(found: Any) -> float:
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        msg = "no number"
        raise TypeError(msg)
    if not 0 <= found < float("inf"):
        msg = "no time"
        raise ValueError(msg)
    return float(found)


def _whole(found: Any) -> int | None:
    return None if found is None else int(_number(found))
