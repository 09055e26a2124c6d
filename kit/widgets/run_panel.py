"""``kit.panel``: fill in a task's inputs, run it, and see what goes on."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kit.definition.interface import Interface
from kit.definition.settings import SerializationSettings
from kit.display.of_runs import summarize_run_shown
from kit.display.summary import (
    Code,
    Fact,
    Facts,
    Section,
    Style,
    Summary,
    Table,
    summarizes,
)
from kit.display.text import value_text
from kit.errors import CallError
from kit.forms.fields import Reading
from kit.forms.form import Form
from kit.runners import make_runner
from kit.running.run import Run, announced
from kit.running.start import checked_timeout, task_named
from kit.running.start import run as run_task
from kit.template.serialize import LOCAL_SETTINGS
from kit.widgets.view_registry import TaskView, forget, stop_when_interrupted, watch

if TYPE_CHECKING:
    from kit.widgets.run_panel_view import PanelView

_IN_PROCESS = "in-process"


def panel(
    task: Any, /, settings: SerializationSettings | None = None, **values: Any
) -> Panel:
    """Show a form for a task's inputs, with buttons to run it and what comes of it.

    In a notebook it is a widget: a field for each input, the choice of a runner, the
    phase, the log as it is written, and the results. Elsewhere, and without ipywidgets,
    it tells the inputs and how to run the task.

    Args:
        task: The task.
        settings: What its template is made with; those of a local call by default.
        **values: Inputs to fill in instead of their defaults.

    Returns:
        The panel, to put at the end of a cell.

    Raises:
        CallError: It is no task, or a value is of no input.

    Example:
        >>> from kit.decorator import container_task
        >>> @container_task(image="acme/a:1", name="double")
        ... def double(tt, n: int) -> int:
        ...     return 2 * n
        >>> view = panel(double, n=3)
        >>> view.read()["n"].value
        3
    """
    task = task_named(task, "kit.panel")
    made = Panel(task, settings or LOCAL_SETTINGS, values)
    watch(made)
    stop_when_interrupted(made)
    return made


class Panel(TaskView):
    """A form for a task's inputs, and the runs that it starts; :func:`panel` makes one.

    Args:
        task: The task.
        settings: What its template is made with.
        values: Inputs to fill in instead of their defaults.

    Attributes:
        form: The inputs, as they are filled in.
        current: The last run that it has started, None before the first.
        lock: Held while its state changes.
    """

    def __init__(
        self, task: Any, settings: SerializationSettings, values: dict[str, Any]
    ) -> None:
        self.lock = threading.RLock()  # handlers run in threads of the kernel
        self._task = task
        self._settings = settings
        self._values = values
        self._runner = "subprocess"
        self._timeout: float | None = None
        self._is_starting = False
        self._is_closed = False
        self._view: PanelView | None = None
        self.current: Run | None = None
        self.form = Form(task.python_interface, values)

    @property
    def task(self) -> Any:
        """The task."""
        return self._task

    @property
    def settings(self) -> SerializationSettings:
        """What its template is made with; others can be set."""
        return self._settings

    @settings.setter
    def settings(self, settings: SerializationSettings) -> None:
        with self.lock:
            self._settings = settings

    @property
    def runner(self) -> str:
        """Name of the runner; another one can be set."""
        return self._runner

    @runner.setter
    def runner(self, name: str) -> None:
        make_runner(name)
        with self.lock:
            self._runner = name

    @property
    def timeout(self) -> float | None:
        """Seconds until a run is stopped, None for the task's own; can be set."""
        return self._timeout

    @timeout.setter
    def timeout(self, seconds: float | None) -> None:
        checked = checked_timeout(seconds)
        with self.lock:
            self._timeout = checked

    @property
    def is_running(self) -> bool:
        """Whether a run of it has not ended."""
        with self.lock:
            going = self.current is not None and not self.current.is_done
            return self._is_starting or going

    @property
    def can_cancel(self) -> bool:
        """Whether there is a run that can be stopped."""
        with self.lock:
            run = self.current
            return run is not None and not run.is_done and run.runner != _IN_PROCESS

    @property
    def is_closed(self) -> bool:
        """Whether its widget was closed."""
        return self._is_closed

    def read(self) -> dict[str, Reading]:
        """Return what is filled in for each input, or what is wrong with it."""
        with self.lock:
            return self.form.readings()

    def start(self) -> Run:
        """Run the task with what is filled in.

        A run in this process is waited for; others go on in the background.

        Raises:
            CallError: An input is not filled in, or a run of the panel is under way.
            ConversionError: An input does not fit its declared type.
            DefinitionError: The task's template cannot be made.
        """
        readings = self.read()
        wrong = [
            f"{name}: {problem.text}"
            for name, reading in readings.items()
            for problem in reading.problems
        ]
        if wrong:
            raise CallError("The inputs are not filled in. " + " ".join(wrong))
        inputs = {name: reading.value for name, reading in readings.items()}
        return self._launch(inputs)

    def again(self) -> Run:
        """Run the task once more with the inputs of the last run.

        Raises:
            CallError: There was no run, or one is under way.
        """
        with self.lock:
            if self.current is None:
                msg = "There was no run yet: fill in the inputs and start one."
                raise CallError(msg)
            before = self.current
        return self._watched(before.rerun)

    def cancel(self) -> None:
        """Ask the run that is under way to stop, if there is one; returns at once."""
        with self.lock:
            run = self.current
        if run is not None:
            run.cancel()

    def _launch(self, inputs: dict[str, Any]) -> Run:
        def started() -> Run:
            return run_task(
                self._task,
                runner=self._runner,
                timeout=self._timeout,
                wait=self._runner == _IN_PROCESS,
                settings=self._settings,
                inputs=inputs,
            )

        return self._watched(started)

    def _watched(self, begin: Any) -> Run:
        """Begin a run, one at a time, and show it from its start on."""
        with self.lock:
            if self.is_running:
                msg = "A run of this panel is under way: wait for it, or cancel it."
                raise CallError(msg)
            self._is_starting = True
        try:
            with announced(self._adopt):
                run: Run = begin()
        finally:
            with self.lock:
                self._is_starting = False
        return run

    def _adopt(self, run: Run) -> None:
        with self.lock:
            self.current = run
            if self._view is not None:
                self._view.show_run(run)

    # --- the life of the view ---------------------------------------------------------

    def follow(self, task: Any = None) -> None:
        """Take a task's newer definition; what is filled in stays where it fits."""
        if task is None:
            return
        with self.lock:
            before, self._task = self._task, task
            if _told(before.python_interface) == _told(task.python_interface):
                return
            interface = task.python_interface
            known = {k: v for k, v in self._values.items() if k in interface.inputs}
            form = Form(interface, known)
            form.take_over(self.form)
            self.form = form
            if self._view is not None:
                self._view.show_form()

    def succeed(self, other: Panel) -> None:
        """Show the run of another panel, which is closed."""
        with self.lock:
            self.current = other.current

    def close(self) -> None:
        """Close the widget with all its parts; a run that is under way goes on."""
        with self.lock:
            self._is_closed = True
            forget(self)
            if self._view is not None:
                self._view.close()
                self._view = None

    def opened(self) -> PanelView:
        """Return the widget, which is made when it is first asked for."""
        from kit.widgets.run_panel_view import PanelView

        with self.lock:
            if self._view is None:
                self._view = PanelView(self)
            return self._view

    def __repr__(self) -> str:
        phase = "" if self.current is None else f", {self.current.phase.value}"
        return f"Panel({self._task.name!r}, {self._runner}{phase})"


def _told(interface: Interface) -> list[tuple[str, Any, str]]:
    """Return what a form shows of an interface."""
    described = interface.docstring.input_descriptions if interface.docstring else {}
    return [
        (name, kind, f"{value_text(default)} {described.get(name)}")
        for name, (kind, default) in interface.inputs_with_defaults.items()
    ]


@summarizes(Panel)
def summarize_panel(panel: Panel) -> Summary:
    """List the inputs, tell how to run the task, and show its run if there is one."""
    sections = (
        Section("Inputs", tuple(_inputs(panel.form))),
        Section("Run it", (Code(_call(panel), "python"),)),
    )
    made = Summary("run", panel.task.name, sections)
    if panel.current is None:
        return made
    run = summarize_run_shown(panel.current)
    return dataclasses.replace(run, sections=(*sections, *run.sections))


def _inputs(form: Form) -> Iterator[Facts | Table]:
    if not form.inputs:
        yield Facts((Fact("inputs", "none"),))
        return
    columns = ("input", "type", "value", "description")
    styles: tuple[Style, ...] = ("text", "code", "code", "text")
    rows = tuple(
        (name, entry.type_name, _value(form, name), entry.field.description)
        for name, entry in form.inputs.items()
    )
    yield Table(columns, rows, styles=styles)


def _value(form: Form, name: str) -> str:
    reading = form.inputs[name].field.read()
    return value_text(reading.value) if reading.ok else "needed"


def _call(panel: Panel) -> str:
    name = panel.task.name.rpartition(".")[2]
    inputs = "".join(f", {name}={_argument(panel, name)}" for name in panel.form.inputs)
    runner = "" if panel.runner == "subprocess" else f", runner={panel.runner!r}"
    return f"run = kit.run({name}{inputs}{runner})"


def _argument(panel: Panel, name: str) -> str:
    reading = panel.form.inputs[name].field.read()
    return value_text(reading.value) if reading.ok else "…"
