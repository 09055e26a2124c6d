"""The values in a message: each set field by its path, and Structs within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from flyteidl.core.tasks_pb2 import Resources
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct, Value

from kit.display.text import REST, Budget
from kit.display.types import wire_type_name
from kit.escape import shorten
from kit.messages import Part, parts_of, readable, unknown_fields

_LONGEST = 200
_WELL_KNOWN = "google.protobuf."
_CONTAINERS = {"struct_value": "fields", "list_value": "values"}
_EMPTY = "(present, empty)"
_RESOURCE = Resources.ResourceEntry.DESCRIPTOR.fields_by_name["name"]


class Leaf(NamedTuple):
    """A value in a message, and where it stands."""

    path: str
    value: str


def leaves(message: Message, path: str = "") -> Iterator[Leaf]:
    """Yield the set fields of a message, depth first, in the order of its fields.

    A Struct is told by its top-level keys and a literal type by its name: all of each
    comes from one place.

    >>> from flyteidl.core.tasks_pb2 import TaskTemplate
    >>> list(leaves(TaskTemplate(type="sql")))
    [Leaf(path='type', value='sql')]
    """
    is_empty = True
    for part in parts_of(message):
        yield from _value(part.field, part.value, _place(part, path))
        is_empty = False
    for entry in unknown_fields(message):
        where = f"{path}.#{entry.field_number}" if path else f"#{entry.field_number}"
        yield Leaf(where, _shown(f"unknown field: {entry.data!r}"))
        is_empty = False
    if is_empty:
        yield Leaf(path, _EMPTY)


def _place(part: Part, above: str) -> str:
    """Return the path of a part; the keys of variables stand for their field."""
    path = f"{above}.{part.name}" if above else part.name
    if part.key is None:
        return path
    if isinstance(part.key, int):
        return f"{path}[{_index(part.value, part.key)}]"
    if part.name == "variables" and above:
        return f"{above}.{part.key}"
    return f"{path}[{part.key}]"


def _index(entry: Any, position: int) -> str:
    """Return what tells an entry of a list: its key or resource, or else its place."""
    if isinstance(entry, Resources.ResourceEntry):
        return str(readable(_RESOURCE, entry.name))
    named = getattr(entry, "key", "") if hasattr(entry, "value") else ""
    return named or str(position)


def _value(field: Any, value: Any, path: str) -> Iterator[Leaf]:
    if isinstance(value, Message):
        yield from _message(value, path)
    elif field.enum_type is not None:
        known = readable(field, value)
        yield Leaf(path, known if isinstance(known, str) else f"{known} (unknown)")
    else:
        yield Leaf(path, _shown(value if isinstance(value, str) else repr(value)))


def _message(message: Message, path: str) -> Iterator[Leaf]:
    name = message.DESCRIPTOR.full_name
    if name == "google.protobuf.Struct":
        yield from _struct(message, path)
    elif name == "flyteidl.core.LiteralType":
        yield Leaf(path, wire_type_name(message))  # type: ignore[arg-type]
    elif name.startswith(_WELL_KNOWN):
        yield Leaf(path, str(message).strip().replace("\n", " ") or _EMPTY)
    elif name == "flyteidl.core.KeyValuePair" or isinstance(
        message, Resources.ResourceEntry
    ):
        yield Leaf(path, _shown(message.value))  # type: ignore[attr-defined]
    else:
        yield from leaves(message, path)


def _struct(struct: Any, path: str) -> Iterator[Leaf]:
    fields = struct.fields
    for key in sorted(fields):
        value = fields[key]
        kind = value.WhichOneof("kind")
        if kind in _CONTAINERS:
            count = len(getattr(getattr(value, kind), _CONTAINERS[kind]))
            noun = "entry" if count == 1 else "entries"
            text = f"{count:,} {noun}, {value.ByteSize():,} bytes"
        elif kind == "string_value":
            text = value.string_value
        else:
            text = (
                "None" if kind in (None, "null_value") else repr(getattr(value, kind))
            )
        yield Leaf(f"{path}.{key}", _shown(text))


def _shown(text: str) -> str:
    return shorten(text, _LONGEST)


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
