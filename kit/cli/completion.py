"""Completion of TASK and its inputs: Python files are read, never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import CompletionItem

_FILES = (".pb", ".json", ".yaml", ".yml", ".pbtxt", ".tgz", ".tar.gz", ".tar")


class TaskTarget(click.types.StringParamType):
    """``module:task`` or ``path/to/file.py:task``, completed from the files there.

    Args:
        files: Whether template files and packages are offered, too.
    """

    def __init__(self, *, files: bool = False) -> None:
        self._files = _FILES if files else ()

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002 - idem
        incomplete: str,
    ) -> list[CompletionItem]:
        """Complete folders, files, and the tasks of Python files."""
        place, colon, _ = incomplete.partition(":")
        words = _named_tasks(place, file_of(place)) if colon else self._in_folder(place)
        return [CompletionItem(word) for word in words if word.startswith(incomplete)]

    def _in_folder(self, place: str) -> Iterator[str]:
        """Yield what is in a folder: tasks, files, and folders to go into."""
        folder, slash, _ = place.rpartition("/")
        try:
            entries = sorted(Path(folder or slash or ".").iterdir())
        except OSError:
            return
        for entry in entries:
            word = f"{folder}{slash}{entry.name}"
            if not word.startswith(place) or entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield f"{word}/"
            elif entry.suffix == ".py":
                yield from _named_tasks(word, entry)
            elif entry.name.endswith(self._files):
                yield word


def _named_tasks(place: str, file: Path) -> Iterator[str]:
    return (f"{place}:{task}" for task in tasks_in(file))


_DECORATOR = "container_task"
_MOST_BYTES = 1_000_000


def file_of(place: str) -> Path:
    """Return where a module is, named by its path or from the current folder.

    >>> file_of("etl/load.py").as_posix(), file_of("etl.load").as_posix()
    ('etl/load.py', 'etl/load.py')
    """
    if "/" in place or place.endswith(".py"):
        return Path(place)
    module = Path(*place.split("."))
    package = module / "__init__.py"
    return package if package.is_file() else module.with_suffix(".py")


def tasks_in(path: Path) -> list[str]:
    """Return the names that a file gives to tasks at its top level.

    They are functions with the decorator, and what a call of a name that ends in
    ``Task`` or of the decorator is assigned to.
    """
    return sorted({name for node in _statements(path) for name in _names(node)})


def inputs_in(path: Path, task: str) -> list[str]:
    """Return the inputs of a function that is a task; none of other tasks."""
    for node in _statements(path):
        if isinstance(node, ast.FunctionDef) and task in _names(node):
            places = [*node.args.posonlyargs, *node.args.args]
            inputs = [*places[1:], *node.args.kwonlyargs]  # the template comes first
            return [argument.arg for argument in inputs]
    return []


def _statements(path: Path) -> list[ast.stmt]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return []
        return ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError, RecursionError):
        return []  # what cannot be read offers nothing


def _names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef):
        if any(_callee(decorator) == _DECORATOR for decorator in node.decorator_list):
            yield node.name
    elif isinstance(node, ast.Assign) and _makes_task(node.value):
        yield from (t.id for t in node.targets if isinstance(t, ast.Name))


def _makes_task(value: ast.expr) -> bool:
    name = _callee(value)
    if isinstance(value, ast.Call) and not name:
        return _makes_task(value.func)  # container_task(…)(function)
    return isinstance(value, ast.Call) and (name == _DECORATOR or name.endswith("Task"))


def _callee(node: ast.expr) -> str:
    """Return the last name of what is called, or of a name; empty for others."""
    called = node.func if isinstance(node, ast.Call) else node
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""
