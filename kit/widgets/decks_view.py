"""Decks at the end of a cell, in frames that are as high as what is in them."""

from __future__ import annotations

from typing import Any

import ipywidgets

from kit.display.html import heading_html, section_html
from kit.display.summarize import summarize
from kit.shim.deck_file import Decks
from kit.shim.decks import Deck
from kit.widgets.closing import close_tree
from kit.widgets.looks import Looks
from kit.widgets.style import live_box

__all__ = ["DecksView"]


class DecksView:
    """Draws decks.

    Args:
        decks: The decks, or one of them.

    Attributes:
        root: The widget.
    """

    def __init__(self, decks: Decks | Deck) -> None:
        looks = Looks()
        summary = summarize(decks)
        html = [*heading_html(summary), *map(section_html, summary.sections)]
        drawn = ipywidgets.HTML("".join(html), **looks.html)
        self.root: Any = live_box(looks, (drawn,))
        self.root.kit_view = self  # no handler of it holds the view, to be closed later

    def close(self) -> None:
        """Close every widget of it."""
        close_tree(self.root)
