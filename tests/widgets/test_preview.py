"""Previews in a real shell: what they show, and how they follow its cells."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref

import pytest
from IPython.core.interactiveshell import InteractiveShell
from preview_tasks import SETTINGS, heaviest, query_task

import kit
from kit.difference import history as histories
from kit.difference.history import History
from kit.display.html import fragment
from kit.errors import DefinitionError, DisplayError
from kit.widgets.preview_state import CHANGES
from kit.widgets.view_registry import open_views

DEFINE = "task = query_task({text!r})"


def changed_paths(view) -> list[str]:
    """Return the places that the view's section of changes names."""
    section = view.summary.section(CHANGES)
    if section is None:
        return []
    captions = (getattr(item, "caption", "") for item in section.items)
    return [caption.partition(":")[0] for caption in captions if caption]


@pytest.fixture
def shell(monkeypatch, tmp_path):
    """Return a shell without a history, which cells are run in."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setattr(histories, "_session", History())
    monkeypatch.setattr(histories, "_observers", [])
    shell = InteractiveShell.instance()
    shell.run_cell("import kit\nfrom preview_tasks import query_task")
    yield shell
    for view in open_views(kit.Preview):
        view.close()
    InteractiveShell.clear_instance()


def run(shell, cell: str):
    """Run a cell, and return its result."""
    result = shell.run_cell(cell)
    result.raise_error()
    return result.result


def test_the_view_is_that_of_the_task():
    """With the settings that were given; without edits nothing is marked."""
    view = kit.preview(heaviest, SETTINGS)
    assert view.summary == kit.preview(heaviest, SETTINGS).summary
    assert view.template == kit.task_template(heaviest, SETTINGS)
    assert view.settings is not None
    assert repr(view) == "Preview('preview_tasks.heaviest')"


def test_without_a_notebook_it_is_html_and_text():
    """The same facts, with what was edited."""
    view = kit.preview(heaviest, SETTINGS)
    view.edit("cpu", "2")
    bundle = view._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert 'class="kit-changed"' in bundle["text/html"]
    assert "container.resources.requests.CPU.value" in bundle["text/plain"]
    assert set(view._repr_mimebundle_(include={"text/plain"})) == {"text/plain"}
    assert repr(view) == "Preview('preview_tasks.heaviest', 1 edit)"


def test_without_ipywidgets_nothing_of_it_is_missed():
    """Neither to preview, nor to edit, nor to show."""
    source = """
import sys
sys.modules["ipywidgets"] = None
import kit
from preview_tasks import heaviest
view = kit.preview(heaviest)
view.edit("cpu", "2")
assert "<article" in view._repr_mimebundle_()["text/html"]
"""
    subprocess.run(
        [sys.executable, "-c", source], check=True, cwd=__file__.rpartition("/")[0]
    )


@pytest.mark.parametrize("thing", [None, 5, kit.task_template(heaviest, SETTINGS)])
def test_what_is_no_task_is_refused(thing):
    """With what shows itself anyway."""
    with pytest.raises(DisplayError, match=r"kit\.preview shows tasks, got"):
        kit.preview(thing)


def test_edits_are_compared_with_the_definition():
    """Field by field, and what that means."""
    view = kit.preview(heaviest, SETTINGS)
    assert changed_paths(view) == []
    view.edit("retries", "3")
    view.edit("custom", '{"table": "whales"}')
    assert changed_paths(view) == ["metadata.retries.retries", "custom.table"]
    view.undo()
    view.undo()
    assert changed_paths(view) == []
    view.redo()
    assert changed_paths(view) == ["metadata.retries.retries"]
    view.reset()
    assert view.template == kit.task_template(heaviest, SETTINGS)


def test_an_edit_of_no_field_is_an_error():
    """Whose message names the fields."""
    with pytest.raises(DefinitionError, match="no field 'cpus'"):
        kit.preview(heaviest).edit("cpus", "2")


def test_a_task_that_is_defined_again_is_followed(shell):
    """By all previews of its name, with what changed since; by no others."""
    run(shell, DEFINE.format(text="SELECT 1"))
    first = run(shell, "kit.preview(task)")
    second = run(shell, "kit.preview(task)")
    other = run(shell, "kit.preview(query_task(name='lab.other'))")
    run(shell, DEFINE.format(text="SELECT 2"))
    for view in (first, second):
        assert view.task is shell.user_ns["task"]
        assert changed_paths(view) == ["custom.query"]
    assert changed_paths(other) == []
    run(shell, "x = 1")
    assert changed_paths(first) == ["custom.query"]


def test_edits_stay_over_a_newer_definition(shell):
    """And the comparison is with that again."""
    run(shell, DEFINE.format(text="SELECT 1"))
    view = run(shell, "kit.preview(task)")
    view.edit("retries", "3")
    run(shell, DEFINE.format(text="SELECT 2"))
    assert view.template.metadata.retries.retries == 3
    assert view.template.custom["query"] == "SELECT 2"
    assert changed_paths(view) == ["metadata.retries.retries"]


def test_facts_that_a_cell_sets_are_followed(shell):
    """Though the task is the same one."""
    run(shell, DEFINE.format(text="SELECT 1"))
    view = run(shell, "kit.preview(task)")
    run(shell, "task.metadata = kit.TaskMetadata(retries=7)")
    assert changed_paths(view) == ["metadata.retries.retries"]


def test_an_older_definition_is_not_taken_for_a_newer_one(shell):
    """What was there when the preview was opened does not come after it."""
    run(shell, "newer = query_task('SELECT 2')\nolder = query_task('SELECT 1')")
    view = run(shell, "kit.preview(newer)")
    run(shell, "x = 1")
    assert view.template.custom["query"] == "SELECT 2"


def test_the_slider_goes_back_through_the_definitions(shell):
    """Each compared with the one before it; the past cannot be edited."""
    histories.follow(shell)  # as %load_ext kit does
    for number in (1, 2, 3):
        run(shell, DEFINE.format(text=f"SELECT {number}"))
    view = run(shell, "kit.preview(task)")
    assert (len(view.definitions), view.position, view.is_past) == (3, 3, False)
    view.go_to(2)
    assert view.template.custom["query"] == "SELECT 2"
    assert changed_paths(view) == ["custom.query"]
    view.edit("cpu", "2")
    assert view.edits.held == {}
    view.go_to(1)
    assert (view.position, view.is_past, changed_paths(view)) == (1, True, [])
    view.go_to(3)
    assert (view.is_past, view.template.custom["query"]) == (False, "SELECT 3")
    view.go_to(1)
    run(shell, DEFINE.format(text="SELECT 4"))
    assert (view.position, view.is_past) == (4, False)


def test_a_cell_that_runs_again_closes_what_it_had_shown(shell):
    """And what it shows now is compared with that."""
    request = {"metadata": {"cellId": "a"}, "header": {"msg_id": "1"}}
    shell.get_parent = lambda: request
    cell = "task = query_task({text!r})\nkit.preview(task)"
    try:
        first = run(shell, cell.format(text="SELECT 1"))
        twin = run(shell, "kit.preview(task)")  # of the same request
        request = {"metadata": {"cellId": "b"}, "header": {"msg_id": "2"}}
        other = run(shell, "kit.preview(task)")
        assert len(open_views(kit.Preview)) == 3
        request = {"metadata": {"cellId": "a"}, "header": {"msg_id": "3"}}
        again = run(shell, cell.format(text="SELECT 2"))
    finally:
        del shell.get_parent
    assert (first.is_closed, twin.is_closed, other.is_closed) == (True, True, False)
    assert changed_paths(again) == ["custom.query"]


def test_a_closed_preview_follows_nothing(shell):
    """To close it twice is to close it once."""
    run(shell, DEFINE.format(text="SELECT 1"))
    view = run(shell, "kit.preview(task)")
    view.close()
    view.close()
    run(shell, DEFINE.format(text="SELECT 2"))
    assert view.template.custom["query"] == "SELECT 1"
    assert open_views(kit.Preview) == []


def test_a_preview_that_nobody_has_is_gone(shell):
    """Nothing of kit's keeps it."""
    view = kit.preview(query_task())
    gone = weakref.ref(view)
    assert len(open_views(kit.Preview)) == 1
    del view
    gc.collect()
    assert gone() is None


def test_one_callback_serves_all(shell):
    """However many previews there are."""
    run(shell, DEFINE.format(text="SELECT 1"))
    before = len(shell.events.callbacks["post_run_cell"])
    views = [kit.preview(shell.user_ns["task"]) for _ in range(5)]
    after = len(shell.events.callbacks["post_run_cell"])
    assert after - before <= 1
    assert len(views) == len(open_views(kit.Preview))


def test_a_task_that_breaks_is_shown_broken(shell, capsys):
    """The cell that broke it ends as it did, and the rest of the view stands."""
    run(shell, DEFINE.format(text="SELECT 1"))
    view = run(shell, "kit.preview(task)")
    run(
        shell,
        "def fail(settings): raise RuntimeError('no database')\ntask.get_custom = fail",
    )
    assert "no database" in fragment(view.summary)
    assert view.summary.section("Overview") is not None
    assert capsys.readouterr().err == ""
