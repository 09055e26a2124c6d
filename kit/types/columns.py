"""Columns of datasets and schemas: their Python types and Flyte's."""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from flyteidl.core import types_pb2

from kit.errors import (
    ConversionError,
    UnsupportedTypeError,
)
from kit.types.annotated import (
    is_class,
)

_Simple = types_pb2.SimpleType
_Column = types_pb2.SchemaType.SchemaColumn

_SIMPLE: dict[type, types_pb2.SimpleType] = {
    int: _Simple.INTEGER,
    float: _Simple.FLOAT,
    bool: _Simple.BOOLEAN,
    str: _Simple.STRING,
    dt.datetime: _Simple.DATETIME,
    dt.timedelta: _Simple.DURATION,
}
_NUMPY: dict[str, types_pb2.SimpleType] = {
    "int32": _Simple.INTEGER,
    "int64": _Simple.INTEGER,
    "uint32": _Simple.INTEGER,
    "uint64": _Simple.INTEGER,
    "float32": _Simple.FLOAT,
    "float64": _Simple.FLOAT,
    "bool": _Simple.BOOLEAN,
    "bool_": _Simple.BOOLEAN,  # its name before NumPy 2
    "datetime64": _Simple.DATETIME,
    "timedelta64": _Simple.DURATION,
    "bytes_": _Simple.STRING,
    "str_": _Simple.STRING,
    "object_": _Simple.STRING,
}
_SCHEMA_TYPES: dict[types_pb2.SimpleType, _Column.SchemaColumnType] = {
    _Simple.INTEGER: _Column.INTEGER,
    _Simple.FLOAT: _Column.FLOAT,
    _Simple.BOOLEAN: _Column.BOOLEAN,
    _Simple.STRING: _Column.STRING,
    _Simple.DATETIME: _Column.DATETIME,
    _Simple.DURATION: _Column.DURATION,
}
_KNOWN = "int, float, bool, str, datetime, timedelta and NumPy's own of these"


def dataset_columns(
    columns: Mapping[str, Any],
) -> list[types_pb2.StructuredDatasetType.DatasetColumn]:
    """Make the columns of a structured dataset's type.

    Args:
        columns: Their types by name.  Those inside a mapping or a dataclass become
            columns of dotted names.

    Raises:
        UnsupportedTypeError: A type that columns do not have.
    """
    made = []
    for name, python_type in _flat(columns, ""):
        column = types_pb2.StructuredDatasetType.DatasetColumn(name=name)
        column.literal_type.CopyFrom(_literal_type(python_type))
        made.append(column)
    return made


def _flat(columns: Mapping[str, Any], inside: str) -> Iterator[tuple[str, Any]]:
    for name, python_type in columns.items():
        dotted = f"{inside}.{name}" if inside else name
        if isinstance(python_type, Mapping):
            yield from _flat(python_type, dotted)
        elif is_class(python_type) and dataclasses.is_dataclass(python_type):
            yield from _flat(typing.get_type_hints(python_type), dotted)
        else:
            yield dotted, python_type


def _literal_type(python_type: Any) -> types_pb2.LiteralType:
    simple = _simple(python_type)
    if simple is not None:
        return types_pb2.LiteralType(simple=simple)
    origin, arguments = typing.get_origin(python_type), typing.get_args(python_type)
    if origin is list and arguments:
        return types_pb2.LiteralType(collection_type=_literal_type(arguments[0]))
    if origin is dict and arguments:
        return types_pb2.LiteralType(map_value_type=_literal_type(arguments[1]))
    msg = (
        f"type {python_type} is currently not supported by StructuredDataset: a column "
        f"is of {_KNOWN}, or list[T] or dict[str, T] of these."
    )
    raise UnsupportedTypeError(msg)


def _simple(python_type: Any) -> types_pb2.SimpleType | None:
    if not is_class(python_type):
        return None
    if python_type in _SIMPLE:
        return _SIMPLE[python_type]
    name = python_type.__name__
    if name in _NUMPY and python_type is getattr(sys.modules.get("numpy"), name, None):
        return _NUMPY[name]
    return None


def schema_columns(columns: Mapping[str, Any]) -> list[_Column]:
    """Make the columns of a schema's type.

    Raises:
        UnsupportedTypeError: A type that columns do not have.
    """
    made = []
    for name, python_type in columns.items():
        simple = _simple(python_type)
        if simple is None:
            msg = (
                f"type {python_type} is currently not supported by FlyteSchema: column "
                f"{name!r} is of {_KNOWN}. Use StructuredDataset for others."
            )
            raise UnsupportedTypeError(msg)
        made.append(_Column(name=name, type=_SCHEMA_TYPES[simple]))
    return made


def schema_python_type(column: _Column) -> type:
    """Return the Python type of a schema's column."""
    simple = _simple_of(column)
    return next(python_type for python_type, s in _SIMPLE.items() if s == simple)


def as_dataset_column(
    column: _Column,
) -> types_pb2.StructuredDatasetType.DatasetColumn:
    """Make a structured dataset's column of a schema's."""
    made = types_pb2.StructuredDatasetType.DatasetColumn(name=column.name)
    made.literal_type.simple = _simple_of(column)
    return made


def _simple_of(column: _Column) -> types_pb2.SimpleType:
    for simple, kind in _SCHEMA_TYPES.items():
        if kind == column.type:
            return simple
    msg = f"Unknown schema column type {column.type} of {column.name!r:.200}."
    raise ConversionError(msg)
