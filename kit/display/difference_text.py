"""The two values of a change as lines: those that go with ``-``, those that come ``+``.

Texts of several lines are compared line by line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flyteidl.core.interface_pb2 import Variable
from flyteidl.core.types_pb2 import LiteralType

from kit.difference.as_json import value_json
from kit.difference.change import Change
from kit.display.escape import shorten
from kit.display.line_diff import Block, blocks_of, marked_lines
from kit.display.literal_type import type_name

__all__ = ["change_lines"]

_MOST_LINES = 40
_LONGEST = 400

_JSON_PLACES = ("custom", "k8s_pod")
_ONE_VALUE = {
    "flyteidl.core.KeyValuePair": "value",
    "flyteidl.core.Resources.ResourceEntry": "value",
    "flyteidl.core.RetryStrategy": "retries",
}


def change_lines(change: Change) -> str:
    """Return what changes as the lines of a diff, within bounds."""
    lines = marked_lines(_blocks(change), _MOST_LINES)
    return "\n".join(shorten(line, _LONGEST) for line in lines)


def _blocks(change: Change) -> Iterator[Block]:
    before, after = change.before, change.after
    if _is_long(before) and _is_long(after):
        found = list(blocks_of(before.splitlines(), after.splitlines()))
        other_ends = Block(old=["(other line ends)"], new=["(other line ends)"])
        is_told = any(block.old or block.new for block in found)
        yield from found if is_told else [other_ends]
    else:
        old = [] if change.kind == "added" else _lines(change, before)
        new = [] if change.kind == "removed" else _lines(change, after)
        yield Block(old=old, new=new)


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value


def _lines(change: Change, value: Any) -> list[str]:
    return _text(change, value).splitlines() or [""]


def _text(change: Change, value: Any) -> str:
    other = change.before if value is change.after else change.after
    text = _readable(change, value)
    if other is not None and text == _readable(change, other):
        return _as_json(value)  # a name that hides what differs
    return text


def _readable(change: Change, value: Any) -> str:
    if isinstance(value, str):
        quoted = change.steps[:1] and change.steps[0] in _JSON_PLACES
        plain = _is_long(value) or (not quoted and value.strip() == value != "")
        return value if plain else _as_json(value)
    if isinstance(value, LiteralType):
        return type_name(value)
    if isinstance(value, Variable):
        return type_name(value.type)
    if change.kind == "reordered":
        return ", ".join(map(str, value))
    kind = value.DESCRIPTOR.full_name if hasattr(value, "DESCRIPTOR") else ""
    if kind in _ONE_VALUE:
        return str(getattr(value, _ONE_VALUE[kind]))
    return _as_json(value)


def _as_json(value: Any) -> str:
    return json.dumps(value_json(value), ensure_ascii=False)
