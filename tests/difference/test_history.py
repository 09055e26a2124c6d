from __future__ import annotations

import gc
import weakref

import pytest
from diff_tasks import Query, query
from IPython.core.interactiveshell import InteractiveShell

from kit.difference import history as histories
from kit.difference.diff import diff
from kit.difference.history import History, follow, history, unfollow


class Broken(Query):
    """A task whose custom cannot be made."""

    def get_custom(self, settings):
        raise RuntimeError("not yet")


class Resentful:
    """An object that refuses to say what it is."""

    @property
    def __class__(self):
        raise RuntimeError("no context")


class Unhashable(Query):
    """A task that equals by value."""

    __hash__ = None

    def __eq__(self, other):
        return True


def test_definitions_are_numbered_by_name():
    """The same definition again is no new one."""
    session = History()
    session.record([query("SELECT 1")])
    session.record([query("SELECT 1"), query("SELECT 2")])
    assert [entry.number for entry in session.of("lab.query")] == [1, 2]
    assert session.of("other") == ()
    assert repr(session) == "History(2 definitions)"
    first = session.of("lab.query")[0]
    assert repr(first) == "PastDefinition(name='lab.query', number=1)"


def test_a_definition_is_a_side_of_a_diff():
    """What was defined against what is."""
    session = History()
    session.record([query("SELECT 1")])
    (first,) = session.of("lab.query")
    found = diff(query("SELECT 2"), against=first)
    assert found.old == "definition 1 of lab.query"
    assert [change.path for change in found.changes] == ["custom.query"]
    assert not diff(query("SELECT 1"), against=first)


def test_a_task_is_neither_kept_alive_nor_read_twice():
    """Only its bytes are kept."""
    session, task = History(), query("SELECT 1")
    session.record([task])
    task._task_config = "SELECT 2"
    session.record([task])
    assert len(session.of("lab.query")) == 1
    gone = weakref.ref(task)
    del task
    gc.collect()
    assert gone() is None


def test_the_oldest_definitions_go_first():
    """Memory is bounded; numbers go on."""
    session = History(limit=5_000)
    for number in range(50):
        session.record([query(f"SELECT {number}")])
    kept = session.of("lab.query")
    assert 1 < len(kept) < 50
    assert kept[-1].number == 50
    assert sum(len(entry.data) for entry in kept) <= 5_000


def test_a_definition_that_cannot_be_registered_is_left_out():
    """The author is told when the task is used, not after each cell."""
    session = History()
    session.record([query(kind=Broken)])
    assert session.of("lab.query") == ()


@pytest.fixture
def shell(monkeypatch, tmp_path):
    """Return a shell that remembers tasks, and starts without any."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setattr(histories, "_session", History())
    shell = InteractiveShell.instance()
    follow(shell)
    yield shell
    InteractiveShell.clear_instance()


def test_cells_are_followed(shell):
    """Each one that defines a task adds a definition; others add none."""
    shell.run_cell("from diff_tasks import query; task = query('SELECT 1')")
    shell.run_cell("x = 1")
    assert len(history("lab.query")) == 1
    shell.run_cell("task = query('SELECT 2')")
    first, second = history(shell.user_ns["task"])
    assert [change.after for change in diff(second, against=first).changes] == [
        "SELECT 2"
    ]


def test_objects_that_resent_a_question_are_left_alone(shell):
    """A proxy may raise when it is asked for its class; a task may have no hash."""
    shell.user_ns["proxy"] = Resentful()
    shell.user_ns["task"] = query(kind=Unhashable)
    shell.run_cell("x = 1")
    assert len(history("lab.query")) == 1


def test_following_twice_is_following_once(shell):
    """As a cell with ``%load_ext`` that is run again."""
    before = len(shell.events.callbacks["post_run_cell"])
    follow(shell)
    assert len(shell.events.callbacks["post_run_cell"]) == before
    unfollow(shell)
    shell.run_cell("from diff_tasks import query; task = query()")
    assert history("lab.query") == ()
    unfollow(shell)
