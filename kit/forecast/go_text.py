"""Messages as Go's protobuf prints them in the words of Flyte's servers."""

from __future__ import annotations

from typing import Any, TypeAlias

from google.protobuf.message import Message

from kit.template.macros import format_float, quoted_text

FieldDescriptor: TypeAlias = Any  # each of protobuf's implementations has its own


def message_text(message: Message) -> str:
    r"""Return a message as one line of protobuf's text format.

    Fields come in the order of their declaration, entries of maps sorted by key. Builds
    of Flyte write one or two blanks between fields; here are two, as in 1.16.8.

    >>> from flyteidl.core.types_pb2 import LiteralType
    >>> message_text(LiteralType(collection_type=LiteralType(simple="INTEGER")))
    'collection_type:{simple:INTEGER}'
    """
    fields = sorted(message.ListFields(), key=lambda pair: pair[0].index)
    return "  ".join(part for field in fields for part in _parts(*field))


def _parts(field: FieldDescriptor, value: Any) -> list[str]:
    if isinstance(value, (Message, str, bytes, int, float)):
        return [f"{field.name}:{_text(field, value)}"]
    if hasattr(value, "items"):
        return [_entry_text(field, key, value[key]) for key in sorted(value)]
    return [f"{field.name}:{_text(field, item)}" for item in value]


def _entry_text(field: FieldDescriptor, key: Any, value: Any) -> str:
    entry = field.message_type
    keys, values = entry.fields_by_name["key"], entry.fields_by_name["value"]
    return f"{field.name}:{{key:{_text(keys, key)}  value:{_text(values, value)}}}"


def _text(field: FieldDescriptor, value: Any) -> str:
    if isinstance(value, Message):
        return f"{{{message_text(value)}}}"
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return str(known.name if known else value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    return quoted_text(value) if isinstance(value, str) else str(value)


def _float_text(value: float) -> str:
    names = {"NaN": "nan", "+Inf": "inf", "-Inf": "-inf"}
    text = format_float(value)
    return names.get(text, text)
