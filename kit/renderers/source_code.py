"""Python source in decks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from kit.renderers.expected import refusal

__all__ = ["SourceCodeRenderer"]

_CLASS = "kit-code"
_STYLES = ("default", "github-dark")  # on a light page, and on a dark one


class SourceCodeRenderer:
    """Draws Python source: coloured where Pygments is installed, else as it is.

    Args:
        title: A heading above the source; none if it is empty.

    Example:
        >>> "&lt;" in SourceCodeRenderer().to_html("1 < 2")
        True
    """

    def __init__(self, title: str = "") -> None:
        self._title = title

    def to_html(self, source_code: str) -> str:
        """Return the source as HTML.

        Raises:
            DeckError: It is no text.
        """
        if not isinstance(source_code, str):
            raise refusal(self, source_code, "source code as text")
        heading = f"<h3>{escape(self._title)}</h3>" if self._title else ""
        return heading + _coloured(source_code)


def _coloured(source: str) -> str:
    try:
        from pygments import highlight
        from pygments.formatters.html import HtmlFormatter
        from pygments.lexers.python import PythonLexer
    except ImportError:
        return f'<pre class="kit">{escape(source)}</pre>'
    code = highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    rules = "".join(_rules(set(re.findall(r'<span class="(\w+)">', code))))
    return f'<style>{rules}</style><pre class="kit {_CLASS}">{code}</pre>'


def _rules(used: set[str]) -> Iterator[str]:
    """Write the colours of the kinds of words that are used, for either scheme."""
    from pygments.styles import get_style_by_name
    from pygments.token import STANDARD_TYPES

    styles = tuple(map(get_style_by_name, _STYLES))
    for token, name in STANDARD_TYPES.items():
        if name not in used:
            continue
        light, dark = (style.style_for_token(token) for style in styles)
        colours = ", ".join(
            f"#{look['color']}" if look["color"] else "currentcolor"
            for look in (light, dark)
        )
        weight = " font-weight: bold;" if light["bold"] else ""
        slant = " font-style: italic;" if light["italic"] else ""
        yield f".{_CLASS} .{name} {{ color: light-dark({colours});{weight}{slant} }}\n"
