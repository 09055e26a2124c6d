"""Outputs that a reader saves, or has fetched from their store."""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import ipywidgets

from kit.display.summary import size_text
from kit.display.text import html_text
from kit.errors import KitError
from kit.storage.progress import Move, use_progress
from kit.types.blobs import Blob
from kit.widgets.base import (
    Styles,
    close_parts,
    named,
    scripted,
)

_PIECE = 1 << 20  # bytes of a message
_PAUSE = 0.3  # seconds between two updates of what the reader sees


class Source(Protocol):
    """Bytes with a name."""

    @property
    def name(self) -> str:
        """The name of the file that they make."""

    @property
    def size(self) -> int:
        """How many there are."""

    def read(self, start: int, count: int) -> bytes:
        """Return some of them.

        Raises:
            OSError: They cannot be read any more.
        """


class Held:
    """Bytes that are made of a value when they are first asked for.

    Args:
        name: The name of the file that they make.
        make: Makes them.
    """

    def __init__(self, name: str, make: Callable[[], bytes]) -> None:
        self.name = name
        self._make = make

    @functools.cached_property
    def data(self) -> bytes:
        """The bytes."""
        return self._make()

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.data)

    def read(self, start: int, count: int) -> bytes:
        """Return some of them."""
        return self.data[start : start + count]


def downloads(
    sources: Sequence[Source], styles: Styles, *, title: str, is_pdf: bool = False
) -> Any:
    """Return a widget with a button that saves a file, one of several if there are.

    The page asks for each piece when it has the one before, so that nothing piles up,
    and a file of any size takes as much of the kernel's memory as one piece.

    Args:
        sources: The files.
        styles: What all widgets of the view share.
        title: What they are of.
        is_pdf: Whether the page can show it as well.
    """
    needed = is_pdf or len(sources) > 1  # to choose by; it may take time to tell
    files = [
        {"name": source.name, "size": source.size if needed else 0}
        for source in sources
    ]
    facts = {"title": title, "files": files, "is_pdf": is_pdf}
    answer = functools.partial(_answer, sources)
    return scripted("downloads", facts, styles.box, answer)


def _answer(
    sources: Sequence[Source], asked: Any
) -> tuple[dict[str, Any], list[bytes]]:
    """Return a piece of a file, or why there is none."""
    number = asked.get("number") if isinstance(asked, Mapping) else None
    try:
        source = sources[abs(int(asked["file"]))]
        start = abs(int(asked["start"]))
        piece = source.read(start, _PIECE)
        size = source.size
    except Exception as error:  # noqa: BLE001 - what a task's objects raise
        return {"number": number, "error": f"{type(error).__name__}: {error}"}, []
    if not piece and start < size:
        return {"number": number, "error": f"{source.name} is shorter than it was"}, []
    return {"number": number, "size": size}, [piece]


class FetchPart:
    """A button that fetches, and then what there is to see.

    Args:
        name: The output.
        value: The file or folder.
        styles: What all widgets of the view share.
        seen: Makes the widgets of what was fetched.

    Attributes:
        root: The widget.
    """

    def __init__(
        self,
        name: str,
        value: Blob,
        styles: Styles,
        seen: Callable[[], Sequence[Any]],
    ) -> None:
        self._value, self._seen = value, seen
        self._button = ipywidgets.Button(
            description=f"Fetch {name}",
            tooltip="Copy it to where the kernel runs, and show it",
            **styles.button,
        )
        self._button.on_click(lambda _button: self._click())
        self._status = ipywidgets.HTML(**styles.html)
        names = named("kit-stack", "kit-fetch")
        parts = (self._button, self._status)
        self.root = ipywidgets.Box(parts, **styles.box, **names)

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
