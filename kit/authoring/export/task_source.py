"""The definitions of several tasks, with what they need beside the executors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kit.authoring.export.definition import definition_of_task
from kit.authoring.export.executor_module import ExecutorModule
from kit.errors import ExportError
from kit.source.closure import Closure
from kit.source.order import in_order
from kit.source.secret_values import SecretValues
from kit.task.customized_container import PythonCustomizedContainerTask

__all__ = ["TaskSource", "task_source"]

Task = PythonCustomizedContainerTask[Any]


@dataclass(frozen=True)
class TaskSource:
    """What defines tasks, as parts of a module.

    Attributes:
        closure: Imports, and the definitions that only the tasks need.
        needed: The names of those that they need themselves.
        statements: The statements that make the tasks, by their variables.
    """

    closure: Closure
    needed: tuple[str, ...]
    statements: Mapping[str, str]

    @property
    def text(self) -> str:
        """The statements, a line apart."""
        return "\n".join(self.statements.values())


def task_source(
    tasks: Mapping[str, Task],
    executors: ExecutorModule,
    secrets: SecretValues,
    module: str | None,
) -> TaskSource:
    """Write the definitions of tasks whose executors stand in a module already.

    What that module has is not written again.

    Args:
        tasks: The tasks by their variables.
        executors: The module of their executors.
        secrets: Keeps the values of secrets out.
        module: From where the executors are imported; None when they stand above.

    Raises:
        AuthoringError: A fact of a definition cannot be written, or one name means two
            things.
    """
    closure = Closure(secrets.quote)
    statements: dict[str, str] = {}
    needed: dict[str, None] = {}
    for variable, task in tasks.items():
        executor = executors.classes[variable]
        line = f"from {module} import {executor}"
        closure.provide(executor, task.written_executor, line)
        made = definition_of_task(variable, task, executor)
        about = f"the definition of {variable}"
        parts = closure.add_expression(made.expression, made.namespace, about)
        needed.update(dict.fromkeys(parts))
        statements[variable] = f"{variable} = {made.expression}\n"
    if module is None:
        for executor in executors.classes.values():
            closure.imports.pop(executor, None)
    _share(closure, executors.closure, module)
    _cut_down(closure, needed, "".join(statements.values()))
    _check_variables(tasks, closure)
    return TaskSource(closure, tuple(needed), statements)


def _share(closure: Closure, other: Closure, module: str | None) -> None:
    """Take what the other module has from there."""
    for name, part in list(closure.parts.items()):
        known = other.parts.get(name)
        if known is not None and known.text == part.text:
            del closure.parts[name]
            if module is not None:
                closure.imports[name] = f"from {module} import {name}"
        elif module is None and (known is not None or name in other.imports):
            raise _clash(name)
    if module is None:
        for name, line in closure.imports.items():
            if name in other.parts or other.imports.get(name, line) != line:
                raise _clash(name)


def _clash(name: str) -> ExportError:
    return ExportError(
        f"The name {name!r} means one thing to an executor and another to the "
        "definition of a task, and both would stand in one module. Rename one, or "
        "export a package: a path that does not end in .py."
    )


def _cut_down(closure: Closure, needed: Iterable[str], statements: str) -> None:
    """Leave out parts that nothing reaches any more, and imports for them."""
    parts = closure.parts
    for part in parts.values():
        part.now = [name for name in part.now if name in parts]
        part.later = [name for name in part.later if name in parts]
    reached = in_order(
        [name for name in needed if name in parts],
        {key: part.now for key, part in parts.items()},
        {key: part.later for key, part in parts.items()},
    )
    for name in parts.keys() - set(reached):
        del parts[name]
    text = "".join(part.text for part in parts.values()) + statements
    words = set(re.findall(r"\w+", text))
    for imports in (closure.imports, closure.type_imports):
        for name in imports.keys() - words:
            del imports[name]
    for line in list(closure.extra_imports):
        if line.split()[1].partition(".")[0] not in words:
            del closure.extra_imports[line]


def _check_variables(tasks: Mapping[str, Task], closure: Closure) -> None:
    for variable, task in tasks.items():
        if variable in closure.parts or variable in closure.imports:
            msg = (
                f"The task {task.name!r} would be called {variable!r}, and so is "
                "something that a definition needs. Assign it to another variable."
            )
            raise ExportError(msg)
