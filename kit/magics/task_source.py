"""The cell of ``%%container_task`` as plain Python."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping

from kit.errors import AuthoringError
from kit.magics.task_line import TaskLine

__all__ = ["call_source", "check_body", "function_source", "plain_python"]

_WIDTH = 88
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_ASYNC = (ast.Await, ast.AsyncFor, ast.AsyncWith)


def function_source(header: str, body: str, *, lines_above: int = 0) -> str:
    r"""Return the function that has a cell for its body, with the cell's line numbers.

    Lines that begin inside a string stay as they are: they are part of its value.

    Args:
        header: The ``def``, which takes the line of the magic.
        body: The rest of the cell.
        lines_above: How many lines of the cell stand between the two.

    >>> print(function_source("def f(tt):", "x = 'a'\nreturn x"))
    def f(tt):
        x = 'a'
        return x
    """
    inside = _rows_inside_strings(body)
    lines = [
        line if row in inside or not line.strip() else f"    {line}"
        for row, line in enumerate(io.StringIO(body), start=1)
    ]
    return header + "\n" * (lines_above + 1) + "".join(lines)


def _rows_inside_strings(body: str) -> set[int]:
    """Return the rows whose beginning belongs to a string that an earlier row opens."""
    rows: set[int] = set()
    opened: list[int] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(body).readline):
            kind, begin = tokenize.tok_name[token.type], token.start[0]
            if kind.endswith("STRING_START"):  # of f-strings, from Python 3.12 on
                opened.append(begin)
                continue
            if kind.endswith("STRING_END"):
                begin = opened.pop()
            elif kind != "STRING":
                continue
            rows.update(range(begin + 1, token.end[0] + 1))
    except (tokenize.TokenError, SyntaxError):
        return set()  # no Python: the compiler says where
    return rows


def check_body(function: ast.FunctionDef) -> None:
    """Refuse a body that no container could run, or that forgets its output.

    Raises:
        AuthoringError: It awaits, yields, or never returns what it declares.
    """
    returns = False
    for node in _own_nodes(function):
        if isinstance(node, _ASYNC):
            raise _refused(node, "awaits", "Run it with asyncio.run(...).")
        if isinstance(node, ast.Yield | ast.YieldFrom):
            raise _refused(node, "yields", "Collect a list and return it.")
        returns |= isinstance(node, ast.Raise)
        returns |= isinstance(node, ast.Return) and node.value is not None
    declared = function.returns
    if returns or declared is None or ast.unparse(declared) == "None":
        return
    raise AuthoringError(
        f"{function.name} declares the output {ast.unparse(declared)} and never "
        "returns one: end the cell with `return ...`."
    )


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield what a function's body holds, but not what functions inside it do."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop(0)
        yield node
        if not isinstance(node, _INNER):
            todo.extend(ast.iter_child_nodes(node))


def _refused(node: ast.AST, does: str, way_out: str) -> AuthoringError:
    line = getattr(node, "lineno", 0)
    return AuthoringError(
        f"Line {line} of the cell {does}, and a container calls the body once and "
        f"waits for its `return`. {way_out}"
    )


def call_source(keywords: Mapping[str, str]) -> str:
    """Return the call of ``kit.container_task``, on one line where it fits.

    >>> call_source({"image": "'a:1'"})
    "kit.container_task(image='a:1')"
    """
    arguments = [f"{name}={value}" for name, value in keywords.items()]
    line = f"kit.container_task({', '.join(arguments)})"
    if len(line) < _WIDTH and "\n" not in line:
        return line
    return "kit.container_task(\n" + "".join(f"    {a},\n" for a in arguments) + ")"


def plain_python(line: TaskLine, body: str, keywords: Mapping[str, str]) -> str:
    """Return what one would write without the magic."""
    function = function_source(line.header, body).rstrip()
    return f"import kit\n\n\n@{call_source(keywords)}\n{function}\n"
