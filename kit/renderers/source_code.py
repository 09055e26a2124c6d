"""Python source in decks."""

from __future__ import annotations

from html import escape

from kit.renderers.expected import refusal

__all__ = ["SourceCodeRenderer"]

_CLASS = "kit-code"
_LIGHT = "color-scheme: light; color: #1b1b1f; background: #f6f6f9;"


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
    colours = HtmlFormatter(style="default").get_token_style_defs(f".{_CLASS}")
    rules = "".join((f"pre.kit.{_CLASS} {{ {_LIGHT} }}", *colours))
    code = highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    return f'<style>{rules}</style><pre class="kit {_CLASS}">{code}</pre>'
