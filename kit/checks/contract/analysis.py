"""Tell from an executor's source what it reads of ``tt.custom``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from kit.checks.contract.module import ModuleNames
from kit.checks.contract.record import Contract
from kit.checks.contract.state import TooMuchError
from kit.checks.contract.statements import Statements
from kit.checks.contract.values import Code, Marker, Values
from kit.errors import AuthoringError

__all__ = ["analyse", "contract_of"]

Executor = type[Any] | Callable[..., Any]
_METHOD = "execute_from_model"


@dataclass(frozen=True)
class _Source:
    text: str
    name: str
    is_bare: bool = True
    """Whether decorators in the text are those of the executor as it runs."""


def contract_of(executor: Executor) -> Contract:
    """Tell what an executor reads of ``tt.custom``.

    Args:
        executor: Its class, or the function that it is.

    Returns:
        Its contract; one that may read everything if its source cannot be had or says
        too little.
    """
    try:
        source = _source_of(executor)
    except (OSError, TypeError, SyntaxError, AuthoringError) as error:
        reason = str(error).partition("\n")[0]
        return Contract.unknown(f"its source cannot be had: {reason}")
    order: tuple[str, ...] = ()
    if isinstance(executor, type):
        order = tuple(kind.__name__ for kind in executor.__mro__)
    return analyse(source.text, source.name, order, is_bare=source.is_bare)


def _source_of(executor: Executor) -> _Source:
    """Return the executor with all it needs, or the module of an installed one."""
    from kit.source.module_source import self_contained

    try:
        source = self_contained(executor)
    except AuthoringError:
        module = inspect.getmodule(executor)
        if module is None or module.__name__ == "__main__":
            raise
        if executor.__qualname__ != executor.__name__:
            raise
        is_bare = not (
            isinstance(executor, FunctionType)
            and not hasattr(executor, "__wrapped__")
            and executor.__code__.co_name == executor.__name__
        )
        return _Source(inspect.getsource(module), executor.__name__, is_bare)
    return _Source(source.text, source.executor)


@functools.lru_cache(maxsize=64)
def analyse(
    text: str, name: str, order: Sequence[str] = (), *, is_bare: bool = True
) -> Contract:
    """Follow a module's executor from its first statement.

    Args:
        text: The module's source.
        name: The executor's name in it.
        order: If it is a class: its and its bases' names, as methods are looked up.
        is_bare: Whether a decorator in the text changes what runs.
    """
    module = ModuleNames(text, order)
    code = _entry(module, name, is_class=bool(order), is_bare=is_bare)
    if code is None:
        return Contract.unknown(f"the code of {name} is not in its module, or wrapped")
    places = [arg.arg for arg in (*code.node.args.posonlyargs, *code.node.args.args)]
    if len(places) <= code.first:
        return Contract.unknown(f"{name} has no parameter of its own for the template")
    bound: dict[str, Values] = {places[code.first]: frozenset({Marker.TEMPLATE})}
    if code.first:
        bound[places[0]] = frozenset({Marker.EXECUTOR})
    reader = Statements(module)
    try:
        returned = reader.enter(code, bound)
        reader.consume(returned, "its caller")
        reader.call_deferred()
    except (TooMuchError, RecursionError):
        return Contract.unknown("it is too long to follow")
    return reader.contract


def _entry(
    module: ModuleNames, name: str, *, is_class: bool, is_bare: bool
) -> Code | None:
    if is_class:
        return module.method(_METHOD)
    node = module.function(name)
    if node is None or (is_bare and node.decorator_list):
        return None
    return Code(node)
