"""A run as a widget: its phase and clock, its log, and what it made."""

from __future__ import annotations

import dataclasses
import threading
from contextlib import AbstractContextManager
from typing import Any

import ipywidgets

from kit.display.of_runs import summarize_run
from kit.display.summary import Fact, Facts, Item, Section, Summary
from kit.display.text import html_text
from kit.escape import one_line
from kit.runners.outcome import Outcome
from kit.running.run import Run
from kit.widgets.base import (
    Styles,
    close_tree,
    finder,
    live_box,
    named,
)
from kit.widgets.cell_events import is_busy
from kit.widgets.live_decks import DecksPane
from kit.widgets.outputs import OutputsPane
from kit.widgets.panes import Panes, clock_html, panes_of, phase_html
from kit.widgets.redaction import Redaction
from kit.widgets.run_log import LogView
from kit.widgets.ticker import draw_while


class LiveRun:
    """Draws a run.

    Args:
        run: The run.

    Attributes:
        root: The widget.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._lock = threading.RLock()  # handlers run in threads of the kernel
        self._is_closed = False
        styles = Styles()
        head = ipywidgets.HTML(_head(run), **styles.html, **named("kit-preview-head"))
        self._cancel = ipywidgets.Button(
            description="Cancel", tooltip="Stop the run", **styles.button
        )
        self._cancel.on_click(lambda _button: self._click())
        tools = ipywidgets.Box((self._cancel,), **styles.box, **named("kit-tools"))
        self._tools = tools
        self.root: Any = live_box(styles, (head,))
        self._fixed = self.root.children
        self._view = RunView(styles, self._lock)
        self._view.show(run)
        if self._draw():
            draw_while(self._draw)

    def close(self) -> None:
        """Close every widget of it; the run goes on."""
        with self._lock:
            self._is_closed = True
            self._view.close()
            close_tree(self._tools)
            close_tree(self.root)

    def _click(self) -> None:
        with self._lock:
            self._cancel.disabled = True
        self._run.cancel()

    def _draw(self) -> bool:
        """Draw what is new of the run; tell whether there may be more."""
        with self._lock:
            if self._is_closed:
                return False
            is_done = self._run.is_done
            self._view.draw(self._run, is_done=is_done)
            tools = () if is_done else (self._tools,)
            children = (*self._fixed, *tools, *self._view.widgets)
            if self.root.children != children:
                self.root.children = children
            return not is_done


def _head(run: Run) -> str:
    """Return the title: the task, and where it runs."""
    name, place = map(html_text, map(one_line, (run.task, run.runner)))
    return (
        f'<p class="kit-head"><span class="kit-kind">run</span> <b>{name}</b> '
        f"<small>{place}</small></p>"
    )


class RunView:
    """Draws one run at a time.

    Args:
        styles: What all widgets of the view share.
        lock: Held while it is drawn.
    """

    def __init__(self, styles: Styles, lock: AbstractContextManager[Any]) -> None:
        self._phase = ipywidgets.HTML(**styles.html, **named("kit-phase"))
        self._clock = ipywidgets.HTML(**styles.html, **named("kit-clock"))
        self._log = LogView(styles, lock)
        self._outputs = OutputsPane(styles)
        self._panes = Panes(styles)
        self._finder = finder(styles)
        self._decks = DecksPane(styles)
        self._redaction: Redaction | None = None

    @property
    def widgets(self) -> tuple[Any, ...]:
        """What is shown, from top to bottom."""
        shown = (self._outputs, self._decks, self._panes)
        results = [widget for part in shown for widget in part.widgets]
        tools = self._finder if results else ()
        return (self._phase, self._clock, self._log.root, *tools, *results)

    def show(self, run: Run) -> None:
        """Show a run in the place of the one that was shown."""
        self._redaction = Redaction(run.template)
        self._decks.clear()
        self._outputs.draw({}, self._redaction.summary)
        for widget in self._panes.draw([]):
            widget.close()
        self._log.show(run.logs, self._redaction)

    def draw(self, run: Run, *, is_done: bool) -> None:
        """Draw what is new of the run, and what came of it when it has ended."""
        redaction = self._redaction or Redaction(run.template)
        self._log.draw()
        _say(self._phase, phase_html(run.phase))
        if not is_done:
            if run.seconds >= 1:  # at first there is enough else to say
                _say(self._clock, clock_html(int(run.seconds), is_busy=is_busy()))
            self._decks.follow(run, redaction)
            return
        _say(self._clock, "")
        self._decks.end(run, redaction)
        self._outputs.draw(run.standing.outputs, redaction.summary)
        summary = summarize_results(run, redaction)
        panes = [pane for pane in panes_of(summary) if pane.items]
        for widget in self._panes.draw(panes):
            widget.close()

    def close(self) -> None:
        """Close what is not always shown."""
        self._outputs.close()
        self._decks.close()
        for widget in self._finder:
            close_tree(widget)


def _say(widget: Any, value: str) -> None:
    if widget.value != value:
        widget.value = value


_OWN_VIEWS = ("Outputs", "Decks")


def summarize_results(run: Run, redaction: Redaction) -> Summary:
    """Summarize a run that has ended: error, timings, command, files, the wire.

    Its outputs and its decks have views of their own.

    Args:
        run: The run.
        redaction: Keep the values of its secrets out of it.
    """
    outcome = run.standing
    told = summarize_run(outcome, with_command=True, with_logs=False)
    details = {
        "Command": Section("Command", _items_of(told, "Command"), detail=True),
        "Files": Section(
            "Files", (*_items_of(told, "Files"), *_log(outcome)), detail=True
        ),
    }
    others = (part for part in told.sections if part.title not in _OWN_VIEWS)
    sections = (details.get(part.title, part) for part in others)
    timings = Section("Timings", _timings(outcome), detail=True)
    return redaction.summary(dataclasses.replace(told, sections=(*sections, timings)))


def _items_of(summary: Summary, title: str) -> tuple[Item, ...]:
    section = summary.section(title)
    return () if section is None else section.items


def _log(outcome: Outcome) -> tuple[Item, ...]:
    path = outcome.logs.path
    return () if path is None else (Facts((Fact("whole log", str(path)),)),)


_SECOND = 1.0


def _timings(outcome: Outcome) -> tuple[Item, ...]:
    seconds = dataclasses.asdict(outcome.timings)
    rows = [Fact(name, _text(took)) for name, took in seconds.items() if took]
    if not rows:
        return ()
    return (Facts((*rows, Fact("total", _text(outcome.timings.total)))),)


def _text(seconds: float) -> str:
    if seconds < _SECOND:
        return f"{1000 * seconds:,.0f} ms"
    return f"{seconds:,.1f} s"
