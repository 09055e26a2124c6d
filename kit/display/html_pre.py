"""Preformatted text in HTML: a box that scrolls can be reached by keyboard."""

from __future__ import annotations

from kit.display.escape import html_text

__all__ = ["preformatted"]

_LINES = 16  # which fit the box at any width, if there are no more characters than that
_CHARACTERS = 1_000


def preformatted(text: str, marked: str | None = None) -> str:
    """Return text as a box.

    Args:
        text: The text.
        marked: The same as HTML, if parts of it are marked.
    """
    inner = html_text(text) if marked is None else marked
    is_long = len(text) > _CHARACTERS or text.count("\n") >= _LINES
    focus = ' tabindex="0"' if is_long else ""
    return f"<pre{focus}><code>{inner}</code></pre>"
