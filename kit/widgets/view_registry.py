"""Live views of this session: their cells, their closing, their redrawing."""

from __future__ import annotations

import dataclasses
import functools
import sys
import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.settings import SerializationSettings
from kit.difference.diff import Difference, compare_sides
from kit.difference.history import PastDefinition, follow, observe
from kit.difference.sources import Side
from kit.display.notebook import RunningCell, running_cell
from kit.display.of_reports import summarize_difference, summarize_proof_shown
from kit.display.of_template import summarize_subject, task_subject
from kit.display.sections.subject import Subject
from kit.display.summary import Facts, Item, Section, Summary, highlight_changes
from kit.forms.task_fields import Task
from kit.notebook import Shown, interactive_shell
from kit.proof.outcome import Proof
from kit.template.files import decode_message, template_of

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


CHANGES = "Changes"
"""The title of the section that tells what differs."""


@dataclass(frozen=True)
class Snapshot:
    """A task as it is shown at one moment.

    Attributes:
        label: Which state of it this is.
        subject: What it is made from.
    """

    label: str
    subject: Subject

    @property
    def template(self) -> TaskTemplate:
        """Its template."""
        return self.subject.template

    @functools.cached_property
    def summary(self) -> Summary:
        """What is shown of it, made when it is first asked for."""
        return summarize_subject(self.subject)

    def is_same(self, other: Snapshot) -> bool:
        """Tell whether both say the same."""
        return self.template == other.template and self.summary == other.summary


def snapshot_of_task(
    task: Task, settings: SerializationSettings, label: str
) -> Snapshot:
    """Show a task with these settings; what cannot be made is told in its place."""
    return Snapshot(label, task_subject(task, settings))


def snapshot_of_definition(definition: PastDefinition) -> Snapshot:
    """Show an earlier definition of this session."""
    label = f"definition {definition.number}"
    template = template_of(decode_message(definition.data, "pb", label))
    return Snapshot(label, Subject(template=template))


def compared(view: Snapshot, before: Snapshot | None) -> Summary:
    """Return what is shown of a view: its changes first, and marked in their places."""
    if before is None:
        return view.summary
    difference = compare_sides(
        Side(view.label, view.template), Side(before.label, before.template)
    )
    marked = highlight_changes(view.summary, before.summary)
    changes = Section(CHANGES, _changes(difference))
    return dataclasses.replace(marked, sections=(changes, *marked.sections))


def with_proof(summary: Summary, proof: Proof) -> Summary:
    """Return what is shown with a proof, behind the changes if there are any."""
    text = f"proven {proof.proven}" if proof.ok else "not proven"
    sections = summarize_proof_shown(proof).sections
    items = tuple(item for section in sections for item in section.items)
    shown = Section(f"Proof: {text}", items)
    first, *rest = summary.sections
    ordered = (first, shown, *rest) if first.title == CHANGES else (shown, first, *rest)
    return dataclasses.replace(summary, sections=ordered)


def _changes(difference: Difference) -> tuple[Item, ...]:
    """Return what changes and what that means, without the names of the sides."""
    if not difference:
        return ()
    sections = summarize_difference(difference).sections
    items = (item for section in sections for item in section.items)
    return tuple(item for item in items if not isinstance(item, Facts))
