"""Texts of tasks in Markdown, where they are text and nothing else."""

from __future__ import annotations

import html
import re

__all__ = ["code", "plain"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:@$^=])")


def plain(text: str) -> str:
    r"""Return a text on one line that no renderer takes for markup.

    >>> plain("a | b <script>[x](y)")
    'a \\| b &lt;script&gt;\\[x\\]\\(y\\)'
    """
    shown = "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(shown.split())
    return _SPECIAL.sub(r"\\\1", html.escape(line, quote=False))


def code(text: str) -> str:
    r"""Return a text as code, which may stand in a table.

    >>> code("dict[str, int | None]")
    '`dict[str, int \\| None]`'
    """
    shown = "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(shown.split()).replace("`", "'").replace("|", "\\|")
    return f"`{line}`" if line else ""
