"""Completion of a task's own inputs, in ``task(`` and in ``kit.run(task, ``.

Signatures tell a shell what ``task(`` takes; what ``kit.run(task, `` takes depends on
the task, which only kit knows.  Nothing is called for it: names are looked up among the
variables of the shell and of modules.
"""

from __future__ import annotations

import contextlib
import io
import keyword
import sys
import tokenize
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from kit.notebook import interactive_shell

_TAKE_TASKS = ("run", "ready", "prove", "compare_runs", "panel")
"""Public functions that take a task, and its inputs by name."""
_LONGEST = 100_000
_IGNORED = {
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.COMMENT,
    tokenize.INDENT,
    tokenize.DEDENT,
}


class OpenCall(NamedTuple):
    """A call that is being written.

    Attributes:
        function: The dotted name of what is called.
        first: The dotted name of its first argument; empty if it is anything else.
        is_first: Whether the first argument is the one being written.
        named: Arguments that have been given by name.
        prefix: The beginning of a name at the cursor.
    """

    function: str
    first: str
    is_first: bool
    named: frozenset[str]
    prefix: str


def open_call(code: str) -> OpenCall | None:
    """Return the innermost call that is open at the end of some code.

    >>> open_call("run = kit.run(load, n=f(2), sp").first
    'load'
    """
    tokens = list(_tokens(code[-_LONGEST:]))
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token.string in ("(", "[", "{") and token.type == tokenize.OP:
            opened.append(at)
        elif token.string in (")", "]", "}") and token.type == tokenize.OP and opened:
            opened.pop()
    if not opened or tokens[opened[-1]].string != "(":
        return None
    start = opened[-1]
    function = _name_before(tokens[:start])
    if not function:
        return None
    arguments = list(_arguments(tokens[start + 1 :]))
    *before, last = arguments
    words = [token.string for token in last]
    prefix = words[0] if len(words) == 1 and words[0].isidentifier() else ""
    if words and not prefix:
        return None  # a value is being written, not a name
    if prefix and not code.endswith(prefix):
        return None  # there is a space after it
    named = {a[0].string for a in before if len(a) > 1 and a[1].string == "="}
    first = "".join(token.string for token in before[0]) if before else ""
    is_name = all(part.isidentifier() for part in first.split("."))
    return OpenCall(
        function, first if is_name else "", not before, frozenset(named), prefix
    )


def _tokens(code: str) -> Iterator[tokenize.TokenInfo]:
    """Yield the tokens of code that may end anywhere."""
    with contextlib.suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.ENDMARKER:
                return
            if token.type not in _IGNORED and token.string:
                yield token


def _name_before(tokens: list[tokenize.TokenInfo]) -> str:
    """Return the dotted name that tokens end with."""
    parts: list[str] = []
    for token in reversed(tokens):
        is_dot = token.string == "."
        wants_dot = len(parts) % 2 == 1
        if is_dot is not wants_dot or not (is_dot or token.string.isidentifier()):
            break
        parts.append(token.string)
    name = "".join(reversed(parts)).lstrip(".")
    return "" if keyword.iskeyword(name) or name.endswith(".") else name


def _arguments(
    tokens: list[tokenize.TokenInfo],
) -> Iterator[list[tokenize.TokenInfo]]:
    """Yield the arguments of a call, of which the last is being written."""
    argument: list[tokenize.TokenInfo] = []
    depth = 0
    for token in tokens:
        if token.string in ("(", "[", "{"):
            depth += 1
        elif token.string in (")", "]", "}"):
            depth -= 1
        if token.string == "," and not depth:
            yield argument
            argument = []
        else:
            argument.append(token)
    yield argument


def inputs_to_complete(code: str, names: Mapping[str, Any]) -> list[str]:
    """Return the inputs that fit at the end of some code, as ``name=``.

    Args:
        code: The code before the cursor.
        names: The variables of the shell.
    """
    call = open_call(code)
    if call is None:
        return []
    task = _value(call.function, names)
    if not _is_task(task) and not call.is_first and _takes_tasks(task):
        task = _value(call.first, names)
    if not _is_task(task):
        return []
    return [
        f"{name}="
        for name in task.python_interface.inputs
        if name.startswith(call.prefix) and name not in call.named
    ]


def _is_task(value: object) -> bool:
    module = sys.modules.get("kit.task.task")  # else there is no task, either
    kind = getattr(module, "PythonCustomizedContainerTask", None)
    return kind is not None and issubclass(type(value), kind)


def _takes_tasks(value: object) -> bool:
    return (
        isinstance(value, FunctionType)
        and value.__name__ in _TAKE_TASKS
        and value.__module__.startswith("kit.")
    )


def _value(name: str, names: Mapping[str, Any]) -> Any:
    """Return what a dotted name is, through modules only; None if it is nothing."""
    first, *rest = name.split(".")
    value = names.get(first)
    for part in rest:
        if not isinstance(value, ModuleType):
            return None
        is_kit = value is sys.modules.get("kit")  # which loads a name when it is used
        value = getattr(value, part, None) if is_kit else vars(value).get(part)
    return value


def _of_line(_text: str) -> list[str]:
    """Complete for a shell that tells a matcher no more than the line."""
    shell = interactive_shell()
    return inputs_to_complete(shell.Completer.text_until_cursor, shell.user_ns)


def _of_context(context: Any) -> dict[str, Any]:
    """Complete for a shell with a matcher that is given all of the code."""
    from IPython.core.completer import SimpleCompletion

    lines = context.full_text.split("\n")[: context.cursor_line + 1]
    lines[-1] = lines[-1][: context.cursor_position]
    found = inputs_to_complete("\n".join(lines), interactive_shell().user_ns)
    return {
        "completions": [SimpleCompletion(text=name, type="param") for name in found]
    }


_of_context.matcher_api_version = 2  # type: ignore[attr-defined]
_of_context.matcher_identifier = "kit.inputs"  # type: ignore[attr-defined]


def complete_inputs_in(shell: Any) -> None:
    """Let a shell complete the inputs of tasks; again does no harm."""
    completer = sys.modules.get("IPython.core.completer")
    matcher = _of_context if hasattr(completer, "context_matcher") else _of_line
    if matcher not in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.append(matcher)


def complete_no_inputs_in(shell: Any) -> None:
    """Let a shell complete as it did before."""
    for matcher in (_of_context, _of_line):
        if matcher in shell.Completer.custom_matchers:
            shell.Completer.custom_matchers.remove(matcher)


def install() -> None:
    """Let the shell that runs, if one does, complete the inputs of tasks."""
    shell = interactive_shell()
    if shell is not None and hasattr(shell, "Completer"):
        complete_inputs_in(shell)
