"""What is built once for each type, and how deep types may be nested."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from kit.errors import KitError

__all__ = ["DEEPEST", "Nesting", "PerType"]

_Built = TypeVar("_Built")
_MOST_KEPT = 4096  # types; builtin generics are a new object each time they are written

DEEPEST = 50
"""How many types may be inside each other.

protobuf reads no message that is nested more than 100 deep, and a list inside a list
takes two: what is nested deeper could be written, but no container could read it.
"""


class Nesting(threading.local):
    """Goes one level down in a ``with`` block, counted for each thread.

    Args:
        error: The class to raise where there is no level left.
    """

    def __init__(self, error: type[KitError]) -> None:
        self._error = error
        self._depth = 0

    def __enter__(self) -> None:
        if self._depth >= DEEPEST:
            msg = (
                f"More than {DEEPEST} types are inside each other; protobuf could not "
                "read the values back. Use a dataclass, or a file."
            )
            raise self._error(msg)
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1


class PerType(Generic[_Built]):
    """What was built for each type, found by the type's identity.

    Identity, not equality: ``Union[int, str] == Union[str, int]``, whose literal types
    differ, and annotations need not be hashable.  The types are kept alive, so that an
    identity never comes to mean another type.

    Args:
        build: Makes it, and may ask for the types inside.
        error: The class to raise for types that are nested too deep.
    """

    def __init__(
        self, build: Callable[[Any], _Built], *, error: type[KitError]
    ) -> None:
        self._build = build
        self._error = error
        self._kept: dict[int, tuple[Any, _Built]] = {}
        self._nesting = Nesting(error)
        self._lock = threading.Lock()

    def __call__(self, python_type: Any) -> _Built:
        """Return what was built for a type, building it the first time."""
        kept = self._kept
        found = kept.get(id(python_type))
        if found is not None:
            return found[1]
        with self._nesting:
            built = self._build(python_type)
        with self._lock:
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            kept[id(python_type)] = (python_type, built)
        return built

    def forget(self) -> None:
        """Build everything anew, also what another thread is building right now."""
        self._kept = {}
