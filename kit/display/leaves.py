"""The leaves of a message: each set field by its path, also those kit does not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from flyteidl.core.tasks_pb2 import Resources
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from kit.display.escape import shorten
from kit.display.wire_type import wire_type_name

__all__ = ["Leaf", "leaves"]

_LONGEST = 200
_WELL_KNOWN = "google.protobuf."
_CONTAINERS = {"struct_value": "fields", "list_value": "values"}
_EMPTY = "(present, empty)"


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
    fields = message.ListFields()
    for field, value in fields:
        yield from _field(field, value, f"{path}.{field.name}" if path else field.name)
    unknown: Any = UnknownFieldSet(message)
    for entry in unknown:
        where = f"{path}.#{entry.field_number}" if path else f"#{entry.field_number}"
        yield Leaf(where, _shown(f"unknown field: {entry.data!r}"))
    if not fields and not len(unknown):
        yield Leaf(path, _EMPTY)


def _field(field: Any, value: Any, path: str) -> Iterator[Leaf]:
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        for key in sorted(value):
            inner = path.removesuffix(".variables")
            where = f"{inner}.{key}" if inner != path else f"{path}[{key}]"
            yield from _value(entry.fields_by_name["value"], value[key], where)
    elif hasattr(value, "append") or hasattr(value, "add"):
        for index, item in enumerate(value):
            yield from _value(field, item, f"{path}[{_index(item, index)}]")
    else:
        yield from _value(field, value, path)


def _index(entry: Any, index: int) -> str:
    """Return what tells an entry of a list: its key or resource, or else its place."""
    if isinstance(entry, Resources.ResourceEntry):
        known = Resources.ResourceName.DESCRIPTOR.values_by_number.get(entry.name)
        return known.name if known else str(entry.name)
    key = getattr(entry, "key", "") if hasattr(entry, "value") else ""
    return key or str(index)


def _value(field: Any, value: Any, path: str) -> Iterator[Leaf]:
    if isinstance(value, Message):
        yield from _message(value, path)
    elif field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        yield Leaf(path, known.name if known else f"{value} (unknown)")
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
