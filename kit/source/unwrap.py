"""Find what was written for an object that decorators may have wrapped."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

from kit.errors import CaptureError
from kit.source.cell_source import Definition, definition_of
from kit.source.importable import is_importable
from kit.source.lambdas import lambda_definition

__all__ = ["written_definition"]

_DEEPEST = 6


def written_definition(name: str, value: Any) -> tuple[Definition, Any] | None:
    """Return the definition below a name, and the object that it made by itself.

    Decorated functions are looked for inside their wrappers, because a definition
    travels with its decorators.

    Returns:
        None when the object was not made by a definition of a cell or local module.

    Raises:
        SourceError: It was, and its source cannot be had.
        CaptureError: It was made in a way that a definition alone does not repeat.
    """
    if isinstance(value, type):
        if is_importable(value.__module__) or "<locals>" in value.__qualname__:
            return None
        return definition_of(value), value
    if _is_lambda(value) and not is_importable(value.__module__):
        found = lambda_definition(name, value)
        return None if found is None else (found, value)
    for made in _inside(value, 0):
        if made is not value and made.__name__ != name and not _is_wrapped(value):
            continue
        if "<" in made.__qualname__ or is_importable(made.__module__):
            continue  # a lambda, or made inside another function
        found = definition_of(made)
        decorated = getattr(found.node, "decorator_list", ())
        if "<locals>" in found.qualname or "." in found.qualname:
            continue
        if made is not value and not decorated:
            raise CaptureError(
                f"{name!r} is {found.qualname} wrapped by a call outside of its "
                "definition. Write the wrapper as a decorator (@...) above it."
            )
        return found, made
    return None


def _is_lambda(value: Any) -> bool:
    return isinstance(value, types.FunctionType) and value.__qualname__ == "<lambda>"


def _is_wrapped(value: Any) -> bool:
    return hasattr(value, "__wrapped__")


def _inside(value: Any, depth: int) -> Iterator[types.FunctionType]:
    """Yield functions from the outermost inwards."""
    if depth > _DEEPEST:
        return
    if isinstance(value, types.FunctionType):
        yield value
    wrapped = getattr(value, "__wrapped__", None) if callable(value) else None
    if wrapped is not None:
        yield from _inside(wrapped, depth + 1)
        return
    held: list[Any] = []
    if isinstance(value, types.FunctionType):
        held = [_content(cell) for cell in value.__closure__ or ()]
    elif callable(value) and not isinstance(value, type | types.MethodType):
        held = list(getattr(value, "__dict__", {}).values())
    for item in held:
        if isinstance(item, types.FunctionType):
            yield from _inside(item, depth + 1)


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None
