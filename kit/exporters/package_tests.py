"""The tests of an exported package: each task gives what it gave in the notebook."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kit.errors import CaptureError, ConversionError
from kit.exporters.expression import Expressions, indented, laid_out
from kit.exporters.module import ExecutorModule, TaskSource
from kit.source.imports import import_of_module, import_of_object, merged_imports
from kit.task.task import PythonCustomizedContainerTask
from kit.types import default_engine

Task = PythonCustomizedContainerTask[Any]


@dataclass(frozen=True)
class PackageTests:
    """The text of the tests, and why some compare nothing."""

    text: str
    notes: tuple[str, ...]


def package_tests(
    package: str,
    tasks: Mapping[str, Task],
    executors: ExecutorModule,
    more: TaskSource,
) -> PackageTests:
    """Write a test for each task: of its last run's inputs and outputs, if known.

    Args:
        package: The package's name.
        tasks: The tasks by their variables.
        executors: The module of their executors.
        more: What defines them.
    """
    homes = dict.fromkeys(more.closure.fragments, f"{package}.tasks")
    homes |= dict.fromkeys(executors.closure.fragments, f"{package}.executors")
    imports: dict[str, None] = {}
    tests, notes = [], []
    for variable, task in tasks.items():
        try:
            test, lines = _test_of_run(variable, task, homes)
        except (CaptureError, ConversionError) as why:
            test, lines = _test_of_loading(
                variable, executors.classes[variable], package
            )
            notes.append(f"The test of {variable} runs nothing: {why}")
        tests.append(test)
        imports.update(dict.fromkeys(lines))
    imports[f"from {package} import tasks"] = None
    head = '"""The tasks do what they did in the notebook; written by kit."""\n\n'
    head += "".join(f"{line}\n" for line in merged_imports(imports))
    return PackageTests(head + "".join(f"\n\n{test}" for test in tests), tuple(notes))


def _test_of_run(
    variable: str, task: Task, homes: Mapping[str, str]
) -> tuple[str, list[str]]:
    if task.last_run is None:
        msg = "It was not run here before. Run it, or give kit.export its inputs=."
        raise CaptureError(msg)
    interface = task.python_interface
    given, came_out = task.last_run
    inputs = {
        name: default_engine.decoder(kind)(given.literals[name])
        for name, kind in interface.inputs.items()
        if name in given.literals
    }

    def outputs() -> dict[str, Any]:
        return {
            name: default_engine.decoder(kind)(came_out.literals[name])
            for name, kind in interface.outputs.items()
        }

    if not _is_comparable(outputs):
        raise CaptureError("Its outputs cannot be compared by ==.")
    write = Expressions({"tasks": None})
    given_text = write.expression(inputs, f"inputs of {variable}")
    expected = write.expression(outputs(), f"outputs of {variable}")
    kit = write.refer(sys.modules["kit"])
    items = [f"tasks.{variable}", "runner='in-process'", f"inputs={given_text}"]
    call = laid_out(f"{kit}.run", items, indent=4)
    test = (
        f"def test_{variable}_gives_what_it_gave_in_the_notebook():\n"
        f'    """It runs from its template\'s bytes, as in a container."""\n'
        f"    run = {call}\n"
        f"    run.raise_for_error()\n"
        f"    assert run.outputs == {indented(expected)}\n"
    )
    return test, [_import(name, held, homes) for name, held in write.names.items()]


def _test_of_loading(
    variable: str, executor: str, package: str
) -> tuple[str, list[str]]:
    test = (
        f"def test_{variable}_can_be_loaded():\n"
        f'    """Its executor is made as a container makes it: without arguments."""\n'
        f"    assert tasks.{variable}.executor_type is executors.{executor}\n"
        f"    assert callable(executors.{executor}().execute_from_model)\n"
    )
    return test, [f"from {package} import executors"]


def _is_comparable(make: Callable[[], Any]) -> bool:
    """Tell whether two equal values are equal: not so for nan, arrays and frames."""
    try:
        return bool(make() == make())
    except (ValueError, TypeError):
        return False


def _import(name: str, value: Any, homes: Mapping[str, str]) -> str:
    if name in homes:
        return f"from {homes[name]} import {name}"
    is_module = isinstance(value, types.ModuleType)
    find: Any = import_of_module if is_module else import_of_object
    line: str | None = find(name, value)
    if line is None:
        raise CaptureError(f"{name} of its values cannot be imported.")
    return line
