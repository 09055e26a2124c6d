"""Counting the bytes of one file into the move that it is part of."""

from __future__ import annotations

from fsspec.callbacks import Callback

from kit.storage.progress import Move

__all__ = ["Stopped", "Tally"]


class Stopped(Exception):  # noqa: N818 - it is no error of anyone's
    """The move was given up: what a store's own thread is told."""


class Tally(Callback):  # type: ignore[misc] # fsspec has no types
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
