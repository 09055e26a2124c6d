"""One thing that a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Finding", "Severity"]


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
class Finding:
    """Something that will fail, or will be otherwise than its author may think.

    Attributes:
        rule: Which rule was broken: ``custom.missing``.
        severity: How bad it is.
        path: Where in the task: ``custom.limits[0]``.
        message: What will happen, as a sentence.
        stage: When it happens: ``run``, ``template``, …; empty if it doesn't matter.
        words: The words in which it would fail there; empty if they aren't known.
        fix: What to do about it.
    """

    rule: str
    severity: Severity
    path: str
    message: str
    stage: str = ""
    words: str = ""
    fix: str = ""

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        fix = f" {self.fix}" if self.fix else ""
        return f"{self.severity.value} {self.rule}: {where}{self.message}{fix}"
