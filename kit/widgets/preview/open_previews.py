"""The previews that are open in this session, and what becomes of them after a cell.

They are held weakly, here; a widget that is shown holds its own.  The history of
definitions calls once after each cell, however many previews there are.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kit.difference.history import follow, observe
from kit.display.running_cell import RunningCell, running_cell
from kit.interactive import interactive_shell
from kit.widgets.preview.draft import Task

if TYPE_CHECKING:
    from kit.widgets.preview.preview import Preview

__all__ = ["forget", "open_previews", "watch"]

_open: weakref.WeakKeyDictionary[Preview, RunningCell] = weakref.WeakKeyDictionary()


def watch(preview: Preview) -> None:
    """Let a preview follow the cells of the shell that runs, if one does.

    Previews that an earlier run of the same cell made are closed: their outputs are
    gone.
    """
    shell = interactive_shell()
    if shell is None:
        return
    follow(shell)
    observe(_after_cell)
    cell = running_cell(shell)
    for other, before in list(_open.items()):
        if cell.is_rerun_of(before):
            if other.task.name == preview.task.name:
                preview.succeed(other)
            other.close()
    _open[preview] = cell


def forget(preview: Preview) -> None:
    """Let a preview follow nothing any more."""
    _open.pop(preview, None)


def open_previews(name: str | None = None) -> list[Preview]:
    """Return the previews that are open: all, or those of a task's name."""
    return [p for p in list(_open) if name is None or p.task.name == name]


def _after_cell(defined: Sequence[Task]) -> None:
    """Show what the cell has changed; never raise, for the cell is the user's."""
    newest = {task.name: task for task in defined}
    for preview in open_previews():
        _follow(preview, newest.get(preview.task.name))


def _follow(preview: Preview, task: Task | None) -> None:
    try:
        preview.follow(task)
    except Exception as error:  # noqa: BLE001 - whatever a user's object raises
        sys.stderr.write(f"kit could not update {preview!r}: {error}\n")
