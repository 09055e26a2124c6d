"""The definition of a task as an expression that makes the same task anew."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kit.authoring.decorator import FunctionTask, container_task
from kit.authoring.export.expression import Expressions
from kit.definition.documentation import documentation_of
from kit.definition.resources import Resources
from kit.source.root import namespace_of
from kit.task.customized_container import PythonCustomizedContainerTask
from kit.task.definition import CustomizedContainerDefinition

__all__ = ["Definition", "decorator_facts", "definition_of_task"]

Task = PythonCustomizedContainerTask[Any]

_METADATA = (
    *("cache", "cache_version", "cache_serialize", "cache_ignore_input_vars"),
    *("retries", "timeout", "interruptible"),
)


_WIDTH = 88
_ALWAYS = ("name", "image")


@dataclass(frozen=True)
class Definition:
    """What makes a task.

    Attributes:
        expression: The source.
        namespace: Where its names are looked up.
    """

    expression: str
    namespace: Mapping[str, Any]


def definition_of_task(variable: str, task: Task, executor: str) -> Definition:
    """Write the definition of a task.

    Args:
        variable: What holds the task.
        task: The task.
        executor: What its executor's class is called there.

    Raises:
        CaptureError: A fact of it is no value that source makes.
    """
    if isinstance(task, FunctionTask):
        return _of_function(variable, task, executor)
    return _of_class(variable, task, executor)


def _of_function(variable: str, task: FunctionTask, executor: str) -> Definition:
    around = {**namespace_of(task.written_executor), executor: task.written_executor}
    write = Expressions(around)
    room = _WIDTH - len(f"{variable} = ({executor})")
    facts = {**decorator_facts(task), "ship": "module"}
    made = write.call(container_task, (), facts, f"task {variable}", room=room)
    return Definition(f"{made}({executor})", {**around, **write.names})


def decorator_facts(task: FunctionTask) -> dict[str, Any]:
    """Return the decorator's arguments that make the task as it is now.

    How it ships is not among them.
    """
    given = task.made_with[1]
    written = documentation_of(None, task.python_interface.docstring)
    context = task.security_context
    facts = {
        "name": task.name,
        "image": task.container_image,
        "custom": task.custom or None,
        "task_type": task.task_type,
        "requests": task.resources.requests,
        "limits": task.resources.limits,
        "environment": task.environment or None,
        "secret_requests": context.secrets if context else None,
        "runtime": task.runtime,
        "enable_deck": task.enable_deck or None,
        "deck_fields": given["deck_fields"],
        **{key: getattr(task.metadata, key) for key in _METADATA},
        "docs": None if task.docs == written else task.docs,
        "accelerator": given["accelerator"],
        "shared_memory": given["shared_memory"],
    }
    parameters = inspect.signature(container_task).parameters
    return {
        name: value
        for name, value in facts.items()
        if name in _ALWAYS or value not in (parameters[name].default, None, Resources())
    }


def _of_class(variable: str, task: Task, executor: str) -> Definition:
    kind = type(task)
    around = {**namespace_of(kind), executor: task.written_executor}
    write = Expressions(around)
    args, given = task.made_with
    kwargs = dict(given)
    if "ship" in kwargs or kind.__init__ is CustomizedContainerDefinition.__init__:
        kwargs["ship"] = "module"
    room = _WIDTH - len(f"{variable} = ")
    made = write.call(kind, args, kwargs, f"task {variable}", room=room)
    return Definition(made, {**around, **write.names})
