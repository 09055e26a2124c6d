"""Move a statement to the margin without touching the text inside of it."""

from __future__ import annotations

import ast
from collections.abc import Sequence

__all__ = ["dedented"]


def dedented(lines: Sequence[str], node: ast.stmt, first: int) -> str:
    r"""Return the lines of a statement without the indentation of their block.

    Lines that begin inside a string are its text, and stay as they are.

    Args:
        lines: The statement's lines with their ends.
        node: The statement.
        first: The number that its nodes give the first of those lines.

    >>> node = ast.parse("if 1:\n  def f():\n    return '''\n    a'''").body[0].body[0]
    >>> dedented(["  def f():\n", "    return '''\n", "    a'''\n"], node, 2)
    "def f():\n  return '''\n    a'''\n"
    """
    width = node.col_offset
    text = _lines_inside_text(node) if width else set()
    return (
        "".join(
            line[width:] if number not in text and line[:width].isspace() else line
            for number, line in enumerate(lines, first)
        ).rstrip()
        + "\n"
    )


def _lines_inside_text(node: ast.stmt) -> set[int]:
    inside: set[int] = set()
    for item in ast.walk(node):
        is_text = isinstance(item, ast.Constant) and isinstance(item.value, str | bytes)
        if is_text or isinstance(item, ast.JoinedStr):
            last = getattr(item, "end_lineno", None) or 0
            inside.update(range(getattr(item, "lineno", 0) + 1, last + 1))
    return inside
