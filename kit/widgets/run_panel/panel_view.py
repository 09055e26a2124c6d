"""The widget of a panel: form, buttons, phase, log and results."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets

from kit.display.escape import html_text
from kit.display.stylesheet import forget_stylesheet
from kit.errors import KitError
from kit.running.run import Run
from kit.widgets.closing import close_tree
from kit.widgets.form.form_view import FormView
from kit.widgets.looks import Looks, named
from kit.widgets.run_panel.flusher import draw_while
from kit.widgets.run_panel.masks import Masks
from kit.widgets.run_panel.run_view import RunView
from kit.widgets.run_panel.runner_choice import RunnerChoice
from kit.widgets.run_panel.status import head_html
from kit.widgets.run_panel.timeout_field import TimeoutField
from kit.widgets.style import live_box

if TYPE_CHECKING:
    from kit.widgets.run_panel.panel import Panel

__all__ = ["PanelView"]


class PanelView:
    """Draws a panel, and does what its reader wants.

    Args:
        panel: What is drawn.
    """

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._looks = looks = Looks()
        self._is_closed = False
        self._run_view: RunView | None = None  # made with the first run
        self._head = self._html("kit-preview-head", head_html(panel.task))
        self._form = FormView(panel.form, looks, panel.lock)
        self._choice = RunnerChoice(panel.runner, self._choose, looks, panel.lock)
        self._timeout = TimeoutField(panel.timeout, self._wait, looks, panel.lock)
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
                **looks.box,
                **named("kit-fields", "kit-inputs"),
            ),
            ipywidgets.Box(buttons, **looks.box, **named("kit-tools")),
            self._refusal,
        )
        self.root = live_box(looks, parts)
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
                self._run_view = RunView(self._looks, self._panel.lock)
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
            shown = html_text(Masks.of_task(self._panel.task).text(text))
            self._refusal.value = f'<p role="alert" class="kit-bad">{shown}</p>'

    # --- parts ------------------------------------------------------------------------

    def _html(self, name: str, value: str = "") -> Any:
        return ipywidgets.HTML(value, **self._looks.html, **named(name))

    def _button(self, text: str, tooltip: str, act: Callable[[], None]) -> Any:
        button = ipywidgets.Button(
            description=text, tooltip=tooltip, **self._looks.button
        )
        button.on_click(lambda _button: act())
        return button


def _set(button: Any, *, disabled: bool) -> None:
    if button.disabled != disabled:
        button.disabled = disabled
