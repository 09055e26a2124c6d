"""What happens to views and runs when a cell has run, or was interrupted."""

from __future__ import annotations

import sys
import time
import weakref
from collections.abc import Sequence
from typing import Any, Protocol

from kit.difference.history import follow, observe
from kit.notebook import interactive_shell
from kit.task.task import PythonCustomizedContainerTask
from kit.widgets.view_registry import TaskView, keep_open, open_views

Task = PythonCustomizedContainerTask[Any]


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


_LONG_SECONDS = 1.0


class _Stoppable(Protocol):
    def cancel(self) -> None: ...


_since: float | None = None
_stoppable: weakref.WeakSet[_Stoppable] = weakref.WeakSet()
_shells: weakref.WeakSet[Any] = weakref.WeakSet()


def stop_when_interrupted(thing: _Stoppable) -> None:
    """Cancel it whenever a cell of the shell that runs is interrupted."""
    _stoppable.add(thing)
    shell = interactive_shell()
    if shell is None or shell in _shells:
        return
    _shells.add(shell)
    shell.events.register("pre_run_cell", _before_cell)
    shell.events.register("post_run_cell", _after_any_cell)


def is_busy() -> bool:
    """Tell whether a cell has been running for some time."""
    return _since is not None and time.monotonic() - _since > _LONG_SECONDS


def _before_cell(_info: object = None) -> None:
    global _since  # noqa: PLW0603 - one kernel for each process
    _since = time.monotonic()


def _after_any_cell(result: Any = None) -> None:
    global _since  # noqa: PLW0603
    _since = None
    if isinstance(getattr(result, "error_in_exec", None), KeyboardInterrupt):
        for thing in list(_stoppable):
            thing.cancel()
