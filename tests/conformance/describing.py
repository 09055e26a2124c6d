"""Types and values as the neutral JSON of the vectors.

A description says more than the vectors need, under every key a case may use, so that
:func:`covers` compares what the case says.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime as dt
import enum
import types
import typing
from typing import Any

from google.protobuf.message import Message


@dataclasses.dataclass(frozen=True)
class AnyOf:
    """One of several readings of a key."""

    readings: tuple[Any, ...]


def covers(expected: Any, described: Any) -> bool:
    """Tell whether everything that is expected is described so.

    Of a description, a dict with a ``kind``, a case may use some keys; other dicts are
    compared whole.  The fields of a dataclass and the items of a dict are compared by
    name: from the wire their order is that of a protobuf map, which is random.
    """
    if isinstance(described, AnyOf):
        return any(covers(expected, reading) for reading in described.readings)
    if isinstance(expected, dict):
        if not isinstance(described, dict):
            return False
        if "kind" not in expected and expected.keys() != described.keys():
            return False
        return all(
            key in described
            and covers(_by_name(expected, value), _by_name(expected, described[key]))
            for key, value in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(described, list)
            and len(expected) == len(described)
            and all(map(covers, expected, described))
        )
    return type(expected) is type(described) and bool(expected == described)


def _by_name(expected: dict[str, Any], part: Any) -> Any:
    """Sort the fields of a dataclass and the items of a dict."""
    named = expected.get("kind") in {"dataclass", "dict"} and isinstance(part, list)
    return sorted(part, key=_name_of) if named else part


def _name_of(pair: list[Any]) -> str:
    """Return the name of a field, or the text of a described key."""
    name = pair[0]
    return str(name.get("value", name.get("repr"))) if isinstance(name, dict) else name


def python_type(guessed: Any) -> Any:  # noqa: PLR0911 - one per kind
    """Describe a type that was guessed from a literal type."""
    origin, arguments = typing.get_origin(guessed), typing.get_args(guessed)
    if guessed is None or guessed is type(None):
        return {"kind": "none"}
    if origin is typing.Annotated:
        return python_type(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return {"kind": "union", "variants": [python_type(one) for one in arguments]}
    if origin is list:
        return {"kind": "list", "of": python_type(arguments[0])}
    if origin is dict:
        key, value = map(python_type, arguments)
        return {"kind": "dict", "key": key, "value": value, "of": value}
    if guessed is dict:
        return {"kind": "untyped_dict"}
    return _class(guessed) if isinstance(guessed, type) else {"kind": str(guessed)}


def _class(guessed: type) -> dict[str, Any]:
    for name, more in _FLYTE_TYPES.items():
        if any(base.__name__ == name for base in guessed.__mro__):
            return {"kind": name} | more(guessed)
    if issubclass(guessed, enum.Enum):
        members = [[member.name, member.value] for member in guessed]
        return {"kind": "enum", "name": guessed.__name__, "members": members}
    if dataclasses.is_dataclass(guessed):
        hints = typing.get_type_hints(guessed, include_extras=True)
        names = sorted(entry.name for entry in dataclasses.fields(guessed))
        fields = [[name, python_type(hints[name])] for name in names]
        return {"kind": "dataclass", "name": guessed.__name__, "fields": fields}
    if issubclass(guessed, Message):
        full = AnyOf((guessed.DESCRIPTOR.full_name, guessed.__name__, _name(guessed)))
        return {"kind": AnyOf(("protobuf", "proto", "message")), "name": full}
    return {"kind": "simple", "name": _name(guessed)}


def _name(named: type) -> str:
    module = named.__module__
    return named.__name__ if module == "builtins" else f"{module}.{named.__name__}"


def _format(blob: Any) -> dict[str, Any]:
    return {"format": blob.extension()}


def _columns(schema: Any) -> dict[str, Any]:
    columns = schema.columns() if callable(schema.columns) else schema.columns
    return {"columns": [[name, _name(kind)] for name, kind in columns.items()]}


_FLYTE_TYPES: dict[str, Any] = {
    "FlytePickle": lambda _: {},
    "FlyteError": lambda _: {},
    "FlyteFile": _format,
    "FlyteDirectory": _format,
    "StructuredDataset": lambda _: {},
    "FlyteSchema": _columns,
}


def value(described: Any) -> Any:  # noqa: PLR0911 - one per kind
    """Describe a Python value."""
    if described is None:
        return {"kind": "none"}
    for base in type(described).__mro__:
        if base.__name__ in _FLYTE_TYPES:
            return {"kind": base.__name__} | _flyte_value(described)
    if isinstance(described, enum.Enum):
        return _enum_member(described)
    kind = type(described).__name__
    for types_, describe in _VALUES:
        if isinstance(described, types_):
            return {"kind": kind} | describe(described)
    if dataclasses.is_dataclass(described):
        names = [entry.name for entry in dataclasses.fields(described)]
        return {"kind": "dataclass", "name": kind} | _fields(described, names)
    if hasattr(type(described), "model_fields"):
        names = list(type(described).model_fields)
        kinds = AnyOf(("pydantic", "model", "pydantic_model", kind))
        return {"kind": kinds, "name": kind, "type": kind} | _fields(described, names)
    return {"kind": kind, "repr": repr(described), "type": kind, "str": str(described)}


def _enum_member(member: enum.Enum) -> dict[str, Any]:
    own = type(member).__name__
    names = {"member": member.name, "name": member.name, "type": own}
    return {"kind": "enum", "value": member.value} | names


def _fields(holder: Any, names: collections.abc.Iterable[str]) -> dict[str, Any]:
    return {"fields": [[name, value(getattr(holder, name))] for name in names]}


def _sequence(described: Any) -> dict[str, Any]:
    items = {"items": [value(element) for element in described]}
    if not hasattr(described, "_fields"):
        return items
    named = {"kind": "namedtuple", "name": type(described).__name__}
    return items | named | _fields(described, described._fields)


def _mapping(described: Any) -> dict[str, Any]:
    pairs = [[value(key), value(entry)] for key, entry in described.items()]
    return {"kind": "dict", "items": pairs}


def _duration(described: dt.timedelta) -> dict[str, Any]:
    total = described.total_seconds()
    seconds = AnyOf((total, described.seconds, int(total), repr(total)))
    parts = {"days": described.days, "microseconds": described.microseconds}
    return {"seconds": seconds, "total_seconds": seconds, "value": seconds} | parts


def _flyte_value(described: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if hasattr(described, "extension"):
        found["format"] = described.extension()
    for name in ("remote_source", "uri", "file_format"):
        if hasattr(described, name):
            text = getattr(described, name)
            found[name] = None if text is None else str(text)
    if "uri" in found:  # flytekit's own is None for a table that it read
        literal = getattr(described, "literal", None)
        found["uri"] = AnyOf((getattr(literal, "uri", found["uri"]), None))
    return found


_VALUES: tuple[tuple[Any, Any], ...] = (
    ((bool, int, str), lambda plain: {"value": plain}),
    (float, lambda number: {"repr": repr(number)}),
    (dt.datetime, lambda moment: {"iso": moment.isoformat()}),
    (dt.date, lambda day: {"iso": day.isoformat()}),
    (dt.timedelta, _duration),
    (dict, _mapping),
    ((list, tuple), _sequence),
    ((set, frozenset, bytes), lambda held: {"repr": repr(held)}),
)
