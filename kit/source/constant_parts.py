"""The constants that an executor needs, as statements of its module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kit.source.cell_source import Definition
from kit.source.constants import Constants
from kit.source.free_names import Use
from kit.source.literals import NotPlainError
from kit.source.part import Part
from kit.source.references import References
from kit.source.refusals import cannot_travel

if TYPE_CHECKING:
    from kit.source.closure import Closure

__all__ = ["ConstantParts"]

_EMPTY: dict[type, str] = {list: "[]", dict: "{}", set: "set()"}

_CALLED = ("complex", "float", "frozenset", "set", "type")


class ConstantParts:
    """Adds constants to what an executor needs, and what they refer to.

    Args:
        closure: What the executor needs.
    """

    def __init__(self, closure: Closure) -> None:
        self._closure = closure
        self._constants = Constants()
        self._wanted: dict[str, tuple[Use, Definition, Mapping[str, Any]]] = {}
        self._references: dict[int, References] = {}

    def add(
        self,
        use: Use,
        value: Any,
        definition: Definition,
        namespace: Mapping[str, Any],
    ) -> None:
        """Add the constant that a definition uses.

        Raises:
            CaptureError: It is none.
        """
        name = use.name
        other = self._constants.name_of(name, value)
        if other != name:  # two names of one list stay so
            self._closure.parts[name] = Part(f"{name} = {other}\n", now=[other])
            return
        self._wanted[name] = use, definition, namespace
        holder = self._constants.holder_of(value)
        if holder is not None:
            self._constants.release(holder)
        self._write(name, value)
        if holder is not None:  # it now names what it was written with
            self._write(holder, self._closure.values[holder])

    def _write(self, name: str, value: Any) -> None:
        use, definition, _ = self._wanted[name]
        needs: dict[str, None] = {}

        def refer(item: Any) -> str:
            return self._refer(item, name, needs)

        try:
            text = self._constants.expression(name, value, refer, needs.setdefault)
        except NotPlainError as why:
            quote = self._closure.quote
            raise cannot_travel(use, value, definition, quote, str(why)) from None
        self._use_builtins(name, text)
        part = Part(f"{name} = {text}\n", now=list(needs))
        if type(value) in _EMPTY and needs:
            fill = f"{name}.clear()\n{name}.update({text})\n"
            part.fill = f"{name}[:] = {text}\n" if type(value) is list else fill
            part.empty = f"{name} = {_EMPTY[type(value)]}\n"
        self._closure.parts[name] = part

    def _use_builtins(self, by: str, text: str) -> None:
        """Make sure that the builtins which a constant calls are Python's own."""
        use, definition, namespace = self._wanted[by]
        for name in _CALLED:
            if f"{name}(" not in text:
                continue
            if name in namespace:
                value = self._closure.values[by]
                why = f"it needs Python's {name!r}, which is something else here"
                quote = self._closure.quote
                raise cannot_travel(use, value, definition, quote, why)
            use = Use(name, use.line, evaluated=True, read=True)
            self._closure.bind(use, definition, namespace)

    def _refer(self, value: Any, by: str, needs: dict[str, None]) -> str:
        """Make a class, function or module known that a constant holds."""
        use, definition, namespace = self._wanted[by]
        found = self._references_in(namespace).find(value)
        if found is None:
            name = getattr(value, "__qualname__", repr(value)[:40])
            raise NotPlainError(f"{name} is not known here by a name")
        use = Use(found.name, use.line, evaluated=True, read=True)
        if found.statement is not None:
            self._closure.provide(found.name, found.value, found.statement)
        elif found.name == by:
            raise NotPlainError("it holds itself")
        elif self._closure.bind(use, definition, namespace):
            needs[found.name] = None
        return found.name + found.path

    def _references_in(self, namespace: Mapping[str, Any]) -> References:
        key = id(namespace)  # which the references keep alive
        if key not in self._references:
            is_taken = self._closure.is_taken
            self._references[key] = References(namespace, is_taken)
        return self._references[key]
