"""One place where two outputs differ."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Differing", "Steps"]

Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Differing:
    """A place, and what is there on both sides, in a few words.

    Attributes:
        steps: Names and positions from the output down.
        first: What the first side has.
        second: What the second has.
    """

    steps: Steps
    first: str
    second: str
