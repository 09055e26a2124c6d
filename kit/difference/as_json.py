"""A difference as JSON."""

from __future__ import annotations

import base64
import dataclasses
import math
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message

if TYPE_CHECKING:
    from kit.difference.change import Change
    from kit.difference.difference import Difference

__all__ = ["difference_json", "value_json"]


def difference_json(difference: Difference) -> dict[str, Any]:
    """Return a difference as what ``json.dumps`` writes, the same every time."""
    return {
        "task": difference.name,
        "old": difference.old,
        "new": difference.new,
        "different": bool(difference),
        "impacts": [impact.value for impact in difference.impacts],
        "cache": {
            "cached": difference.cached,
            "missed_by": list(difference.cache_parts),
            "takes_old_results": difference.takes_old_results,
        },
        "verdict": dataclasses.asdict(difference.verdict),
        "changes": list(map(_change, difference.changes)),
    }


def value_json(value: Any) -> Any:
    """Return a value of a change: messages as protobuf's JSON, bytes in base64."""
    if isinstance(value, Message):
        return _message(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict):
        return {key: value_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [value_json(item) for item in value]
    return value


def _number(value: float) -> int | float | str:
    """Return a whole number without a point, as protobuf's JSON has it."""
    if not math.isfinite(value):
        return repr(value)
    is_plain = value.is_integer() and (value or math.copysign(1, value) > 0)
    return int(value) if is_plain else value


def _change(change: Change) -> dict[str, Any]:
    return {
        "path": change.path,
        "kind": change.kind,
        "before": value_json(change.before),
        "after": value_json(change.after),
        "impacts": [impact.value for impact in change.impacts],
        "why": change.why,
        "cache_part": change.cache_part or None,
    }


def _message(message: Message) -> Any:
    """Return a message as JSON; as its text if it has numbers that JSON lacks."""
    from google.protobuf import json_format

    try:
        return json_format.MessageToDict(message, preserving_proto_field_name=True)
    except json_format.SerializeToJsonError:
        return str(message)
