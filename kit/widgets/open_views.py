"""The views that a notebook's cells show, closed when their cell runs again.

They are held weakly, here; a widget that is shown holds its own.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Protocol

from kit.display.running_cell import RunningCell, running_cell
from kit.interactive import interactive_shell

__all__ = ["View", "forget", "keep_open", "open_views"]


class View(Protocol):
    """Something that a cell shows."""

    def close(self) -> None:
        """Close every widget of it."""


_open: weakref.WeakKeyDictionary[View, RunningCell] = weakref.WeakKeyDictionary()


def keep_open(view: View, succeed: Callable[[Any], None] | None = None) -> None:
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


def forget(view: View) -> None:
    """Hold a view no more."""
    _open.pop(view, None)


def open_views(kind: Any = object) -> list[Any]:
    """Return the views that are open: all, or those of a class."""
    return [view for view in list(_open) if isinstance(view, kind)]
