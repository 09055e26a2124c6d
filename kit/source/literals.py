"""Plain constants as the source that makes them, without values of secrets."""

from __future__ import annotations

import ast
import collections
import enum
import math
import os
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from kit.errors import SecretInSourceError


class SecretValues:
    """The values that must not be written anywhere.

    Args:
        forbidden: What the caller knows to be secret; the values that Flyte put into
            this process's environment are added.
    """

    def __init__(self, forbidden: Iterable[str]) -> None:
        prefix = os.environ.get("FLYTE_SECRETS_ENV_PREFIX", "_FSEC_")
        found = {value for key, value in os.environ.items() if key.startswith(prefix)}
        self._values = {value for value in {*found, *forbidden} if value.strip()}

    def quote(self, line: str) -> str:
        """Return a line of source without secrets in it."""
        for value in sorted(self._values, key=len, reverse=True):
            if len(value) >= _LONG or value in _constants(line):
                line = line.replace(value, "***")
        return line

    def check(self, text: str, name: str) -> None:
        """Refuse source that holds a secret; the value is never printed.

        Raises:
            SecretInSourceError: One of its constants is, or holds, a secret.
        """
        if not self._values:
            return
        constants = _constants(text)
        for value in self._values:
            inside = len(value) >= _LONG and (
                value in text or any(value in constant for constant in constants)
            )
            if inside or value in constants:
                raise SecretInSourceError(
                    f"The source of {name!r} holds the value of a secret, which would "
                    "be stored with the task. Ask for it where it is used: request it "
                    "with secret_requests, and read it from "
                    "kit.current_context().secrets."
                )


def _constants(text: str) -> set[str]:
    """Return the constants of some source as text; none when it is no whole source."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return set()
    return {
        item.value.decode("latin-1")
        if isinstance(item.value, bytes)
        else str(item.value)
        for item in ast.walk(tree)
        if isinstance(item, ast.Constant) and not isinstance(item.value, bool)
    }


_LONG = 6
"""From this length on a secret is also looked for inside of other text."""


LIMIT = 16 * 1024
"""The longest literal, in characters: more than that is data, not a constant."""


_WIDTH = 80


_BRACKETS: dict[type, str] = {
    list: "[]",
    tuple: "()",
    set: "{}",
    dict: "{}",
    frozenset: "{}",
}


class NotPlainError(Exception):
    """A value that is no plain constant; the text says what of it is not."""


def literal(
    value: Any,
    class_name: Callable[[type], str],
    other: Callable[[Any, int], str] | None = None,
    known: Callable[[Any], str | None] | None = None,
    *,
    indent: int = 0,
) -> str:
    """Return the expression of a plain constant.

    Plain are None, bool, int, float, complex, str and bytes, members of enums, and
    tuples, lists, dicts, sets and frozensets of those, of exactly these types.

    Args:
        value: The constant.
        class_name: Returns the name by which the source knows the class of an enum.
        other: Writes what is no plain constant, given it and its indent.
        known: Returns the name of what stands inside of the constant, if it has one.
        indent: Columns that the expression is indented by.

    Raises:
        NotPlainError: It is something else, too large, or holds itself.

    >>> literal({"b": [1, (2.5,)], "a": float("inf")}, str)
    "{'b': [1, (2.5,)], 'a': float('inf')}"
    """
    return _Writer(class_name, other, known).write(value, indent)


def is_plain(value: Any) -> bool:
    """Tell whether a value is None, a truth value, a number, text or bytes."""
    return value is None or type(value) in {bool, int, float, complex, str, bytes}


class _Writer:
    def __init__(
        self,
        class_name: Callable[[type], str],
        other: Callable[[Any, int], str] | None,
        known: Callable[[Any], str | None] | None,
    ) -> None:
        self._class_name = class_name
        self._other = other
        self._known = known
        self._left = LIMIT
        self._inside: list[int] = []

    def write(self, value: Any, indent: int) -> str:
        kind = type(value)
        if kind in _BRACKETS:
            return self._write_collection(value, indent)
        text = self._write_leaf(value, kind, indent)
        self._left -= len(text)
        if self._left < 0:
            raise NotPlainError(f"it is larger than {LIMIT} characters")
        return text

    def _write_leaf(self, value: Any, kind: type, indent: int) -> str:
        if isinstance(value, enum.Enum):
            return self._write_member(value)
        if kind is int and abs(value).bit_length() > LIMIT // 4:
            raise NotPlainError(f"it is larger than {LIMIT} characters")
        if kind in {str, bytes} and len(value) > LIMIT:
            raise NotPlainError(f"it is larger than {LIMIT} characters")
        if (
            value is None
            or value is ...
            or value is NotImplemented
            or kind in {bool, int, str, bytes}
        ):
            return repr(value)
        if kind is float:
            return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
        if kind is complex:
            return f"complex({self.write(value.real, 0)}, {self.write(value.imag, 0)})"
        if self._other is not None:
            return self._other(value, indent)
        raise NotPlainError(f"it is a {kind.__module__}.{kind.__qualname__}")

    def _write_member(self, value: enum.Enum) -> str:
        cls = type(value)
        name = self._class_name(cls)
        if cls.__members__.get(str(value.name)) is value:
            return f"{name}.{value.name}"
        return f"{name}({self.write(value.value, 0)})"

    def _write_collection(self, value: Any, indent: int) -> str:
        if id(value) in self._inside:
            raise NotPlainError("it holds itself")
        self._inside.append(id(value))
        kind = type(value)
        if isinstance(value, dict):
            items = self._write_items(value, indent + 4)
        else:
            items = [self._write_item(item, indent + 4) for item in value]
        if kind in {set, frozenset}:
            items.sort()
        self._inside.pop()
        self._left -= 2 * len(items) + 2
        text = in_brackets(items, _BRACKETS[kind], indent, single=kind is tuple)
        if kind is frozenset:
            return f"frozenset({text})" if items else "frozenset()"
        return "set()" if kind is set and not items else text

    def _write_item(self, value: Any, indent: int) -> str:
        name = self._known(value) if self._known is not None else None
        return name or self.write(value, indent)

    def _write_items(self, value: dict[Any, Any], indent: int) -> list[str]:
        return [
            f"{self._write_item(key, indent)}: {self._write_item(item, indent)}"
            for key, item in value.items()
        ]


def in_brackets(
    items: Iterable[str], brackets: str, indent: int, *, single: bool = False
) -> str:
    """Write items in a line, or one to a line when they are long."""
    items = list(items)
    line = ", ".join(items) + ("," if single and len(items) == 1 else "")
    if indent + len(line) <= _WIDTH and "\n" not in line:
        return brackets[0] + line + brackets[1]
    pad = " " * (indent + 4)
    lines = "".join(f"{pad}{item},\n" for item in items)
    return f"{brackets[0]}\n{lines}{' ' * indent}{brackets[1]}"


class Write(Protocol):
    """What writes the things that stand inside of a constant."""

    def write(self, value: Any) -> str:
        """Return the expression of a value."""

    def refer(self, value: Any) -> str:
        """Return the name of a class, function or module."""


def refuse(value: Any) -> NotPlainError:
    """Say of what kind a value is."""
    kind = type(value)
    return NotPlainError(f"it is a {kind.__module__}.{kind.__qualname__}")


_BY_NAMEDTUPLE = {
    *("_fields", "_field_defaults", "_make", "_replace", "_asdict"),
    *("__doc__", "__module__", "__slots__", "__new__", "__repr__", "__match_args__"),
    *("__getnewargs__", "__replace__", "__static_attributes__", "__firstlineno__"),
}


def is_called_class(value: Any) -> bool:
    """Tell whether a class is one that a call alone makes: a named tuple or an enum."""
    return isinstance(value, type) and (_is_namedtuple(value) or _is_enum(value))


def called_class(value: type[Any], to: Write) -> str:
    """Return the call that makes a class with the same name and members.

    Raises:
        NotPlainError: It has more than such a call gives.
    """
    if _is_namedtuple(value):
        return _namedtuple(value, to)
    if _is_enum(value):
        members = {name: each.value for name, each in value.__members__.items()}
        base = to.refer(value.__bases__[0])
        return f"{base}({value.__name__!r}, {to.write(members)})"
    raise NotPlainError(
        f"the class {value.__qualname__} has no source: write it as a class statement"
    )


def _is_namedtuple(value: type[Any]) -> bool:
    fields = getattr(value, "_fields", ())
    listed = ", ".join(fields) + ("," if len(fields) == 1 else "")
    own = set(vars(value))
    return (
        value.__bases__ == (tuple,)
        and {"_fields", "_make"} <= own <= {*_BY_NAMEDTUPLE, *fields}
        and value.__doc__ == f"{value.__name__}({listed})"
    )


def _namedtuple(value: type[Any], to: Write) -> str:
    args = [repr(value.__name__), to.write(list(value._fields))]
    if value._field_defaults:
        args.append(f"defaults={to.write(list(value._field_defaults.values()))}")
    return f"{to.refer(collections.namedtuple)}({', '.join(args)})"  # noqa: PYI024 - it is written, not made


def _is_enum(value: type[Any]) -> bool:
    if not issubclass(value, enum.Enum) or len(value.__bases__) != 1:
        return False
    own = {name for name in vars(value) if not name.startswith("_")}
    return own <= set(value.__members__) and value.__bases__[0].__module__ == "enum"
