"""The widget of a panel: form, buttons, phase, log and results."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import ipywidgets

from kit.definition.times import parse_timedelta
from kit.display.notebook import forget_stylesheet
from kit.display.text import html_text
from kit.errors import KitError
from kit.escape import shorten
from kit.runners import RUNNERS
from kit.running.run import Run
from kit.widgets.base import Styles, close_tree, live_box, named
from kit.widgets.form import FormView
from kit.widgets.panes import head_html
from kit.widgets.run_view import Redaction, RunView
from kit.widgets.view_registry import draw_while

if TYPE_CHECKING:
    from kit.widgets.run_panel import Panel


class RunnerChoice:
    """A list of the runners, with a note on the one that is chosen.

    A runner is asked in a thread whether it can be used here: an engine that does not
    answer takes its time.

    Args:
        chosen: The runner that is chosen first.
        choose: Called with the one that is chosen.
        styles: What all widgets of the view share.
        lock: Held while a note is written.

    Attributes:
        root: The widget.
    """

    def __init__(
        self,
        chosen: str,
        choose: Callable[[str], None],
        styles: Styles,
        lock: AbstractContextManager[Any],
    ) -> None:
        self._choose, self._lock = choose, lock
        self._control = ipywidgets.Dropdown(
            options=list(RUNNERS), value=chosen, description="runner", **styles.choice
        )
        self._control.observe(self._change, names="value")
        self._note = ipywidgets.HTML(**styles.html)
        self.root = ipywidgets.Box(
            (self._control, self._note),
            **styles.box,
            **named("kit-field", "kit-runner"),
        )
        self._tell(chosen)

    def _change(self, change: Any) -> None:
        with self._lock:
            self._choose(change["new"])
            self._tell(change["new"])

    def _tell(self, runner: str) -> None:
        summary = html_text(RUNNERS[runner].summary)
        self._note.value = f"<p><small>{summary}</small></p>"
        name = "kit-runner-check"
        ask = functools.partial(self._ask, runner)
        threading.Thread(target=ask, name=name, daemon=True).start()

    def _ask(self, runner: str) -> None:
        problem = RUNNERS[runner].problem()
        with self._lock:
            if problem and self._control.value == runner:
                text = html_text(problem)
                self._note.value = f'<p role="alert" class="kit-bad">{text}</p>'


_LONGEST = 200
_HINT = (
    "<p><small>After so long the run is stopped: 90, 30s, 2m. "
    "Empty: the task's own.</small></p>"
)


class TimeoutField:
    """A field for a duration, which may be empty.

    Args:
        seconds: What it has at first; None for none.
        choose: Called with what is typed, if that is a duration or nothing.
        styles: What all widgets of the view share.
        lock: Held while something changes.

    Attributes:
        root: The widget.
        is_wrong: Whether what is typed is no duration.
    """

    def __init__(
        self,
        seconds: float | None,
        choose: Callable[[float | None], None],
        styles: Styles,
        lock: AbstractContextManager[Any],
    ) -> None:
        self._choose, self._lock = choose, lock
        self.is_wrong = False
        self._control = ipywidgets.Text(
            value="" if seconds is None else f"{seconds:g}",
            description="timeout",
            continuous_update=False,
            **styles.text,
        )
        self._control.observe(self._change, names="value")
        self._note = ipywidgets.HTML(_HINT, **styles.html)
        parts = (self._control, self._note)
        self.root = ipywidgets.Box(parts, **styles.box, **named("kit-field"))

    def _change(self, change: Any) -> None:
        with self._lock:
            try:
                self._choose(_seconds(change["new"]))
            except ValueError as error:
                self.is_wrong = True
                text = html_text(shorten(str(error), _LONGEST))
                self._note.value = f'<p role="alert" class="kit-bad">{text}</p>'
            else:
                self.is_wrong = False
                self._note.value = _HINT


def _seconds(text: str) -> float | None:
    if not text.strip():
        return None
    seconds = parse_timedelta(text).total_seconds()
    if seconds <= 0:
        msg = f"{text!r} is no timeout: expected more than no time, or nothing."
        raise ValueError(msg)
    return seconds


class PanelView:
    """Draws a panel, and does what its reader wants.

    Args:
        panel: What is drawn.
    """

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._styles = styles = Styles()
        self._is_closed = False
        self._run_view: RunView | None = None  # made with the first run
        self._head = self._html("kit-preview-head", head_html(panel.task))
        self._form = FormView(panel.form, styles, panel.lock)
        self._choice = RunnerChoice(panel.runner, self._choose, styles, panel.lock)
        self._timeout = TimeoutField(panel.timeout, self._wait, styles, panel.lock)
        self._run = self._button("Run", "Run with these inputs", self._click_run)
        self._cancel = self._button("Cancel", "Stop the run", self._click_cancel)
        self._again = self._button(
            "Re-run", "Run with the inputs of the last run", self._click_again
        )
        buttons = (self._run, self._cancel, self._again)
        self._refusal = self._html("kit-refusal")
        self._draw_buttons()
        parts = (
            self._head,
            self._form.root,
            ipywidgets.Box(
                (self._choice.root, self._timeout.root),
                **styles.box,
                **named("kit-fields", "kit-inputs"),
            ),
            ipywidgets.Box(buttons, **styles.box, **named("kit-tools")),
            self._refusal,
        )
        self.root = live_box(styles, parts)
        self._fixed = self.root.children
        if panel.current is not None:
            self.show_run(panel.current)

    def show_form(self) -> None:
        """Show the panel's form, which is another one now."""
        self._head.value = head_html(self._panel.task)
        self._form.show(self._panel.form)

    def show_run(self, run: Run) -> None:
        """Show a run from now on, until it has ended or another one is shown."""
        with self._panel.lock:
            if self._run_view is None:
                self._run_view = RunView(self._styles, self._panel.lock)
            self._run_view.show(run)
            self._refusal.value = ""
            self._arrange(self._run_view)
            self._draw_buttons()
        draw_while(lambda: self._draw(run))

    def close(self) -> None:
        """Close every widget; outputs that come later bring the stylesheet again."""
        self._is_closed = True
        if self._run_view is not None:
            self._run_view.close()
        close_tree(self.root)
        forget_stylesheet()

    # --- drawing ----------------------------------------------------------------------

    def _draw(self, run: Run) -> bool:
        """Draw what is new of a run; tell whether there may be more."""
        with self._panel.lock:
            view = self._run_view
            if self._is_closed or view is None or run is not self._panel.current:
                return False
            is_done = run.is_done
            view.draw(run, is_done=is_done)
            self._arrange(view)
            self._draw_buttons()
            return not is_done

    def _arrange(self, view: RunView) -> None:
        children = (*self._fixed, *view.widgets)
        if self.root.children != children:
            self.root.children = children

    def _draw_buttons(self) -> None:
        panel = self._panel
        running = panel.is_running
        _set(self._run, disabled=running)
        _set(self._cancel, disabled=not panel.can_cancel)
        _set(self._again, disabled=running or panel.current is None)

    # --- what its reader does ---------------------------------------------------------

    def _choose(self, runner: str) -> None:
        self._panel.runner = runner

    def _wait(self, seconds: float | None) -> None:
        self._panel.timeout = seconds

    def _click_run(self) -> None:
        readings = self._panel.read()
        with self._panel.lock:
            self._form.tell(readings)
        wrong = [name for name, reading in readings.items() if not reading.ok]
        wrong += ["timeout"] if self._timeout.is_wrong else []
        if wrong:
            self._refuse(f"Not started: see {', '.join(wrong)}.")
            return
        self._begin(self._panel.start)

    def _click_again(self) -> None:
        self._begin(self._panel.again)

    def _click_cancel(self) -> None:
        with self._panel.lock:
            _set(self._cancel, disabled=True)
        self._panel.cancel()

    def _begin(self, begin: Callable[[], Run]) -> None:
        """Start a run; what keeps it from starting is told, where it belongs."""
        try:
            begin()
        except KitError as error:
            with self._panel.lock:
                self._form.tell(self._panel.form.refusals(error))
            self._refuse(f"Not started: {error}")
        except Exception as error:  # noqa: BLE001 - what the task's author wrote
            self._refuse(f"Not started: {type(error).__name__}: {error}")
        finally:
            with self._panel.lock:
                self._draw_buttons()

    def _refuse(self, text: str) -> None:
        with self._panel.lock:
            shown = html_text(Redaction.of_task(self._panel.task).text(text))
            self._refusal.value = f'<p role="alert" class="kit-bad">{shown}</p>'

    # --- parts ------------------------------------------------------------------------

    def _html(self, name: str, value: str = "") -> Any:
        return ipywidgets.HTML(value, **self._styles.html, **named(name))

    def _button(self, text: str, tooltip: str, act: Callable[[], None]) -> Any:
        button = ipywidgets.Button(
            description=text, tooltip=tooltip, **self._styles.button
        )
        button.on_click(lambda _button: act())
        return button


def _set(button: Any, *, disabled: bool) -> None:
    if button.disabled != disabled:
        button.disabled = disabled
