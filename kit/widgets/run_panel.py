"""``kit.panel``: fill in a task's inputs, run it, and see what goes on."""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kit.definition.interface import Interface
from kit.definition.settings import SerializationSettings
from kit.definition.times import parse_timedelta
from kit.display.of_runs import summarize_run_shown
from kit.display.redaction import Redaction
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
from kit.display.text import attribute, html_text, value_text
from kit.errors import CallError, KitError
from kit.escape import label, shorten
from kit.forms.events import acted, field_key, received, refreshed, typed, used
from kit.forms.fields import Problem, Reading, Upload
from kit.forms.form import Form
from kit.forms.html import PREFIX, Drawing, input_html, problem_html
from kit.forms.variables import Variable, fitting_variables
from kit.notebook import interactive_shell
from kit.runners import RUNNERS, make_runner
from kit.running.on_flyte import launch_refusals
from kit.running.run import Run, announced
from kit.running.start import checked_timeout, task_named
from kit.running.start import run as run_task
from kit.shim.executable import RAISED
from kit.template.serialize import LOCAL_SETTINGS
from kit.widgets.live import AnyPart, Event, LiveView, Part, slot
from kit.widgets.outputs import is_of_outputs, perform_outputs
from kit.widgets.results import (
    Shown,
    newer,
    results_html,
    results_parts,
    update_shown,
    watch_run,
)
from kit.widgets.view_registry import TaskView, forget, stop_when_interrupted, watch

_IN_PROCESS = "in-process"
_MOST_OPTIONS = 600  # variables offered in all menus of a form together
_LONGEST_REFUSAL = 600


def panel(
    task: Any, /, settings: SerializationSettings | None = None, **values: Any
) -> Panel:
    """Show a form for a task's inputs, with buttons to run it and its results.

    In a notebook it is a live view: a field for each input, variables of the notebook
    to choose as values, the choice of a runner, the phase, the log as it is written,
    and the results. Elsewhere, and without anywidget, it lists the inputs and shows how
    to run the task.

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


# --- state ----------------------------------------------------------------------------


@dataclass(frozen=True)
class PanelState:
    """What a panel shows.

    Attributes:
        task: The task.
        form: Its inputs, as they are filled in.
        settings: What its template is made with.
        namespace: The variables of the notebook.
        variables: Those that fit an input, by its name.
        runner: Name of the runner.
        runner_problem: Why it cannot be used here.
        timeout: What is typed as the timeout.
        is_tried: Whether a run was asked for: what is missing is told from then on.
        is_starting: Whether a run is about to start.
        is_cancelling: Whether its reader asked the run to stop.
        unstarted: What the start of a run had against inputs, by their names.
        launch: Why Flyte would refuse a launch, by input.
        refusal: Why no run was started.
        shown: The last run, None before the first.
    """

    task: Any
    form: Form
    settings: SerializationSettings = LOCAL_SETTINGS
    namespace: Mapping[str, Any] = field(default_factory=dict, repr=False)
    variables: Mapping[str, tuple[Variable, ...]] = field(default_factory=dict)
    runner: str = "subprocess"
    runner_problem: str = ""
    timeout: str = ""
    is_tried: bool = False
    is_starting: bool = False
    is_cancelling: bool = False
    unstarted: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    launch: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""
    shown: Shown | None = None

    @property
    def is_running(self) -> bool:
        """Whether a run has not ended, or is about to start."""
        return self.is_starting or (self.shown is not None and not self.shown.is_done)

    @property
    def can_cancel(self) -> bool:
        """Whether there is a run that can be stopped, and was not asked to."""
        shown = self.shown
        if shown is None or shown.is_done or self.is_cancelling:
            return False
        return shown.run.runner != _IN_PROCESS

    @property
    def timeout_problem(self) -> str:
        """Why what is typed is not a timeout; empty if it is one."""
        try:
            seconds_of(self.timeout)
        except ValueError as error:
            return str(error)
        return ""

    def problems(self, name: str) -> tuple[Problem, ...]:
        """Return what is shown as wrong with an input.

        A value that is missing is told when a run was asked for, all else at once.
        """
        entry = self.form.inputs[name]
        found = tuple(
            problem
            for problem in (*entry.reading.problems, *self.unstarted.get(name, ()))
            if self.is_tried or not problem.is_missing
        )
        if not found and name in self.launch:
            return (Problem(entry.field, self.launch[name]),)
        return found

    def edited(self, form: Form) -> PanelState:
        """Return it with another form, and what Flyte would say of its values."""
        before, now = self.form.inputs, form.inputs
        changed = {name for name in now if now[name] is not before.get(name)}
        unstarted = {k: told for k, told in self.unstarted.items() if k not in changed}
        made = dataclasses.replace(self, form=form, unstarted=unstarted, refusal="")
        return dataclasses.replace(made, launch=launch_problems(made))

    def offered(self) -> PanelState:
        """Return it with the variables that fit by now."""
        found: list[tuple[Any, tuple[Variable, ...]]] = []
        offered: dict[str, tuple[Variable, ...]] = {}
        most = max(3, _MOST_OPTIONS // max(len(self.form.inputs), 1))
        for name, entry in self.form.inputs.items():
            known = [made for kind, made in found if kind == entry.python_type]
            if not known:
                known = [fitting_variables(self.namespace, entry.python_type)]
                found.append((entry.python_type, known[0]))
            offered[name] = known[0][:most]
        if offered == self.variables:
            return self
        return dataclasses.replace(self, variables=offered)


def seconds_of(text: str) -> float | None:
    """Read a timeout; an empty text is None.

    Raises:
        ValueError: It is not a duration of more than no time.

    >>> seconds_of("2m"), seconds_of("")
    (120.0, None)
    """
    if not text.strip():
        return None
    seconds = parse_timedelta(text).total_seconds()
    if seconds <= 0:
        msg = f"expected a duration of more than 0 s, got {text!r:.40}."
        raise ValueError(msg)
    return seconds


def launch_problems(state: PanelState) -> dict[str, str]:
    """Return why Flyte would refuse a launch with the values that are there, by input.

    Tables are left out: to look at one, it would have to be written.
    """
    values = {
        name: entry.reading.value
        for name, entry in state.form.inputs.items()
        if entry.reading.ok and not entry.is_frame
    }
    try:
        found = launch_refusals(state.task, values, settings=state.settings)
    except RAISED:  # the template cannot be made: the start of a run says why
        return {}
    return {
        name: f"Flyte refuses a launch with this value: {refusals[0].words}"
        for name, refusals in found.items()
        if name in values and refusals and refusals[0].code
    }


# --- events ---------------------------------------------------------------------------


def update_panel(state: PanelState, event: Event) -> PanelState:
    """Answer an event of a panel.

    Raises:
        CallError: The form has no such field any more.
        DisplayError: No such output is shown any more.
    """
    answer = _ANSWERS.get(f"{event.kind}:{event.key}") or _ANSWERS.get(event.kind)
    if answer is not None:
        return answer(state, event)
    if event.key.startswith(PREFIX):
        return _filled(state, event)
    if event.key.startswith("form."):
        action = event.key.removeprefix("form.")
        return state.edited(acted(state.form, action, str(event.value)))
    if is_of_outputs(event) and state.shown is not None:
        shown = update_shown(state.shown, event)
        return dataclasses.replace(state, shown=shown)
    return state


def _filled(state: PanelState, event: Event) -> PanelState:
    """Take what was typed, chosen or uploaded."""
    key = event.key.removeprefix(PREFIX)
    if event.kind == "upload":
        upload = Upload(str(event.value), event.data)
        return state.edited(received(state.form, key, [upload]))
    if not key.endswith("="):
        return state.edited(typed(state.form, key, event.value))
    key = key[:-1]
    if not event.value:
        return state.edited(acted(state.form, "clear", key))
    name = next((n for n in state.form.inputs if field_key(n) == key), key)
    return state.edited(used(state.form, name, str(event.value), state.namespace))


def _asked_to_run(state: PanelState, _event: Event) -> PanelState:
    """Begin a run, unless something is wrong."""
    if state.is_running:
        return state
    form = refreshed(state.form, state.namespace).reread()
    state = dataclasses.replace(state.edited(form), is_tried=True)
    wrong = [name for name, entry in form.inputs.items() if not entry.reading.ok]
    wrong += ["timeout"] if state.timeout_problem else []
    if wrong:
        refusal = f"Not started: see {', '.join(wrong)}."
        return dataclasses.replace(state, refusal=refusal)
    return dataclasses.replace(state, is_starting=True, refusal="")


def _asked_again(state: PanelState, _event: Event) -> PanelState:
    if state.is_running or state.shown is None:
        return state
    return dataclasses.replace(state, is_starting=True, refusal="")


def _shown(state: PanelState, event: Event) -> PanelState:
    """Take a run as it stands now."""
    shown = newer(state.shown, event.value)
    is_other = state.shown is None or state.shown.run is not shown.run
    cancelling = state.is_cancelling and not is_other and not shown.is_done
    refusal = "" if is_other else state.refusal
    return dataclasses.replace(
        state, shown=shown, is_cancelling=cancelling, refusal=refusal
    )


def _not_started(state: PanelState, event: Event) -> PanelState:
    """Tell why no run was started, beside its input if it has one."""
    error: Exception = event.value
    name = "" if isinstance(error, KitError) else f"{type(error).__name__}: "
    text = Redaction.of_task(state.task).text(f"{name}{error}")
    found = state.form.refusals(error) if isinstance(error, KitError) else {}
    return dataclasses.replace(
        state,
        unstarted={name: reading.problems for name, reading in found.items()},
        refusal=f"Not started: {shorten(text, _LONGEST_REFUSAL)}",
        is_starting=False,
    )


def _followed(state: PanelState, event: Event) -> PanelState:
    """Take a task's newer definition; what is filled in stays where it fits."""
    task, form = event.value
    made = dataclasses.replace(state, task=task)
    return (made if form is None else made.edited(form)).offered()


def _replaced(name: str) -> Callable[[PanelState, Event], PanelState]:
    def answer(state: PanelState, event: Event) -> PanelState:
        changes: dict[str, Any] = {name: event.value}
        return dataclasses.replace(state, **changes)

    return answer


def _runner_chosen(state: PanelState, event: Event) -> PanelState:
    name = str(event.value)
    make_runner(name)
    return dataclasses.replace(state, runner=name, runner_problem="")


def _runner_asked(state: PanelState, event: Event) -> PanelState:
    name, problem = event.value
    if name != state.runner:
        return state
    return dataclasses.replace(state, runner_problem=problem)


_ANSWERS: dict[str, Callable[[PanelState, Event], PanelState]] = {
    "action:run": _asked_to_run,
    "action:again": _asked_again,
    "action:cancel": lambda state, _event: dataclasses.replace(
        state, is_cancelling=state.can_cancel or state.is_cancelling
    ),
    "field:runner": _runner_chosen,
    "field:timeout": _replaced("timeout"),
    "run": _shown,
    "refused": _not_started,
    "started": lambda state, _event: dataclasses.replace(state, is_starting=False),
    "starting": lambda state, _event: dataclasses.replace(state, is_starting=True),
    "runner": _runner_asked,
    "settings": _replaced("settings"),
    "follow": _followed,
    "variables": lambda state, _event: state.offered(),
}


# --- drawing --------------------------------------------------------------------------


def view_panel(state: PanelState) -> Iterator[AnyPart]:
    """Draw a panel: the form, and beside it the place of the results."""
    inputs = "".join(slot(f"{PREFIX}{field_key(name)}") for name in state.form.inputs)
    empty = '<p class="kit-quiet">The task has no inputs.</p>'
    yield Part(
        "panel",
        f'<div class="kit-run-panel">{slot("panel.head")}'
        f'<div class="kit-columns"><div class="kit-form" data-kit-scroll>'
        f"{inputs or empty}{slot('panel.place')}</div>{slot('run.frame', 'kit-side')}"
        "</div></div>",
    )
    yield Part("panel.head", _head_html(state))
    for name, entry in state.form.inputs.items():
        drawing = Drawing(state.problems(name), state.variables.get(name, ()))
        yield Part(f"{PREFIX}{field_key(name)}", input_html(entry, drawing))
    yield Part("panel.place", _place_html(state))
    yield Part("run.frame", results_html(state.shown))
    hint = "Nothing has run yet. Ctrl+Enter runs the task."
    if state.is_starting and (state.shown is None or state.shown.is_done):
        hint = "Starting …"
    yield from results_parts(state.shown, hint, state.refusal)


def _head_html(state: PanelState) -> str:
    docstring = state.task.python_interface.docstring
    sentence = docstring.short_description if docstring else ""
    told = (
        f'<span class="kit-quiet">{html_text(label(sentence))}</span>'
        if sentence
        else ""
    )
    running = state.is_running
    again = running or state.shown is None
    buttons = (
        _button("cancel", "Cancel", "Stop the run", is_off=not state.can_cancel),
        _button("again", "Re-run", "Run with the inputs of the last run", is_off=again),
        _button("run", "Run ▸", "Run with these inputs (Ctrl+Enter)", is_off=running),
    )
    return (
        f'<div class="kit-view-head"><p><b class="kit-view-name">'
        f'{html_text(label(state.task.name))}</b> <span class="kit-quiet">{told}</span>'
        "</p>"
        f'<p class="kit-buttons">{"".join(buttons)}</p></div>'
    )


def _button(action: str, text: str, title: str, *, is_off: bool) -> str:
    primary = ' class="kit-primary" data-kit-primary' if action == "run" else ""
    disabled = " disabled" if is_off else ""
    return (
        f'<button type="button" data-kit-action="{action}"{primary} '
        f'title="{attribute(title)}"{disabled}>{text}</button>'
    )


def _place_html(state: PanelState) -> str:
    """Return the choice of a runner and of a timeout."""
    options = "".join(
        f'<option value="{name}"{" selected" if name == state.runner else ""}>{name}'
        "</option>"
        for name in RUNNERS
    )
    note = html_text(RUNNERS[state.runner].summary)
    problem = problem_html(state.runner_problem) if state.runner_problem else ""
    late = problem_html(state.timeout_problem) if state.timeout_problem else ""
    invalid = ' aria-invalid="true"' if state.timeout_problem else ""
    return (
        '<div class="kit-place"><div class="kit-field">'
        '<label class="kit-labelled"><span class="kit-name">runner</span>'
        '<span class="kit-control"><select data-kit-field="runner" aria-label="runner">'
        f'{options}</select></span></label><p class="kit-note">{note}</p>{problem}'
        '</div><div class="kit-field"><label class="kit-labelled">'
        '<span class="kit-name">timeout</span><span class="kit-control">'
        '<input type="text" data-kit-field="timeout" aria-label="timeout" '
        f'placeholder="the task\'s own, or 30s, 2m" value="{attribute(state.timeout)}"'
        f"{invalid}></span></label>{late}</div></div>"
    )


# --- the panel ------------------------------------------------------------------------


class Panel(TaskView):
    """A form for a task's inputs, and the runs that it starts; :func:`panel` makes one.

    Args:
        task: The task.
        settings: What its template is made with.
        values: Inputs to fill in instead of their defaults.

    Attributes:
        current: The last run that it has started, None before the first.
    """

    def __init__(
        self, task: Any, settings: SerializationSettings, values: dict[str, Any]
    ) -> None:
        self._lock = threading.RLock()  # runs are started in threads of the kernel
        self._values = values
        self._is_starting = False
        self.current: Run | None = None
        shell = interactive_shell()
        namespace = {} if shell is None else shell.user_ns
        form = Form(task.python_interface, values)
        state = PanelState(task, form, settings, namespace).edited(form).offered()
        self._live = LiveView(
            state,
            update_panel,
            view_panel,
            label=f"run {task.name}",
            perform=self._work,
        )

    @property
    def state(self) -> PanelState:
        """What it shows."""
        return self._live.state

    @property
    def task(self) -> Any:
        """The task."""
        return self.state.task

    @property
    def form(self) -> Form:
        """The inputs, as they are filled in."""
        return self.state.form

    @property
    def settings(self) -> SerializationSettings:
        """What its template is made with; others can be set."""
        return self.state.settings

    @settings.setter
    def settings(self, settings: SerializationSettings) -> None:
        self._live.post(Event("settings", "panel", settings))

    @property
    def runner(self) -> str:
        """Name of the runner; another one can be set."""
        return self.state.runner

    @runner.setter
    def runner(self, name: str) -> None:
        make_runner(name)
        self._live.post(Event("field", "runner", name))

    @property
    def timeout(self) -> float | None:
        """Seconds until a run is stopped, None for the task's own; can be set."""
        return seconds_of(self.state.timeout)

    @timeout.setter
    def timeout(self, seconds: float | None) -> None:
        checked = checked_timeout(seconds)
        text = "" if checked is None else f"{checked:g}"
        self._live.post(Event("field", "timeout", text))

    @property
    def is_running(self) -> bool:
        """Whether a run of it has not ended."""
        with self._lock:
            going = self.current is not None and not self.current.is_done
            return self._is_starting or going

    @property
    def can_cancel(self) -> bool:
        """Whether there is a run that can be stopped."""
        with self._lock:
            run = self.current
            return run is not None and not run.is_done and run.runner != _IN_PROCESS

    @property
    def is_closed(self) -> bool:
        """Whether its view was closed."""
        return self._live.is_closed

    def post(self, event: Event) -> None:
        """Do what a reader of the view would do."""
        self._live.post(event)

    def read(self) -> dict[str, Reading]:
        """Return what is filled in for each input, or what is wrong with it."""
        return self.form.readings()

    def start(self) -> Run:
        """Run the task with what is filled in.

        A run in this process is waited for; others go on in the background.

        Raises:
            CallError: An input is not filled in, or a run of the panel is under way.
            ConversionError: An input does not fit its declared type.
            DefinitionError: The task's template cannot be made.
        """
        readings = refreshed(self.form, self.state.namespace).readings()
        wrong = [
            f"{name}: {problem.text}"
            for name, reading in readings.items()
            for problem in reading.problems
        ]
        if wrong:
            raise CallError("The inputs are not filled in. " + " ".join(wrong))
        inputs = {name: reading.value for name, reading in readings.items()}
        return self._watched(functools.partial(self._launched, inputs))

    def again(self) -> Run:
        """Run the task once more with the inputs of the last run.

        Raises:
            CallError: There was no run, or one is under way.
        """
        with self._lock:
            if self.current is None:
                msg = "There was no run yet: fill in the inputs and start one."
                raise CallError(msg)
            before = self.current
        return self._watched(before.rerun)

    def cancel(self) -> None:
        """Ask the run that is under way to stop, if there is one; returns at once."""
        with self._lock:
            run = self.current
        if run is not None:
            run.cancel()

    def _launched(self, inputs: dict[str, Any]) -> Run:
        state = self.state
        return run_task(
            state.task,
            runner=state.runner,
            timeout=seconds_of(state.timeout),
            wait=state.runner == _IN_PROCESS,
            settings=state.settings,
            inputs=inputs,
        )

    def _watched(self, begin: Callable[[], Run]) -> Run:
        """Begin a run, one at a time, and show it from its start on."""
        with self._lock:
            if self.is_running:
                msg = "A run of this panel is under way: wait for it, or cancel it."
                raise CallError(msg)
            self._is_starting = True
        self._live.post(Event("starting", "panel"))
        try:
            with announced(self._adopt):
                return begin()
        finally:
            with self._lock:
                self._is_starting = False
            self._live.post(Event("started", "panel"))

    def _adopt(self, run: Run) -> None:
        with self._lock:
            self.current = run
        watch_run(self._live, run, lambda: self.current is run)

    def _work(
        self, event: Event, state: PanelState, live: LiveView[PanelState]
    ) -> None:
        """Do what an event asks for beyond the view."""
        told = f"{event.kind}:{event.key}"
        if told in ("action:run", "action:again"):
            if state.is_starting:
                self._begin(self.start if event.key == "run" else self.again)
        elif told == "action:cancel":
            self.cancel()
        elif told == "field:runner":
            self._ask_runner(state.runner)
        elif is_of_outputs(event) and state.shown is not None:
            perform_outputs(event, state.shown.outputs, live)

    def _begin(self, begin: Callable[[], Run]) -> None:
        """Start a run; what keeps it from starting is told, where it belongs."""
        try:
            begin()
        except Exception as error:  # noqa: BLE001 - what the task's author wrote, too
            self._live.post(Event("refused", "panel", error))

    def _ask_runner(self, runner: str) -> None:
        """Ask in a thread whether a runner can be used: an engine may take its time."""

        def ask() -> None:
            problem = RUNNERS[runner].problem() or ""
            self._live.post(Event("runner", "panel", (runner, problem)))

        threading.Thread(target=ask, name="kit-runner-check", daemon=True).start()

    # --- the life of the view ---------------------------------------------------------

    def follow(self, task: Any = None) -> None:
        """Take a task's newer definition; what is filled in stays where it fits.

        Without one, look at the variables of the notebook again.
        """
        if task is None:
            self._live.post(Event("variables", "panel"))
            return
        before, interface = self.task.python_interface, task.python_interface
        form = None
        if _told(before) != _told(interface):
            known = {k: v for k, v in self._values.items() if k in interface.inputs}
            form = Form(interface, known)
            form.take_over(self.form)
        self._live.post(Event("follow", "panel", (task, form)))

    def succeed(self, other: Panel) -> None:
        """Show the run of another panel, which is closed."""
        if other.current is not None:
            self._adopt(other.current)

    def close(self) -> None:
        """Close the view; a run that is under way goes on."""
        forget(self)
        self._live.close()

    def opened(self) -> LiveView[PanelState]:
        """Return the view, whose widget is made when it is first asked for."""
        self._ask_runner(self.runner)
        return self._live

    def __repr__(self) -> str:
        phase = "" if self.current is None else f", {self.current.phase.value}"
        return f"Panel({self.task.name!r}, {self.runner}{phase})"


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
