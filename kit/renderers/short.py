"""A value in a cell of a deck: its repr, shortened."""

from __future__ import annotations

import reprlib
from html import escape
from typing import Any

__all__ = ["short_html"]


class _Shortener(reprlib.Repr):
    """Shortens what is Python's own; reprlib would take other classes by their name."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 1000
        self.maxlist = self.maxdict = self.maxtuple = 50

    def repr1(self, x: Any, level: int) -> str:
        if type(x).__module__ == "builtins":
            return super().repr1(x, level)
        return self.repr_instance(x, level)


def short_html(value: Any) -> str:
    """Draw any value, however large it is."""
    return f"<code>{escape(_Shortener().repr(value))}</code>"
