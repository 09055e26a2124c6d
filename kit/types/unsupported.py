"""Types that Flyte has no literal type for, and what to write in their place."""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import fractions
import numbers
import os
import types
import typing
import uuid
from collections import abc
from typing import Any

from kit.errors import UnsupportedTypeError
from kit.types.annotated import underlying

_OTHERWISE = (
    "Use a type it has (int, float, bool, str, datetime, timedelta, list[T], "
    "dict[str, T], T | None, an Enum, a dataclass or pydantic model, FlyteFile, "
    "FlyteDirectory, StructuredDataset …), write the value to a FlyteFile, or register "
    "a transformer: kit.types.default_engine.register(…)."
)

_INSTEAD: tuple[tuple[tuple[Any, ...], str], ...] = (
    ((Any, object), "Say which type it is, or use a dataclass or dict"),
    ((bytes, bytearray, memoryview), "Write bytes to a FlyteFile"),
    ((set, frozenset, abc.Set), "Use list[T]"),
    ((complex, fractions.Fraction), "Use a list of its two numbers"),
    ((decimal.Decimal,), "Use str, which keeps its digits, or float"),
    ((str,), "Use str"),
    ((dt.datetime, dt.date), "Use datetime"),
    ((dt.timedelta,), "Use timedelta"),
    ((numbers.Integral,), "Use int"),
    ((numbers.Real,), "Use float"),
    ((uuid.UUID, dt.time, dt.tzinfo), "Use its text: str"),
    ((os.PathLike,), "Use FlyteFile or FlyteDirectory"),
    ((dict, abc.Mapping), "Use dict[str, T], dict or a dataclass"),
    ((list, abc.Sequence), "Use list[T]"),
    ((abc.Iterable, abc.Generator), "Use list[T] or Iterator[T]"),
    ((abc.Callable, type), "Use a str that names it"),
)
_BY_IDENTITY = (Any, object, abc.Iterable, abc.Generator, abc.Callable, type)


def unsupported_type(python_type: Any) -> UnsupportedTypeError:
    """Make the error for a type that no transformer owns."""
    msg = f"Flyte has no literal type for {python_type!r}, and kit does not pickle."
    return UnsupportedTypeError(f"{msg} {_advice(underlying(python_type))}")


def _advice(python_type: Any) -> str:
    if isinstance(python_type, (str, typing.ForwardRef)):
        return f"It is text: write the type itself, {_name(python_type)}, unquoted."
    if isinstance(python_type, typing.TypeVar):
        return "Say which type it stands for."
    supertype = getattr(python_type, "__supertype__", None)
    if supertype is not None:
        return f"Use {supertype!r}, of which it is the NewType."
    origin = typing.get_origin(python_type) or python_type
    if not _is_type(origin):
        return f"It is a value, not a type: did you mean {type(python_type)!r}?"
    for types_, instead in _INSTEAD:
        if origin in types_ or _derives(origin, types_):
            return f"{instead}, or register a transformer."
    return _OTHERWISE


def _name(python_type: str | typing.ForwardRef) -> str:
    if isinstance(python_type, str):
        return python_type
    return python_type.__forward_arg__


def _is_type(origin: Any) -> bool:
    special = getattr(origin, "__module__", None) in ("typing", "typing_extensions")
    return isinstance(origin, (type, types.GenericAlias)) or special


def _derives(origin: Any, bases: tuple[Any, ...]) -> bool:
    classes = tuple(base for base in bases if base not in _BY_IDENTITY)
    with contextlib.suppress(TypeError):
        return bool(classes) and issubclass(origin, classes)
    return False
