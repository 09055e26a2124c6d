"""The widgets of a preview, without a front end."""

from __future__ import annotations

from typing import Any

import pytest
from preview_tasks import SETTINGS, heaviest, query_task
from xss import PAYLOADS

import kit
from kit.widgets.preview import Preview

ipywidgets = pytest.importorskip("ipywidgets")
PreviewView = pytest.importorskip("kit.widgets.preview_view").PreviewView


@pytest.fixture
def view():
    """Return a preview of which there is a panel."""
    made = Preview(heaviest, SETTINGS)
    made._panel = PreviewView(made)
    yield made
    made.close()


def widgets(panel: Any) -> list:
    """Return all widgets below a panel, from top to bottom."""
    found, waiting = [], [panel.root]
    while waiting:
        widget = waiting.pop(0)
        found.append(widget)
        waiting[:0] = getattr(widget, "children", ())
    return found


def control(view, label: str):
    """Return the field of a label."""
    (found,) = (
        widget
        for widget in widgets(view._panel)
        if getattr(widget, "description", None) == label
    )
    return found


def values(view) -> dict[str, str]:
    """Return what each text in HTML shows, by its widget."""
    shown = widgets(view._panel)
    return {w.model_id: w.value for w in shown if isinstance(w, ipywidgets.HTML)}


def text_of(view) -> str:
    """Return all that is shown as HTML, but for the stylesheet."""
    return "".join(value for value in values(view).values() if "<style" not in value)


def test_typing_changes_what_is_shown(view):
    """And marks the field, and what it changed."""
    control(view, "CPU").value = "2"
    assert view.edits.held == {"cpu": "2"}
    assert 'class="kit-changed"' in text_of(view)
    assert "requests=kit.Resources(cpu=&#x27;2&#x27;" in text_of(view).replace(
        "'", "&#x27;"
    )


def test_only_sections_that_say_something_else_are_drawn_again(view):
    """An edit of the CPU leaves the interface as it is."""
    before = values(view)
    control(view, "CPU").value = "2"
    changed = [key for key, value in values(view).items() if before.get(key) != value]
    assert 3 <= len(changed) <= 9
    assert len(changed) < len(before) / 3


def test_there_is_no_widget_for_each_node():
    """A hundred variables are as many widgets as one."""
    inputs = {f"n{number}": int for number in range(100)}
    small = Preview(query_task(), SETTINGS)
    large = Preview(query_task(interface=kit.Interface(inputs)), SETTINGS)
    counts = []
    for preview in (small, large):
        preview._panel = PreviewView(preview)
        counts.append(len(widgets(preview._panel)))
        preview.close()
    assert counts[0] == counts[1] < 120


def test_an_error_stands_beside_its_field(view):
    """The view stays as it was, and the note goes with the error."""
    control(view, "CPU").value = "2"
    before = view.template
    control(view, "CPU").value = "2x"
    assert 'role="alert"' in text_of(view)
    assert "got '2x'" in text_of(view)
    assert view.template == before
    control(view, "CPU").value = "3"
    assert 'role="alert"' not in text_of(view)


def test_buttons_undo_redo_and_reset(view):
    """They are there when there is something to do."""
    undo, redo, reset = (control(view, name) for name in ("Undo", "Redo", "Reset"))
    assert undo.disabled
    assert redo.disabled
    assert reset.disabled
    control(view, "retries").value = "9"
    undo.click()
    assert (control(view, "retries").value, redo.disabled) == ("2", False)
    redo.click()
    assert control(view, "retries").value == "9"
    reset.click()
    assert (view.edits.held, undo.disabled) == ({}, False)


def test_a_field_that_would_change_nothing_is_disabled(view):
    """And says why."""
    assert control(view, "default image").disabled
    assert "the task names its own image" in text_of(view)
    control(view, "image").value = ""
    assert not control(view, "default image").disabled
    assert "the task names its own image" not in text_of(view)


def test_closing_closes_every_widget():
    """With layouts and styles: the count is as before."""
    from ipywidgets.widgets.widget import _instances

    before = set(_instances)
    view = Preview(heaviest, SETTINGS)
    view._panel = PreviewView(view)
    view.edit("cpu", "x")
    assert len(set(_instances) - before) > 40
    view.close()
    assert set(_instances) <= before


def test_another_kind_of_task_brings_other_sections(view):
    """Those that are not needed any more are closed."""
    count = len(widgets(view._panel))

    class Pod(type(query_task())):
        def get_container(self, settings):
            return None

    view.follow(Pod("preview_tasks.heaviest", "q", "i:1", heaviest.executor_type))
    assert len(widgets(view._panel)) == pytest.approx(count, abs=12)
    assert "Executor" not in view.summary.title


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_is_markup(payload):
    """Neither what a task says nor what is typed over it, right or wrong."""
    text = payload.replace("\0", "")
    view = Preview(query_task(text, environment={"KEY": text}), SETTINGS)
    view._panel = PreviewView(view)
    harmless = text_of(view)
    for label in ("CPU", "version", "timeout", "image"):
        control(view, label).value = payload
    shown = harmless + text_of(view)
    view.close()
    for mark in ("<script", "<img", "<svg", "<iframe", "<style", "<a ", "<object"):
        assert mark not in shown


def test_a_click_proves_what_ships(view):
    """The proof is shown until something changes; it says what is missing."""
    control(view, "Prove").click()
    shown = text_of(view)
    assert "Proof: not proven" in shown
    assert "preview_tasks is only here" in shown
    assert not control(view, "Prove").disabled
    control(view, "CPU").value = "2"
    assert "Proof:" not in text_of(view)


def test_edits_are_proven_too():
    """What is proven is what is shown."""
    task = kit.container_task(image="a/b:1", ship="inline")(lengths)
    preview = Preview(task, SETTINGS)
    preview.edit("custom", '{"unit": "kg"}')
    assert preview.prove().ok
    titles = [section.title for section in preview.summary.sections]
    assert titles[:2] == ["Changes", "Proof: proven to load"]


def lengths(tt, texts: list[str]) -> list[int]:
    """Measure texts."""
    return [len(text) for text in texts]
