"""The executors of several tasks in one module, which needs neither kit nor flytekit.

A container makes an executor without arguments and calls its ``execute_from_model``:
that is all that it has to be, so that a function gets a class of two lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from kit.authoring.export.naming import class_name
from kit.source.closure import Closure
from kit.source.layout import import_lines, module_text, requirements_of
from kit.source.left_out import left_out
from kit.source.module_source import self_contained
from kit.source.part import Part
from kit.source.root import namespace_of, root_definition
from kit.source.secret_values import SecretValues
from kit.task.customized_container import PythonCustomizedContainerTask

__all__ = ["ExecutorModule", "executor_module"]

Task = PythonCustomizedContainerTask[Any]


@dataclass(frozen=True)
class ExecutorModule:
    """A module of executors.

    Attributes:
        docstring: What its first line says.
        closure: What it is made of.
        classes: The name of each variable's executor's class in it.
        digests: The SHA-256 of each variable's executor's own source.
        notes: What a reader should know.
    """

    docstring: str
    closure: Closure
    classes: Mapping[str, str]
    digests: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def text(self) -> str:
        """Its source."""
        names = list(dict.fromkeys(self.classes.values()))
        return module_text(self.closure, names, self.docstring)

    @property
    def needs_kit(self) -> bool:
        """Whether it imports kit, as executors do that use more than ``tt``."""
        return "kit" in requirements_of(self.imports)

    @property
    def imports(self) -> tuple[str, ...]:
        """Its import statements."""
        return import_lines(self.closure)


def executor_module(
    tasks: Mapping[str, Task], secrets: SecretValues, forbidden: Iterable[str]
) -> ExecutorModule:
    """Put the executors of tasks into one module, with what they need once.

    Args:
        tasks: The tasks by their variables.
        secrets: Keeps the values of secrets out.
        forbidden: These values.

    Raises:
        AuthoringError: An executor cannot leave the place where it was written, or two
            use one name for two things.
    """
    closure = Closure(secrets.quote)
    classes, digests = {}, {}
    for variable, task in tasks.items():
        executor = task.written_executor
        digests[variable] = self_contained(executor, forbidden=forbidden).digest
        definition, namespace = root_definition(executor), namespace_of(executor)
        classes[variable] = closure.add_executor(definition, executor, namespace)
    functions = {name: _is_function(tasks[key]) for key, name in classes.items()}
    made = _add_classes(closure, [name for name, is_one in functions.items() if is_one])
    classes = {key: made.get(name, name) for key, name in classes.items()}
    notes = (*closure.notes, *left_out(closure))
    return ExecutorModule(_docstring(tasks), closure, classes, digests, notes)


def _is_function(task: Task) -> bool:
    return isinstance(task.written_executor, FunctionType)


def _add_classes(closure: Closure, functions: Iterable[str]) -> dict[str, str]:
    """Add a class for each function, and return its name."""
    made = {}
    for function in functions:
        name = class_name(function, {*closure.parts, *closure.imports})
        made[function] = name
        closure.parts[name] = Part(
            f"class {name}:\n"
            f'    """Runs {function}; a container makes it without arguments."""\n\n'
            f"    execute_from_model = staticmethod({function})\n",
            now=[function],
        )
    return made


def _docstring(tasks: Mapping[str, Task]) -> str:
    count = len(tasks)
    who = f"{next(iter(tasks))}" if count == 1 else f"{count} tasks"
    return f"What runs in the containers of {who}; written by kit."
