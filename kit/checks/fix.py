"""The repairs of findings, as changed arguments of a task."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kit.authoring.decorator import FunctionTask
from kit.checks.finding import Repair
from kit.definition.metadata import TaskMetadata
from kit.definition.resources import ResourceSpec
from kit.errors import DefinitionError
from kit.task.definition import CustomizedContainerDefinition

__all__ = ["Fix", "fixed"]

Task = CustomizedContainerDefinition[Any]


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
    from kit.authoring.export.expression import Expressions

    write = Expressions({})
    lines = (
        f"{name}={write.expression(value, name)}," for name, value in arguments.items()
    )
    return "\n".join(lines)
