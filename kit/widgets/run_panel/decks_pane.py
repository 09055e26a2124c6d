"""The decks of a run as one section of a larger view, drawn as they are published."""

from __future__ import annotations

import time
from typing import Any

import ipywidgets

from kit.display.deck_summary import summarize_decks
from kit.display.html_items import item_html
from kit.display.summary import Finding, Item
from kit.errors import KitError
from kit.running.published import published_state
from kit.running.run import Run
from kit.widgets.closing import close_tree
from kit.widgets.looks import Looks, named
from kit.widgets.run_panel.masks import Masks
from kit.widgets.scripted import can_script, scripted

__all__ = ["DecksPane"]

_HEAD = '<details open=""><summary><b>Decks</b></summary></details>'
_PAUSE = 1.0  # seconds between two drawings: a deck may be large, and has scripts


class DecksPane:
    """A head that folds, and the decks of one run below it.

    Args:
        looks: What all widgets of the view share.
    """

    def __init__(self, looks: Looks) -> None:
        self._head = ipywidgets.HTML(_HEAD, **looks.html, **named("kit-pane-head"))
        self._body: Any
        if can_script():
            self._body = scripted("swapped", {"value": ""}, looks.box)
        else:
            self._body = ipywidgets.HTML(**looks.html)
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

    def follow(self, run: Run, masks: Masks) -> None:
        """Draw what a run has published, if that is new and the last is a while ago."""
        now, state = time.monotonic(), published_state(run.standing)
        if state is None or state == self._state or now < self._next:
            return
        self._state, self._next = state, now + _PAUSE
        self._show(masks.summary(_items(run)))

    def end(self, run: Run, masks: Masks) -> None:
        """Draw the decks of a run that has ended."""
        self._show(masks.summary(_items(run)))

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
