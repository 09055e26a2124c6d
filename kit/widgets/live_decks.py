"""Decks as widgets: those of a run while it publishes them, and others."""

from __future__ import annotations

import time
from typing import Any

import ipywidgets

from kit.display.html import heading_html, item_html, section_html
from kit.display.notebook import summarize
from kit.display.of_runs import summarize_decks
from kit.display.summary import Finding, Item
from kit.errors import KitError
from kit.running.outputs import published_state
from kit.running.run import Run
from kit.shim.context import Deck
from kit.shim.deck_file import Decks
from kit.widgets.base import (
    Styles,
    can_script,
    close_tree,
    live_box,
    named,
    scripted,
)
from kit.widgets.redaction import Redaction

_HEAD = '<details open=""><summary><b>Decks</b></summary></details>'
_PAUSE = 1.0  # seconds between two drawings: a deck may be large, and has scripts


class DecksPane:
    """A head that folds, and the decks of one run below it.

    Args:
        styles: What all widgets of the view share.
    """

    def __init__(self, styles: Styles) -> None:
        self._head = ipywidgets.HTML(_HEAD, **styles.html, **named("kit-pane-head"))
        self._body: Any
        if can_script():
            self._body = scripted("swapped", {"value": ""}, styles.box)
        else:
            self._body = ipywidgets.HTML(**styles.html)
        self._state: object = None
        self._next = 0.0

    @property
    def widgets(self) -> tuple[Any, ...]:
        """What is shown; nothing where there are no decks."""
        return (self._head, self._body) if self._body.value else ()

    def clear(self) -> None:
        """Show none, until there are some."""
        self._state, self._next = None, 0.0
        self._show(())

    def follow(self, run: Run, redaction: Redaction) -> None:
        """Draw what a run has published, if that is new and the last is a while ago."""
        now, state = time.monotonic(), published_state(run.standing)
        if state is None or state == self._state or now < self._next:
            return
        self._state, self._next = state, now + _PAUSE
        self._show(redaction.summary(_items(run)))

    def end(self, run: Run, redaction: Redaction) -> None:
        """Draw the decks of a run that has ended."""
        self._show(redaction.summary(_items(run)))

    def close(self) -> None:
        """Close every widget, whether it is shown or not."""
        close_tree(self._head)
        close_tree(self._body)

    def _show(self, items: tuple[Item, ...]) -> None:
        html = "".join(map(item_html, items))
        value = f'<div class="kit-body">{html}</div>' if html else ""
        if self._body.value != value:
            self._body.value = value


def _items(run: Run) -> tuple[Item, ...]:
    try:
        decks = run.published
    except KitError as error:  # the file is gone
        return (Finding("warning", str(error)),)
    return summarize_decks(decks).sections[0].items if decks else ()


class DecksView:
    """Draws decks.

    Args:
        decks: The decks, or one of them.

    Attributes:
        root: The widget.
    """

    def __init__(self, decks: Decks | Deck) -> None:
        styles = Styles()
        summary = summarize(decks)
        html = [*heading_html(summary), *map(section_html, summary.sections)]
        drawn = ipywidgets.HTML("".join(html), **styles.html)
        self.root: Any = live_box(styles, (drawn,))
        self.root.kit_view = self  # no handler of it holds the view, to be closed later

    def close(self) -> None:
        """Close every widget of it."""
        close_tree(self.root)
