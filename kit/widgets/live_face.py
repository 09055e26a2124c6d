"""The live view of a thing at the end of a cell, in a notebook that has ipywidgets."""

from __future__ import annotations

from functools import singledispatch
from importlib.util import find_spec
from typing import Any

from kit.checks.report import CheckReport
from kit.difference.diff import Difference
from kit.notebook import WIDGET_VIEW
from kit.readiness.workbench import Workbench
from kit.running.outputs import Outputs
from kit.running.run import Run, Runs
from kit.shim.context import Deck
from kit.shim.deck_file import Decks
from kit.widgets.view_registry import Live, keep_open

_MISSING = (
    "<p><small>Not live: this kernel has no anywidget. Install it (pip install "
    "anywidget) and restart the kernel.</small></p>"
)


def live_face(thing: object) -> dict[str, Any]:
    """Return the live view of a thing by its media type; empty if it has none.

    Where the widgets are not installed, it is a line of HTML that says so.
    """
    if find_spec("anywidget") is None or find_spec("ipywidgets") is None:
        return {"text/html": _MISSING} if _has_view(thing) else {}
    if isinstance(thing, Live):
        view = None if thing.is_closed else thing.opened()
    else:
        view = new_view(thing)
        if view is not None:
            keep_open(view)
    return {} if view is None else {WIDGET_VIEW: view.root.get_view_spec()}


def _has_view(thing: object) -> bool:
    return isinstance(thing, Live) or new_view.dispatch(type(thing)) is not _NONE


@singledispatch
def new_view(_thing: object) -> Any:
    """Make a view of a thing, with ``root`` and ``close``; None if its type has none.

    A type gets one by a function that is registered below; the widgets are loaded by
    the first call.
    """
    return None


_NONE = new_view.dispatch(object)


@new_view.register
def _(report: CheckReport) -> Any:
    from kit.widgets.reports import ReportView

    return ReportView(report)


@new_view.register
def _(difference: Difference) -> Any:
    from kit.widgets.reports import DifferenceView

    return DifferenceView(difference)


@new_view.register
def _(outputs: Outputs) -> Any:
    from kit.widgets.outputs import OutputsView

    return OutputsView(outputs)


@new_view.register
def _(run: Run) -> Any:
    from kit.widgets.run_view import LiveRun

    return LiveRun(run)


@new_view.register
def _(runs: Runs) -> Any:
    from kit.widgets.runs import RunsView

    return RunsView(runs)


@new_view.register
def _(bench: Workbench) -> Any:
    from kit.widgets.workbench import WorkbenchView

    return WorkbenchView(bench)


@new_view.register(Deck)
@new_view.register(Decks)
def _(decks: Deck | Decks) -> Any:
    from kit.widgets.run_view import DecksView

    return DecksView(decks)
