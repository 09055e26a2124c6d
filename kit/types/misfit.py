"""Where in a struct the value is that cannot be written; mashumaro does not say."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from typing import Any

from kit.types.codecs import Convert, writer
from kit.types.recursion import FieldsOf

__all__ = ["misfit_path"]

_Path = tuple[str | int, ...]


def misfit_path(value: Any, python_type: Any, fields_of: FieldsOf) -> _Path:
    """Find the innermost value that cannot be written.

    Args:
        value: What could not be written.
        python_type: What it was declared as.
        fields_of: Tells the types of a dataclass's fields.

    Returns:
        The names of fields, positions and keys that lead there.
    """
    writers: dict[int, Convert] = {}
    for step, item, declared in _inside(value, python_type, fields_of):
        if id(declared) not in writers:
            writers[id(declared)] = writer(declared)
        if not _is_written(item, writers[id(declared)]):
            return step, *misfit_path(item, declared, fields_of)
    return ()


def _inside(
    value: Any, python_type: Any, fields_of: FieldsOf
) -> Iterator[tuple[str | int, Any, Any]]:
    """Tell what is directly inside a value: where, what and declared as what."""
    fields = fields_of(python_type)
    origin, arguments = typing.get_origin(python_type), typing.get_args(python_type)
    if fields is not None and isinstance(value, python_type):
        for field, declared in zip(
            dataclasses.fields(python_type), fields, strict=True
        ):
            yield field.name, getattr(value, field.name), declared
    elif origin is list and isinstance(value, list):
        for position, item in enumerate(value):
            yield position, item, arguments[0]
    elif origin is dict and isinstance(value, dict):
        for key, item in value.items():
            yield key if isinstance(key, int) else str(key), item, arguments[1]


def _is_written(item: Any, write: Convert) -> bool:
    try:
        write(item)
    except Exception:  # noqa: BLE001 - which it is was told already; here it is found
        return False
    return True
