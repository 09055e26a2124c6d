"""The cell of ``%%container_task`` as a function: same strings, same lines."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import AuthoringError
from kit.magics.container_task import call_source, check_body, function_source

QUOTES = '"""'
BODIES = [
    "return 1",
    f"x = {QUOTES}a\n b\n\tc\n{QUOTES}\nreturn x",
    f"x = f{QUOTES}a\n {{1 +\n1}}\n  b{QUOTES}\nreturn x",
    f"x = f{QUOTES}{{ 1 = }}\n{{f'{{2}}'}}\n {QUOTES}\nreturn x",
    f"x = rb{QUOTES}\n\\\n  a{QUOTES}; y = 1\nreturn x, y",
    "x = 'a\\\n  b'\nreturn x",
    "x = ('a'\n'b')\nreturn x",
    "x = 1 + \\\n2\nreturn x",
    f"if 1:\n\tx = {QUOTES}\n1\n{QUOTES}\n\treturn x",
    f"    x = {QUOTES}\n  1{QUOTES}\n    return x",
    f"x = {QUOTES}1\n{QUOTES} + {QUOTES}\n2{QUOTES}\nreturn x",
    f"# a comment with {QUOTES}\nx = [\n1,\n]\n\nreturn x",
]


def value_of(source):
    """Return what a function without inputs returns."""
    known = {}
    exec(source, known)  # noqa: S102 - the test's own
    return known["f"](None)


def as_wrapped(body):
    """Return what a body returns, without ever indenting it."""
    tree = ast.parse("def f(tt): pass")
    tree.body[0].body = ast.parse(body).body
    known = {}
    exec(compile(tree, "<body>", "exec"), known)  # noqa: S102 - the test's own
    return known["f"](None)


@pytest.mark.parametrize("body", [body for body in BODIES if body[0] != " "])
def test_strings_stay_what_they_are(body):
    """Indentation is added to code and to nothing else."""
    assert value_of(function_source("def f(tt):", body)) == as_wrapped(body)


def test_a_body_that_is_indented_already_stays_a_body():
    """As when it was copied from a function."""
    body = f"    x = {QUOTES}\n  1{QUOTES}\n    return x\n"
    assert value_of(function_source("def f(tt):", body)) == "\n  1"


@given(st.lists(st.text("ab \\'\"{}\n\t#é\u2028", max_size=12), max_size=4))
def test_any_string_survives(texts):
    """Whatever a triple-quoted string holds."""
    quoted = [
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\n")
        for text in texts
    ]
    body = "x = []\n" + "".join(f'x.append("""{text}""")\n' for text in quoted)
    source = function_source("def f(tt):", body + "return x")
    assert value_of(source) == texts


@pytest.mark.parametrize("body", BODIES)
def test_lines_keep_their_numbers(body):
    """Line n of the cell is line n of the function, below a continued line too."""
    for above in (0, 2):
        source = function_source("def f(tt):", body, lines_above=above)
        lines = source.split("\n")[1 + above :]
        pairs = zip(lines, body.split("\n"), strict=True)
        assert all(line.strip() == own.strip() for line, own in pairs)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("x = 1\nawait x\nreturn 1", "Line 3 of the cell awaits.*asyncio.run"),
        ("async with x:\n    return 1", "Line 2 of the cell awaits"),
        ("for x in y:\n    yield x", "Line 3 of the cell yields.*Collect a list"),
        ("x = 1\nx", "f declares the output int and never returns one"),
        ("def g():\n    return 1\nreturn", "never returns one"),
    ],
)
def test_a_body_that_gives_no_output_is_refused(body, why):
    """At once, not in a container."""
    tree = ast.parse(function_source("def f(tt) -> int:", body))
    with pytest.raises(AuthoringError, match=why):
        check_body(tree.body[0])


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("def f(tt) -> int:", "async def g():\n    await h()\nreturn 1"),
        ("def f(tt) -> int:", "raise NotImplementedError"),
        ("def f(tt) -> None:", "print(1)"),
        ("def f(tt):", "print(1)"),
        ("def f(tt) -> int:", "return [(yield_) for yield_ in [1]][0]"),
    ],
)
def test_a_body_that_can_run_is_let_through(header, body):
    """What functions inside it do is their own affair."""
    check_body(ast.parse(function_source(header, body)).body[0])


def test_a_long_call_has_a_line_for_each_keyword():
    """Short ones stay on one."""
    keywords = {"image": repr("a" * 40), "custom": repr({"b": "c" * 40})}
    assert call_source(keywords).count("\n") == 3
