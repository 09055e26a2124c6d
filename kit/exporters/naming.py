"""The names that an export gives to modules, classes and variables."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Container, Iterable
from typing import Any

from kit.errors import ExportError, TrackingError
from kit.source.executors import namespace_of
from kit.task.task import PythonCustomizedContainerTask

Task = PythonCustomizedContainerTask[Any]
_TAKEN = frozenset({"kit", "flytekit", "tests", "test", "conftest"})


def module_name(name: str, what: str) -> str:
    """Return the name of the module or package that a file or folder makes.

    Args:
        name: The file's name without its ending, or the folder's name.
        what: Which of the two it is, for errors.

    Raises:
        ExportError: It is none that Python could import, or another module's.
    """
    found = name if what == "file" else re.sub(r"[-. ]+", "_", name)
    if not found.isidentifier() or not found.isascii() or keyword.iskeyword(found):
        msg = (
            f"The {what} {name!r} cannot be a module: its name must be one of "
            "Python's, as acme_sql is: letters, digits and underscores."
        )
        raise ExportError(msg)
    if found.lower() in _TAKEN or found in sys.stdlib_module_names:
        msg = (
            f"The {what} {name!r} would hide the module {found!r} that is there "
            "already. Choose another name."
        )
        raise ExportError(msg)
    return found


def variables(tasks: Iterable[Task]) -> dict[str, Task]:
    """Return the tasks by the names of the variables that will hold them.

    Raises:
        ExportError: Two of them have one name.
    """
    found: dict[str, Task] = {}
    for task in tasks:
        name = _variable(task)
        if name in found:
            msg = (
                f"Two tasks would be called {name!r}: {found[name].name!r} and "
                f"{task.name!r}. Assign each to a variable of its own name."
            )
            raise ExportError(msg)
        found[name] = task
    return found


def _variable(task: Task) -> str:
    """Name a task as its author does, or else by the end of its own name."""
    executor = task.written_executor
    if namespace_of(executor).get(executor.__name__) is task:
        return executor.__name__  # what was decorated
    try:
        name = task.find_lhs()
    except TrackingError:
        name = re.sub(r"\W", "_", task.name.rpartition(".")[2], flags=re.ASCII)
    if not name.isidentifier() or keyword.iskeyword(name):
        name = f"task_{name}"
    return name


def class_name(function: str, taken: Container[str]) -> str:
    """Return a name for the class that runs a function.

    >>> class_name("top_rows", {"TopRowsExecutor"})
    'TopRowsExecutor2'
    """
    words = [word[:1].upper() + word[1:] for word in function.split("_") if word]
    name = "".join(words) + "Executor"
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}{number}"
    return free
