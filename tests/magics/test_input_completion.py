"""A real shell completes a task's inputs, and what ``tt`` has."""

from __future__ import annotations

import subprocess
import sys

import pytest
from IPython.core.completer import provisionalcompleter

import kit
from kit.magics.completion import inputs_to_complete, open_call

TASKS = """
@kit.container_task(image="acme/sql:1", custom={"table": "p"})
def heaviest(tt, species: str, limit: int = 3) -> int:
    return limit

class Load(kit.ShimTaskExecutor):
    def execute_from_model(self, tt, **inputs):
        return {}

class LoadTask(kit.PythonCustomizedContainerTask):
    def get_custom(self, settings):
        return {}

load = LoadTask(
    name="load", task_config=None, container_image="a:1", executor_type=Load,
    interface=kit.Interface({"alpha": (int, 3), "beta": str, "class": int}, {"o": int}),
)
"""


@pytest.fixture
def complete(shell, run):
    """Complete code in a shell that has two tasks."""
    run(TASKS)

    def completed(code, *, jedi=True):
        shell.Completer.use_jedi = jedi
        with provisionalcompleter():
            return {c.text for c in shell.Completer.completions(code, len(code))}

    return completed


@pytest.mark.parametrize("jedi", [True, False])
@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("heaviest(", {"species=", "limit="}),
        ("heaviest(spe", {"species="}),
        ("heaviest(species='a', l", {"limit="}),
        ("load(al", {"alpha="}),
        ("load(", {"alpha=", "beta="}),
        ("kit.run(heaviest, spe", {"species="}),
        ("kit.run(heaviest, species='a', li", {"limit="}),
        ("kit.ready(\n    heaviest,\n    spe", {"species="}),
        ("run = kit.prove(load, alpha=max(1, 2), be", {"beta="}),
        ("print(kit.compare_runs(load, b", {"beta="}),
    ],
)
def test_a_shell_completes_inputs(complete, code, found, jedi):
    """By the signature of a task, and by the first argument of kit's functions."""
    assert found <= complete(code, jedi=jedi)


def test_what_has_been_given_is_not_offered_again(complete):
    """Nor are inputs where a value is being written."""
    assert "species=" not in complete("kit.run(heaviest, species='a', ")
    assert "limit=" not in complete("kit.run(heaviest, species=lim")
    assert "species=" not in complete("kit.run(heaviest, 'spe")


@pytest.mark.parametrize(
    "code",
    [
        "def f(tt: kit.TaskTemplate, n: int):\n    return tt.cu",
        "@kit.container_task(image='a:1')\ndef f(tt: kit.TaskTemplate):\n    tt.cu",
    ],
)
def test_a_shell_completes_tt(complete, code):
    """By its annotation, while the cell is being written."""
    assert complete(code) == {"custom"}


def test_tt_may_be_annotated_so(run):
    """The type travels with the source."""
    run(
        "@kit.container_task(image='a:1')\n"
        "def table(tt: kit.TaskTemplate, n: int) -> str:\n"
        "    return tt.custom.get('table', 'none') * n"
    )
    assert run("table(n=2)") == "nonenone"
    assert run("kit.prove(table).ok")


def test_to_import_kit_is_enough(tmp_path):
    """Without the extension, too; and only where a shell runs."""
    script = tmp_path / "shell.py"
    script.write_text(
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.run_cell('import kit')\n"
        "print(len(shell.Completer.custom_matchers))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[-1] == "1"


@kit.container_task(image="a:1")
def one(tt: kit.TC, number: int) -> int:
    """Return a number."""
    return number


class Loud:
    """An object that acts when it is asked for anything."""

    def __getattr__(self, name):
        msg = f"it was asked for {name}"
        raise AssertionError(msg)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "(",
        "f(",
        "loud.run(one, ",
        "loud(",
        "x[kit.run(one, ][",
        "kit.run(one)",
        "kit.run(one, [",
        "kit.run(loud, ",
        "kit.run(one.two, ",
        "kit.run(n",
        "kit.nothing(one, ",
        "len(one, ",
        "if (",
        "'unfinished (one, ",
        "kit.run(one, number",
        "\x00(",
        "((((((((" * 500,
    ],
)
def test_what_is_no_such_call_completes_nothing(code):
    """Nothing is asked for its attributes but modules."""
    found = inputs_to_complete(code, {"kit": kit, "one": one, "loud": Loud()})
    assert found == (["number="] if code.endswith("number") else [])


def test_a_call_across_lines_is_found():
    """With what was given by name."""
    call = open_call(
        "a = 1\nb = kit.run(\n    one,\n    # a comment\n    x={'a': (1, 2)},\n    nu"
    )
    assert call is not None
    assert (call.function, call.first, call.prefix) == ("kit.run", "one", "nu")
    assert call.named == {"x"}
