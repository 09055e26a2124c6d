"""``%%container_task`` in a real shell."""

from __future__ import annotations

import traceback

import pytest
from IPython.core.error import UsageError

import kit
from kit.errors import AuthoringError, DefinitionError, InterfaceError, ResourcesError
from kit.source.module import self_contained

WEIGH = '''%%container_task weigh(grams: list[int], unit: str = "g") -> str \\
    --image acme/w:1 --custom table=penguins --cpu 1 --mem 512Mi --retries 2
"""Weigh them.

Args:
    grams: Of each.
"""
text = f"""{sum(grams)}
  {unit}"""
return text + tt.custom["table"]
'''


@pytest.fixture
def shown(shell, capsys):
    """Run a cell that fails and return all that the shell shows of it."""

    def run_cell(text):
        result = shell.run_cell(text, store_history=True)
        assert not result.success
        captured = capsys.readouterr()
        return captured.out + captured.err

    shell.run_line_magic("colors", "nocolor")
    return run_cell


def test_a_cell_is_the_body_of_a_task(run):
    """With what the flags and the docstring say of it."""
    run(WEIGH)
    task = run("weigh")
    assert isinstance(task, kit.PythonCustomizedContainerTask)
    assert (task.name, task.container_image) == ("weigh", "acme/w:1")
    assert task.metadata.retries == 2
    assert task.__doc__.startswith("Weigh them.\n\nArgs:")
    assert run("weigh(grams=[1, 2], unit='kg')") == "3\n  kgpenguins"


def test_it_runs_from_its_source_in_a_fresh_process(run):
    """With what it uses of other cells."""
    run("SCALE = 3\ndef scaled(x):\n    return SCALE * x")
    run("%%container_task f(n: int) -> int --image a:1\nreturn scaled(n)")
    assert run("f.shipment().way, f(n=2)") == ("inline", 6)
    assert run("kit.run(f, n=3, runner='subprocess').outputs") == {"o0": 9}
    run("%%container_task f(n: int) -> int --image a:1\nreturn scaled(n) + 1")
    assert run("f(n=2), kit.run(f, n=3).outputs") == (7, {"o0": 10})


def test_what_show_prints_is_the_same_task(run, capsys):
    """One can leave the magic and keep the task."""
    run(WEIGH)
    by_magic = run("weigh")
    capsys.readouterr()
    run(WEIGH.replace("--cpu 1", "--show --cpu 1"))
    plain = capsys.readouterr().out
    assert plain.startswith("import kit\n\n\n@kit.container_task(\n    image=")
    run(plain)
    settings = kit.SerializationSettings()
    one, other = (kit.task_template(t, settings) for t in (by_magic, run("weigh")))
    for template in (one, other):
        del template.custom.fields["kit.inline"]  # its comments name lines
    assert one == other
    assert run("weigh(grams=[1, 2])") == "3\n  gpenguins"


def test_its_source_is_that_of_the_cell(run):
    """The source is found, with its strings as they are, when other cells ran since."""
    run(WEIGH)
    run("x = 1")
    text = self_contained(run("weigh.function")).text
    assert '    text = f"""{sum(grams)}\n  {unit}"""\n' in text


def test_characters_that_end_lines_for_ipython_stay_text(run):
    """A form feed in a string is part of the string, and of what ships."""
    run("%%container_task f() -> str --image a:1\nx = 'a\x0cb\u2028'\nreturn x")
    assert run("f()") == "a\x0cb\u2028"


def test_variables_of_the_notebook_are_values_of_flags(run):
    """By their name after a dollar sign; braces in the signature are left alone."""
    run("IMAGE, shared = 'acme/x:3', {'a': [1]}")
    run(
        "%%container_task f(d: dict[str, int] = {'a': 1}) -> int --image $IMAGE "
        "--custom $shared\nreturn d['a'] + int(tt.custom['a'][0])"
    )
    assert run("f.container_image, f()") == ("acme/x:3", 2)


def test_kit_need_not_be_imported(run):
    """And a variable of that name is not in the way."""
    run("kit = None")
    run("%%container_task f() -> int --image a:1 --cpu 1\nreturn 1")
    assert run("f()") == 1


def test_types_and_defaults_are_of_the_notebook(run):
    """They are looked up where the cell stands."""
    run("from typing import NamedTuple\nclass Out(NamedTuple):\n    a: int\n    b: str")
    run("%%container_task f(n: int = 2) -> Out --image a:1\nreturn Out(n, 'x')")
    assert run("tuple(f())") == (2, "x")
    assert run("kit.run(f).outputs") == {"a": 2, "b": "x"}


def test_an_error_in_the_body_has_the_line_of_the_cell(run):
    """When the function is called as it was written."""
    run(
        "%%container_task f(n: int) -> float \\\n    --image a:1\n\nx = 1\nreturn x / n"
    )
    with pytest.raises(ZeroDivisionError) as raised:
        run("f.function(None, 0)")
    frame = traceback.extract_tb(raised.value.__traceback__)[-1]
    assert (frame.lineno, frame.line, frame.name) == (5, "return x / n", "f")


def test_a_syntax_error_has_the_line_of_the_cell(shown, shell):
    """And is shown as one of a plain cell, without the magic's frames."""
    text = shown("%%container_task f() -> int --image a:1\nx = 1\ny = = 2\nreturn x")
    assert "line 3\n    y = = 2\n" in text
    assert "SyntaxError: invalid syntax" in text
    assert len(text.splitlines()) < 8
    assert "magics" not in text


def test_an_error_of_the_signature_shows_the_cell_only(shown):
    """Its types are evaluated when it is defined."""
    text = shown("%%container_task f(x: lst) -> int --image a:1\nreturn 1")
    assert "NameError: name 'lst' is not defined" in text
    assert "line 1" in text
    assert "kit/magics" not in text


@pytest.mark.parametrize(
    ("cell", "error", "said"),
    [
        ("f() -> int\nreturn 1", UsageError, "f needs an image: add --image"),
        ("f() --image a:1\n\n", UsageError, "f has no body"),
        ("f() --image $NONE\n1", UsageError, "name 'NONE' is not defined"),
        ("f() --image $f.nothing\n1", UsageError, "not in the notebook"),
        ("f() --retry 1\n1", UsageError, "Did you mean '--retries'?"),
        ("f(x) --image a:1\n1", InterfaceError, "'x' of f has no type annotation"),
        ("f() --image a:1 --cpu much\n1", ResourcesError, "much"),
        ("f() --image a:1 --inline-limit 0\n1", DefinitionError, "inline_limit"),
        ("f() --image a:1\nawait x", AuthoringError, "Line 2 of the cell awaits"),
        ("f() -> int --image a:1\n1", AuthoringError, "never returns one"),
    ],
)
def test_a_mistake_is_said_in_a_few_lines(run, shown, cell, error, said):
    """Without a traceback, and the former task stays."""
    run("f = 'as before'")
    text = shown(f"%%container_task {cell}")
    assert said in text
    assert text.startswith(error.__name__)
    assert len(text.splitlines()) <= 3
    assert run("f") == "as before"


def test_nothing_is_displayed(run, capsys):
    """As by a function's definition."""
    capsys.readouterr()
    assert run(WEIGH) is None
    assert capsys.readouterr().out == ""


def test_help_shows_the_flags(shell, capsys):
    """`?` explains the line, with an example."""
    shell.run_cell("%%container_task?")
    text = capsys.readouterr().out
    assert "%%container_task weigh(grams: list[int]) -> int --image" in text
    assert "--cache-version VERSION" in text
