"""The run panel in a preview."""

from __future__ import annotations

from typing import Any

import pytest
from preview_tasks import SETTINGS

import kit
from kit.widgets.preview import Preview

ipywidgets = pytest.importorskip("ipywidgets")
PreviewView = pytest.importorskip("kit.widgets.preview_view").PreviewView


@kit.container_task(image="a/b:1", name="where", environment={"PLACE": "home"})
def where(tt, n: int = 1) -> str:
    """Tell where it runs."""
    import os

    return os.environ["PLACE"] * n


def below(widget: Any) -> list[Any]:
    """Return a widget and all below it."""
    return [widget, *(w for c in getattr(widget, "children", ()) for w in below(c))]


def button(view: Preview, text: str) -> Any:
    """Return a button of a preview."""
    widgets = below(view._panel.root)
    return next(w for w in widgets if getattr(w, "description", "") == text)


@pytest.fixture
def view():
    """Return a preview of which there is a widget."""
    made = Preview(where, SETTINGS)
    made._panel = PreviewView(made)
    yield made
    made.close()


def test_the_run_panel_opens_when_it_is_asked_for(view):
    """And runs the task with the edits, those made later too."""
    button(view, "Open the run panel").click()
    panel = view._panel._run_tab._panel
    assert panel.opened().root in below(view._panel.root)
    assert panel.start().wait().outputs.o0 == "home"
    view.edit("env", "PLACE=away")
    assert panel.start().wait().outputs.o0 == "away"


def test_closing_the_preview_closes_it():
    """With every widget."""
    from ipywidgets.widgets.widget import _instances

    before = set(_instances)
    view = Preview(where, SETTINGS)
    view._panel = PreviewView(view)
    button(view, "Open the run panel").click()
    view.close()
    assert set(_instances) <= before
