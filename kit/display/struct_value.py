"""A protobuf Struct as plain values, as far as a reader can take them in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

from kit.display.budget import REST, Budget

__all__ = ["Bounded", "read_struct"]

_MOST_VALUES = 2_000
_LONGEST_TEXT = 16_384


@dataclass(frozen=True)
class Bounded:
    """The part of a Struct that is shown.

    Attributes:
        value: Dictionaries, lists, text and numbers.
        is_whole: Whether nothing was left out or cut.
    """

    value: dict[str, Any]
    is_whole: bool


class _Reader(Budget):
    """Reads values until there are enough of them; numbers may be NaN."""

    def __init__(self) -> None:
        super().__init__(_MOST_VALUES, _LONGEST_TEXT)

    def fields(self, struct: Struct) -> dict[str, Any]:
        items: dict[str, Any] = {}
        fields = struct.fields
        for key in sorted(fields):
            if self.left <= 0:
                items[REST] = self.rest(len(fields) - len(items))
                break
            items[key] = self.value(fields[key])
        return items

    def items(self, values: Any) -> list[Any]:
        items: list[Any] = []
        for value in values:
            if self.left <= 0:
                items.append(f"{REST} {self.rest(len(values) - len(items))}")
                break
            items.append(self.value(value))
        return items

    def value(self, value: Value) -> Any:
        self.left -= 1
        kind = value.WhichOneof("kind")
        if kind == "string_value":
            return self.text(value.string_value)
        if kind == "struct_value":
            return self.fields(value.struct_value)
        if kind == "list_value":
            return self.items(value.list_value.values)
        return getattr(value, kind) if kind in _PLAIN else None


_PLAIN = ("number_value", "bool_value")


def read_struct(struct: Struct) -> Bounded:
    """Read a Struct; what is too long or too many is counted, not read.

    >>> struct = Struct()
    >>> struct["rows"] = [1, 2]
    >>> read_struct(struct).value
    {'rows': [1.0, 2.0]}
    """
    reader = _Reader()
    value = reader.fields(struct)
    return Bounded(value, reader.is_whole)
