"""Files that a live view sends to the page, where they are saved or shown."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Protocol


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
