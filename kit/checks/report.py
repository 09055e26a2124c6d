"""What the checks of a task found, all together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kit.checks.finding import Finding, Severity
from kit.errors import CheckError
from kit.shown import Shown

if TYPE_CHECKING:
    from kit.checks.fix import Fix

__all__ = ["CheckReport"]

_MOST_TOLD = 10


@dataclass(frozen=True)
class CheckReport(Shown):
    """The findings about one subject.

    Attributes:
        subject: Name of what was checked.
        findings: What was found, the gravest first, and then by its path.
        task: The task that was checked, to fix it; None for a template.
        again: Checks the same once more, as it is by then.

    Example:
        >>> CheckReport.of("etl.load", [Finding("r", Severity.NOTE, "custom", "Hm.")])
        CheckReport('etl.load', 1 note)
    """

    subject: str
    findings: tuple[Finding, ...] = ()
    task: Any = field(default=None, compare=False)
    again: Callable[[], CheckReport] | None = field(default=None, compare=False)

    @classmethod
    def of(
        cls,
        subject: str,
        findings: Iterable[Finding],
        *,
        task: Any = None,
        again: Callable[[], CheckReport] | None = None,
    ) -> CheckReport:
        """Put findings in order, each of them once."""
        ordered = tuple(sorted(dict.fromkeys(findings), key=_order))
        return cls(subject, ordered, task, again)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What will fail."""
        return self._of(Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What will fail or be wrong under some circumstances."""
        return self._of(Severity.WARNING)

    @property
    def notes(self) -> tuple[Finding, ...]:
        """What is good to know."""
        return self._of(Severity.NOTE)

    @property
    def ok(self) -> bool:
        """Whether nothing was found that will fail."""
        return not self.errors

    @property
    def verdict(self) -> str:
        """The findings in numbers: ``1 error, 2 notes``, or ``nothing found``."""
        counts = [_count(self._of(severity), severity.value) for severity in Severity]
        return ", ".join(filter(None, counts)) or "nothing found"

    def raise_for_errors(self) -> CheckReport:
        """Return the report if it has no errors, so that calls can be chained.

        Raises:
            CheckError: It has; the text has the first ten.
        """
        if self.ok:
            return self
        told = "".join(f"\n  {finding}" for finding in self.errors[:_MOST_TOLD])
        more = len(self.errors) - _MOST_TOLD
        if more > 0:
            told += f"\n  … and {_count(self.errors[_MOST_TOLD:], 'more error')}"
        raise CheckError(f"{self.subject!r} has {self.verdict}:{told}")

    def fix(self) -> Fix:
        """Return the arguments of the task that take away what can be mechanically.

        Nothing is changed: ``report.fix().python`` is what to write into the task's
        definition, and ``report.fix().apply(task)`` changes the task of this session.
        """
        from kit.checks.fix import fixed  # writing source takes its tools

        repairs = (finding.repair for finding in self.findings)
        return fixed(self.task, filter(None, repairs))

    def _of(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is severity)

    def __repr__(self) -> str:
        return f"CheckReport({self.subject!r}, {self.verdict})"


def _order(finding: Finding) -> tuple[int, str, str, str]:
    return finding.severity.rank, finding.path, finding.rule, finding.message


def _count(findings: tuple[Finding, ...], name: str) -> str:
    number = len(findings)
    return f"{number:,} {name}{'s' if number > 1 else ''}" if number else ""
