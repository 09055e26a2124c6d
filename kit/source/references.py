"""By which name a module can know a class, function or module that a constant holds."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

from kit.source.import_statements import home_of_object, import_from, import_of_module
from kit.source.importable import is_importable

__all__ = ["Reference", "References"]


@dataclass(frozen=True)
class Reference:
    """A name that a namespace has, or that an import statement brings.

    Attributes:
        name: The name.
        path: What follows it, such as ``.sqrt``.
        statement: The import statement; None where the namespace or Python has it.
        value: What the statement binds.
    """

    name: str
    path: str = ""
    statement: str | None = None
    value: Any = field(default=None, repr=False)


class References:
    """Finds names in one namespace, the way its author writes them.

    Args:
        namespace: Where the constant that refers to them was found.
        is_taken: Tells whether the module uses a name for something else.
    """

    def __init__(
        self, namespace: Mapping[str, Any], is_taken: Callable[[str, Any], bool]
    ) -> None:
        self._namespace = namespace
        self._is_taken = is_taken
        self._names: dict[int, str] = {}
        for name, value in namespace.items():
            if not name.startswith("_"):
                self._names.setdefault(id(value), name)

    def find(self, value: Any) -> Reference | None:
        """Return a name for an object, or None when it has none."""
        return next(self._found(value), None)

    def _found(self, value: Any) -> Iterator[Reference]:
        own = str(getattr(value, "__name__", "") or "")
        if self._namespace.get(own, _NOTHING) is value or (
            own not in self._namespace and vars(builtins).get(own) is value
        ):
            yield Reference(own)
        yield from self._as_attribute(value)
        home = None if isinstance(value, ModuleType) else home_of_object(own, value)
        if home is not None and id(sys.modules[home[0]]) in self._names:
            yield Reference(self._names[id(sys.modules[home[0]])], f".{home[1]}")
        if id(value) in self._names:
            yield Reference(self._names[id(value)])
        if home is not None:
            name = self._free(home[1], value)
            yield Reference(name, "", import_from(*home, name), value)
        if isinstance(value, ModuleType) and is_importable(own):
            name = self._free(own.rpartition(".")[2], value)
            yield Reference(name, "", import_of_module(name, value), value)

    def _as_attribute(self, value: Any) -> Iterator[Reference]:
        """Yield what is reached through a class: ``Table.Row`` or ``str.join``."""
        outer, _, path = str(getattr(value, "__qualname__", "")).rpartition(".")
        owner = getattr(value, "__objclass__", None)
        if owner is None and outer:
            owner = _reached(sys.modules.get(str(value.__module__)), outer)
        if owner is not None and getattr(owner, path, None) is value:
            for found in self._found(owner):
                yield replace(found, path=f"{found.path}.{path}")

    def _free(self, name: str, value: Any) -> str:
        while (name in self._namespace or hasattr(builtins, name)) or self._is_taken(
            name, value
        ):
            name = f"_{name}"
        return name


_NOTHING = object()


def _reached(value: Any, path: str) -> Any:
    for attribute in path.split("."):
        value = getattr(value, attribute, None)
    return value
