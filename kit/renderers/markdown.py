"""Markdown in decks."""

from __future__ import annotations

from kit.errors import MissingPackageError
from kit.renderers.expected import refusal

__all__ = ["MarkdownRenderer"]


class MarkdownRenderer:
    r"""Draws Markdown with tables; HTML in it is shown, not obeyed.

    Links to scripts are left as text.

    Example:
        >>> MarkdownRenderer().to_html("# Penguins <b>")
        '<h1>Penguins &lt;b&gt;</h1>\n'
    """

    def to_html(self, text: str) -> str:
        """Return the text as HTML.

        Raises:
            DeckError: It is no text.
            MissingPackageError: markdown-it-py is not installed.
        """
        if not isinstance(text, str):
            raise refusal(self, text, "text in Markdown")
        try:
            from markdown_it import MarkdownIt
        except ImportError as error:
            raise MissingPackageError("markdown-it-py", extra="deck") from error
        return str(MarkdownIt("js-default", {"html": False}).render(text))
