"""Values in a line, and as trees within bounds."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import math
from collections.abc import Iterator, Mapping
from typing import Any

from kit.display.text import REST, Budget, value_text

_HEAD = 16  # bytes


def plain_text(value: Any) -> str:
    """Write a value in one line.

    >>> plain_text(dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.timezone.utc))
    '2026-01-02 03:04:00 UTC'
    >>> plain_text(dt.timedelta(minutes=90))
    '1:30:00'
    >>> plain_text(b"PK")
    '2 bytes: 50 4b'
    """
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name} = {value_text(value.value)}"
    if isinstance(value, dt.datetime):
        return _moment(value)
    if isinstance(value, (dt.date, dt.time, dt.timedelta)):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        more = " …" if len(value) > _HEAD else ""
        return f"{len(value):,} bytes: {bytes(value[:_HEAD]).hex(' ')}{more}"
    return value_text(value)


def _moment(value: dt.datetime) -> str:
    """Write a date and time; one without a zone says so."""
    naive = value.replace(tzinfo=None).isoformat(" ")
    if value.tzinfo is None:
        return f"{naive} (no zone)"
    offset = value.strftime("%z")
    name = value.tzname() or ""
    if offset == "+0000":
        return f"{naive} UTC"
    named = "" if name.startswith("UTC") else f" {name}"
    return f"{naive} {offset[:3]}:{offset[3:5]}{named}"


_MOST_VALUES = 500
_DEEPEST = 20
_LONGEST_TEXT = 4_096


@dataclasses.dataclass(frozen=True)
class BoundedTree:
    """The part of a value that is shown.

    Attributes:
        value: Dictionaries, lists, texts, numbers, truth values and None.
        is_whole: Whether nothing was left out or cut.
    """

    value: Any
    is_whole: bool


def bounded_tree(value: Any) -> BoundedTree:
    """Read a value; what is too much is counted, and told.

    >>> bounded_tree({"a": [1, (2, None)]}).value
    {'a': [1, [2, None]]}
    """
    reader = _Reader()
    made = reader.value(value, 0)
    return BoundedTree(made, reader.is_whole)


class _Reader(Budget):
    """Reads values until there are enough of them."""

    def __init__(self) -> None:
        super().__init__(_MOST_VALUES, _LONGEST_TEXT)

    def value(self, value: Any, depth: int) -> Any:
        self.left -= 1
        if type(value) in _PLAIN:
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if type(value) is str:
            return self.text(value)
        if depth >= _DEEPEST:
            self.is_whole = False
            return plain_text(value)
        if isinstance(value, (list, tuple, set, frozenset)) and not fields_of(value):
            return self._items(value, depth)
        named = dict(_fields(value))
        return self._fields(named, depth) if named else plain_text(value)

    def _items(self, values: Any, depth: int) -> list[Any]:
        items: list[Any] = []
        for value in values:
            if self.left <= 0:
                items.append(f"{REST} {self.rest(len(values) - len(items))}")
                break
            items.append(self.value(value, depth + 1))
        return items

    def _fields(self, fields: dict[str, Any], depth: int) -> dict[str, Any]:
        items: dict[str, Any] = {}
        for name, value in fields.items():
            if self.left <= 0:
                items[REST] = self.rest(len(fields) - len(items))
                break
            items[name] = self.value(value, depth + 1)
        return items


_PLAIN = (type(None), bool, int)  # not an enum of numbers


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield (key if type(key) is str else plain_text(key)), item
        return
    for name in fields_of(value):
        yield name, getattr(value, name, None)


def fields_of(item: Any) -> tuple[str, ...]:
    """Return the names of a record's fields; none if it is no record."""
    if isinstance(item, Mapping):
        return tuple(item)
    if isinstance(item, type):
        return ()
    if dataclasses.is_dataclass(item):
        return tuple(field.name for field in dataclasses.fields(item))
    named = getattr(type(item), "_fields", None) if isinstance(item, tuple) else None
    named = getattr(type(item), "model_fields", None) if named is None else named
    return tuple(named) if isinstance(named, (tuple, dict)) else ()
