"""A run at the end of a cell: followed to its end, and then what came of it."""

from __future__ import annotations

import threading
from typing import Any

import ipywidgets

from kit.display.escape import html_text, one_line
from kit.running.run import Run
from kit.widgets.closing import close_tree
from kit.widgets.looks import Looks, named
from kit.widgets.run_panel.flusher import draw_while
from kit.widgets.run_panel.run_view import RunView
from kit.widgets.style import live_box

__all__ = ["LiveRun"]


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
        looks = Looks()
        head = ipywidgets.HTML(_head(run), **looks.html, **named("kit-preview-head"))
        self._cancel = ipywidgets.Button(
            description="Cancel", tooltip="Stop the run", **looks.button
        )
        self._cancel.on_click(lambda _button: self._click())
        tools = ipywidgets.Box((self._cancel,), **looks.box, **named("kit-tools"))
        self._tools = tools
        self.root: Any = live_box(looks, (head,))
        self._fixed = self.root.children
        self._view = RunView(looks, self._lock)
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
