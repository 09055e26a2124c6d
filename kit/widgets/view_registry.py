"""The live views of this session, which are closed when their cell runs again."""

from __future__ import annotations

import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

from kit.display.notebook import RunningCell, running_cell
from kit.notebook import Shown, interactive_shell


class OpenView(Protocol):
    """Something that a cell shows."""

    def close(self) -> None:
        """Close every widget of it."""


_open: weakref.WeakKeyDictionary[OpenView, RunningCell] = weakref.WeakKeyDictionary()


def keep_open(view: OpenView, succeed: Callable[[Any], None] | None = None) -> None:
    """Keep a view until the cell that runs now runs again, which loses its outputs.

    Args:
        view: The view.
        succeed: Called with each view that is closed for this one, before it is.
    """
    shell = interactive_shell()
    if shell is None:
        return
    cell = running_cell(shell)
    for other, before in list(_open.items()):
        if cell.is_rerun_of(before):
            if succeed is not None:
                succeed(other)
            forget(other)
            other.close()
    _open[view] = cell


def forget(view: OpenView) -> None:
    """Hold a view no more."""
    _open.pop(view, None)


def open_views(kind: Any = object) -> list[Any]:
    """Return the views that are open: all, or those of a class."""
    return [view for view in list(_open) if isinstance(view, kind)]


class Live(Shown, ABC):
    """Something with one view of its own, which it shows wherever it is shown."""

    @property
    @abstractmethod
    def is_closed(self) -> bool:
        """Whether its view was closed, and there will be none any more."""

    @abstractmethod
    def opened(self) -> Any:
        """Return its view, whose widget is its ``root``; made when first asked for."""


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
