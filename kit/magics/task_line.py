"""The line of ``%%container_task``: a signature, then flags."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from IPython.core.error import UsageError

__all__ = ["TaskLine", "join_continued", "read_task_line"]

_STRINGS_BRACKETS_FLAGS = re.compile(
    r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[()\[\]{}]|(?<!\S)--?[A-Za-z]"""
)
_SIGNATURE = re.compile(r"\s*(?P<name>\w+)\s*(?P<rest>\(.*|->.*)?\Z", re.DOTALL)
_FORM = "NAME(input: type, ...) -> output --image IMAGE [flags]"


@dataclass(frozen=True)
class TaskLine:
    """What the line says.

    Attributes:
        name: The function's name.
        header: Its ``def``, with ``tt`` as the first parameter, up to the colon.
        flags: What stands after the signature.
    """

    name: str
    header: str
    flags: str


def join_continued(line: str, cell: str) -> tuple[str, str, int]:
    r"""Join a magic's line with those that a backslash at its end continues it on.

    Returns:
        The joined line, what is left of the cell, and how many lines were joined.

    >>> join_continued("f() \\", "--image a:1\nreturn 1")
    ('f()  --image a:1', 'return 1', 1)
    """
    joined = 0
    while line.rstrip().endswith("\\") and cell:
        more, _, cell = cell.partition("\n")
        line = f"{line.rstrip()[:-1]} {more}"
        joined += 1
    return line, cell, joined


def read_task_line(line: str) -> TaskLine:
    """Read the line.

    Raises:
        UsageError: It has no name, or no signature of Python's.

    >>> read_task_line("weigh(grams: list[int]) -> float --cpu 1").header
    'def weigh(tt, grams: list[int]) -> float:'
    """
    begin = _begin_of_flags(line)
    signature = line[:begin].strip()
    match = _SIGNATURE.match(signature)
    if match is None:
        msg = f"{signature or line.strip()!r} is no signature: expected {_FORM}."
        raise UsageError(msg)
    name, rest = match["name"], match["rest"] or "()"
    rest = f"(){rest}" if rest.startswith("->") else rest
    header = _with_template(name, rest)
    return TaskLine(name, header, line[begin:])


def _begin_of_flags(line: str) -> int:
    """Return where the first flag stands that is in no bracket and no string."""
    depth = 0
    for match in _STRINGS_BRACKETS_FLAGS.finditer(line):
        found = match.group()
        if found.startswith("-") and depth <= 0:
            return match.start()
        depth += (found in "([{") - (found in ")]}")
    return len(line)


def _with_template(name: str, rest: str) -> str:
    """Return the head of the function, which takes ``tt`` first."""
    function = _parse(name, f"def {name}{rest}:")
    parameters = [*function.args.posonlyargs, *function.args.args]
    if parameters and parameters[0].arg == "tt":
        return f"def {name}{rest}:"
    inside = rest[1:].lstrip()
    comma = "" if inside.startswith(")") else ", "
    header = f"def {name}(tt{comma}{inside}:"
    _parse(name, header)
    return header


def _parse(name: str, header: str) -> ast.FunctionDef:
    try:
        (statement,) = ast.parse(f"{header}\n    pass").body
    except (SyntaxError, ValueError) as error:
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        msg = f"The signature of {name} is no Python: {said}. Expected {_FORM}."
        raise UsageError(msg) from error
    if isinstance(statement, ast.FunctionDef) and len(statement.body) == 1:
        return statement
    msg = f"The signature of {name} is more than a signature. Expected {_FORM}."
    raise UsageError(msg)
