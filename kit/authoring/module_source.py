"""The source of a module that holds an executor and all that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ModuleSource", "self_contained"]


@dataclass(frozen=True)
class ModuleSource:
    """A module that needs nothing of the notebook it was written in.

    Attributes:
        name: What to call the module: the executor's name and a hash of the text.
        text: The module's source, ending in a newline.
        executor: The name of the executor's class, or function, in the module.
        imports: Its import statements, in their order.
        requirements: The top-level third-party modules it imports, sorted.
        notes: What a reader should know: lines that were left out, globals that start
            anew in each container.
    """

    name: str
    text: str
    executor: str
    imports: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def self_contained(
    executor: type[Any] | Callable[..., Any],
    *,
    namespace: Mapping[str, Any] | None = None,
    forbidden: Iterable[str] = (),
) -> ModuleSource:
    """Return the source of a module that holds an executor and all that it needs.

    Args:
        executor: A class or a function, defined in a cell, a script or a module.
        namespace: Where its names are looked up: the globals of its module by default.
        forbidden: Values, such as secrets', that must not stand in the source.

    Raises:
        AuthoringError: Something it needs cannot travel; the text says what to do.
    """
    raise NotImplementedError
