"""Templates of files that may run, because someone said that they trust them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flyteidl.core.interface_pb2 import VariableMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.interface import Interface
from kit.errors import CallError
from kit.targets import Task, parse_target, read_target
from kit.task.task import PythonCustomizedContainerTask
from kit.template.files import template_of
from kit.types import default_engine


@dataclass(frozen=True)
class TrustedTemplate:
    """A finished template that runs like a task, with types guessed from its interface.

    Attributes:
        template: The message.
    """

    template: TaskTemplate

    @property
    def name(self) -> str:
        """The task's name."""
        return self.template.id.name

    @cached_property
    def data(self) -> bytes:
        """The template as bytes."""
        return self.template.SerializeToString(deterministic=True)

    @cached_property
    def python_interface(self) -> Interface:
        """The inputs and outputs, with the Python types that their literals become."""
        declared = self.template.interface
        inputs, outputs = (
            {
                name: default_engine.guess_type(variables[name].type)
                for name in variables
            }
            for variables in (declared.inputs.variables, declared.outputs.variables)
        )
        return Interface(inputs, outputs)

    def note_run(self, inputs: Any, outputs: Any) -> None:
        """Do nothing: there is no task whose export needs an example."""


def _guessed(variables: VariableMap) -> dict[str, Any]:
    return {
        name: default_engine.guess_type(variable.type)
        for name, variable in sorted(variables.variables.items())
    }


def runnable(
    thing: Task | str | os.PathLike[str], *, trust: bool
) -> Task | TrustedTemplate:
    """Return the task that a text names, or a template file if it is trusted.

    Args:
        thing: A task, or a text that :mod:`kit.targets` reads.
        trust: Whether code that a template file names may run.

    Raises:
        CallError: It is a template file, and not trusted.
        TargetError: The text names no task.
    """
    if not isinstance(thing, (str, os.PathLike)):
        return thing
    target = parse_target(os.fspath(thing))
    if target.is_read and not trust:
        msg = (
            f"{target.text!r} is a {target.kind}: running it runs the code that it "
            "names. If you trust its author, pass --trust (trust=True)."
        )
        raise CallError(msg)
    found = read_target(target)
    if isinstance(found, PythonCustomizedContainerTask):
        return found
    return TrustedTemplate(template_of(found))
