"""What the checks of a task found, all together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from kit.decorator import FunctionTask
from kit.definition.metadata import TaskMetadata
from kit.definition.resources import ResourceSpec
from kit.errors import CheckError, DefinitionError
from kit.notebook import Shown
from kit.task.task import PythonCustomizedContainerTask


class Severity(Enum):
    """How bad it is; the most severe comes first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """The place in the order, 0 for the most severe."""
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
    """Something that will fail, or that differs from what its author may think.

    Attributes:
        rule: Which rule was broken: ``RS005``, ``custom.missing``.
        severity: How bad it is.
        path: Where in the task: ``custom.limits[0]``.
        message: What will happen, as a sentence.
        stage: When it happens: ``registration``, ``launch``, ``run``, ``silent`` (it
            runs, but differs from what was written), ``template``, ``python``; empty if
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


_MOST_TOLD = 10


@dataclass(frozen=True)
class CheckReport(Shown):
    """The findings about one subject.

    Attributes:
        subject: Name of what was checked.
        findings: What was found, most severe first, and then by its path.
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


Task = PythonCustomizedContainerTask[Any]


@dataclass(frozen=True, repr=False)
class Fix:
    """What to change about a task: write it into its definition, or apply it now.

    Attributes:
        arguments: The new values, by the arguments of the task's class or decorator.
        python: The same as source, one argument to a line.

    Example:
        >>> Fix({"environment": {"A": "1"}}, "environment={'A': '1'},")
        Fix: environment={'A': '1'},
    """

    arguments: Mapping[str, Any]
    python: str

    def __bool__(self) -> bool:
        return bool(self.arguments)

    def apply(self, task: Task) -> None:
        """Change a task of this session; its next template is made with the changes.

        Its source stays as it is: write :attr:`python` there to keep them.

        Raises:
            DefinitionError: An argument cannot be changed after a task was made.
        """
        if "secret_requests" in self.arguments:
            msg = (
                "secret_requests cannot be changed after the task was made: define it "
                f"anew with\n{self.python}"
            )
            raise DefinitionError(msg)
        metadata: dict[str, Any] = {}
        for name, value in self.arguments.items():
            if name in {"image", "container_image"}:
                task.container_image = value
            elif name == "environment":
                task.environment = value
            elif name in {"requests", "limits"}:
                before = task.resources
                spec = {"requests": before.requests, "limits": before.limits}
                task.resources = ResourceSpec(**{**spec, name: value})
            elif name == "metadata":
                task.metadata = value
            else:
                metadata[name] = value
        if metadata:
            task.metadata = dataclasses.replace(task.metadata, **metadata)

    def __repr__(self) -> str:
        return f"Fix: {self.python}" if self.arguments else "Fix: nothing to change"


def fixed(task: Task | None, repairs: Iterable[Repair]) -> Fix:
    """Carry repairs out, one after the other, on the arguments that a task has now."""
    if task is None:
        return Fix({}, "")
    changed: dict[str, Any] = {}
    for repair in repairs:
        before = changed.get(repair.argument, _argument(task, repair.argument))
        changed[repair.argument] = repair.change(before)
    named = dict(_named(task, changed))
    return Fix(named, _python(named))


def _argument(task: Task, name: str) -> Any:
    """Return what a task has now for an argument of its class."""
    if name in {"requests", "limits"}:
        return getattr(task.resources, name)
    if name == "secret_requests":
        context = task.security_context
        return context.secrets if context is not None else ()
    return getattr(task, name)


def _named(task: Task, changed: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Yield the arguments as they are called where the task is defined."""
    for name, value in changed.items():
        if not isinstance(task, FunctionTask):
            yield name, value
        elif name == "container_image":
            yield "image", value
        elif name == "metadata":
            yield from _differing(task.metadata, value)
        else:
            yield name, value


def _differing(before: TaskMetadata, after: TaskMetadata) -> Iterable[tuple[str, Any]]:
    for entry in dataclasses.fields(after):
        value = getattr(after, entry.name)
        if value != getattr(before, entry.name):
            yield entry.name, value


def _python(arguments: Mapping[str, Any]) -> str:
    from kit.exporters.expression import Expressions

    write = Expressions({})
    lines = (
        f"{name}={write.expression(value, name)}," for name, value in arguments.items()
    )
    return "\n".join(lines)
