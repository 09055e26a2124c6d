"""What a workflow's function says: its name, its interface, and its outputs."""

from __future__ import annotations

import ast
import inspect
import types
import typing
from collections.abc import Callable, Container
from typing import Any, TypeGuard

from kit.annotations import own_annotations, type_hints
from kit.definition.executor import importable_name
from kit.definition.interface import Docstring, Interface
from kit.errors import CallError, InterfaceError
from kit.task.promises import VoidPromise

_BY_NAME = (
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)


def interface_of(
    function: Callable[..., Any], *, without: Container[str] = ()
) -> Interface:
    """Read an interface from a function's annotations, defaults and docstring.

    A named tuple names the outputs; else they are ``o0``, ``o1``, as in flytekit.

    Args:
        function: The function.
        without: Parameters that are no inputs.

    Raises:
        InterfaceError: An annotation is missing or cannot be read, or a parameter
            takes any number of arguments.

    Example:
        >>> def scale(rows: int, by: float = 2.0) -> tuple[int, float]: ...
        >>> interface_of(scale)
        Interface((rows: int, by: float = 2.0) -> (o0: int, o1: float))
    """
    hints = _hints(function)
    parameters = inspect.signature(function).parameters.values()
    inputs = {
        p.name: _input(function, p, hints) for p in parameters if p.name not in without
    }
    returned = hints.get("return")
    return Interface(
        inputs,
        _outputs(function, returned),
        returned.__name__ if _is_named_tuple(returned) else None,
        Docstring(function.__doc__ or ""),
    )


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return type_hints(_with_tuple(function))
    except NameError as error:
        msg = (
            f"An annotation of {function.__qualname__} cannot be read: {error}. Its "
            "types must be known at module level, or the module must not use `from "
            "__future__ import annotations`."
        )
        raise InterfaceError(msg) from error


def _with_tuple(function: Callable[..., Any]) -> Any:
    """Return what has a function's annotations, with ``-> (int, str)`` as a tuple.

    flytekit takes this annotation too, and Python's own reader of annotations does not.
    """
    bare: Any = inspect.unwrap(function)
    annotations = own_annotations(bare)
    returned = annotations.get("return")
    if isinstance(returned, tuple):
        returned = types.GenericAlias(tuple, returned)
    elif isinstance(returned, str) and _is_bare_tuple(returned):
        returned = f"tuple[{returned.strip()[1:-1]}]"
    else:
        return function
    return types.SimpleNamespace(
        __annotations__={**annotations, "return": returned},
        __globals__=bare.__globals__,
        __type_params__=getattr(bare, "__type_params__", ()),
    )


def _is_bare_tuple(annotation: str) -> bool:
    try:
        node = ast.parse(annotation.strip(), mode="eval").body
    except SyntaxError:
        return False
    return isinstance(node, ast.Tuple) and annotation.strip().startswith("(")


def _input(
    function: Callable[..., Any], parameter: inspect.Parameter, hints: dict[str, Any]
) -> tuple[Any, Any]:
    name = parameter.name
    if parameter.kind not in _BY_NAME:
        msg = (
            f"Parameter {str(parameter)!r} of {function.__qualname__} cannot be an "
            "input: an input has one name, which may be used to pass it."
        )
        raise InterfaceError(msg)
    if name not in hints:
        msg = (
            f"Input {name!r} of {function.__qualname__} has no type annotation: write "
            f"{name}: int, say."
        )
        raise InterfaceError(msg)
    given = parameter.default is not inspect.Parameter.empty
    return hints[name], parameter.default if given else None


def _outputs(function: Callable[..., Any], returned: Any) -> dict[str, Any]:
    if returned is None or returned is type(None):
        return {}
    if _is_named_tuple(returned):
        return type_hints(returned)
    if typing.get_origin(returned) is not tuple:
        return {"o0": returned}
    members = typing.get_args(returned)
    if len(members) == 1 or ... in members:
        msg = (
            f"Tuples should be used to indicate multiple return values: "
            f"{function.__qualname__} returns {returned}. For one output write its "
            "type, for any number of values list[T]."
        )
        raise InterfaceError(msg)
    return {f"o{index}": python_type for index, python_type in enumerate(members)}


def _is_named_tuple(python_type: Any) -> TypeGuard[type[Any]]:
    return (
        isinstance(python_type, type)
        and issubclass(python_type, tuple)
        and hasattr(python_type, "_fields")
    )


def workflow_name(function: Callable[..., Any]) -> str:
    """Name a workflow by its function and module; a notebook's cells are of none."""
    module = importable_name(function.__module__)
    return f"{module}.{function.__name__}" if module else function.__name__


def outputs_by_name(name: str, interface: Interface, returned: Any) -> dict[str, Any]:
    """Give what a workflow's function returned the names of its outputs.

    Args:
        name: The workflow's name, for errors.
        interface: The outputs.
        returned: A promise or value, or a tuple of them.

    Raises:
        CallError: There are more, or fewer, than the interface declares.
    """
    names = list(interface.outputs)
    if not names and (returned is None or isinstance(returned, VoidPromise)):
        return {}
    is_tuple = isinstance(returned, tuple)
    if len(names) == 1 and not (interface.output_tuple_name and is_tuple):
        return {names[0]: returned}
    if names and is_tuple and len(returned) == len(names):
        return dict(zip(names, returned, strict=True))
    msg = (
        f"Workflow {name} declares {len(names)} outputs ({', '.join(names)}) but "
        f"returned {returned!r}: its return annotation says what comes out."
    )
    raise CallError(msg)
