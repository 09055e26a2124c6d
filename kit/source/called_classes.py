"""Expressions that make classes anew which were made by a call."""

from __future__ import annotations

import collections
import enum
from typing import Any

from kit.source.literals import NotPlainError
from kit.source.writing import Write

__all__ = ["called_class", "is_called_class"]

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
