"""Errors of values and literals that do not fit a type, and messages as short text."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from flyteidl.core import literals_pb2, types_pb2
from google.protobuf.message import Message

from kit.errors import ConversionError

_VALUE_WIDTH = 80
_MOST_LINES = 200
_ENOUGH = 40  # elements, which are more than fit the width


def format_message(message: Message) -> str:
    """Draw a message as indented text under its type's name.

    >>> from flyteidl.core import types_pb2
    >>> print(format_message(types_pb2.LiteralType(simple="INTEGER")))
    Flyte Serialized object (LiteralType):
      simple: 1
    """
    lines: list[str] = []
    _draw(message, 2, lines)
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"  … and {len(lines) - _MOST_LINES} more lines"]
    return "\n".join([f"Flyte Serialized object ({type(message).__name__}):", *lines])


def _draw(message: Message, indent: int, lines: list[str]) -> None:
    import textwrap  # only errors need it

    for field, value in message.ListFields():
        if len(lines) > _MOST_LINES * 2:
            return
        if not isinstance(value, Message):
            text = textwrap.shorten(_text(value), width=_VALUE_WIDTH)
            if text:
                lines.append(f"{' ' * indent}{field.name}: {text}")
        elif value.ListFields():
            lines.append(f"{' ' * indent}{field.name}:")
            _draw(value, indent + 2, lines)


def _text(value: Any) -> str:
    """Return as much of a value's text as can be shown."""
    if isinstance(value, Mapping):
        value = dict(islice(value.items(), _ENOUGH))
    elif not isinstance(value, (str, bytes)) and hasattr(value, "__getitem__"):
        value = value[:_ENOUGH]
    return str(value).strip()[: _VALUE_WIDTH * _ENOUGH]


_MOST_CHARACTERS = 2000


def shorten(value: Any, *, write: Callable[[Any], str] = str) -> str:
    """Return a value's text, cut where it is too long to read."""
    try:
        text = write(value)
    except Exception as error:  # noqa: BLE001 - the value's own code, inside an error
        return f"a value of {type(value)} whose text fails with {error!r:.200}"
    if len(text) <= _MOST_CHARACTERS:
        return text
    return f"{text[:_MOST_CHARACTERS]}… ({len(text)} characters)"


def type_name(python_type: Any) -> str:
    """Return a type as its author wrote it.

    >>> type_name(int), type_name(list[str])
    ('int', 'list[str]')
    """
    is_plain = isinstance(python_type, type) and not typing.get_args(python_type)
    return python_type.__qualname__ if is_plain else str(python_type)


def error_reason(error: Exception) -> str:
    """Return the class of an error and its text, cut where it is too long to read."""
    return f"{type(error).__name__}: {shorten(error)}"


def value_error(
    value: Any,
    python_type: Any,
    literal_type: types_pb2.LiteralType,
    *,
    why: str | None = None,
) -> ConversionError:
    """Make the error for a value that a type does not take.

    Args:
        value: What was given.
        python_type: What it was declared as.
        literal_type: The literal type of that.
        why: What to say of values that are neither tuples nor ``None``; by default
            what was expected and what was got.
    """
    if isinstance(value, tuple):
        return ConversionError(
            "Tuples are not a supported type for individual values in Flyte - got a "
            f"tuple - {shorten(value)}. If using named tuple in an inner task, please, "
            "de-reference theactual attribute that you want to use. For example, in "
            "NamedTuple('OP', x=int) thenreturn v.x, instead of v, even if this has a "
            "single element"
        )
    if value is None:
        return ConversionError(
            f"Python value cannot be None, expected {python_type} "
            f"({_kind(literal_type)}). Declare it as Optional if it may be None."
        )
    return ConversionError(
        why
        or f"Expected value of type {python_type} but got '{shorten(value)}' "
        f"of type {type(value)}"
    )


def _kind(literal_type: types_pb2.LiteralType) -> str:
    kind = literal_type.WhichOneof("type")
    if kind == "simple":
        return f"SimpleType {types_pb2.SimpleType.Name(literal_type.simple)}"
    return kind or "no LiteralType"


def literal_error(
    literal: literals_pb2.Literal, python_type: Any, *, to: str | None = None
) -> ConversionError:
    """Make the error for a literal that cannot be read as a type."""
    return ConversionError(
        f"Cannot convert literal {format_message(literal)} to {to or python_type}"
    )
