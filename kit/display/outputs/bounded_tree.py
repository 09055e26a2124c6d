"""A Python value as dictionaries, lists and plain values, as far as one can take in."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

from kit.display.budget import REST, Budget
from kit.display.outputs.plain import plain_text
from kit.display.outputs.record_rows import fields_of

__all__ = ["BoundedTree", "bounded_tree"]

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
