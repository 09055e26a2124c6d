"""The live workbench, without a browser."""

from __future__ import annotations

import time

import pytest

import kit
from kit import evidence
from kit.errors import DisplayError
from kit.widgets.live import Event
from kit.widgets.workbench import BenchState, WorkbenchView, update, view


@kit.container_task(image="acme/a:1", name="<b>bench.two</b>")
def two(tt) -> int:
    """Return two."""
    return 2


@kit.container_task(image="acme/a:1", name="bench.one", custom={"unit": "kg"})
def one(tt, n: int) -> int:
    """Ask for what is not there."""
    return n * tt.custom["factor"]


@pytest.fixture
def bench():
    """A workbench with two tasks, and no evidence."""
    evidence.session.clear()
    made = WorkbenchView(kit.workbench(one, two))
    yield made
    made.close()
    evidence.session.clear()


def drawn(state: BenchState) -> str:
    """Return all of a view's HTML."""
    return "".join(part.html for part in view(state))


def act(state: BenchState, key: str, value: str = "") -> BenchState:
    """Answer a press."""
    return update(state, Event("action", key, value))


def test_names_are_text(bench):
    """In cells, attributes and the title of what is open."""
    state = act(bench.state, "bench.open", "<b>bench.two</b>")
    html = drawn(state)
    assert "<b>bench.two" not in html
    assert html.count("&lt;b&gt;bench.two") >= 3


def test_it_is_sorted(bench):
    """By name first, and the other way when asked again."""
    names = ["&lt;b&gt;bench.two", ">bench.one<"]
    html = drawn(bench.state)
    assert html.index(names[0]) < html.index(names[1])
    turned = drawn(act(bench.state, "bench.sort", "task"))
    assert turned.index(names[1]) < turned.index(names[0])
    assert 'aria-sort="descending"' in turned
    ready = act(bench.state, "bench.sort", "readiness")
    assert (ready.column, ready.is_descending) == ("readiness", False)


def test_what_is_not_there_is_refused(bench):
    """A press of a page that is older than the view."""
    with pytest.raises(DisplayError, match="no task 'gone'"):
        act(bench.state, "bench.open", "gone")
    with pytest.raises(DisplayError, match="expected a column"):
        act(bench.state, "bench.sort", "gone")


def test_a_preview_opens_in_it_and_closes(bench):
    """One at a time."""
    bench.post(Event("action", "bench.open", "bench.one"))
    first = bench.state.preview
    assert first.startswith("IPY_MODEL_")
    bench.post(Event("action", "bench.open", "<b>bench.two</b>"))
    assert bench.state.preview not in ("", first)
    bench.post(Event("action", "bench.close"))
    assert (bench.state.opened, bench.state.preview) == ("", "")


def test_all_ladders_are_climbed_once(bench):
    """A task that fails hides no other; a second press changes nothing."""
    bench.post(Event("action", "bench.ready"))
    bench.post(Event("action", "bench.ready"))
    assert "climbing" in drawn(bench.state)
    deadline = time.monotonic() + 120
    while bench.state.climbing and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not bench.state.climbing
    ladders = {ladder.task: ladder for ladder in bench.state.ladders}
    assert ladders["<b>bench.two</b>"]["run"].state.value == "passed"
    assert ladders["bench.one"]["check"].state.value == "failed"


def test_it_follows_what_is_recorded_until_it_is_closed(bench):
    """Whoever proves the task."""
    kit.run(two)
    ladders = {ladder.task: ladder for ladder in bench.state.ladders}
    assert ladders["<b>bench.two</b>"]["run"].state.value == "passed"
    bench.close()
    before = bench.state
    evidence.session.clear()
    kit.run(two)
    assert bench.state is before
