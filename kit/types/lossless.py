"""Values that would not be read back as they were written.

mashumaro writes what it is given without asking whether it is what a field declares:
``"abc"`` in a field ``list[str]`` becomes three letters, and a value of a union may be
written as another member of it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import typing
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kit.types.annotated import is_class, underlying
from kit.types.codecs import FieldsOf, is_flyte_class
from kit.types.unions import is_union, variants_of

Where = tuple[str | int, ...]
Check = Callable[[Any], bool]

_EXACT = {
    *(int, float, str, bool, type(None), bytes, decimal.Decimal, uuid.UUID, Path),
    *(dt.datetime, dt.date, dt.time, dt.timedelta),
}
"""Types whose values are read back as they were, if they are of exactly that type."""

_MISSING: Any = object()


def exact_check(python_type: Any, fields_of: FieldsOf) -> Check:
    """Make what says that a value is of exactly the declared type, at every depth.

    Such a value needs no other check. It is quick, and says no in all doubtful cases:
    unions, named tuples, classes with methods for their reading or writing.
    """
    bare = underlying(python_type)
    if bare is None:
        bare = type(None)
    if is_flyte_class(bare):
        return lambda _value: True
    if is_class(bare):
        return _class_check(bare, fields_of)
    parts = [exact_check(part, fields_of) for part in typing.get_args(bare)]
    return _container_check(bare, parts)


def _container_check(bare: Any, parts: list[Check]) -> Check:
    origin = typing.get_origin(bare)
    if origin is list:
        return lambda value: type(value) is list and all(map(parts[0], value))
    if origin is dict:
        key, item = parts
        return lambda value: (
            type(value) is dict
            and all(map(key, value))
            and all(map(item, value.values()))
        )
    if is_union(bare) and len(parts) == 2 and type(None) in variants_of(bare):  # noqa: PLR2004 - Optional
        return lambda value: any(part(value) for part in parts)
    return _never


def _never(_value: Any) -> bool:
    return False


def _class_check(bare: type, fields_of: FieldsOf) -> Check:
    if bare in _EXACT or issubclass(bare, enum.Enum):
        return lambda value: type(value) is bare
    types = fields_of(bare)
    if types is None or not _is_plain(bare):
        return _never
    fields = dataclasses.fields(bare)  # type: ignore[arg-type] # it has types of fields
    checks = [
        (field.name, exact_check(python_type, fields_of))
        for field, python_type in zip(fields, types, strict=True)
    ]

    def check(value: Any) -> bool:
        return type(value) is bare and all(
            part(getattr(value, name, _MISSING)) for name, part in checks
        )

    return check


def _is_plain(bare: Any) -> bool:
    """Say whether a dataclass is what its fields are, and nothing more."""
    own = ("__post_init__", "__pre_serialize__", "__post_serialize__", "Config")
    if any(hasattr(bare, name) for name in own):
        return False
    return all(field.init and not field.metadata for field in dataclasses.fields(bare))


def difference(value: Any, back: Any, path: Where = ()) -> Where | None:
    """Return where a value differs from what is read back; ``None`` if nowhere."""
    if value is back or is_flyte_class(type(back)):  # which is read as another object
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields_difference(value, back, path)
    if isinstance(value, Mapping):
        same = isinstance(back, Mapping) and list(value) == list(back)
        pairs = ((_step(key), value[key], back[key]) for key in value)
        return _first_difference(pairs, path) if same else path
    if isinstance(value, (list, tuple)):
        same = isinstance(back, (list, tuple)) and len(value) == len(back)
        pairs = ((n, item, back[n]) for n, item in enumerate(value))
        return _first_difference(pairs, path) if same else path
    return None if _is_same(value, back) else path


def _step(key: Any) -> str | int:
    return key if isinstance(key, int) else str(key)


def _fields_difference(value: Any, back: Any, path: Where) -> Where | None:
    names = []
    for field in dataclasses.fields(value):
        if hasattr(back, field.name):
            names.append(field.name)
        elif not _is_default(getattr(value, field.name), field):
            return path  # a field of a subclass, which is not declared
    pairs = ((name, getattr(value, name), getattr(back, name)) for name in names)
    return _first_difference(pairs, path)


def _is_default(item: Any, field: Any) -> bool:
    if field.default_factory is not dataclasses.MISSING:
        return bool(item == field.default_factory())
    return bool(item == field.default)


def _first_difference(pairs: Any, path: Where) -> Where | None:
    found = (difference(ours, theirs, (*path, step)) for step, ours, theirs in pairs)
    return next((where for where in found if where is not None), None)


def _is_same(value: Any, back: Any) -> bool:
    compares: Any = type(value).__eq__
    if compares is object.__eq__:  # nothing says what is equal
        return type(value) is type(back)
    try:
        return bool(value == back) or (value != value and back != back)  # noqa: PLR0124 - NaN
    except Exception:  # noqa: BLE001 - arrays, for example, have no single answer
        return type(value) is type(back)


def part_of(value: Any, python_type: Any, path: Where, fields_of: FieldsOf) -> Any:
    """Return the part of a value at a path, and its declared type if it has one."""
    declared = python_type
    for step in path:
        value, declared = _inside(value, declared, step, fields_of)
    return value, declared


def _inside(
    value: Any, declared: Any, step: str | int, fields_of: FieldsOf
) -> tuple[Any, Any]:
    bare = underlying(declared)
    if is_union(bare):
        inner = [v for v in variants_of(bare) if v is not type(None)]
        bare = inner[0] if len(inner) == 1 else None
    if dataclasses.is_dataclass(value) and isinstance(step, str):
        names = [field.name for field in dataclasses.fields(value)]
        types = fields_of(bare)
        known = dict(zip(names, types, strict=False)) if types is not None else {}
        return getattr(value, step, None), known.get(step)
    arguments = typing.get_args(bare)
    part = arguments[-1] if arguments else None
    try:
        return value[step], part
    except (LookupError, TypeError):
        return None, part
