"""``kit.preview``: the live view of a task, and what it does without a notebook."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.settings import SerializationSettings
from kit.difference.history import PastDefinition, history
from kit.display.summary import Summary, summarizes
from kit.errors import DisplayError
from kit.forms.task_fields import Edits, Task
from kit.proof.outcome import Proof
from kit.proof.prove import prove
from kit.targets import load_task
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS
from kit.widgets.view_registry import (
    Snapshot,
    TaskView,
    compared,
    forget,
    snapshot_of_definition,
    snapshot_of_task,
    watch,
    with_proof,
)

if TYPE_CHECKING:
    from kit.widgets.preview_view import PreviewView
from kit.widgets.codegen import edited_code


def preview(task: Any, settings: SerializationSettings | None = None) -> Preview:
    """Show a task as Flyte will get it, live: edited in place, following its cell.

    In a notebook the view is a widget. Settings and facts of the task can be edited in
    it: the view shows what changes, and the code that makes it so; the task stays as it
    is. When a cell defines a task of the same name again the view follows. Elsewhere,
    and without ipywidgets, it is the same view as HTML or text.

    Args:
        task: The task, or ``module:task`` or ``path/to/file.py:task``.
        settings: What it is serialized with; those of a local call by default.

    Returns:
        The view, to put at the end of a cell.

    Raises:
        DisplayError: It is no task.

    Example:
        >>> from kit.decorator import container_task
        >>> @container_task(image="acme/a:1", name="double")
        ... def double(tt, n: int) -> int:
        ...     return 2 * n
        >>> view = preview(double)
        >>> view.edit("cpu", "500m")
        >>> view.template.container.resources.requests[0].value
        '500m'
        >>> view.edits.held
        {'cpu': '500m'}
    """
    if isinstance(task, (str, os.PathLike)):
        task = load_task(os.fspath(task))
    if not isinstance(task, PythonCustomizedContainerTask):
        msg = (
            f"kit.preview shows tasks, got {task!r:.80} of type {type(task).__name__}. "
            "Templates, runs and literals show themselves at the end of a cell."
        )
        raise DisplayError(msg)
    made = Preview(task, settings or LOCAL_SETTINGS)
    watch(made)
    return made


class Preview(TaskView):
    """A live view of a task; :func:`preview` makes one.

    Edits change copies, so that neither the task nor the settings are touched.

    Args:
        task: The task.
        settings: What it is serialized with.
    """

    def __init__(self, task: Task, settings: SerializationSettings) -> None:
        self._lock = threading.RLock()  # handlers run in threads of the kernel
        self._task = task
        self._settings = settings
        self._edits = Edits(task, settings)
        self._base = snapshot_of_task(task, settings, "the definition")
        self._previous: Snapshot | None = None
        self._past: int | None = None
        self._view = self._base
        self._panel: PreviewView | None = None
        self._is_closed = False
        self._proof: Proof | None = None

    @property
    def task(self) -> Task:
        """The task that is shown, without the edits."""
        return self._task

    @property
    def settings(self) -> SerializationSettings:
        """The settings with the edits."""
        return self._edits.draft.settings

    @property
    def template(self) -> TaskTemplate:
        """The template that is shown: that of the task with the edits."""
        return self._view.template

    @property
    def summary(self) -> Summary:
        """What is shown, with what differs marked.

        Edits are compared with the definition, a definition with the one before it.
        """
        shown = compared(self._view, self._before())
        return shown if self._proof is None else with_proof(shown, self._proof)

    @property
    def edits(self) -> Edits:
        """What was edited, and which of it does not hold."""
        return self._edits

    @property
    def code(self) -> str:
        """The code that makes the edits permanent; empty if there are none."""
        held = self._edits.held
        if not held:
            return ""
        return edited_code(self._task, self._settings, self._edits.draft, held)

    @property
    def definitions(self) -> tuple[PastDefinition, ...]:
        """The definitions of the task's name in this session, the oldest first."""
        return history(self._task)

    @property
    def position(self) -> int:
        """Which definition is shown, from 1; the last one is the present."""
        return max(len(self.definitions), 1) if self._past is None else self._past

    @property
    def is_past(self) -> bool:
        """Whether an earlier definition is shown, which cannot be edited."""
        return self._past is not None

    @property
    def is_closed(self) -> bool:
        """Whether the view was closed and follows nothing any more."""
        return self._is_closed

    def edit(self, field: str, text: str) -> None:
        """Type a text into a field, as in the notebook.

        A text that does not hold is kept in ``edits.errors``, and the view stays.

        Args:
            field: ``cpu``, ``retries``, ``env``, ``custom``, ``version``, …
            text: What to type.

        Raises:
            DefinitionError: There is no such field; the message names them.
        """
        with self._lock:
            if not self.is_past and self._edits.edit(field, text):
                self._changed()

    def undo(self) -> None:
        """Take the last edit back."""
        with self._lock:
            self._edits.undo()
            self._changed()

    def redo(self) -> None:
        """Make the edit again that was taken back last."""
        with self._lock:
            self._edits.redo()
            self._changed()

    def reset(self) -> None:
        """Take all edits back; that can be undone."""
        with self._lock:
            self._edits.clear()
            self._changed()

    def go_to(self, position: int) -> None:
        """Show a definition of this session, from 1; the last one is the present."""
        with self._lock:
            count = len(self.definitions)
            past = position if 1 <= position < count else None
            if past != self._past:
                self._past = past
                self._changed()

    def prove(self) -> Proof:
        """Prove that what ships of the task, with the edits, is enough; show the proof.

        It is shown until something changes; see :func:`kit.prove`.
        """
        with self._lock:
            draft = self._edits.draft
            task: Any = draft.task  # it has what a proof needs, or is refused
            proof = prove(task, settings=draft.settings)
            self._proof = proof
            if self._panel is not None:
                self._panel.draw()
            return proof

    def follow(self, task: Task | None = None) -> None:
        """Show a task's newer definition, or the task anew if it says otherwise now.

        Args:
            task: The newer definition; the task that is shown by default.
        """
        with self._lock:
            newer = self._task if task is None else task
            base = snapshot_of_task(newer, self._settings, "the definition")
            if newer is self._task and base.template == self._base.template:
                return
            if not base.is_same(self._base):
                self._previous = self._base
            self._task, self._base, self._past = newer, base, None
            self._edits.rebase(newer, self._settings)
            self._changed()

    def succeed(self, other: Preview) -> None:
        """Show what changed since what another view, now closed, has shown."""
        with self._lock:
            if not other._base.is_same(self._base):
                self._previous = other._base

    def close(self) -> None:
        """Close the widget with all its parts, and follow nothing any more."""
        with self._lock:
            self._is_closed = True
            forget(self)
            if self._panel is not None:
                self._panel.close()
                self._panel = None

    def _before(self) -> Snapshot | None:
        if self._past is not None:
            earlier = self.definitions[: self._past - 1]  # positions count from 1
            return snapshot_of_definition(earlier[-1]) if earlier else None
        return self._base if self._edits.held else self._previous

    def _changed(self) -> None:
        """Make the view anew, and draw it where it is open."""
        self._proof = None
        if self._past is not None:
            self._view = snapshot_of_definition(self.definitions[self._past - 1])
        elif self._edits.held:
            draft = self._edits.draft
            self._view = snapshot_of_task(draft.task, draft.settings, "with the edits")
        else:
            self._view = self._base
        if self._panel is not None:
            self._panel.draw()

    def opened(self) -> PreviewView:
        """Return the widgets, which are made when they are first asked for."""
        from kit.widgets.preview_view import PreviewView

        with self._lock:
            if self._panel is None:
                self._panel = PreviewView(self)
            return self._panel

    def __repr__(self) -> str:
        count = len(self._edits.held)
        edited = f", {count} edit{'s' if count > 1 else ''}" if count else ""
        return f"Preview({self._task.name!r}{edited})"


@summarizes(Preview)
def summarize_preview(preview: Preview) -> Summary:
    """Return what a preview shows now."""
    return preview.summary
