"""The notes that the process of a proof wrote, read with care."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_MAX_BYTES = 4_000_000
FAILURE = "failure"
"""The note of what ended a step, which is the first that was not done."""


@dataclass(frozen=True)
class Raised:
    """An exception of another process.

    Attributes:
        kinds: Names of its class and of those it derives from.
        text: Class and message, as a traceback ends with them.
        name: The name that an import, name or attribute error is about.
        path: The file that an OSError is about.
        key: The first argument, if that is text.
        file: The file of the code that raised it.
        where: File, number and text of the last line outside of the runtime.
    """

    kinds: tuple[str, ...]
    text: str
    name: str | None = None
    path: str | None = None
    key: str | None = None
    file: str | None = None
    where: str | None = None

    def is_a(self, *kinds: str) -> bool:
        """Tell whether its class is one of these, or derives from one."""
        return not set(kinds).isdisjoint(self.kinds)


@dataclass(frozen=True)
class Note:
    """What is known of one step, or of a failure.

    Attributes:
        status: ``not begun``, ``begun``, ``done`` or ``failed``.
        seconds: How long it took, if it ended.
        facts: What was found.
        raised: The exception that ended it, and those that it came from.
        traceback: Its traceback.
    """

    status: str
    seconds: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    raised: tuple[Raised, ...] = ()
    traceback: str = ""


def read_notes(path: Path) -> dict[str, Note]:
    """Return the last note of each step that was done, and of a failure.

    The process of a task may have done anything to the file: what is no note is left
    out, and its step then counts as not done.
    """
    try:
        with path.open("rb") as file:
            lines = file.read(_MAX_BYTES).splitlines()
    except OSError:
        return {}
    notes: dict[str, Note] = {}
    for line in lines:
        try:
            written = json.loads(line)
            notes[str(written["step"])] = _note(written)
        except (ValueError, KeyError, TypeError):  # noqa: PERF203 - one a line
            continue
    return notes


def _note(written: Mapping[str, Any]) -> Note:
    return Note(
        status=str(written["status"]),
        seconds=written.get("seconds"),
        facts=dict(written.get("facts", {})),
        raised=tuple(_raised(each) for each in written.get("raised", ())),
        traceback=str(written.get("traceback", "")),
    )


def _raised(written: Mapping[str, Any]) -> Raised:
    return Raised(**{**written, "kinds": tuple(written["kinds"])})
