"""Values of tasks as JSON has them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from kit.definition.parse_time import write_timedelta
from kit.types import FlyteDirectory, FlyteFile, StructuredDataset

__all__ = ["as_text", "to_json"]


def to_json(value: Any) -> Any:
    """Make what ``json.dumps`` writes from a value of a task.

    Times are ISO 8601, durations seconds, enums their values, files and folders their
    paths, datasets their URIs; NaN and infinities, and values JSON has no form for, are
    text.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value.value if isinstance(value, enum.Enum) else value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_json(item) for item in value]
    return _object(value)


def as_text(value: Any) -> str:
    """Write a value as one would type it: text and times so, all else as JSON."""
    if isinstance(value, dt.timedelta):
        return write_timedelta(value)
    plain = to_json(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _object(value: Any) -> Any:
    for kinds, write in _WRITERS:
        if isinstance(value, kinds):
            return write(value)
    if hasattr(value, "model_dump"):
        return to_json(value.model_dump(mode="json"))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: to_json(getattr(value, field.name)) for field in fields}
    return repr(value)


_WRITERS: tuple[tuple[tuple[type, ...], Callable[[Any], Any]], ...] = (
    ((enum.Enum,), lambda value: to_json(value.value)),
    ((dt.datetime, dt.date), lambda value: value.isoformat()),
    ((dt.timedelta,), lambda value: value.total_seconds()),
    ((FlyteFile, FlyteDirectory), lambda value: str(value.path)),
    ((StructuredDataset,), lambda value: value.uri),
)
