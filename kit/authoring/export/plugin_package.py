"""The files of an installable package with tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kit.authoring.export.containerfile import containerfile
from kit.authoring.export.executor_module import ExecutorModule
from kit.authoring.export.naming import project_name
from kit.authoring.export.package_tests import package_tests
from kit.authoring.export.project_file import project_file
from kit.authoring.export.readme import readme
from kit.authoring.export.requirements import Requirements
from kit.authoring.export.task_source import TaskSource
from kit.source.layout import module_text
from kit.task.customized_container import PythonCustomizedContainerTask

__all__ = ["PluginPackage", "plugin_package"]

_TITLE = "Flyte tasks, exported from a notebook by kit."

Task = PythonCustomizedContainerTask[Any]


@dataclass(frozen=True)
class PluginPackage:
    """The texts of a package's files by their paths, and what to know of them."""

    files: Mapping[str, str]
    notes: tuple[str, ...]


def plugin_package(
    package: str,
    tasks: Mapping[str, Task],
    executors: ExecutorModule,
    source: TaskSource,
    needs: Requirements,
) -> PluginPackage:
    """Write the files of a package.

    Args:
        package: The package's name.
        tasks: The tasks by their variables.
        executors: The module of their executors.
        source: What defines them.
        needs: What all that imports.
    """
    project = project_name(package)
    tests = package_tests(package, tasks, executors, source)
    files = {
        "pyproject.toml": project_file(project, package, _about(tasks.values()), needs),
        "README.md": readme(project, package, tasks),
        "Containerfile": containerfile(package, tasks.values()),
        f"{package}/__init__.py": f'"""{_TITLE}"""\n',
        f"{package}/executors.py": executors.text,
        f"{package}/tasks.py": _tasks_module(source),
        "tests/test_tasks.py": tests.text,
    }
    return PluginPackage(files, tests.notes)


def _tasks_module(source: TaskSource) -> str:
    docstring = "The tasks, whose executors run in containers; written by kit."
    head = module_text(source.closure, source.needed, docstring)
    return f"{head}\n\n{source.text}"


def _about(tasks: Iterable[Task]) -> str:
    """Return the first line that a task's author wrote."""
    for task in tasks:
        if task.docs is not None and task.docs.short_description:
            return task.docs.short_description
    return ""
