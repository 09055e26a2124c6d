"""Messages as text in errors, in the words flytekit prints them with.

The form is that of ``flytekit.models.common``: names and values indented, empty
messages left out, long values shortened.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from google.protobuf.message import Message

__all__ = ["describe"]

_VALUE_WIDTH = 80
_MOST_LINES = 200
_ENOUGH = 40  # elements, which are more than fit the width


def describe(message: Message) -> str:
    """Draw a message as indented text under its type's name.

    >>> from flyteidl.core import types_pb2
    >>> print(describe(types_pb2.LiteralType(simple="INTEGER")))
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
