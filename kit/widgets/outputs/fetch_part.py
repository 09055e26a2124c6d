"""A file or folder in another store, fetched when its reader asks for it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets

from kit.display.escape import html_text
from kit.display.summary import size_text
from kit.errors import KitError
from kit.storage.progress import Move, use_progress
from kit.types.blobs import Blob
from kit.widgets.closing import close_parts
from kit.widgets.looks import Looks, named

__all__ = ["FetchPart"]

_PAUSE = 0.3  # seconds between two updates of what the reader sees


class FetchPart:
    """A button that fetches, and then what there is to see.

    Args:
        name: The output.
        value: The file or folder.
        looks: What all widgets of the view share.
        seen: Makes the widgets of what was fetched.

    Attributes:
        root: The widget.
    """

    def __init__(
        self,
        name: str,
        value: Blob,
        looks: Looks,
        seen: Callable[[], Sequence[Any]],
    ) -> None:
        self._value, self._seen = value, seen
        self._button = ipywidgets.Button(
            description=f"Fetch {name}",
            tooltip="Copy it to where the kernel runs, and show it",
            **looks.button,
        )
        self._button.on_click(lambda _button: self._click())
        self._status = ipywidgets.HTML(**looks.html)
        names = named("kit-stack", "kit-fetch")
        parts = (self._button, self._status)
        self.root = ipywidgets.Box(parts, **looks.box, **names)

    def _click(self) -> None:
        self._button.disabled = True
        threading.Thread(target=self._fetch, name="kit-fetch", daemon=True).start()

    def _fetch(self) -> None:
        """Fetch in a thread of its own, so that other cells can run."""
        try:
            with use_progress(lambda move: _Told(move, self._say)):
                os.fspath(self._value)
        except KitError as error:
            self._say(f"Not fetched: {error}", role="alert")
            self._button.disabled = False
            return
        before = self.root.children
        self.root.children = tuple(self._seen())
        for widget in before:
            close_parts(widget)

    def _say(self, text: str, role: str = "status") -> None:
        self._status.value = f'<p role="{role}">{html_text(text)}</p>'


class _Told:
    """A move in words, a few times a second."""

    def __init__(self, move: Move, say: Callable[[str], None]) -> None:
        self._move, self._say = move, say
        self._next = 0.0

    def update(self) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _PAUSE
            whole = f" of {size_text(self._move.total)}" if self._move.total else ""
            self._say(f"{size_text(self._move.moved)}{whole}")

    def close(self, *, arrived: bool) -> None:
        if arrived:
            self._say(f"{size_text(self._move.moved)}, fetched")
