"""An executor as its author wrote it: what can be one, and what of it travels."""

from __future__ import annotations

import ast
import dis
import inspect
import sys
import types
import weakref
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kit.errors import AuthoringError, CaptureError
from kit.source.class_statements import methods_of
from kit.source.definitions import Definition, definition_of
from kit.source.scopes import bound_names, free_names
from kit.source.source_units import DefinitionNode


def check_executor(executor: Any) -> None:
    """Refuse what can never be an executor.

    Raises:
        AuthoringError: It is no class or plain function.
    """
    problem = _problem(executor)
    if problem is not None:
        name = getattr(executor, "__qualname__", "What was passed")
        raise AuthoringError(
            f"{name} is {problem}. An executor is a class or a function written with "
            "`def` in a cell, script or module."
        )


def root_definition(executor: Any) -> Definition:
    """Return the definition of an executor, as it travels.

    The decorator that made a task of it is left out, and those above it: what it made
    is a task already, under whatever name its author calls it. Neither does a static
    method stay one, because the class around it does not travel.

    Raises:
        AuthoringError: It uses locals of a function around it.
        SourceError: Its source cannot be had.
    """
    function = executor if isinstance(executor, type) else inspect.unwrap(executor)
    code = getattr(function, "__code__", None)
    captured = getattr(code, "co_freevars", ())
    if captured:
        raise _captures(function.__qualname__, min(captured))
    definition = undecorated(definition_of(function), executor)
    around, found, _ = definition.qualname.rpartition(".<locals>.")
    if found:
        own = free_names(definition.node, future=definition.future)
        for outer in definition.unit.definitions.get(around, []):
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
                inside = bound_names(outer.body, outer.args).names
                for name in own:
                    if name in inside:
                        raise _captures(definition.qualname, name)
    return definition


def namespace_of(executor: Any) -> Mapping[str, Any]:
    """Return where the names of an executor are looked up, as it is now."""
    if isinstance(executor, type):
        for method in methods_of(executor):
            return dict(method.__globals__)
        return dict(vars(sys.modules[executor.__module__]))
    return dict(executor.__globals__)


_CALLERS: weakref.WeakKeyDictionary[Any, frozenset[tuple[str, int, int]]] = (
    weakref.WeakKeyDictionary()
)
_DEEPEST = 40


def note_caller(executor: Any) -> None:
    """Remember the lines that call for a task now: one may be a decorator's.

    ``functools.partial(kit.container_task, ...)``, a lambda or a decorator of a team's
    own makes a task as well as ``@kit.container_task``, and only the call shows which.
    """
    lines: set[tuple[str, int, int]] = set()
    frame = inspect.currentframe()
    while frame is not None and len(lines) < _DEEPEST:
        lines.add((frame.f_code.co_filename, frame.f_lineno, _number(frame)))
        frame = frame.f_back
    _CALLERS[executor] = frozenset(lines)


def _number(frame: types.FrameType) -> int:
    """Return which decorator a frame calls, 1 for the lowest; 0 if it calls none.

    Before Python 3.11 the call of a decorator has the line of the ``def``, and is one
    of the calls that follow the instruction which makes the function.
    """
    if sys.version_info >= (3, 11):
        return 0
    operations = frame.f_code.co_code[: frame.f_lasti + 2 : 2]
    before = operations.rstrip(bytes([dis.opmap["CALL_FUNCTION"]]))
    is_decorator = before.endswith(bytes([dis.opmap["MAKE_FUNCTION"]]))
    return len(operations) - len(before) if is_decorator else 0


def undecorated(definition: Definition, executor: Any) -> Definition:
    """Return a definition without the decorator that made a task, and those above."""
    node = definition.node
    if not isinstance(node, DefinitionNode):
        return definition
    kept = decorators = node.decorator_list
    callers = _CALLERS.get(executor, frozenset())
    name = definition.unit.name
    for index, decorator in enumerate(decorators):
        lines = range(decorator.lineno, (decorator.end_lineno or 0) + 1)
        is_caller = any((name, line, 0) in callers for line in lines)
        number = len(decorators) - index
        if is_caller or (name, node.lineno, number) in callers:
            kept = decorators[index + 1 :]
    if "." in definition.qualname:
        kept = [each for each in kept if not _is_staticmethod(each)]
    if len(kept) == len(decorators):
        return definition
    copy = type(node)(**{name: getattr(node, name) for name in node._fields})
    copy.decorator_list = kept
    ast.copy_location(copy, node)
    return replace(definition, node=copy, text=definition.unit.text_of(copy))


def _problem(executor: Any) -> str | None:
    """Return why something is no executor, or None if it is one."""
    if isinstance(executor, type):
        return None
    if isinstance(executor, types.FunctionType):
        return _problem_of_function(executor)
    if isinstance(executor, types.MethodType):
        return "a method of an object, whose state would stay behind"
    if isinstance(executor, types.BuiltinFunctionType):
        return "a builtin function, which has no source"
    return f"a {type(executor).__name__} object, not a function"


def _problem_of_function(function: types.FunctionType) -> str | None:
    if function.__name__ == "<lambda>":
        return "a lambda, whose source cannot be told from its line"
    if inspect.isasyncgenfunction(function) or inspect.iscoroutinefunction(function):
        return "an async function, which a container would not await"
    if inspect.isgeneratorfunction(function):
        return "a generator, which would return before it runs"
    return None


def _captures(qualname: str, name: str) -> CaptureError:
    return CaptureError(
        f"{qualname} uses {name!r}, a local of the function around it, which stays "
        "behind. Pass it as an input, put it in custom, or define both at the top "
        "level of a cell."
    )


def _is_staticmethod(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Name) and decorator.id == "staticmethod"
