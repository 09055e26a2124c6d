"""Views of tasks, and what they do after a cell.

The history of definitions calls once after each cell, however many views there are.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from kit.difference.history import follow, observe
from kit.interactive import interactive_shell
from kit.task.definition import CustomizedContainerDefinition
from kit.widgets.live import Live
from kit.widgets.open_views import keep_open, open_views

__all__ = ["TaskView", "watch"]

Task = CustomizedContainerDefinition[Any]


class TaskView(Live):
    """A live view of a task."""

    @property
    @abstractmethod
    def task(self) -> Any:
        """The task that is shown."""

    @abstractmethod
    def follow(self, task: Any = None) -> None:
        """Show a task's newer definition, or the task anew."""

    @abstractmethod
    def succeed(self, other: Any) -> None:
        """Take over from a view of the same kind and task, which is closed after it."""

    @abstractmethod
    def close(self) -> None:
        """Close every widget, and follow nothing any more."""


def watch(view: TaskView) -> None:
    """Let a view follow the cells of the shell that runs, if one does.

    Views that an earlier run of the same cell made are closed: their outputs are gone.
    """
    shell = interactive_shell()
    if shell is None:
        return
    follow(shell)
    observe(_after_cell)

    def succeed(other: Any) -> None:
        if type(other) is type(view) and other.task.name == view.task.name:
            view.succeed(other)

    keep_open(view, succeed)


def _after_cell(defined: Sequence[Task]) -> None:
    """Show what the cell has changed; never raise, for the cell is the user's."""
    newest = {task.name: task for task in defined}
    for view in open_views(TaskView):
        _follow(view, newest.get(view.task.name))


def _follow(view: TaskView, task: Task | None) -> None:
    try:
        view.follow(task)
    except Exception as error:  # noqa: BLE001 - whatever a user's object raises
        sys.stderr.write(f"kit could not update {view!r}: {error}\n")
