"""What is shown live in a notebook: a table by the full names of types.

kit's objects stand below the widgets, so their live views are found by name, when one
is at the end of a cell of a notebook that has ipywidgets.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from kit.widgets.open_views import keep_open

__all__ = ["VIEWS", "live_face"]

VIEWS = {
    "kit.checks.report.CheckReport": "kit.widgets.reports.report_view.ReportView",
    "kit.difference.difference.Difference": (
        "kit.widgets.reports.difference_view.DifferenceView"
    ),
}
"""Types, and the classes of their views: made from a thing, with ``root`` and
``close``."""

_VIEW = "application/vnd.jupyter.widget-view+json"


def live_face(thing: object) -> dict[str, Any]:
    """Return the live view of a thing by its media type; empty if it has none."""
    kinds = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(thing).__mro__)
    place = next((VIEWS[kind] for kind in kinds if kind in VIEWS), None)
    if place is None or find_spec("ipywidgets") is None:
        return {}
    module, _, name = place.rpartition(".")
    view = getattr(import_module(module), name)(thing)
    keep_open(view)
    return {_VIEW: view.root.get_view_spec()}
