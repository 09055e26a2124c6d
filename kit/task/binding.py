"""What a node's input is bound to: a value, another node's output, or both mixed."""

from __future__ import annotations

import typing
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import CallError, ConversionError, KitError
from kit.task.promise import Promise, VoidPromise
from kit.types import TypeEngine
from kit.types.annotated import underlying

__all__ = ["bind"]


def bind(
    value: Any,
    python_type: Any,
    literal_type: types_pb2.LiteralType,
    engine: TypeEngine,
) -> literals_pb2.BindingData:
    """Bind a value in which promises may stand.

    Args:
        value: A value of the type; promises may take the place of it, or of elements of
            its lists and dictionaries.
        python_type: The input's declared type.
        literal_type: The literal type of that.
        engine: Who converts.

    Raises:
        ConversionError: A part that is no promise does not fit its type.
        CallError: A part comes from a task without outputs.
    """
    if isinstance(value, Promise):
        return literals_pb2.BindingData(promise=value.ref)
    if isinstance(value, VoidPromise):
        msg = (
            f"Cannot pass output from task {value.task_name} that produces no outputs "
            "to a downstream task; to run it first, write `first >> second`."
        )
        raise CallError(msg)
    kind = literal_type.WhichOneof("type")
    if isinstance(value, (list, dict)) and kind == "union_type":
        return _bind_variant(value, python_type, literal_type, engine)
    if isinstance(value, list) and kind == "collection_type":
        return _bind_list(value, python_type, literal_type, engine)
    if isinstance(value, dict) and kind == "map_value_type":
        return _bind_dict(value, python_type, literal_type, engine)
    literal = engine.to_literal(value, python_type)
    return literals_pb2.BindingData(scalar=literal.scalar)


def promises_in(value: Any) -> list[Promise]:
    """Return the promises that stand in a value."""
    if isinstance(value, Promise):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [promise for item in value for promise in promises_in(item)]
    return []


def _bind_list(
    value: list[Any],
    python_type: Any,
    literal_type: types_pb2.LiteralType,
    engine: TypeEngine,
) -> literals_pb2.BindingData:
    element = typing.get_args(underlying(python_type))[0]
    data = literals_pb2.BindingData()
    data.collection.SetInParent()
    for index, item in enumerate(value):
        try:
            bound = bind(item, element, literal_type.collection_type, engine)
        except ConversionError as error:
            raise error.below(index) from error.__cause__
        data.collection.bindings.append(bound)
    return data


def _bind_dict(
    value: dict[Any, Any],
    python_type: Any,
    literal_type: types_pb2.LiteralType,
    engine: TypeEngine,
) -> literals_pb2.BindingData:
    element = typing.get_args(underlying(python_type))[1]
    data = literals_pb2.BindingData()
    data.map.SetInParent()
    for key, item in value.items():
        if type(key) is not str:
            msg = f"Flyte MapType expects all keys to be strings, not {key!r:.200}."
            raise ConversionError(msg)
        try:
            bound = bind(item, element, literal_type.map_value_type, engine)
        except ConversionError as error:
            raise error.below(key) from error.__cause__
        data.map.bindings[key].CopyFrom(bound)
    return data


def _bind_variant(
    value: Any,
    python_type: Any,
    literal_type: types_pb2.LiteralType,
    engine: TypeEngine,
) -> literals_pb2.BindingData:
    """Bind a container as the first variant of a union that takes it."""
    reasons = []
    types = typing.get_args(underlying(python_type))
    for variant, variant_type in zip(
        literal_type.union_type.variants, types, strict=True
    ):
        try:
            return bind(value, variant_type, variant, engine)
        except KitError as error:  # noqa: PERF203 - a handful of variants
            reasons.append(f"{variant_type}: {error}")
    msg = (
        f"Failed to bind data {value} to any of the expected union variants.\n"
        f"Value python type: {type(value).__name__}, declared python types: "
        f"{python_type}\n" + "\n".join(reasons)
    )
    raise ConversionError(msg)
