"""A walk through a protobuf message: its fields by descriptor, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from google.protobuf.message import Message


class Part(NamedTuple):
    """A value in a message.

    Attributes:
        field: What describes the value; of a map that is the field of its values.
        name: The field of the message that has it.
        key: Its key in a map, or its position in a list; None if it is the only one.
        value: The value.
    """

    field: Any
    name: str
    key: Any
    value: Any


def parts_of(message: Message) -> Iterator[Part]:
    """Yield the values of a message's set fields, in the order of the fields.

    Entries of maps come in the order of their keys.

    >>> from flyteidl.core.tasks_pb2 import TaskTemplate
    >>> [part[1:] for part in parts_of(TaskTemplate(type="sql", config={"a": "b"}))]
    [('type', None, 'sql'), ('config', 'a', 'b')]
    """
    fields: Sequence[tuple[Any, Any]] = message.ListFields()
    for field, value in fields:
        if is_map(field):
            values = field.message_type.fields_by_name["value"]
            for key in sorted(value):
                yield Part(values, field.name, key, value[key])
        elif is_list(value):
            for position, item in enumerate(value):
                yield Part(field, field.name, position, item)
        else:
            yield Part(field, field.name, None, value)


def is_map(field: Any) -> bool:
    """Return whether a field is a map."""
    kind = field.message_type
    return kind is not None and bool(kind.GetOptions().map_entry)


def is_list(value: Any) -> bool:
    """Return whether a field's value is a list, of messages or of others."""
    return hasattr(value, "append") or hasattr(value, "add")


def unknown_fields(message: Message) -> list[Any]:
    """Return the fields that this version of the messages does not know.

    Each has a ``field_number``, a ``wire_type`` and ``data``.
    """
    from google.protobuf.unknown_fields import UnknownFieldSet

    fields: Any = UnknownFieldSet(message)
    return list(fields)


def readable(field: Any, value: Any) -> Any:
    """Return an enum's value by name; others, and unknown ones, as they are."""
    if field.enum_type is None:
        return value
    known = field.enum_type.values_by_number.get(value)
    return value if known is None else known.name


def enum_name(kind: Any, number: int) -> str:
    """Name a value; a number that a later Flyte gave a meaning to stays a number.

    >>> from flyteidl.core.types_pb2 import SimpleType
    >>> enum_name(SimpleType, 1), enum_name(SimpleType, 99)
    ('INTEGER', '99 (unknown)')
    """
    known = kind.DESCRIPTOR.values_by_number.get(number)
    return f"{number} (unknown)" if known is None else str(known.name)
