"""``%load_ext kit``, again and again."""

from __future__ import annotations

import subprocess
import sys

from flyteidl.core import tasks_pb2
from IPython.core.completer import provisionalcompleter

import kit


def parts(shell):
    """Count what the extension gives a shell."""
    hooks = shell.events.callbacks["post_run_cell"]
    return (
        sum(getattr(hook, "__module__", "").startswith("kit.") for hook in hooks),
        bool(shell.find_cell_magic("executor_module")),
    )


def test_loading_again_doubles_nothing(shell):
    """Neither through the magic nor by hand, nor after unloading."""
    once = parts(shell)
    assert once[1] is True
    kit.load_ipython_extension(shell)
    assert parts(shell) == once
    for line in ("%load_ext kit", "%reload_ext kit", "%unload_ext kit\n%load_ext kit"):
        assert shell.run_cell(line).success
        assert parts(shell) == once


def test_unloading_removes_the_magic(shell):
    """What it defined stays usable."""
    shell.run_cell("%%executor_module made.py\ndef f():\n    return 1")
    assert shell.run_cell("%unload_ext kit").success
    assert parts(shell)[1] is False
    assert shell.run_cell("f()").result == 1
    kit.unload_ipython_extension(shell)
    assert parts(shell)[1] is False


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


def test_the_name_of_the_magic_is_completed(shell):
    """IPython does so for all magics."""
    with provisionalcompleter():
        found = [each.text for each in shell.Completer.completions("%%exec", 6)]
    assert "%%executor_module" in found
