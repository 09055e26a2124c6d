"""Which runner, and whether it can be had here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import ipywidgets

from kit.display.escape import html_text
from kit.errors import KitError
from kit.runners.named import RUNNERS
from kit.widgets.looks import Looks, named

__all__ = ["RunnerChoice"]

_NOTES = {
    "subprocess": "A fresh process on this machine.",
    "in-process": (
        "In this kernel: it blocks until the run ends, and Cancel cannot stop it; "
        "interrupt the kernel."
    ),
    "docker": "A container of the task's own image.",
}


class RunnerChoice:
    """A list of the runners, with a note on the one that is chosen.

    The container engine is asked when its runner is chosen, in a thread: one that does
    not answer takes its time.

    Args:
        chosen: The runner that is chosen first.
        choose: Called with the one that is chosen.
        looks: What all widgets of the view share.
        lock: Held while a note is written.

    Attributes:
        root: The widget.
    """

    def __init__(
        self,
        chosen: str,
        choose: Callable[[str], None],
        looks: Looks,
        lock: AbstractContextManager[Any],
    ) -> None:
        self._choose, self._lock = choose, lock
        self._control = ipywidgets.Dropdown(
            options=list(RUNNERS), value=chosen, description="runner", **looks.choice
        )
        self._control.observe(self._change, names="value")
        self._note = ipywidgets.HTML(**looks.html)
        self.root = ipywidgets.Box(
            (self._control, self._note), **looks.box, **named("kit-field", "kit-runner")
        )
        self._tell(chosen)

    def _change(self, change: Any) -> None:
        with self._lock:
            self._choose(change["new"])
            self._tell(change["new"])

    def _tell(self, runner: str) -> None:
        self._note.value = f"<p><small>{html_text(_NOTES.get(runner, ''))}</small></p>"
        if runner == "docker":
            name = "kit-engine-check"
            threading.Thread(target=self._ask_engine, name=name, daemon=True).start()

    def _ask_engine(self) -> None:
        problem = _engine_problem()
        with self._lock:
            if problem and self._control.value == "docker":
                text = html_text(problem)
                self._note.value = f'<p role="alert" class="kit-bad">{text}</p>'


def _engine_problem() -> str:
    """Return why no container engine can be used; empty if one can."""
    from kit.runners.docker.engine import connected  # it loads the Docker SDK

    try:
        with connected():
            return ""
    except KitError as error:
        return str(error)
