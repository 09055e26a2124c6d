"""Keep what looks like a secret out of a diff.

Templates hold no secrets by design, yet people put them into variables, config and
custom.  A text whose name ends like that of a secret (``DB_PASSWORD``, ``apiKey``) is
compared but never kept, so that no face of a diff can show it.
"""

from __future__ import annotations

import re
from typing import Any

from google.protobuf.message import Message

from kit.difference.edit import Steps
from kit.difference.json_values import json_of_struct
from kit.template.custom import fill_struct

__all__ = ["HIDDEN", "without_secrets"]

HIDDEN = "(hidden)"
"""What stands for a value that is not shown."""

_SECRET = re.compile(
    r"(token|passw(or)?d|passphrase|secret|(api|access|private)[_-]?key|credentials?)$",
    re.IGNORECASE,
)
_PAIR = "value"
"""The field, and the key in a pod's JSON, whose name stands beside it."""


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
        return HIDDEN if value and _SECRET.search(name) else value
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
        for field, value in message.ListFields():
            _clean_field(message, field.name, value)


def _clean_field(message: Any, name: str, value: Any) -> None:
    if isinstance(value, Message):
        _clean(value)
    elif hasattr(value, "items"):
        for key, item in value.items():
            if isinstance(item, Message):
                _clean(item)
            elif isinstance(item, str):
                getattr(message, name)[key] = _hide(item, str(key))
    elif hasattr(value, "append"):
        for item in value:
            if isinstance(item, Message):
                _clean(item)
