"""The beginning of a text, and how much of it that is."""

from __future__ import annotations

from kit.display.summary import Code, size_text

__all__ = ["text_code"]

_MOST_CHARACTERS = 4_096
_MOST_LINES = 40


def text_code(name: str, data: str | bytes, size: int) -> Code:
    r"""Return the first lines of a text.

    Args:
        name: What the text is of.
        data: The text, or the first bytes of a file with it.
        size: The characters of the whole text, or the bytes of the whole file.

    >>> text_code("log", "a\nb", 3).caption
    'log: 2 lines, 3 characters'
    """
    text = data if isinstance(data, str) else data.decode("utf-8-sig", "replace")
    lines = text.removesuffix("\n").split("\n")
    shown = "\n".join(lines[:_MOST_LINES])[:_MOST_CHARACTERS]
    is_whole = len(data) == size
    counted = [_size(data, size)]
    if is_whole and len(lines) > 1:
        counted.insert(0, f"{len(lines):,} lines")
    if not is_whole or len(shown) < len("\n".join(lines)):
        count = shown.count("\n") + 1
        parts = f"{count:,} lines" if count > 1 else f"{len(shown):,} characters"
        counted.append(f"the first {parts} shown")
    return Code(shown, "text", f"{name}: {', '.join(counted)}")


def _size(data: str | bytes, size: int) -> str:
    return f"{size:,} characters" if isinstance(data, str) else size_text(size)
