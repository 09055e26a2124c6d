"""A run as widgets: its phase, its log while it is written, and what came of it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import ipywidgets

from kit.running.run import Run
from kit.widgets.closing import close_tree
from kit.widgets.finder import finder
from kit.widgets.looks import Looks, named
from kit.widgets.outputs.outputs_pane import OutputsPane
from kit.widgets.preview.panes import Panes, panes_of
from kit.widgets.run_panel.cells import is_busy
from kit.widgets.run_panel.decks_pane import DecksPane
from kit.widgets.run_panel.log_view import LogView
from kit.widgets.run_panel.masks import Masks
from kit.widgets.run_panel.results import summarize_results
from kit.widgets.run_panel.status import clock_html, phase_html

__all__ = ["RunView"]


class RunView:
    """Draws one run at a time.

    Args:
        looks: What all widgets of the view share.
        lock: Held while it is drawn.
    """

    def __init__(self, looks: Looks, lock: AbstractContextManager[Any]) -> None:
        self._phase = ipywidgets.HTML(**looks.html, **named("kit-phase"))
        self._clock = ipywidgets.HTML(**looks.html, **named("kit-clock"))
        self._log = LogView(looks, lock)
        self._outputs = OutputsPane(looks)
        self._panes = Panes(looks)
        self._finder = finder(looks)
        self._decks = DecksPane(looks)
        self._masks: Masks | None = None

    @property
    def widgets(self) -> tuple[Any, ...]:
        """What is shown, from top to bottom."""
        shown = (self._outputs, self._decks, self._panes)
        results = [widget for part in shown for widget in part.widgets]
        tools = self._finder if results else ()
        return (self._phase, self._clock, self._log.root, *tools, *results)

    def show(self, run: Run) -> None:
        """Show a run in the place of the one that was shown."""
        self._masks = Masks(run.template)
        self._decks.clear()
        self._outputs.draw({}, self._masks.summary)
        for widget in self._panes.draw([]):
            widget.close()
        self._log.show(run.logs, self._masks)

    def draw(self, run: Run, *, is_done: bool) -> None:
        """Draw what is new of the run, and what came of it when it has ended."""
        masks = self._masks or Masks(run.template)
        self._log.draw()
        _say(self._phase, phase_html(run.phase))
        if not is_done:
            if run.seconds >= 1:  # at first there is enough else to say
                _say(self._clock, clock_html(int(run.seconds), is_busy=is_busy()))
            self._decks.follow(run, masks)
            return
        _say(self._clock, "")
        self._decks.end(run, masks)
        self._outputs.draw(run.standing.outputs, masks.summary)
        summary = summarize_results(run, masks)
        panes = [pane for pane in panes_of(summary) if pane.items]
        for widget in self._panes.draw(panes):
            widget.close()

    def close(self) -> None:
        """Close what is not always shown."""
        self._outputs.close()
        self._decks.close()
        for widget in self._finder:
            close_tree(widget)


def _say(widget: Any, value: str) -> None:
    if widget.value != value:
        widget.value = value
