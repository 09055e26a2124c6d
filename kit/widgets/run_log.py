"""The log of a run while it is written: searched, filtered, paused.

Only the last lines are in the page, and only when they have changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any

import ipywidgets

from kit.display.text import html_text
from kit.escape import shorten
from kit.runners.log import Log, LogLine
from kit.widgets.base import (
    Styles,
    named,
)
from kit.widgets.redaction import Redaction

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
