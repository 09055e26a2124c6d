"""The line of ``%%container_task``: where its signature ends, and what is none."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError

from kit.magics.container_task import join_continued, read_task_line


@pytest.mark.parametrize(
    ("line", "header", "flags"),
    [
        ("f", "def f(tt):", ""),
        ("f()", "def f(tt):", ""),
        ("f --image a", "def f(tt):", "--image a"),
        ("f -> int", "def f(tt)-> int:", ""),
        ("f( ) -> int --x", "def f(tt) -> int:", "--x"),
        ("f(tt, a: int)", "def f(tt, a: int):", ""),
        ("f(tt) --x", "def f(tt):", "--x"),
        ("f(a: int = -1) --x", "def f(tt, a: int = -1):", "--x"),
        ("f(a: int, *, b: str)", "def f(tt, a: int, *, b: str):", ""),
        ("f(a: str = ' --x (') --y", "def f(tt, a: str = ' --x ('):", "--y"),
        ('f(a: str = "\\" --x") --y', 'def f(tt, a: str = "\\" --x"):', "--y"),
        ("f(a: dict = {'b': - -1}) -z", "def f(tt, a: dict = {'b': - -1}):", "-z"),
        ("f() -> dict[str, int] --e a=(", "def f(tt) -> dict[str, int]:", "--e a=("),
    ],
)
def test_a_line_is_a_signature_and_flags(line, header, flags):
    """What stands in brackets or strings is of the signature; `tt` comes first."""
    read = read_task_line(line)
    assert (read.name, read.header, read.flags) == ("f", header, flags)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "'' is no signature: expected NAME"),
        ("--image a f()", "'--image a f\\(\\)' is no signature"),
        ("a b", "'a b' is no signature"),
        ("f(a: list[int) --x", "signature of f is no Python: closing"),
        ("f(a int)", "signature of f is no Python"),
        ("class()", "signature of class is no Python"),
        ("1f()", "signature of 1f is no Python"),
        ("f(): pass; x = (1)", "signature of f is no Python"),
        ("f() -> 'a\0'", "signature of f is no Python"),
    ],
)
def test_what_is_no_signature_is_an_error(line, why):
    """It says what was read, and what is expected."""
    with pytest.raises(UsageError, match=why):
        read_task_line(line)


def test_backslashes_continue_the_line():
    """The rest of the cell is the body, and the lines are counted."""
    joined = join_continued("f() \\", "--a 1 \\  \n--b 2\nreturn '\\'")
    assert joined == ("f()  --a 1  --b 2", "return '\\'", 2)


def test_a_backslash_before_nothing_is_left():
    """There is no line to continue on."""
    assert join_continued("f() \\", "") == ("f() \\", "", 0)
