"""What a cell shows of an error, in a real IPython."""

from __future__ import annotations

import re

import pytest
from IPython.core.interactiveshell import InteractiveShell

TASK = """import kit
def helper(x):
    return 10 // x

@kit.container_task(image="a:1", name="boom")
def boom(tt, n: int) -> int:
    y = n - 1
    return helper(y)
"""


@pytest.fixture
def shell():
    """Make a shell that keeps its cells; its file of history is in memory."""
    made = InteractiveShell.instance()
    yield made
    InteractiveShell.clear_instance()


@pytest.fixture
def shown(shell, capsys):
    """Run cells, and return what the last of them writes."""

    def run(*cells: str) -> str:
        for cell in cells:
            capsys.readouterr()
            shell.run_cell(cell, store_history=True)
        return re.sub("\x1b\\[[0-9;]*m", "", "".join(capsys.readouterr()))

    return run


def test_an_error_of_kit_is_a_sentence_and_the_users_line(shown):
    """No frame of kit, nor of IPython."""
    text = shown(TASK, "x = 1\nboom(m=x)")
    place, line, _, sentence = text.strip().split("\n")
    assert re.fullmatch(r"cell \d+, line 2", place)
    assert line == "----> 2 boom(m=x)"
    assert sentence.startswith("CallError: ")
    assert "'m'" in sentence


def test_tb_has_all_frames(shown):
    """As IPython draws them."""
    text = shown(TASK, "boom(m=1)", "%tb")
    assert "Traceback (most recent call last)" in text
    assert "name_arguments" in text


def test_an_error_of_the_executor_has_the_users_frames(shown):
    """Its functions ran from source that travelled: they are shown in their cell."""
    text = shown(TASK, "boom(n=1)")
    assert "kit/task" not in text
    places = re.findall(r"^(\w+, )?cell \d+, line (\d+)$", text, re.MULTILINE)
    assert places == [("", "1"), ("boom, ", "8"), ("helper, ", "3")]
    assert "----> 3     return 10 // x" in text
    assert text.rstrip().endswith(
        "ZeroDivisionError: integer division or modulo by zero"
    )


def test_the_traceback_of_a_run_names_cells(shown):
    """Where the run was in this process, which knows the source."""
    run = 'kit.run(boom, n=1, runner="in-process").raise_for_error()'
    text = shown(TASK, run)
    assert re.search(r"boom, cell \d+, line 8", text)
    assert "<boom_" not in text


def test_a_long_sentence_is_cut(shown):
    """A page is not flooded by a value in an error."""
    text = shown('import kit\nraise kit.KitError("x" * 1_000_000)')
    assert len(text) < 30_000
    assert "(1,000,000 characters)" in text


def test_what_a_terminal_obeys_is_spelt_out(shown):
    """Errors quote what tasks wrote."""
    assert "\\x07" in shown('import kit\nraise kit.KitError("\\x07")')
