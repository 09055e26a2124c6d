"""The constants of a module that is being made, and which of them are one object."""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Callable
from typing import Any

from kit.source.constructions import construction
from kit.source.literals import NotPlainError, literal

__all__ = ["Constants"]

_ATOMS = (bool, int, float, complex, str, bytes, tuple, frozenset, range)
_MUTABLE = (list, dict, set, bytearray, deque, types.SimpleNamespace)
_REFERRED = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)
_NAMED = {"TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "TypeAliasType"}


class Constants:
    """Writes constants such that two names of one list stay names of one list."""

    def __init__(self) -> None:
        self._named: dict[int, str] = {}
        self._holders: dict[int, tuple[str, Any]] = {}
        self._unfinished: set[str] = set()

    def name_of(self, name: str, value: Any) -> str:
        """Return the name that an object had first; the given one if it had none."""
        if value is None or isinstance(value, _ATOMS):
            return name
        return self._named.setdefault(id(value), name)

    def holder_of(self, value: Any) -> str | None:
        """Return the constant that was written with an object inside, if one was."""
        return self._holders.get(id(value), (None, None))[0]

    def expression(
        self,
        name: str,
        value: Any,
        refer: Callable[[Any], str],
        need: Callable[[str], object],
    ) -> str:
        """Return the expression that makes a constant.

        Args:
            name: What it will be called.
            value: The constant.
            refer: Returns the name of a class, function or module that it holds.
            need: Is told the names of the other constants that it holds.

        Raises:
            NotPlainError: It is no constant.
        """
        self._unfinished.add(name)
        try:
            return _Writing(self, name, refer, need).constant(value)
        finally:
            self._unfinished.discard(name)

    def other_name(self, item: Any) -> str | None:
        """Return the name of the constant that an object inside of another one is."""
        if item is None or isinstance(item, _ATOMS):
            return None
        name = self._named.get(id(item))
        if name in self._unfinished:
            raise NotPlainError("it holds itself")
        return name

    def release(self, holder: str) -> None:
        """Forget what a constant holds, which is to be written again."""
        for key in [key for key, (name, _) in self._holders.items() if name == holder]:
            del self._holders[key]

    def hold(self, item: Any, name: str) -> None:
        """Note which constant holds an object, and keep that alive: ids come again.

        Raises:
            NotPlainError: Another one holds it too, and it has no name.
        """
        holder, _ = self._holders.setdefault(id(item), (name, item))
        if holder != name:
            kind = type(item).__qualname__
            raise NotPlainError(f"it shares a {kind} that has no name with {holder!r}")


class _Writing:
    """One constant, while it is written."""

    def __init__(
        self,
        constants: Constants,
        name: str,
        refer: Callable[[Any], str],
        need: Callable[[str], object],
    ) -> None:
        self.refer = refer
        self._constants = constants
        self._name = name
        self._need = need
        self._held: set[int] = set()
        self._value: Any = None

    def constant(self, value: Any) -> str:
        """Write the constant itself."""
        self._value = value
        return self._construct(value)

    def write(self, value: Any) -> str:
        """Write what stands inside of the constant."""
        return self._name_of(value) or self._construct(value)

    def _construct(self, value: Any) -> str:
        return literal(value, self.refer, self._object, self._name_of)

    def _name_of(self, item: Any) -> str | None:
        """Return the name of what has one; None for what an expression makes."""
        name = self._constants.other_name(item)
        if name is not None:
            self._need(name)
            return name
        if item is type(None):
            return "type(None)"
        if _is_mutable(item):
            self._hold(item)
        elif isinstance(item, _REFERRED) or type(item).__name__ in _NAMED:
            return self._referred(item)
        return None

    def _hold(self, item: Any) -> None:
        if id(item) in self._held:
            kind = type(item).__qualname__
            raise NotPlainError(f"it holds one {kind} at two places")
        self._held.add(id(item))
        self._constants.hold(item, self._name)

    def _referred(self, item: Any) -> str | None:
        try:
            return self.refer(item)
        except NotPlainError:
            if isinstance(item, types.FunctionType | types.ModuleType):
                raise
            return None  # there may be an expression: a class made by a call

    def _object(self, value: Any, _indent: int) -> str:
        try:
            return construction(value, self)
        except NotPlainError:
            if callable(value) and value is not self._value:
                return self.refer(value)  # a decorated function, for instance
            raise


def _is_mutable(item: Any) -> bool:
    params = getattr(type(item), "__dataclass_params__", None)
    return isinstance(item, _MUTABLE) or (params is not None and not params.frozen)
