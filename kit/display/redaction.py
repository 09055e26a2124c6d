"""Values of secrets, removed from what is shown of a run."""

from __future__ import annotations

import dataclasses
import os
from typing import Any, TypeVar

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.shim.secrets import secret_variables
from kit.task.task import PythonCustomizedContainerTask

MASK = "[secret]"
_SHORTEST = 4  # shorter ones would mask ordinary words
T = TypeVar("T")


class Redaction:
    """The values of the secrets that a task requests, as this machine has them.

    Args:
        template: The task.
    """

    def __init__(self, template: TaskTemplate) -> None:
        values = secret_variables(template, os.environ).values()
        lines = {line.strip() for value in values for line in value.splitlines()}
        long = {value for value in {*values, *lines} if len(value) >= _SHORTEST}
        self._values = sorted(long, key=len, reverse=True)

    @classmethod
    def of_task(cls, task: PythonCustomizedContainerTask[Any]) -> Redaction:
        """Return those of a task, whose template may be impossible to make."""
        security = task.security_context
        message = None if security is None else security.to_flyte_idl()
        return cls(TaskTemplate(security_context=message))

    def text(self, text: str) -> str:
        """Return a text without the values in it, nor the lines of one with several."""
        for value in self._values:
            text = text.replace(value, MASK)
        return text

    def summary(self, thing: T) -> T:
        """Return a summary, or a part of one, without the values in its texts."""
        return self._masked(thing) if self._values else thing

    def _masked(self, thing: Any) -> Any:
        if isinstance(thing, str):
            return self.text(thing)
        if isinstance(thing, (tuple, list)):
            return type(thing)(map(self._masked, thing))
        if isinstance(thing, dict):
            return {self._masked(k): self._masked(v) for k, v in thing.items()}
        if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
            fields = [field.name for field in dataclasses.fields(thing)]
            masked = {name: self._masked(getattr(thing, name)) for name in fields}
            return dataclasses.replace(thing, **masked)
        return thing
