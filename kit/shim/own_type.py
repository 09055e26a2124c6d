"""Convert an output with the type of the value itself, where that is of the same kind.

The executor's side knows an interface only as literal types, and those say less than
Python: which dataclass a struct was, which enum class, that a file was an array.  An
author returns the class they know.  Here a value is written with its own type if the
literal that comes out is what the interface declares, and refused otherwise.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, KitError
from kit.shim.flytekit_bridge import to_kit_value
from kit.types import TypeEngine

__all__ = ["write_with_own_type"]

_STRUCT = types_pb2.SimpleType.STRUCT
_PLAIN = (str, int, float, bool, type(None))  # their own type is what they failed with


def write_with_own_type(
    value: Any,
    declared: types_pb2.LiteralType,
    engine: TypeEngine,
    out: literals_pb2.Literal,
) -> bool:
    """Write a value into an empty literal by its own type, if that fits.

    Returns:
        Whether it was written; if not, ``out`` is in no defined state.
    """
    value = to_kit_value(value)
    kind = declared.WhichOneof("type")
    if kind == "collection_type" and isinstance(value, list):
        out.collection.SetInParent()
        return all(
            _write(v, declared.collection_type, engine, out.collection.literals.add())
            for v in value
        )
    if kind == "map_value_type" and isinstance(value, Mapping):
        out.map.SetInParent()
        return all(
            isinstance(key, str)
            and _write(v, declared.map_value_type, engine, out.map.literals[key])
            for key, v in value.items()
        )
    if kind == "union_type":
        return _write_union(value, declared, engine, out)
    return _write_leaf(value, declared, engine, out)


def _write(
    value: Any,
    declared: types_pb2.LiteralType,
    engine: TypeEngine,
    out: literals_pb2.Literal,
) -> bool:
    """Write an element by the declared type if it can be told, else by its own."""
    try:
        engine.encoder(engine.guess_type(declared))(value, out)
    except KitError:
        out.Clear()
        return write_with_own_type(value, declared, engine, out)
    return True


def _write_union(
    value: Any,
    declared: types_pb2.LiteralType,
    engine: TypeEngine,
    out: literals_pb2.Literal,
) -> bool:
    for variant in declared.union_type.variants:
        inner = literals_pb2.Literal()
        if _write(value, variant, engine, inner):
            out.scalar.union.value.CopyFrom(inner)
            out.scalar.union.type.CopyFrom(variant)
            return True
    return False


def _write_leaf(
    value: Any,
    declared: types_pb2.LiteralType,
    engine: TypeEngine,
    out: literals_pb2.Literal,
) -> bool:
    if isinstance(value, _PLAIN) and type(value) in _PLAIN:
        return False
    try:
        own = engine.literal_type(type(value))
    except KitError:
        return False
    if not _same_kind(own, declared):
        return False
    with contextlib.suppress(ConversionError):
        engine.encoder(type(value))(value, out)
        _keep_declared_form(out, declared)
        return _allowed(out, declared)
    return False


def _same_kind(own: types_pb2.LiteralType, declared: types_pb2.LiteralType) -> bool:
    kind = declared.WhichOneof("type")
    if own.WhichOneof("type") != kind:
        return False
    if kind == "simple":
        return own.simple == declared.simple and _same_fields(own, declared)
    if kind == "blob":
        return _same_blob(own.blob, declared.blob)
    return kind in ("enum_type", "structured_dataset_type", "schema")


def _same_fields(own: types_pb2.LiteralType, declared: types_pb2.LiteralType) -> bool:
    """Compare the fields of two dataclasses, as far as both types tell them."""
    mine = set(own.structure.dataclass_type)
    theirs = set(declared.structure.dataclass_type)
    return own.simple != _STRUCT or not (mine and theirs) or mine == theirs


def _same_blob(own: types_pb2.BlobType, declared: types_pb2.BlobType) -> bool:
    return own.dimensionality == declared.dimensionality and (
        not own.format or not declared.format or own.format == declared.format
    )


def _keep_declared_form(
    out: literals_pb2.Literal, declared: types_pb2.LiteralType
) -> None:
    if declared.HasField("blob") and declared.blob.format:
        out.scalar.blob.metadata.type.CopyFrom(declared.blob)


def _allowed(out: literals_pb2.Literal, declared: types_pb2.LiteralType) -> bool:
    if not declared.HasField("enum_type"):
        return True
    return out.scalar.primitive.string_value in declared.enum_type.values
