"""Values of tasks from JSON and to JSON, by their declared types.

mashumaro is no reader for this: it makes an int of ``"5"`` and of ``1.5``, and says of
an error in a list neither where it is nor what was expected.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import enum
import json
import math
import os
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kit.annotations import type_hints
from kit.definition.times import (
    parse_date,
    parse_datetime,
    parse_timedelta,
    write_timedelta,
)
from kit.errors import ConversionError, GuessError, UnsupportedTypeError, nearest
from kit.types import FlyteDirectory, FlyteFile, StructuredDataset, default_engine
from kit.types.annotated import underlying

_NOT_FINITE = ("nan", "inf", "-inf")
_UNIONS = (typing.Union, types.UnionType)
_TEXTS: dict[Any, Callable[[str], Any]] = {
    dt.datetime: parse_datetime,
    dt.date: parse_date,
    dt.timedelta: parse_timedelta,
}


def from_json(value: Any, python_type: Any) -> Any:
    """Make a value of a type from what ``json.loads`` gave.

    Args:
        value: None, bool, int, float, str, list or dict.
        python_type: The declared type.

    Raises:
        ConversionError: The value is not of that type; the path says where in it.
    """
    python_type = underlying(python_type)
    for belongs, read in _READERS:
        if belongs(python_type):
            return read(value, python_type)
    return _from_wire(value, python_type)


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


def union_members(python_type: Any) -> tuple[Any, ...]:
    """Return the members of a union, nothing for any other type."""
    if typing.get_origin(python_type) in _UNIONS:
        return tuple(map(underlying, typing.get_args(python_type)))
    return ()


def _as_it_is(value: Any, _python_type: Any) -> Any:
    return value


def _nothing(value: Any, _python_type: Any) -> None:
    _exactly(value, type(None))


def _path(value: Any, python_type: Any) -> Any:
    make = Path if python_type is os.PathLike else python_type
    return make(_exactly(value, str))


def _exactly(value: Any, python_type: type) -> Any:
    if python_type is float and type(value) is int:
        return float(value)
    if python_type is float and value in _NOT_FINITE:
        return float(value)
    if type(value) is not python_type:
        raise _unfit(value, python_type)
    return value


def _unfit(value: Any, python_type: Any) -> ConversionError:
    name = getattr(python_type, "__name__", str(python_type))
    return ConversionError(f"{value!r:.100} is no {name}.")


def _one_of(value: Any, python_type: Any) -> Any:
    members = union_members(python_type)
    for member in members:
        try:
            return from_json(value, member)
        except ConversionError:  # noqa: PERF203 - the next member is tried
            continue
    names = " or ".join(getattr(m, "__name__", str(m)) for m in members)
    msg = f"{value!r:.100} is none of {names}."
    raise ConversionError(msg)


def _choice(value: Any, python_type: Any) -> Any:
    choices = typing.get_args(python_type)
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice
    msg = f"{value!r:.100} is none of {', '.join(map(repr, choices))}."
    raise ConversionError(msg)


def _enum(value: Any, python_type: type[enum.Enum]) -> enum.Enum:
    try:
        return python_type(value)
    except ValueError as error:
        choices = ", ".join(repr(member.value) for member in python_type)
        msg = f"{value!r:.100} is none of {choices}."
        raise ConversionError(msg) from error


def _duration(value: Any, python_type: Any) -> Any:
    if type(value) in (int, float):
        with contextlib.suppress(ValueError, OverflowError):  # it is not finite
            return dt.timedelta(seconds=value)
    return _from_text(value, python_type)


def _from_text(value: Any, python_type: Any) -> Any:
    try:
        return _TEXTS[python_type](_exactly(value, str))
    except ValueError as error:
        if isinstance(error, ConversionError):
            raise
        raise ConversionError(str(error)) from error


def _list(value: Any, python_type: Any) -> list[Any]:
    element = typing.get_args(python_type)[0]
    elements = _exactly(value, list)
    return [_inside(index, item, element) for index, item in enumerate(elements)]


def _dict(value: Any, python_type: Any) -> dict[str, Any]:
    element = typing.get_args(python_type)[1]
    entries = _exactly(value, dict)
    return {key: _inside(key, item, element) for key, item in entries.items()}


def _dataclass(value: Any, python_type: Any) -> Any:
    entries = _exactly(value, dict)
    known = [field.name for field in dataclasses.fields(python_type) if field.init]
    for key in entries:
        if key not in known:
            msg = f"{python_type.__name__} has no field {key!r}."
            raise ConversionError(msg + nearest(key, known))
    hints = type_hints(python_type)
    arguments = {key: _inside(key, entries[key], hints[key]) for key in entries}
    try:
        return python_type(**arguments)
    except TypeError as error:
        msg = f"No {python_type.__name__} can be made of {value!r:.100}: {error}."
        raise ConversionError(msg) from error


def _validated(value: Any, python_type: Any) -> Any:
    try:
        return python_type.model_validate(value)
    except ValueError as error:
        msg = f"{value!r:.100} does not fit {python_type.__name__}: {error}"
        raise ConversionError(msg) from error


def _inside(step: str | int, value: Any, python_type: Any) -> Any:
    try:
        return from_json(value, python_type)
    except ConversionError as error:
        raise error.below(step) from None


def _tuple(value: Any, python_type: Any) -> tuple[Any, ...]:
    elements = _exactly(value, list)
    arguments = typing.get_args(python_type)
    if len(arguments) == 2 and arguments[1] is ...:  # noqa: PLR2004 - type and dots
        arguments = arguments[:1] * len(elements)
    if len(arguments) != len(elements):
        msg = f"{value!r:.100} has {len(elements)} elements, not {len(arguments)}."
        raise ConversionError(msg)
    pairs = enumerate(zip(elements, arguments, strict=True))
    return tuple(_inside(index, item, kind) for index, (item, kind) in pairs)


def _named_tuple(value: Any, python_type: Any) -> Any:
    hints = type_hints(python_type)
    kinds = tuple(hints.get(name, Any) for name in python_type._fields)
    return python_type(*_tuple(value, tuple[kinds]))  # type: ignore[valid-type]


def _from_wire(value: Any, python_type: Any) -> Any:
    """Read a value as what its type is to an executor, and let the engine convert it.

    A data frame, say, is read from where a dataset is stored.
    """
    try:
        guessed = default_engine.guess_type(default_engine.literal_type(python_type))
    except (UnsupportedTypeError, GuessError):
        raise _unfit(value, python_type) from None
    if guessed == python_type:
        raise _unfit(value, python_type)
    literal = default_engine.to_literal(from_json(value, guessed), guessed)
    return default_engine.to_python(literal, python_type)


def _is_path(python_type: Any) -> bool:
    return isinstance(python_type, type) and issubclass(
        python_type, (FlyteFile, FlyteDirectory, os.PathLike)
    )


def _has_origin(*origins: Any) -> Callable[[Any], bool]:
    return lambda python_type: typing.get_origin(python_type) in origins


def _is_enum(python_type: Any) -> bool:
    return isinstance(python_type, type) and issubclass(python_type, enum.Enum)


_READERS: tuple[tuple[Callable[[Any], bool], Callable[[Any, Any], Any]], ...] = (
    (_has_origin(*_UNIONS), _one_of),
    (_has_origin(typing.Literal), _choice),
    (_has_origin(list), _list),
    (_has_origin(dict), _dict),
    (_has_origin(tuple), _tuple),
    (lambda kind: hasattr(kind, "_fields"), _named_tuple),
    (lambda kind: kind in (Any, dict, list), _as_it_is),
    (lambda kind: kind in (None, type(None)), _nothing),
    (_is_path, _path),  # before dataclasses: FlyteFile may be one
    (dataclasses.is_dataclass, _dataclass),
    (lambda kind: hasattr(kind, "model_validate"), _validated),
    (_is_enum, _enum),
    (lambda kind: kind is dt.timedelta, _duration),  # seconds, or text
    (lambda kind: kind in _TEXTS, _from_text),
    (lambda kind: kind in (int, float, str, bool), _exactly),
)
"""Which types are read how; the first that fits counts."""


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
