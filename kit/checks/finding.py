"""One thing that a check found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

__all__ = ["Finding", "Repair", "Severity"]


class Severity(Enum):
    """How bad it is; the gravest stands first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """The place in the order, 0 for the gravest."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Repair:
    """A change of one of the task's arguments that takes a finding away.

    Attributes:
        argument: Which: ``limits``, ``environment``, ``metadata``, ….
        change: Makes the new value from the one the task has now.
    """

    argument: str
    change: Callable[[Any], Any]


@dataclass(frozen=True)
class Finding:
    """Something that will fail, or will be otherwise than its author may think.

    Attributes:
        rule: Which rule was broken: ``RS005``, ``custom.missing``.
        severity: How bad it is.
        path: Where in the task: ``custom.limits[0]``.
        message: What will happen, as a sentence.
        stage: When it happens: ``registration``, ``launch``, ``run``, ``silent`` (it
            runs, but otherwise than it was written), ``template``, ``python``; empty if
            it doesn't matter.
        words: The words in which it would fail there; empty if they aren't known.
        fix: What to do about it.
        repair: How it can be taken away mechanically, if it can.
    """

    rule: str
    severity: Severity
    path: str
    message: str
    stage: str = ""
    words: str = ""
    fix: str = ""
    repair: Repair | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        fix = f" {self.fix}" if self.fix else ""
        return f"{self.severity.value} {self.rule}: {where}{self.message}{fix}"
