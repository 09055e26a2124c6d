"""How a file on its way is shown: by a bar in a terminal, elsewhere by a few lines.

Whoever wants to see more than that gives a view of their own to :func:`use_progress`.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

from fsspec.callbacks import Callback

from kit.storage.urls import redacted

_BIG = 8 * 1024 * 1024
_FIRST_LINE_AFTER = 1.0
_LONGEST_PAUSE = 30.0


@dataclass
class Move:
    """Files on their way.

    Attributes:
        verb: ``"download"`` or ``"upload"``.
        uri: From or to where, without credentials.
        moved: Bytes that have arrived.
        total: How many there are; None if the store does not tell.
        started: When it began, by :func:`time.monotonic`.
    """

    verb: str
    uri: str
    moved: int = 0
    total: int | None = None
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """How long it has been going."""
        return time.monotonic() - self.started

    @property
    def is_big(self) -> bool:
        """Whether someone may want to know of it."""
        return max(self.moved, self.total or 0) > _BIG


class MoveView(Protocol):
    """Shows one move; called in the thread that asked for it."""

    def update(self) -> None:
        """Show how far it is; called about ten times a second."""

    def close(self, *, arrived: bool) -> None:
        """Show that it is over."""


class _Lines:
    """Writes lines, ever more seldom: a run's log keeps them all."""

    def __init__(self, move: Move) -> None:
        self._move = move
        self._next = self._pause = _FIRST_LINE_AFTER

    def update(self) -> None:
        if self._move.seconds >= self._next:
            self._write(f"{self._move.verb}ing", self._move.seconds)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            self._next = self._move.seconds + self._pause

    def close(self, *, arrived: bool) -> None:
        said = self._next > _FIRST_LINE_AFTER
        if said or (arrived and self._move.is_big):
            verb = self._move.verb
            self._write(
                f"{verb}ed" if arrived else f"stopped to {verb}", self._move.seconds
            )

    def _write(self, doing: str, seconds: float) -> None:
        sys.stderr.write(
            f"kit: {doing} {self._move.uri}: {_amount(self._move)} in {seconds:.1f} s\n"
        )
        sys.stderr.flush()


def _amount(move: Move) -> str:
    if not move.total or move.moved >= move.total:
        return _size(move.moved)
    part = move.moved / move.total
    return f"{_size(move.moved)} of {_size(move.total)} ({part:.0%})"


def _size(count: int) -> str:
    if count < 2**20:
        return f"{count / 2**10:.1f} KiB"
    return f"{count / 2**20:.1f} MiB"


def _standard_view(move: Move) -> MoveView:
    """Return a bar at a terminal that can draw one, and lines elsewhere."""
    if sys.stderr.isatty():
        with contextlib.suppress(ImportError):
            return Bar(move)
    return _Lines(move)


_views: ContextVar[Callable[[Move], MoveView]] = ContextVar(
    "kit_progress", default=_standard_view
)


@contextlib.contextmanager
def use_progress(view: Callable[[Move], MoveView]) -> Iterator[None]:
    """Have moves shown by views of one's own inside a ``with`` block."""
    token = _views.set(view)
    try:
        yield
    finally:
        _views.reset(token)


@contextlib.contextmanager
def transfer(verb: str, uri: str) -> Iterator[tuple[Move, Callable[[], Any]]]:
    """Show a move while it goes.

    Yields:
        The move, to count in, and what draws it anew.
    """
    move = Move(verb, redacted(uri))
    view = _views.get()(move)
    arrived = False
    try:
        yield move, view.update
        arrived = True
    finally:
        view.close(arrived=arrived)


_SHOWN_AFTER = 0.3
_LONGEST_NAME = 40


class Bar:
    """A bar on standard error, gone when the move is over.

    Args:
        move: What it shows.

    Raises:
        ImportError: rich is not installed.
    """

    def __init__(self, move: Move) -> None:
        from rich import progress
        from rich.console import Console

        self._move = move
        self._progress = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(bar_width=None),
            progress.DownloadColumn(binary_units=True),
            progress.TransferSpeedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task(_name(move), total=None)

    def update(self) -> None:
        """Draw it, once the move has taken long enough to be noticed."""
        if self._move.seconds >= _SHOWN_AFTER:
            self._progress.start()  # does nothing a second time
            self._progress.update(
                self._task, completed=self._move.moved, total=self._move.total
            )

    def close(self, *, arrived: bool) -> None:
        """Take it away."""
        del arrived  # what failed is told by its error
        self._progress.stop()


def _name(move: Move) -> str:
    from rich.markup import escape

    name = move.uri
    if len(name) > _LONGEST_NAME:
        name = "…" + name[1 - _LONGEST_NAME :]
    return escape(f"{move.verb} {name}")


class Stopped(Exception):  # noqa: N818 - it is no error of anyone's
    """The move was given up: what a store's own thread is told."""


class ByteCounter(Callback):  # type: ignore[misc] # fsspec has no types
    """What fsspec tells of one file.

    Args:
        move: What it is part of.
        is_all: Whether the move is of this file only, whose size is then its total.
    """

    def __init__(self, move: Move, *, is_all: bool = False) -> None:
        super().__init__()
        self._move = move
        self._is_all = is_all
        self._counted = 0
        self._stopped = False

    def set_size(self, size: int | None) -> None:
        """Take the size, where a store tells it."""
        super().set_size(size)
        if self._is_all and size:
            self._move.total = size

    def relative_update(self, inc: int = 1) -> None:
        """Count bytes.

        Raises:
            Stopped: The move was given up.
        """
        if self._stopped:
            raise Stopped
        self._counted += inc
        self._move.moved += inc

    def absolute_update(self, value: int) -> None:
        """Take the count itself, as some stores tell it."""
        self.relative_update(value - self._counted)

    def undo(self) -> None:
        """Take back what was counted: it did not arrive."""
        self._move.moved -= self._counted
        self._counted = 0

    def stop(self) -> None:
        """Have the next count end the file."""
        self._stopped = True
