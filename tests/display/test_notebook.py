"""What a cell shows, in a real IPython."""

from __future__ import annotations

import subprocess
import sys

import pytest
from display_tasks import full_task, plain_task
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core.literals_pb2 import Literal, LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.timestamp_pb2 import Timestamp
from IPython.core.interactiveshell import InteractiveShell

from kit.display.notebook import (
    forget_stylesheet,
    register,
    summarize,
    unregister,
)
from kit.errors import DisplayError
from kit.runners import Outcome, Phase


@pytest.fixture(scope="module")
def one_shell():
    """Make a shell; to make one takes longer than most tests."""
    shell = InteractiveShell.instance()
    shell.display_formatter.active_types = ["text/plain", "text/html"]
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def shell(one_shell):
    """Give the shell with Flyte's messages registered."""
    register(one_shell)
    yield one_shell
    unregister(one_shell)
    forget_stylesheet()


def shown(shell, thing) -> dict[str, str]:
    """Return what IPython would send for a thing."""
    bundle, _ = shell.display_formatter.format(thing)
    return bundle


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (full_task(), "task acme.heaviest"),
        (full_task().task_template, "task acme.heaviest"),
        (full_task().python_interface, "species"),
        (Outcome(task="t", runner="mock", phase=Phase.SUCCEEDED), "run t  SUCCEEDED"),
    ],
)
def test_kits_objects_show_themselves(one_shell, thing, words):
    """With nothing registered: they have a method for it."""
    bundle = shown(one_shell, thing)
    assert set(bundle) == {"text/plain", "text/html"}
    assert words in bundle["text/plain"]
    assert "<article" in bundle["text/html"]


@pytest.mark.parametrize(
    "message",
    [
        TaskTemplate(type="t"),
        TaskSpec(template=TaskTemplate(type="t")),
        full_task().interface,
        Literal(),
        LiteralMap(),
        full_task().interface.inputs.variables["limit"],
    ],
    ids=lambda message: type(message).__name__,
)
def test_flytes_messages_are_shown_after_the_extension_is_loaded(shell, message):
    """By the names of their types: the classes are not touched."""
    assert "<article" in shown(shell, message)["text/html"]
    assert not hasattr(type(message), "_repr_mimebundle_")
    unregister(shell)
    assert "text/html" not in shown(shell, message)


def test_to_register_twice_and_unregister_once_leaves_nothing(one_shell):
    """As `%reload_ext kit` and `%unload_ext kit` do."""
    register(one_shell)
    shown(one_shell, TaskTemplate(type="t"))
    register(one_shell)
    unregister(one_shell)
    assert "text/html" not in shown(one_shell, TaskTemplate(type="t"))


def test_to_unregister_leaves_the_formatters_of_others(one_shell):
    """A user's own formatter of a message stays."""
    formatter = one_shell.display_formatter.mimebundle_formatter
    own = {"text/html": "mine"}
    formatter.for_type(TaskTemplate, lambda _message: own)
    unregister(one_shell)
    try:
        assert shown(one_shell, TaskTemplate())["text/html"] == "mine"
    finally:
        formatter.pop(TaskTemplate)


def test_messages_of_others_are_left_alone(shell):
    """Their own views, or none, are for those who made them."""
    assert "text/html" not in shown(shell, Timestamp())
    with pytest.raises(DisplayError, match="kit has no view of a Timestamp"):
        summarize(Timestamp())


def test_the_stylesheet_comes_once_in_a_notebook(one_shell):
    """With the first output; a cell that is run again brings it again."""
    forget_stylesheet()
    running = {}
    one_shell.get_parent = lambda: running

    def styles_of(cell, request):
        running.update(metadata={"cellId": cell}, header={"msg_id": request})
        return shown(one_shell, plain_task())["text/html"].count("<style>")

    try:
        assert styles_of("a", 1) == 1
        assert styles_of("a", 1) == 0  # the same cell shows two things
        assert styles_of("b", 2) == 0
        assert styles_of("a", 3) == 1  # it is run again, so its output was lost
        assert styles_of("b", 4) == 0
        register(one_shell)  # as %reload_ext kit does
        assert styles_of("c", 5) == 1
    finally:
        unregister(one_shell)
        del one_shell.get_parent
        forget_stylesheet()


def test_include_and_exclude_are_honoured():
    """IPython asks for some kinds only."""
    task = plain_task()
    assert set(task._repr_mimebundle_(include={"text/html"})) == {"text/html"}
    assert set(task._repr_mimebundle_(exclude={"text/html"})) == {"text/plain"}


def test_a_run_shows_no_directory(one_shell, tmp_path):
    """It differs from run to run; `run.directory` has it."""
    run = Outcome(task="t", runner="r", phase=Phase.SUCCEEDED, directory=tmp_path)
    assert str(tmp_path) not in "".join(shown(one_shell, run).values())


def test_nothing_of_the_faces_is_loaded_before_something_is_shown():
    """Neither by defining a task nor by having a run."""
    source = """
import sys, kit
from display_tasks import full_task
task = full_task()
heavy = {"rich", "IPython", "kit.display", "kit.widgets", "yaml"} & set(sys.modules)
assert not heavy, heavy
html = task._repr_mimebundle_(include={"text/html"})["text/html"]
assert "<article" in html
assert "IPython" not in sys.modules
"""
    subprocess.run(
        [sys.executable, "-c", source], check=True, cwd=__file__.rpartition("/")[0]
    )


def test_without_rich_the_text_is_the_repr():
    """The HTML needs no package at all."""
    source = """
import sys
sys.modules["rich"] = None
from display_tasks import plain_task
bundle = plain_task()._repr_mimebundle_()
assert bundle["text/plain"] == "PlainTask('acme.plain', Executor)", bundle
assert "<article" in bundle["text/html"]
"""
    subprocess.run(
        [sys.executable, "-c", source], check=True, cwd=__file__.rpartition("/")[0]
    )


def test_what_kit_does_not_know_is_an_error():
    """With what it does know."""
    with pytest.raises(DisplayError, match="no view of a list: it shows tasks"):
        summarize([])


def test_a_summary_is_its_own():
    """So that leaves take both."""
    summary = summarize(plain_task())
    assert summarize(summary) is summary


def test_what_was_imported_by_a_submodule_shows_itself():
    """The faces are registered by the package, whichever part of it comes first."""
    code = """
import sys
from kit.definition.interface import Interface
assert "kit.display" not in sys.modules
assert "<article" in Interface({"n": int})._repr_mimebundle_()["text/html"]
"""
    subprocess.run([sys.executable, "-c", code], check=True)
