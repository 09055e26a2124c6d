"""``kit.preview``: the live view of a task, and what it does without a notebook."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.executor import ShimTaskExecutor
from kit.definition.settings import SerializationSettings
from kit.difference.history import PastDefinition, history
from kit.display.summary import Summary, summarizes
from kit.errors import DisplayError, KitError
from kit.evidence import Rung
from kit.forms.task_fields import Edits, Task, field_named
from kit.proof.outcome import Proof
from kit.proof.prove import prove
from kit.targets import load_task
from kit.task.flytekit_task import adapted
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS
from kit.widgets.live import Event, LiveView, widget_type
from kit.widgets.preview_state import (
    PreviewState,
    followed,
    looked,
    update,
    with_proof,
)
from kit.widgets.preview_view import view
from kit.widgets.view_registry import (
    TaskView,
    forget,
    stop_when_interrupted,
    watch,
)

if TYPE_CHECKING:
    from kit.widgets.run_panel import Panel


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
    task = adapted(task)
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
        state = PreviewState.of(task, settings, history(task))
        label = f"preview of {task.name}"
        self.live = LiveView(state, update, view, label=label, perform=self._perform)
        self._panel: Panel | None = None
        self._lock = threading.RLock()

    @property
    def state(self) -> PreviewState:
        """What is shown, and how."""
        return self.live.state

    @property
    def task(self) -> Task:
        """The task that is shown, without the edits."""
        return self.state.task

    @property
    def settings(self) -> SerializationSettings:
        """The settings with the edits."""
        return self.edits.draft.settings

    @property
    def template(self) -> TaskTemplate:
        """The template that is shown: that of the task with the edits."""
        return self.state.template

    @property
    def summary(self) -> Summary:
        """What is shown, with what differs marked.

        Edits are compared with the definition, a definition with the one before it.
        """
        state = self.state
        shown = state.look.summary
        return shown if state.proof is None else with_proof(shown, state.proof)

    @property
    def edits(self) -> Edits:
        """What was edited, and which of it does not hold."""
        return self.state.edits

    @property
    def code(self) -> str:
        """The code that makes the edits permanent; empty if there are none."""
        return self.state.code

    @property
    def definitions(self) -> tuple[PastDefinition, ...]:
        """The definitions of the task's name in this session, the oldest first."""
        return self.state.definitions

    @property
    def position(self) -> int:
        """Which definition is shown, from 1; the last one is the present."""
        return self.state.position

    @property
    def is_past(self) -> bool:
        """Whether an earlier definition is shown, which cannot be edited."""
        return self.state.is_past

    @property
    def is_closed(self) -> bool:
        """Whether the view was closed and follows nothing any more."""
        return self.live.is_closed

    @property
    def widget(self) -> Any:
        """The widget, to put among others: ``VBox([view.widget, other])``."""
        return self.live.widget

    def edit(self, field: str, text: str) -> None:
        """Type a text into a field, as in the notebook.

        A text that does not hold is kept in ``edits.errors``, and the view stays.

        Args:
            field: ``cpu``, ``retries``, ``env``, ``custom``, ``version``, …
            text: What to type.

        Raises:
            DefinitionError: There is no such field; the message names them.
        """
        field_named(field)
        self.live.post(Event("field", field, text))

    def undo(self) -> None:
        """Take the last edit back."""
        self.live.post(Event("action", "undo"))

    def redo(self) -> None:
        """Make the edit again that was taken back last."""
        self.live.post(Event("action", "redo"))

    def reset(self) -> None:
        """Take all edits back; that can be undone."""
        self.live.post(Event("action", "reset"))

    def go_to(self, position: int) -> None:
        """Show a definition of this session, from 1; the last one is the present."""
        self._change(lambda s: dataclasses.replace(s, definitions=history(s.task)))
        self.live.post(Event("kernel", "position", position))

    def prove(self) -> Proof:
        """Prove that what ships of the task, with the edits, is enough; show the proof.

        It is shown until something changes; see :func:`kit.prove`.
        """
        draft = self.edits.draft
        task: Any = draft.task  # it has what a proof needs, or is refused
        proof = prove(task, settings=draft.settings)
        self.live.post(Event("kernel", "proved", proof))
        return proof

    def follow(self, task: Task | None = None) -> None:
        """Show a task's newer definition, or the task anew if it says otherwise now.

        Args:
            task: The newer definition; the task that is shown by default.
        """
        newer = self.task if task is None else task
        before = self.state
        state = followed(before, newer, history(newer))
        if state.look is before.look and state.definitions == before.definitions:
            return
        self.live.post(Event("kernel", "state", state))
        self._follow_panel()

    def succeed(self, other: Preview) -> None:
        """Show what changed since what another view, now closed, has shown."""
        base = other.state.base
        if base.is_same(self.state.base):
            return
        self._change(lambda s: looked(dataclasses.replace(s, previous=base)))

    def close(self) -> None:
        """Close the widget, and follow nothing any more."""
        forget(self)
        with self._lock:
            if self._panel is not None:
                self._panel.close()
                self._panel = None
        self.live.close()

    def refresh(self) -> None:
        """Show the evidence that there is now."""
        self.live.post(Event("kernel", "evidence"))

    def opened(self) -> LiveView[PreviewState]:
        """Return the view, whose widget is made when it is first asked for."""
        return self.live

    def _change(self, change: Callable[[PreviewState], PreviewState]) -> None:
        self.live.post(Event("kernel", "state", change(self.state)))

    def _perform(
        self, event: Event, state: PreviewState, _live: LiveView[PreviewState]
    ) -> None:
        """Do what an event asks for: run, prove, climb, open the panel."""
        name = f"{event.kind} {event.key}"
        if name == "action run" and not state.is_past:
            self._run(str(event.value))
        elif name == "select tab" and event.value == "run":
            self._opened_panel()
        elif name == "action rung":
            rung = Rung(event.value)
            if rung is Rung.PROOF and rung in state.working:
                self._prove_apart()
            elif rung in state.working:
                self._climb_apart(rung)
            elif rung in (Rung.RUN, Rung.CONTAINER):
                self._run("docker" if rung is Rung.CONTAINER else "subprocess")
        elif name == "action prove" and Rung.PROOF in state.working:
            self._prove_apart()
        elif event.kind == "field" or name in _REBASING:
            self._follow_panel()

    def _prove_apart(self) -> None:
        """Prove in a thread, for the page goes on."""
        draft = self.edits.draft
        task: Any = draft.task

        def work() -> None:
            try:
                result: Any = prove(task, settings=draft.settings)
            except KitError as error:
                result = error
            self.live.post(Event("kernel", "proved", result))

        threading.Thread(target=work, name="kit-proof", daemon=True).start()

    def _climb_apart(self, rung: Rung) -> None:
        """Climb up to a rung in a thread."""
        from kit.readiness.climb import ready

        draft = self.edits.draft

        def work() -> None:
            trouble = ""
            try:
                ready(draft.task, until=rung, settings=draft.settings)
            except KitError as error:
                trouble = str(error)
            self.live.post(Event("kernel", "climbed", (rung, trouble)))

        threading.Thread(target=work, name="kit-climb", daemon=True).start()

    def _opened_panel(self) -> Panel:
        """Return the run panel, which is made when it is first asked for."""
        from kit.widgets.run_panel import Panel

        with self._lock:
            if self._panel is None:
                draft = self.edits.draft
                self._panel = panel = Panel(draft.task, draft.settings, {})
                stop_when_interrupted(panel)
                model = f"IPY_MODEL_{panel.opened().root.model_id}"
                self.live.post(Event("kernel", "panel", model))
            return self._panel

    def _follow_panel(self) -> None:
        """Let the panel run the task as it is edited now."""
        panel = self._panel
        if panel is not None and not self.is_past:
            draft = self.edits.draft
            panel.settings = draft.settings
            panel.follow(draft.task)

    def _run(self, runner: str) -> None:
        """Run with what is filled in, or show what is missing."""
        panel = self._opened_panel()
        if runner:
            panel.runner = runner
        if panel.is_running:
            return
        if all(not reading.problems for reading in panel.read().values()):
            panel.start()

    def __repr__(self) -> str:
        count = len(self.edits.held)
        edited = f", {count} edit{'s' if count > 1 else ''}" if count else ""
        return f"Preview({self.task.name!r}{edited})"


class _NothingExecutor(ShimTaskExecutor[Any]):
    def execute_from_model(self, tt: Any, **kwargs: Any) -> None:
        """Do nothing."""


def rehearse() -> None:
    """Draw the preview of a small task, so that all it takes is loaded by then."""
    task: Any = PythonCustomizedContainerTask(
        "kit.nothing", None, "kit:1", _NothingExecutor
    )
    tuple(view(PreviewState.of(task, LOCAL_SETTINGS)))
    widget_type()


_REBASING = {"action undo", "action redo", "action reset", "kernel state"}


@summarizes(Preview)
def summarize_preview(preview: Preview) -> Summary:
    """Return what a preview shows now."""
    return preview.summary
