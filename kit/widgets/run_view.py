"""A run, and decks, as live views of their own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from kit.display.html import heading_html, section_html
from kit.display.notebook import summarize
from kit.display.text import html_text
from kit.escape import label
from kit.running.run import Run
from kit.shim.context import Deck
from kit.shim.deck_file import Decks
from kit.widgets.live import AnyPart, Event, LiveView, Part, slot
from kit.widgets.outputs import is_of_outputs, perform_outputs
from kit.widgets.results import (
    Shown,
    newer,
    results_html,
    results_parts,
    update_shown,
    watch_run,
)


@dataclasses.dataclass(frozen=True)
class RunState:
    """What a view of one run shows.

    Attributes:
        shown: The run.
        is_cancelled: Whether its reader asked it to stop.
    """

    shown: Shown
    is_cancelled: bool = False


def update_run(state: RunState, event: Event) -> RunState:
    """Answer an event of a run's view."""
    if event.kind == "run":
        return dataclasses.replace(state, shown=newer(state.shown, event.value))
    if is_of_outputs(event):
        return dataclasses.replace(state, shown=update_shown(state.shown, event))
    if event.key == "cancel":
        return dataclasses.replace(state, is_cancelled=True)
    return state


def view_run(state: RunState) -> Iterator[AnyPart]:
    """Draw the view of a run."""
    yield Part(
        "run",
        f'<div class="kit-run">{slot("run.head")}{slot("run.frame")}</div>',
    )
    yield Part("run.head", _head(state))
    yield Part("run.frame", results_html(state.shown))
    yield from results_parts(state.shown)


def _head(state: RunState) -> str:
    name = html_text(label(state.shown.run.task))
    off = " disabled" if state.is_cancelled else ""
    cancel = (
        ""
        if state.shown.is_done
        else f'<button type="button" data-kit-action="cancel"{off}>Cancel</button>'
    )
    return (
        f'<div class="kit-view-head"><p><span class="kit-kind">run</span> '
        f"<b>{name}</b></p>{cancel}</div>"
    )


class LiveRun(LiveView[RunState]):
    """Draws a run.

    Args:
        run: The run.
    """

    def __init__(self, run: Run) -> None:
        super().__init__(
            RunState(Shown(run)),
            update_run,
            view_run,
            label=f"run of {run.task}",
            perform=self._work,
        )
        watch_run(self, run, lambda: True)

    def _work(self, event: Event, state: RunState, live: LiveView[RunState]) -> None:
        if event.key == "cancel":
            state.shown.run.cancel()
        elif is_of_outputs(event):
            perform_outputs(event, state.shown.outputs, live)


class DecksView(LiveView[str]):
    """Draws decks.

    Args:
        decks: The decks, or one of them.
    """

    def __init__(self, decks: Decks | Deck) -> None:
        summary = summarize(decks)
        html = "".join([*heading_html(summary), *map(section_html, summary.sections)])
        super().__init__(
            html,
            lambda state, _event: state,
            lambda state: [Part("decks", state)],
            label=f"decks of {summary.title}",
        )
