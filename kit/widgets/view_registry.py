"""Live views of this session: their cells, their closing, their redrawing."""

from __future__ import annotations

import functools
import sys
import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from kit import evidence
from kit.difference.history import follow, observe
from kit.display.notebook import RunningCell, running_cell
from kit.forms.task_fields import Task
from kit.notebook import Shown, interactive_shell

T = TypeVar("T")
PER_SECOND = 3
"""How often: with the log and the clock there may come a new phase, three buttons and
what is shown below, and all of it is to be at most ten messages in any second."""
Draw = Callable[[], bool]
_lock = threading.Lock()
_drawing: list[Draw] = []
_thread: threading.Thread | None = None


def draw_while(draw: Draw) -> None:
    """Call a function several times a second, as long as it says that this goes on.

    Args:
        draw: Draws what is new; returns whether there may be more.
    """
    global _thread  # noqa: PLW0603 - one for the process
    with _lock:
        _drawing.append(draw)
        if _thread is None:
            _thread = threading.Thread(target=_work, name="kit-ticker", daemon=True)
            _thread.start()


def _work() -> None:
    global _thread  # noqa: PLW0603
    while True:
        time.sleep(1 / PER_SECOND)
        for draw in list(_drawing):
            if not _goes_on(draw):
                with _lock:
                    _drawing.remove(draw)
        with _lock:
            if not _drawing:
                _thread = None
                return


def _goes_on(draw: Draw) -> bool:
    try:
        return draw()
    except Exception as error:  # noqa: BLE001 - the others are drawn all the same
        sys.stderr.write(f"kit could not draw a run: {error}\n")
        return False


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

    def refresh(self) -> None:
        """Show the evidence that there is by now; views without a ladder have none."""

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
    _watch_evidence()

    def succeed(other: Any) -> None:
        if type(other) is type(view) and other.task.name == view.task.name:
            view.succeed(other)

    keep_open(view, succeed)


@functools.cache
def _watch_evidence() -> None:
    """Let views show what is recorded of their task, once for the process."""
    evidence.session.watch(_recorded)


def _recorded(name: str) -> None:
    """Show evidence that was recorded, in the thread that records it."""
    for view in open_views(TaskView):
        if view.task.name == name:
            view.refresh()


def _after_cell(defined: Sequence[Task]) -> None:
    """Show what the cell has changed; never raise, for the cell is the user's."""
    global _shared  # noqa: PLW0603 - cells run one after the other
    newest = {task.name: task for task in defined}
    _shared = {}
    try:
        for view in open_views(TaskView):
            _follow(view, newest.get(view.task.name))
    finally:
        _shared = None


_shared: dict[Any, Any] | None = None


def shared(key: Any, make: Callable[[], T]) -> T:
    """Return what views that follow a cell have together; made once for the cell.

    Args:
        key: What it is; equal for what is the same.
        make: Makes it. At any other time it makes another one each time.
    """
    kept = _shared
    if kept is None:
        return make()
    if key not in kept:
        kept[key] = make()
    made: T = kept[key]
    return made


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
