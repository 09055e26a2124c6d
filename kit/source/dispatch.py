"""The cases of a ``functools.singledispatch`` function, which stand apart from it."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

from kit.errors import CaptureError
from kit.source.cell_source import Definition, definition_of

__all__ = ["cases", "is_dispatching"]


def is_dispatching(value: Any) -> bool:
    """Tell whether a function chooses among cases by its first argument."""
    return hasattr(value, "registry") and hasattr(value, "dispatch")


def cases(name: str, value: Any) -> Iterator[tuple[Definition, types.FunctionType]]:
    """Yield the definitions that were registered, in their order.

    Raises:
        CaptureError: One was not registered by a decorator above its definition.
        SourceError: The source of one cannot be had.
    """
    done: set[int] = set()
    for kind, function in list(value.registry.items())[1:]:  # the first is the default
        if id(function) in done:
            continue
        done.add(id(function))
        found = definition_of(function) if _is_plain(function) else None
        if found is None or not getattr(found.node, "decorator_list", ()):
            raise CaptureError(
                f"The case of {name} for {kind.__qualname__} was not registered by a "
                f"decorator. Write @{name}.register above its definition."
            )
        yield found, function


def _is_plain(function: Any) -> bool:
    return isinstance(function, types.FunctionType) and "<" not in function.__qualname__
