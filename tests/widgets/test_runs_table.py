"""The table of runs without a browser: sorted, opened, run again, compared, saved."""

from __future__ import annotations

import time

import pytest

import kit
from kit.display.html import fragment
from kit.errors import DisplayError
from kit.widgets import view_registry as ticker
from kit.widgets.live import Event, Part
from kit.widgets.runs import RunsView, update_runs


@kit.container_task(image="a/b:1", name="shout", ship="inline")
def shout(tt, word: str, times: int = 1) -> str:
    """Say it louder."""
    return word.upper() * times


@pytest.fixture
def view():
    """Return a table of three runs, the last of which failed."""
    runs = [
        kit.run(shout, word=word, times=times, runner="in-process")
        for word, times in (("b", 2), ("a", 1), ("<b>c</b>", 1))
    ]
    made = RunsView(kit.running.run.Runs(runs))
    yield made
    made.close()


def html(view: RunsView, key: str) -> str:
    """Return the HTML of a part."""
    parts = (part for part in view.parts if isinstance(part, Part))
    return next(part.html for part in parts if part.key == key)


def order(view: RunsView) -> list[str]:
    """Return the inputs of the rows, from top to bottom."""
    table = html(view, "table")
    texts = {
        row.inputs: table.find(f">{row.run.number}</th>") for row in view.state.rows
    }
    return sorted(texts, key=texts.__getitem__)


def numbers(view: RunsView) -> list[int]:
    """Return the numbers of the runs in the order of their start."""
    return [row.run.number for row in view.state.rows]


def press(view: RunsView, action: str, value: object = "") -> None:
    """Press a button."""
    view.post(Event("action", f"runs.{action}", str(value)))


def test_rows_are_sorted_by_any_column(view):
    """The newest is first, until a reader wants otherwise."""
    first, second, third = (row.inputs for row in view.state.rows)
    assert order(view) == [third, second, first]
    press(view, "sort", "inputs")
    assert order(view) == sorted([first, second, third])
    press(view, "sort", "inputs")
    assert order(view) == sorted([first, second, third], reverse=True)
    assert 'aria-sort="descending"' in html(view, "table")
    press(view, "sort", "nothing")
    assert "expected a column" in view.alert


def test_a_row_tells_what_ran(view):
    """Task, inputs, runner, duration, state; and nothing of it is an element."""
    table = html(view, "table")
    for text in ("shout", "word=", "in-process", "Succeeded", " s</td>"):
        assert text in table
    assert "<b>c</b>" not in table
    assert "&lt;b&gt;c" in table


def test_a_run_is_opened_and_closed(view):
    """With its outputs and its log, below the table."""
    number = numbers(view)[0]
    press(view, "open", number)
    end = time.monotonic() + 5
    while not view.state.opened.is_done and time.monotonic() < end:
        time.sleep(0.02)
    assert "BB" in html(view, "run.result")
    assert 'aria-selected="true"' in html(view, "table")
    press(view, "close")
    assert view.state.opened is None


def test_a_run_is_run_again(view):
    """The new one is in the table, and is followed to its end."""
    press(view, "again", numbers(view)[0])
    assert len(view.state.rows) == 4
    view.state.rows[-1].run.wait()
    end = time.monotonic() + 10
    while ticker._drawing and time.monotonic() < end:
        time.sleep(0.02)
    assert view.state.rows[-1].run.outputs.o0 == "BB"
    assert html(view, "table").count("Succeeded") == 4


def test_two_runs_are_compared(view):
    """Those that are ticked last."""
    press(view, "compare")
    assert "Tick two runs" in view.state.problem
    for number in numbers(view):
        view.post(Event("field", f"runs.tick:{number}", True))
    assert view.state.ticked == tuple(numbers(view)[1:])
    press(view, "compare")
    assert "disagreement" in html(view, "below")
    view.post(Event("field", f"runs.tick:{numbers(view)[1]}", False))
    assert view.state.ticked == (numbers(view)[2],)
    assert "disagreement" not in html(view, "below")


def test_a_run_is_saved(view, monkeypatch):
    """As a file that can be loaded."""
    sent = []
    monkeypatch.setattr(view, "send_file", sent.append)
    press(view, "save", numbers(view)[0])
    (source,) = sent
    assert source.name == f"run-{numbers(view)[0]}.zip"
    assert source.data.startswith(b"PK")


def test_what_is_not_there_is_an_error(view):
    """A page may be older than its table."""
    for action in ("open", "again", "save", "cancel"):
        with pytest.raises(DisplayError):
            update_runs(view.state, Event("action", f"runs.{action}", "999999"))
    with pytest.raises(DisplayError):
        update_runs(view.state, Event("field", "runs.tick:x", True))


def test_a_comparison_says_how_many_places_agree(monkeypatch):
    """Where one could not start."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    comparison = kit.compare_runs(shout, word="a")
    drawn = fragment(kit.display.notebook.summarize(comparison))
    assert 'kit-badge kit-notable">2 of 3 agree<' in drawn
