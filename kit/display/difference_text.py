"""The two values of a change as lines: those that go with ``-``, those that come ``+``.

Texts of several lines are compared line by line, as ``diff -u`` shows them.
"""

from __future__ import annotations

import difflib
import json
from typing import Any

from flyteidl.core.interface_pb2 import Variable
from flyteidl.core.types_pb2 import LiteralType

from kit.difference.as_json import value_json
from kit.difference.change import Change
from kit.display.escape import shorten
from kit.display.literal_type import type_name

__all__ = ["change_lines"]

_MOST_LINES = 40
_LONGEST = 400
_COMPARED = 20_000
"""Lines of a text; longer ones are not compared line by line."""

_JSON_PLACES = ("custom", "k8s_pod")
_ONE_VALUE = {
    "flyteidl.core.KeyValuePair": "value",
    "flyteidl.core.Resources.ResourceEntry": "value",
    "flyteidl.core.RetryStrategy": "retries",
}


def change_lines(change: Change) -> str:
    """Return what changes as the lines of a diff, within bounds."""
    before, after = change.before, change.after
    if _is_long(before) and _is_long(after):
        lines = _unified(before.splitlines(), after.splitlines())
    else:
        lines = [*_marked("-", change, before), *_marked("+", change, after)]
    if len(lines) > _MOST_LINES:
        more = len(lines) - _MOST_LINES
        lines = [*lines[:_MOST_LINES], f"… {more:,} more lines"]
    return "\n".join(shorten(line, _LONGEST) for line in lines)


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value


def _unified(before: list[str], after: list[str]) -> list[str]:
    if max(len(before), len(after)) > _COMPARED:
        return [f"- {len(before):,} lines", f"+ {len(after):,} lines"]
    lines = difflib.unified_diff(before, after, n=2, lineterm="")
    found = [line for line in lines if not line.startswith(("---", "+++"))]
    return found or ["- (other line ends)", "+ (other line ends)"]


def _marked(mark: str, change: Change, value: Any) -> list[str]:
    if change.kind == ("added" if mark == "-" else "removed"):
        return []
    return [f"{mark} {line}" for line in _text(change, value).splitlines() or [""]]


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
