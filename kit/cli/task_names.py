"""The tasks that a word on the command line may become, for a shell to complete.

Files are read and not imported: completing a word runs nobody's code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import CompletionItem

__all__ = ["TaskTarget", "tasks_in"]

_DECORATOR = "container_task"
_MOST_BYTES = 1_000_000


class TaskTarget(click.types.StringParamType):
    """``module:task`` or ``path/to/file.py:task``, completed from the files there."""

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002 - idem
        incomplete: str,
    ) -> list[CompletionItem]:
        """Complete folders, and the tasks of Python files."""
        return [CompletionItem(word) for word in _words(incomplete)]


def tasks_in(path: Path) -> list[str]:
    """Return the names that a file gives to tasks at its top level.

    They are functions with the decorator, and what a call of a name that ends in
    ``Task`` or of the decorator is assigned to.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            return []
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return []  # what cannot be read offers nothing
    return sorted({name for node in tree.body for name in _names(node)})


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


def _words(incomplete: str) -> Iterator[str]:
    """Yield folders to go into, and tasks, that begin like the word."""
    file, colon, _ = incomplete.partition(":")
    folder, slash, start = file.rpartition("/")
    base = Path(folder or slash or ".")
    try:
        entries = sorted(base.iterdir())
    except OSError:
        return
    for entry in entries:
        if not entry.name.startswith(start) or entry.name.startswith("."):
            continue
        word = f"{folder}{slash}{entry.name}"
        if entry.is_dir() and not colon:
            yield f"{word}/"
        elif entry.suffix == ".py":
            targets = (f"{word}:{task}" for task in tasks_in(entry))
            yield from (t for t in targets if t.startswith(incomplete))
