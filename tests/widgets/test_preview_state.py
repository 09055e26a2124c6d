"""The run panel in a preview, and what an event makes of its state."""

from __future__ import annotations

import dataclasses
import time

import pytest
from preview_tasks import SETTINGS, heaviest

import kit
from kit.errors import DefinitionError, DisplayError
from kit.evidence import Rung
from kit.widgets.live import Event
from kit.widgets.preview import Preview
from kit.widgets.preview_state import TABS, PreviewState, update
from kit.widgets.preview_view import view as drawn

pytest.importorskip("anywidget")


@kit.container_task(
    image="a/b:1", name="where", environment={"PLACE": "home"}, ship="inline"
)
def where(tt, n: int = 1) -> str:
    """Tell where it runs."""
    import os

    return os.environ["PLACE"] * n


@pytest.fixture
def view():
    """Return a preview."""
    made = Preview(where, SETTINGS)
    yield made
    made.close()


def wait_for(condition) -> None:
    """Wait until something is so, which work in a thread makes it."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def state_of(rung: Rung, view: Preview) -> str:
    """Return the state of a rung, as the ladder has it."""
    return view.state.look.readiness()[rung].state.value


def test_the_run_panel_is_made_when_its_tab_is_looked_at(view):
    """As a widget of its own, whose place is in the tab."""
    assert view.state.panel == ""
    view.live.post(Event("select", "tab", "run"))
    html = {part.key: part.html for part in view.live.parts}["run"]
    assert view.state.panel.startswith("IPY_MODEL_")
    assert f'data-kit-widget="{view.state.panel}"' in html


def test_the_primary_button_runs_the_task_with_the_edits(view):
    """Those made later too; the ladder tells of it."""
    view.edit("env", "PLACE=away")
    view.live.post(Event("action", "run"))
    assert view.state.asked[0] == "run"
    wait_for(lambda: not view._panel.is_running)
    wait_for(lambda: state_of(Rung.RUN, view) == "passed")
    assert view._panel.start().wait().outputs.o0 == "away"
    view.edit("env", "PLACE=far")
    assert state_of(Rung.RUN, view) == "stale"
    assert view._panel.start().wait().outputs.o0 == "far"


def test_a_rung_is_climbed_by_a_click(view):
    """In a thread; the view says so meanwhile."""
    view.live.post(Event("action", "rung", "proof"))
    wait_for(lambda: Rung.PROOF not in view.state.working)
    assert view.state.proof is not None
    assert view.state.proof.ok
    assert state_of(Rung.PROOF, view) == "passed"
    assert view.state.asked[0] == "checks"


def test_closing_the_preview_closes_all_of_it():
    """With the panel in it."""
    from ipywidgets.widgets.widget import _instances

    before = set(_instances)
    view = Preview(where, SETTINGS)
    assert view.widget is not None
    view.live.post(Event("select", "tab", "run"))
    view.close()
    assert set(_instances) <= before


def test_every_state_is_drawn():
    """Each tab, form and stage; of the present and of the past."""
    state = PreviewState.of(heaviest, SETTINGS)
    for tab in TABS:
        state = update(state, Event("select", "tab", tab))
    for form in ("yaml", "json", "pbtxt"):
        for stage in ("registered", "arrives", "pod"):
            state = update(state, Event("action", "form", form))
            state = update(state, Event("action", "stage", stage))
            keys = [part.key for part in drawn(state)]
            assert len(keys) == len(set(keys)) == 13


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (Event("field", "cpus", "1"), DefinitionError),
        (Event("field", "custom.none", "1"), DisplayError),
        (Event("action", "delete"), DisplayError),
        (Event("action", "form", "xml"), DisplayError),
        (Event("action", "stage", "soon"), DisplayError),
        (Event("action", "add", "cpus"), DisplayError),
        (Event("select", "tab", "none"), DisplayError),
        (Event("select", "definition", "first"), DisplayError),
        (Event("action", "rung", "sky"), DisplayError),
    ],
)
def test_an_event_of_nothing_is_an_error(event, error):
    """Which the view tells, and goes on."""
    state = PreviewState.of(heaviest, SETTINGS)
    with pytest.raises(error):
        update(state, event)


def test_an_entry_of_custom_is_a_field():
    """A text stays one, a number becomes what is typed."""
    state = PreviewState.of(heaviest, SETTINGS)
    state = update(state, Event("field", "custom.table", "whales"))
    assert state.template.custom["table"] == "whales"
    assert state.edits.held.keys() == {"custom"}
    state = update(state, Event("field", "custom", '{"table": "a", "most": 2}'))
    state = update(state, Event("field", "custom.most", "3"))
    state = update(state, Event("field", "custom.table", "4"))
    assert dict(state.template.custom.items()) == {"table": "4", "most": 3}


def test_only_facts_that_are_set_have_a_field():
    """The rest are behind a name to add."""
    state = PreviewState.of(heaviest, SETTINGS)

    def facts() -> str:
        return next(part.html for part in drawn(state) if part.key == "facts")

    assert 'data-kit-field="cpu"' in facts()
    assert 'data-kit-field="gpu"' not in facts()
    assert 'data-kit-opens="gpu"' in facts()
    state = update(state, Event("action", "add", "gpu"))
    assert 'data-kit-field="gpu"' in facts()


def test_placeholders_of_settings_are_no_facts():
    """Nobody has given them."""
    state = PreviewState.of(heaviest, kit.SerializationSettings())
    local = PreviewState.of(
        heaviest, dataclasses.replace(kit.preview(heaviest).settings)
    )
    for each in (state, local):
        facts = next(part.html for part in drawn(each) if part.key == "facts")
        assert "PLACEHOLDER" not in facts
