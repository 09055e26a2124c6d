"""How long a run may take, as its reader types it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import ipywidgets

from kit.definition.parse_time import parse_timedelta
from kit.display.escape import html_text, shorten
from kit.widgets.looks import Looks, named

__all__ = ["TimeoutField"]

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
        looks: What all widgets of the view share.
        lock: Held while something changes.

    Attributes:
        root: The widget.
        is_wrong: Whether what is typed is no duration.
    """

    def __init__(
        self,
        seconds: float | None,
        choose: Callable[[float | None], None],
        looks: Looks,
        lock: AbstractContextManager[Any],
    ) -> None:
        self._choose, self._lock = choose, lock
        self.is_wrong = False
        self._control = ipywidgets.Text(
            value="" if seconds is None else f"{seconds:g}",
            description="timeout",
            continuous_update=False,
            **looks.text,
        )
        self._control.observe(self._change, names="value")
        self._note = ipywidgets.HTML(_HINT, **looks.html)
        parts = (self._control, self._note)
        self.root = ipywidgets.Box(parts, **looks.box, **named("kit-field"))

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
