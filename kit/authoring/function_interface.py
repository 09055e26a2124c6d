"""What a task's function says of its interface, and which functions are none."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

from kit.definition.interface import Interface
from kit.errors import AuthoringError, InterfaceError
from kit.task.signature import interface_of

__all__ = ["check_function", "interface_of_task"]

_TEMPLATE = "tt"


def check_function(executor: Any) -> FunctionType:
    """Return the function that a container is to run.

    Args:
        executor: The function, or a class that has it as a static method.

    Raises:
        AuthoringError: It is no plain function that ``def`` made.
        InterfaceError: Its first parameter is not ``tt``.
    """
    from kit.source.root import check_executor

    function = executor
    if isinstance(executor, type):
        method = inspect.getattr_static(executor, "execute_from_model", None)
        if not isinstance(method, staticmethod):
            raise AuthoringError(_no_static_method(executor))
        function = method.__func__
    check_executor(function)
    plain: FunctionType = function
    first = next(iter(inspect.signature(plain).parameters.values()), None)
    if first is None or first.name != _TEMPLATE or not _is_positional(first):
        found = "no parameter" if first is None else f"{first.name!r} first"
        msg = (
            f"{function.__qualname__} must take the template as its first parameter, "
            f"named tt, and has {found}: write def {function.__name__}(tt, ...)."
        )
        raise InterfaceError(msg)
    return plain


def _no_static_method(executor: type) -> str:
    return (
        f"container_task makes a task of a function, not of the class "
        f"{executor.__qualname__}, unless that has a static method "
        "execute_from_model(tt, ...). Pass an executor's class to "
        "PythonCustomizedContainerTask as executor_type."
    )


def _is_positional(parameter: inspect.Parameter) -> bool:
    return parameter.kind in (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    )


def interface_of_task(function: Callable[..., Any]) -> Interface:
    """Read an interface from a function's annotations, without its ``tt``.

    Raises:
        InterfaceError: An annotation is missing, or a parameter is no input.
    """
    return interface_of(function, without=(_TEMPLATE,))
