"""The type of a value in a few words, with the types of what is in it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

__all__ = ["value_type"]

_DEEPEST = 4
_SEEN = 100
"""Elements of a container whose types are looked at."""
_MOST = 8
"""Types that are named beside each other."""
_LONGEST = 200
_TABULAR = ("numpy", "pandas")
"""Packages whose objects may be asked for their dtypes: theirs are plain facts."""


def value_type(value: Any) -> str:
    """Name the type of a value; nothing of the value itself is in it.

    Of a container the first hundred elements are looked at.

    >>> value_type([{"a": 1.5, "b": None}])
    'list[dict[str, None | float]]'
    >>> value_type((1, "x"))
    'tuple[int, str]'
    >>> value_type([])
    'list'
    """
    return _name(value, _DEEPEST)[:_LONGEST]


def _name(value: Any, deep: int) -> str:
    if value is None:
        return "None"
    kind, name = type(value), _class_name(type(value))
    if deep == 0:
        return name
    inner = ""
    if kind in (list, set, frozenset):
        inner = _either(value, deep)
    elif kind is dict:
        keys, values = _either(value, deep), _either(value.values(), deep)
        inner = f"{keys}, {values}" if value else ""
    elif kind is tuple:
        inner = ", ".join(_name(item, deep - 1) for item in value[:_MOST])
        inner += ", …" if len(value) > _MOST else ""
    elif name.partition(".")[0] in _TABULAR:
        inner = _dtypes(value)
    return f"{name}[{inner}]" if inner else name


def _class_name(kind: type) -> str:
    """Name a class after its package, where it is none of Python's own."""
    package = str(kind.__module__).partition(".")[0]
    return kind.__qualname__ if package == "builtins" else f"{package}.{kind.__name__}"


def _either(items: Iterable[Any], deep: int) -> str:
    names = sorted({_name(item, deep - 1) for item in islice(items, _SEEN)})
    more = " | …" if len(names) > _MOST else ""
    return " | ".join(names[:_MOST]) + more


def _dtypes(value: Any) -> str:
    several = getattr(value, "dtypes", None)
    if type(value).__name__ == "DataFrame" and several is not None:
        names = list(map(str, several[: _MOST + 1]))
        return ", ".join(names[:_MOST]) + (", …" if len(names) > _MOST else "")
    dtype = getattr(value, "dtype", None)
    return "" if dtype is None else str(dtype)
