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
import sys
import typing
import uuid
from collections.abc import Callable, Iterator, Mapping
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


def exact_check(python_type: Any, fields_of: FieldsOf) -> Check:
    """Make what says that a value is of exactly the declared type, at every depth.

    Such a value needs no other check. It says no in all doubtful cases: unions, named
    tuples, classes with methods for their reading or writing.  As mashumaro does, it is
    written as one expression, which takes a fraction of the time of nested calls.
    """
    expression = _Expression(fields_of)
    text = expression.of(python_type, "value")
    made: Check = eval(f"lambda value: {text}", expression.names)  # noqa: S307 - of names made here
    return made


class _Expression:
    """The text of a check, and the objects that it names."""

    def __init__(self, fields_of: FieldsOf) -> None:
        self.names: dict[str, Any] = {}
        self._fields_of = fields_of
        self._count = 0

    def of(self, python_type: Any, value: str) -> str:
        """Write the check of a value, which is an expression itself."""
        bare = underlying(python_type)
        if bare is None or bare is type(None):
            return f"{value} is None"
        if is_flyte_class(bare):
            return "True"
        if is_class(bare):
            return self._of_class(bare, value)
        return self._of_container(bare, value)

    def _of_class(self, bare: Any, value: str) -> str:
        is_type = f"type({value}) is {self._name(bare)}"
        if bare in _EXACT or issubclass(bare, enum.Enum):
            return is_type
        types = self._fields_of(bare)
        if types is None or not _is_plain(bare):
            return "False"
        fields = zip(dataclasses.fields(bare), types, strict=True)
        parts = [self.of(kind, f"{value}.{field.name}") for field, kind in fields]
        return " and ".join([is_type, *(f"({part})" for part in parts)])

    def _of_container(self, bare: Any, value: str) -> str:
        origin, arguments = typing.get_origin(bare), typing.get_args(bare)
        if origin is list:
            return f"type({value}) is list and {self._all(arguments[0], value)}"
        if origin is dict:
            keys = self._all(arguments[0], value)
            items = self._all(arguments[1], f"{value}.values()")
            return f"type({value}) is dict and {keys} and {items}"
        if is_union(bare) and len(arguments) == 2 and type(None) in arguments:  # noqa: PLR2004 - Optional
            inner = next(part for part in arguments if part is not type(None))
            return f"({value} is None or ({self.of(inner, value)}))"
        return "False"

    def _all(self, python_type: Any, values: str) -> str:
        bare = underlying(python_type)
        if is_class(bare) and bare in _EXACT:
            return f"set(map(type, {values})) <= {self._name(frozenset({bare}))}"
        item = self._name(None)
        return f"all([{self.of(python_type, item)} for {item} in {values}])"

    def _name(self, named: Any) -> str:
        self._count += 1
        name = f"name_{self._count}"
        self.names[name] = named
        return name


def _is_plain(bare: Any) -> bool:
    """Say whether a dataclass is what its fields are, and nothing more."""
    own = ("__post_init__", "__pre_serialize__", "__post_serialize__", "Config")
    if any(hasattr(bare, name) for name in own):
        return False
    return all(field.init and not field.metadata for field in dataclasses.fields(bare))


def difference(value: Any, back: Any) -> Where | None:
    """Return where a value differs from what is read back; ``None`` if nowhere."""
    return next(differences(value, back), None)


def differences(value: Any, back: Any, path: Where = ()) -> Iterator[Where]:
    """Yield the places where a value differs from what is read back."""
    if value is back or is_flyte_class(type(back)):  # which is read as another object
        return
    inside = next((pairs for kind, pairs in _INSIDE if kind(value)), None)
    if inside is None:
        if not _is_same(value, back):
            yield path
        return
    for step, ours, theirs in inside(value, back):
        below = (*path, *step)
        if theirs is _DIFFERS:
            yield below
        else:
            yield from differences(ours, theirs, below)


_DIFFERS = object()
"""In place of a part that is not there, or has another form."""

_Pairs = Iterator[tuple[Where, Any, Any]]


def _mapping_pairs(value: Any, back: Any) -> _Pairs:
    if not isinstance(back, Mapping) or list(value) != list(back):
        yield (), value, _DIFFERS
        return
    for key in value:
        yield (_step(key),), value[key], back[key]


def _sequence_pairs(value: Any, back: Any) -> _Pairs:
    if not isinstance(back, (list, tuple)) or len(value) != len(back):
        yield (), value, _DIFFERS
        return
    for position, item in enumerate(value):
        yield (position,), item, back[position]


def _step(key: Any) -> str | int:
    return key if isinstance(key, int) else str(key)


def _is_dataclass(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _field_pairs(value: Any, back: Any) -> _Pairs:
    if not _is_dataclass(back):
        yield (), value, _DIFFERS
        return
    for field in dataclasses.fields(value):
        name, item = field.name, getattr(value, field.name)
        if hasattr(back, name):
            yield (name,), item, getattr(back, name)
        elif not _is_default(item, field):
            yield (), value, _DIFFERS  # a field of a subclass, which is not declared


def is_model(python_type: Any) -> bool:
    """Say whether a type is a pydantic model, without loading pydantic."""
    pydantic = sys.modules.get("pydantic")
    return (
        pydantic is not None
        and is_class(python_type)
        and issubclass(python_type, pydantic.BaseModel)
    )


def _model_pairs(value: Any, back: Any) -> _Pairs:
    if not is_model(type(back)):
        yield (), value, _DIFFERS
        return
    fields = type(value).model_fields
    extra, private = value.__pydantic_extra__, value.__pydantic_private__
    parts = {name: getattr(value, name) for name in fields if hasattr(value, name)}
    for name, item in {**parts, **(extra or {}), **(private or {})}.items():
        if hasattr(back, name):
            yield (name,), item, getattr(back, name)
        elif name not in fields or not is_default_of_model(item, fields[name]):
            yield (name,), item, _DIFFERS


def is_default_of_model(item: Any, field: Any) -> bool:
    """Say whether a value is what a field of a pydantic model has by default."""
    return _is_same(field.get_default(call_default_factory=True), item)


_INSIDE: tuple[tuple[Check, Callable[[Any, Any], _Pairs]], ...] = (
    (_is_dataclass, _field_pairs),
    (lambda value: is_model(type(value)), _model_pairs),
    (lambda value: isinstance(value, Mapping), _mapping_pairs),
    (lambda value: isinstance(value, (list, tuple)), _sequence_pairs),
)
"""What has parts, and what gives them with their counterparts."""


def _is_default(item: Any, field: Any) -> bool:
    if field.default_factory is not dataclasses.MISSING:
        return bool(item == field.default_factory())
    return bool(item == field.default)


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
