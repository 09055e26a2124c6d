"""A run as a widget: its phase and clock, its log, its decks, and what it made."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any, TypeVar

import ipywidgets
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.display.html import heading_html, item_html, section_html
from kit.display.notebook import summarize
from kit.display.of_runs import summarize_decks, summarize_run
from kit.display.summary import Fact, Facts, Finding, Item, Section, Summary
from kit.display.text import html_text
from kit.errors import KitError
from kit.escape import one_line, shorten
from kit.runners.log import Log, LogLine
from kit.runners.outcome import Outcome
from kit.running.outputs import published_state
from kit.running.run import Run
from kit.shim.context import Deck
from kit.shim.deck_file import Decks
from kit.shim.secrets import secret_variables
from kit.task.task import PythonCustomizedContainerTask
from kit.widgets.base import (
    Styles,
    can_script,
    close_tree,
    finder,
    live_box,
    named,
    scripted,
)
from kit.widgets.outputs import OutputsPane
from kit.widgets.panes import Panes, clock_html, panes_of, phase_html
from kit.widgets.view_registry import draw_while, is_busy

MASK = "[secret]"
_SHORTEST = 4  # shorter ones would mask ordinary words
T = TypeVar("T")


class Redaction:
    """The values of the secrets that a task requests, as this machine has them.

    Args:
        template: The task.
    """

    def __init__(self, template: TaskTemplate) -> None:
        values = secret_variables(template, os.environ).values()
        long = {value for value in values if len(value) >= _SHORTEST}
        self._values = sorted(long, key=len, reverse=True)

    @classmethod
    def of_task(cls, task: PythonCustomizedContainerTask[Any]) -> Redaction:
        """Return those of a task, whose template may be impossible to make."""
        security = task.security_context
        message = None if security is None else security.to_flyte_idl()
        return cls(TaskTemplate(security_context=message))

    def text(self, text: str) -> str:
        """Return a text without the values in it."""
        for value in self._values:
            text = text.replace(value, MASK)
        return text

    def summary(self, thing: T) -> T:
        """Return a summary, or a part of one, without the values in its texts."""
        return self._masked(thing) if self._values else thing

    def _masked(self, thing: Any) -> Any:
        if isinstance(thing, str):
            return self.text(thing)
        if isinstance(thing, (tuple, list)):
            return type(thing)(map(self._masked, thing))
        if isinstance(thing, dict):
            return {self._masked(k): self._masked(v) for k, v in thing.items()}
        if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
            fields = [field.name for field in dataclasses.fields(thing)]
            masked = {name: self._masked(getattr(thing, name)) for name in fields}
            return dataclasses.replace(thing, **masked)
        return thing


MOST_LINES = 300
"""Lines in the page."""
_LONGEST_LINE = 1_000
_STREAMS = (("both", ""), ("stdout", "stdout"), ("stderr", "stderr"))


class LogView:
    """Shows a log, and of it what its reader wants.

    Args:
        styles: What all widgets of the view share.
        lock: Held while it is drawn: handlers and runs draw it from any thread.

    Attributes:
        root: The widget.
    """

    def __init__(self, styles: Styles, lock: AbstractContextManager[Any]) -> None:
        self._lock = lock
        self._log: Log | None = None
        self._redaction: Redaction | None = None
        self._drawn: object = None
        self._search = ipywidgets.Text(description="search the log", **styles.text)
        self._stream = ipywidgets.Dropdown(
            options=_STREAMS, value="", description="stream", **styles.choice
        )
        self._pause = ipywidgets.Checkbox(
            description="pause", indent=False, **styles.switch
        )
        tools = (self._search, self._stream, self._pause)
        for control in tools:
            control.observe(self._change, names="value")
        self._lines = ipywidgets.HTML(**styles.html, **named("kit-log"))
        row = ipywidgets.Box(tools, **styles.box, **named("kit-choices"))
        self.root = ipywidgets.Box(
            (row, self._lines), **styles.box, **named("kit-stack")
        )

    def show(self, log: Log, redaction: Redaction) -> None:
        """Show the log of another run."""
        self._log, self._redaction, self._drawn = log, redaction, None
        self._pause.value = False
        self.draw()

    def draw(self) -> None:
        """Draw what is new, unless the view is paused."""
        with self._lock:
            log = self._log
            if log is None or self._pause.value:
                return
            wanted = (self._search.value, self._stream.value)
            state = (len(log), log.dropped, *wanted)
            if state != self._drawn:
                self._drawn = state
                self._lines.value = self._html(log, *wanted)

    def _change(self, _change: Any) -> None:
        self.draw()

    def _html(self, log: Log, search: str, stream: str) -> str:
        total = len(log) + log.dropped
        matching = self._matching(log, search.lower(), stream)
        lines = list(islice(matching, MOST_LINES))
        rows = "".join(map(_line_html, reversed(lines)))
        caption = f"{total:,} lines" if total != 1 else "1 line"
        if len(lines) < total:
            caption = f"{len(lines):,} of {caption}"
        return (
            f'<p class="kit-log-count"><small>{caption}</small></p>'
            f'<pre tabindex="0" role="log" aria-label="log of the run" '
            f'aria-live="off"><span>{rows}</span></pre>'
        )

    def _matching(self, log: Log, search: str, stream: str) -> Iterator[LogLine]:
        """Yield the lines that are wanted, the newest first, without secrets."""
        for line in reversed(tuple(log)):
            if stream and line.stream != stream:
                continue
            text = (
                line.text
                if self._redaction is None
                else self._redaction.text(line.text)
            )
            if search in text.lower():
                yield LogLine(line.stream, text)


def _line_html(line: LogLine) -> str:
    text = html_text(shorten(line.text, _LONGEST_LINE))
    mark = ' class="kit-bad"' if line.stream == "stderr" else ""
    return f"<span{mark}>{text}\n</span>"


_HEAD = '<details open=""><summary><b>Decks</b></summary></details>'
_PAUSE = 1.0  # seconds between two drawings: a deck may be large, and has scripts


class DecksPane:
    """A head that folds, and the decks of one run below it.

    Args:
        styles: What all widgets of the view share.
    """

    def __init__(self, styles: Styles) -> None:
        self._head = ipywidgets.HTML(_HEAD, **styles.html, **named("kit-pane-head"))
        self._body: Any
        if can_script():
            self._body = scripted("swapped", {"value": ""}, styles.box)
        else:
            self._body = ipywidgets.HTML(**styles.html)
        self._state: object = None
        self._next = 0.0

    @property
    def widgets(self) -> tuple[Any, ...]:
        """What is shown; nothing where there are no decks."""
        return (self._head, self._body) if self._body.value else ()

    def clear(self) -> None:
        """Show none, until there are some."""
        self._state, self._next = None, 0.0
        self._show(())

    def follow(self, run: Run, redaction: Redaction) -> None:
        """Draw what a run has published, if that is new and the last is a while ago."""
        now, state = time.monotonic(), published_state(run.standing)
        if state is None or state == self._state or now < self._next:
            return
        self._state, self._next = state, now + _PAUSE
        self._show(redaction.summary(_items(run)))

    def end(self, run: Run, redaction: Redaction) -> None:
        """Draw the decks of a run that has ended."""
        self._show(redaction.summary(_items(run)))

    def close(self) -> None:
        """Close every widget, whether it is shown or not."""
        close_tree(self._head)
        close_tree(self._body)

    def _show(self, items: tuple[Item, ...]) -> None:
        html = "".join(map(item_html, items))
        value = f'<div class="kit-body">{html}</div>' if html else ""
        if self._body.value != value:
            self._body.value = value


def _items(run: Run) -> tuple[Item, ...]:
    try:
        decks = run.published
    except KitError as error:  # the file is gone
        return (Finding("warning", str(error)),)
    return summarize_decks(decks).sections[0].items if decks else ()


class DecksView:
    """Draws decks.

    Args:
        decks: The decks, or one of them.

    Attributes:
        root: The widget.
    """

    def __init__(self, decks: Decks | Deck) -> None:
        styles = Styles()
        summary = summarize(decks)
        html = [*heading_html(summary), *map(section_html, summary.sections)]
        drawn = ipywidgets.HTML("".join(html), **styles.html)
        self.root: Any = live_box(styles, (drawn,))
        self.root.kit_view = self  # no handler of it holds the view, to be closed later

    def close(self) -> None:
        """Close every widget of it."""
        close_tree(self.root)


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
