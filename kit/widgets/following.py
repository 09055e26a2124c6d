"""The views of tasks that are open in this session, and what they do after a cell.

They are held weakly, here; a widget that is shown holds its own.  The history of
definitions calls once after each cell, however many views there are.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from kit.difference.history import follow, observe
from kit.display.running_cell import RunningCell, running_cell
from kit.interactive import interactive_shell
from kit.task.definition import CustomizedContainerDefinition

__all__ = ["TaskView", "forget", "open_views", "watch"]

Task = CustomizedContainerDefinition[Any]


class TaskView(Protocol):
    """A live view of a task."""

    @property
    def task(self) -> Any:
        """The task that is shown."""

    def follow(self, task: Any = None) -> None:
        """Show a task's newer definition, or the task anew."""

    def succeed(self, other: Any) -> None:
        """Take over from a view of the same kind and task, which is closed after it."""

    def close(self) -> None:
        """Close every widget, and follow nothing any more."""


V = TypeVar("V", bound=TaskView)

_open: weakref.WeakKeyDictionary[TaskView, RunningCell] = weakref.WeakKeyDictionary()


def watch(view: TaskView) -> None:
    """Let a view follow the cells of the shell that runs, if one does.

    Views that an earlier run of the same cell made are closed: their outputs are gone.
    """
    shell = interactive_shell()
    if shell is None:
        return
    follow(shell)
    observe(_after_cell)
    cell = running_cell(shell)
    for other, before in list(_open.items()):
        if cell.is_rerun_of(before):
            if type(other) is type(view) and other.task.name == view.task.name:
                view.succeed(other)
            other.close()
    _open[view] = cell


def forget(view: TaskView) -> None:
    """Let a view follow nothing any more."""
    _open.pop(view, None)


def open_views(kind: type[V], name: str | None = None) -> list[V]:
    """Return the views of a kind that are open: all, or those of a task's name."""
    views = [view for view in list(_open) if isinstance(view, kind)]
    return [view for view in views if name is None or view.task.name == name]


def _after_cell(defined: Sequence[Task]) -> None:
    """Show what the cell has changed; never raise, for the cell is the user's."""
    newest = {task.name: task for task in defined}
    for view in list(_open):
        _follow(view, newest.get(view.task.name))


def _follow(view: TaskView, task: Task | None) -> None:
    try:
        view.follow(task)
    except Exception as error:  # noqa: BLE001 - whatever a user's object raises
        sys.stderr.write(f"kit could not update {view!r}: {error}\n")
