"""The edits between two Structs, as the JSON they stand for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct, Value

from kit.difference.edit import Edit, Steps
from kit.difference.sequences import Items, compare_sequences

__all__ = ["compare_structs", "json_of_struct"]


def compare_structs(old: Struct, new: Struct, steps: Steps) -> Iterator[Edit]:
    """Yield the edits by JSON path.

    What JSON has no form for (a value of no kind, unknown fields) is one edit of the
    whole Struct, if nothing else differs.
    """
    found = False
    for edit in _compare(json_of_struct(old), json_of_struct(new), steps):
        found = True
        yield edit
    if not found and _bytes(old) != _bytes(new):
        yield Edit(steps, "changed", old, new)


def json_of_struct(struct: Struct) -> dict[str, Any]:
    """Read a Struct, also one with numbers that JSON lacks; keys are sorted."""
    return {key: _plain(value) for key, value in sorted(struct.fields.items())}


def _plain(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return json_of_struct(value.struct_value)
    if kind == "list_value":
        return [_plain(item) for item in value.list_value.values]
    return None if kind in (None, "null_value") else getattr(value, kind)


def _compare(old: Any, new: Any, steps: Steps) -> Iterator[Edit]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _compare_objects(old, new, steps)
    elif isinstance(old, list) and isinstance(new, list):
        yield from compare_sequences(old, new, steps, _ITEMS)
    elif _fingerprint(old) != _fingerprint(new):
        yield Edit(steps, "changed", old, new)


def _compare_objects(
    old: dict[str, Any], new: dict[str, Any], steps: Steps
) -> Iterator[Edit]:
    for key in sorted({*old, *new}):
        place = (*steps, key)
        if key not in new:
            yield Edit(place, "removed", old[key], None)
        elif key not in old:
            yield Edit(place, "added", None, new[key])
        else:
            yield from _compare(old[key], new[key], place)


def _fingerprint(value: Any) -> str:
    """Tell ``1.0`` from ``True`` and ``0.0`` from ``-0.0``, as the bytes do."""
    return json.dumps(value, sort_keys=True)


def _name(item: Any) -> str | None:
    """Return the name of an object in a list, as Kubernetes names containers."""
    name = item.get("name") if isinstance(item, dict) else None
    return name if isinstance(name, str) else None


def _bytes(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


_ITEMS = Items(descend=_compare, fingerprint=_fingerprint, name=_name)
