"""A move as rich's bar; loaded at a terminal only."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.progress import TransferSpeedColumn as SpeedColumn

from kit.storage.progress import Move

__all__ = ["Bar"]

_SHOWN_AFTER = 0.3
_LONGEST_NAME = 40


class Bar:
    """A bar on standard error, gone when the move is over.

    Args:
        move: What it shows.
    """

    def __init__(self, move: Move) -> None:
        self._move = move
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            DownloadColumn(binary_units=True),
            SpeedColumn(),
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
    name = move.uri
    if len(name) > _LONGEST_NAME:
        name = "…" + name[1 - _LONGEST_NAME :]
    return escape(f"{move.verb} {name}")
