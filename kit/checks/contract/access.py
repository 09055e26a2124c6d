"""Following subscripts, attributes and methods of what custom holds."""

from __future__ import annotations

import ast

from kit.checks.contract.record import UseKind
from kit.checks.contract.state import State
from kit.checks.contract.values import (
    EVERY,
    UNKNOWN,
    Bound,
    Key,
    Marker,
    Provided,
    Value,
    Values,
    constants,
)

__all__ = ["Access"]

_NOTHING: Values = frozenset()
_WITHOUT_CUSTOM = {
    *("id", "type", "metadata", "interface", "config", "container", "k8s_pod", "sql"),
    *("task_type_version", "security_context", "extended_resources"),
}
_READERS = {"get", "pop", "setdefault", "__getitem__", "__contains__"}


class Access(State):
    """Follows how values are taken from values."""

    def subscript(self, node: ast.Subscript) -> Values:
        """Follow ``base[key]`` where it is read."""
        base = self.value(node.value)
        if isinstance(node.slice, ast.Slice):
            self._slice(node.slice)
            self.escape(base, "a slice")
            return UNKNOWN
        key = self.value(node.slice)
        found: set[Value] = set()
        for value in base:
            if isinstance(value, Provided):
                found |= self.items(value, key, needed=True, known=len(base) == 1)
            else:
                self.escape(frozenset({value}), "a subscript")
                found |= UNKNOWN
        if not any(isinstance(value, Provided) for value in base):
            if not isinstance(node.value, ast.Dict | ast.DictComp):
                self.use(key, UseKind.BREAKS, "an index")
            self.consume(key, "a subscript")
        return frozenset(found)

    def _slice(self, node: ast.Slice) -> None:
        for bound in filter(None, (node.lower, node.upper, node.step)):
            values = self.value(bound)
            self.use(values, UseKind.BREAKS, "a bound of a slice")
            self.consume(values, "a slice")

    def items(
        self, base: Provided, key: Values, *, needed: bool, known: bool = True
    ) -> Values:
        """Note that a key of what custom holds is read; return what it may hold."""
        keys: list[Key] = [*(constants(key) or (EVERY,))]
        if keys == [EVERY]:
            self.consume(key, "a subscript")
        known = known and len(keys) == 1 and EVERY not in keys
        return frozenset(
            self.read(base.path, key, needed=needed, known=known) for key in keys
        )

    def attribute(self, node: ast.Attribute) -> Values:
        """Follow ``base.name`` where it is read."""
        found: set[Value] = set()
        for value in self.value(node.value):
            if value is Marker.TEMPLATE:
                found |= self._of_template(node.attr)
            elif isinstance(value, Provided):
                found.add(Bound(value.path, node.attr))
            elif value is Marker.EXECUTOR or value is Marker.BASE:
                after = self.frame.owner if value is Marker.BASE else ""
                method = self.module.method(node.attr, after=after)
                found |= UNKNOWN if method is None else {method}
            else:
                self.escape(frozenset({value}), f".{node.attr}")
                found |= UNKNOWN
        return frozenset(found)

    def _of_template(self, name: str) -> Values:
        if name == "custom":
            return frozenset({Provided()})
        if name not in _WITHOUT_CUSTOM:
            self.escape(frozenset({Marker.TEMPLATE}), f"tt.{name}")
        return UNKNOWN

    def call_method(self, bound: Bound, arguments: list[Values] | None) -> Values:
        """Follow a call of a method of what custom holds.

        Args:
            bound: The method.
            arguments: What it is given; None if that cannot be told.
        """
        base = frozenset({Provided(bound.path)})
        if arguments and bound.name in _READERS and len(arguments) <= 2:  # noqa: PLR2004 - a key and a default
            return self._call_reader(bound, *arguments)
        for argument in arguments or ():
            self.escape(argument, f".{bound.name}()")
        if bound.name in {"update", "clear"}:
            self.contract.note_change(bound.path)
        else:
            self.escape(base, f".{bound.name}()")
        return UNKNOWN

    def _call_reader(
        self, bound: Bound, key: Values, default: Values | None = None
    ) -> Values:
        name = bound.name
        needed = name == "__getitem__" or (name == "pop" and default is None)
        found = self.items(Provided(bound.path), key, needed=needed)
        if name in {"pop", "setdefault"}:
            for value in found:
                if isinstance(value, Provided):
                    self.contract.note_change(value.path)
        if name == "__contains__":
            return UNKNOWN
        if name == "setdefault":
            self.escape(default or _NOTHING, "setdefault()")
        return found if needed else found | (default or UNKNOWN)
