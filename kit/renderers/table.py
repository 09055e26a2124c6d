"""A table of HTML, as the decks have it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

__all__ = ["table"]


def table(heads: Iterable[str], rows: Iterable[str], *, caption: str = "") -> str:
    """Draw rows that are HTML already under column titles, which are escaped here."""
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<table class="kit">{above}<tr>{head}</tr>{"".join(rows)}</table>'
