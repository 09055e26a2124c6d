"""``%load_ext kit``, again and again."""

from __future__ import annotations

import subprocess
import sys

import pytest
from flyteidl.core import tasks_pb2
from IPython.core.completer import provisionalcompleter

import kit
from kit.magics.container_task import complete_flags


def parts(shell):
    """Count what the extension gives a shell."""
    hooks = shell.events.callbacks["post_run_cell"]
    return (
        sum(getattr(hook, "__module__", "").startswith("kit.") for hook in hooks),
        shell.Completer.custom_matchers.count(complete_flags),
        [
            bool(shell.find_cell_magic(name))
            for name in ("container_task", "executor_module")
        ],
    )


def test_loading_again_doubles_nothing(shell):
    """Neither through the magic nor by hand, nor after unloading."""
    once = parts(shell)
    assert once[1:] == (1, [True, True])
    kit.load_ipython_extension(shell)
    assert parts(shell) == once
    for line in ("%load_ext kit", "%reload_ext kit", "%unload_ext kit\n%load_ext kit"):
        assert shell.run_cell(line).success
        assert parts(shell) == once


def test_unloading_takes_the_magics_away(shell):
    """What they defined goes on working."""
    shell.run_cell("%%container_task f() -> int --image a:1\nreturn 1")
    assert shell.run_cell("%unload_ext kit").success
    assert parts(shell)[1:] == (0, [False, False])
    assert shell.run_cell("f()").result == 1
    kit.unload_ipython_extension(shell)
    assert parts(shell)[1:] == (0, [False, False])


def test_classes_are_noted_from_then_on(run):
    """Two classes of one name in two cells are told apart."""
    run("class C:\n    limit = 1  # the first")
    run("first = C")
    run("class C:\n    limit = 1  # the second")
    assert "# the second" in run("kit.self_contained(C).text")


def test_messages_of_flyte_are_shown_as_kit_does(shell):
    """Until the extension is unloaded."""
    template = tasks_pb2.TaskTemplate(type="t")
    shown, _ = shell.display_formatter.format(template)
    assert "text/html" in shown
    shell.run_line_magic("unload_ext", "kit")
    shown, _ = shell.display_formatter.format(template)
    assert "text/html" not in shown


def test_asking_for_the_extension_loads_no_ipython():
    """The public names stay light."""
    code = (
        "import sys, kit\n"
        "kit.load_ipython_extension\n"
        "assert 'IPython' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def completions(shell, text):
    """Return what Tab offers at the end of a text."""
    with provisionalcompleter():
        return [each.text for each in shell.Completer.completions(text, len(text))]


@pytest.mark.parametrize("jedi", [True, False])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%%container_task f() --im", ["--image"]),
        ("%%container_task f() --image a:1 --cp", ["--cpu", "--cpu-limit"]),
        ("%%container_task f() --runtime ", ["flytekit", "kit"]),
        ("%%container_task f() --ship in", ["inline"]),
        ("%%container_task f() --ship=in", ["inline"]),
        ("%%container_task f() --deck-field S", ["'Source Code'"]),
        ("%%container_task f() \\\n    --retr", ["--retries"]),
        ("%%executor_module a.py --", ["--overwrite"]),
        ("%%executor_module a.py --im", []),
        ("x = 1\n--im", []),
        ("%%container_task f()\n--im", []),
        ("%%time --im", []),
    ],
)
def test_flags_are_completed(shell, text, expected, jedi):
    """On the magic's line and those that continue it, and nowhere else."""
    shell.Completer.use_jedi = jedi
    found = completions(shell, text)
    ours = [each for each in found if each.startswith("-")] if not expected else found
    assert sorted(ours) == sorted(expected)


def test_names_of_magics_are_completed(shell):
    """As IPython does for all of them."""
    assert "%%container_task" in completions(shell, "%%cont")
