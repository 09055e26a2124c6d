"""How much of a value is shown: what is beyond is counted, and told."""

from __future__ import annotations

from kit.display.escape import shorten

__all__ = ["REST", "Budget"]

REST = "…"
"""What stands in the place of what is left out."""


class Budget:
    """How many values may still be read, and whether anything was left out.

    Args:
        values: The most values.
        longest: The most characters of a text.
    """

    def __init__(self, values: int, longest: int) -> None:
        self.left = values
        self.is_whole = True
        self._longest = longest

    def text(self, text: str) -> str:
        """Return a text, cut if it is too long."""
        if len(text) > self._longest:
            self.is_whole = False
        return shorten(text, self._longest)

    def rest(self, count: int) -> str:
        """Say how many values are left out."""
        self.is_whole = False
        return f"{count:,} more are not shown"
