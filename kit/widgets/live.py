"""What is shown live in a notebook that has ipywidgets.

Most of kit's objects stand below the widgets: their views are found by name, in a
table, when one is at the end of a cell.  What stands here and keeps a view of its own
is a :class:`Live`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from kit.shown import Shown
from kit.widgets.open_views import keep_open

__all__ = ["VIEWS", "Live", "live_face"]

VIEWS = {
    "kit.checks.report.CheckReport": "kit.widgets.reports.report_view.ReportView",
    "kit.difference.difference.Difference": (
        "kit.widgets.reports.difference_view.DifferenceView"
    ),
    "kit.running.outputs.Outputs": "kit.widgets.outputs.outputs_view.OutputsView",
    "kit.running.run.Run": "kit.widgets.run_panel.live_run.LiveRun",
    "kit.shim.deck_file.Decks": "kit.widgets.decks_view.DecksView",
    "kit.shim.decks.Deck": "kit.widgets.decks_view.DecksView",
}
"""Types, and the classes of their views: made from a thing, with ``root`` and
``close``."""

_VIEW = "application/vnd.jupyter.widget-view+json"


class Live(Shown, ABC):
    """Something with one view of its own, which it shows wherever it is shown."""

    @property
    @abstractmethod
    def is_closed(self) -> bool:
        """Whether its view was closed, and there will be none any more."""

    @abstractmethod
    def opened(self) -> Any:
        """Return its view, whose widget is its ``root``; made when first asked for."""


def live_face(thing: object) -> dict[str, Any]:
    """Return the live view of a thing by its media type; empty if it has none."""
    if find_spec("ipywidgets") is None:
        return {}
    if isinstance(thing, Live):
        view = None if thing.is_closed else thing.opened()
    else:
        view = _made(thing)
    return {} if view is None else {_VIEW: view.root.get_view_spec()}


def _made(thing: object) -> Any:
    """Make a view of its own for each place where a thing is shown."""
    kinds = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(thing).__mro__)
    place = next((VIEWS[kind] for kind in kinds if kind in VIEWS), None)
    if place is None:
        return None
    module, _, name = place.rpartition(".")
    view = getattr(import_module(module), name)(thing)
    keep_open(view)
    return view
