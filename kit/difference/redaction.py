"""Values that are not shown, because of the name that they have."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from kit.definition.security import looks_secret
from kit.difference.edits import Steps, json_of_struct
from kit.messages import parts_of
from kit.template.custom import fill_struct

HIDDEN = "(hidden)"
"""What is shown in place of a secret value."""

_PAIR = "value"
"""The field, and the key in a pod's JSON, whose name is next to it."""


def without_secrets(steps: Steps, value: Any) -> Any:
    """Return a value of an edit at these steps with hidden texts in place of secrets.

    >>> without_secrets(("container", "env", "DB_PASSWORD", "value"), "x")
    '(hidden)'
    >>> without_secrets(("custom", "db"), {"user": "ann", "password": "x"})
    {'user': 'ann', 'password': '(hidden)'}
    """
    names = [step for step in steps if isinstance(step, str)]
    own = names[-2:-1] if names[-1:] == [_PAIR] else names[-1:]
    return _hide(value, own[0] if own else "")


def _hide(value: Any, name: str) -> Any:
    if isinstance(value, str | bytes):
        return HIDDEN if value and looks_secret(name) else value
    if isinstance(value, list):
        return [_hide(item, name) for item in value]
    if isinstance(value, dict):
        named = str(value.get("name", _PAIR))
        return {
            key: _hide(item, named if key == _PAIR else key)
            for key, item in value.items()
        }
    return _hide_in_message(value) if isinstance(value, Message) else value


def _hide_in_message(message: Any) -> Any:
    """Return a copy; only variables, maps of texts and Structs can hold secrets."""
    copy = type(message)()
    copy.CopyFrom(message)
    _clean(copy)
    return copy


def _clean(message: Any) -> None:
    kind = message.DESCRIPTOR.full_name
    if kind == "google.protobuf.Struct":
        shown = _hide(json_of_struct(message), "")
        message.Clear()
        fill_struct(message, shown)
    elif kind == "flyteidl.core.KeyValuePair":
        message.value = _hide(message.value, message.key)
    else:
        for part in list(parts_of(message)):
            if isinstance(part.value, Message):
                _clean(part.value)
            elif isinstance(part.key, str) and isinstance(part.value, str):
                field = getattr(message, part.name)
                field[part.key] = _hide(part.value, part.key)
