"""What a node's input is bound to: a value, another node's output, or both mixed."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import CallError, ConversionError, KitError
from kit.task.promise import Promise, VoidPromise
from kit.types import TypeEngine
from kit.types.annotated import underlying

__all__ = ["Bound", "bind", "binding_message", "promises_in"]

Bound: typing.TypeAlias = (
    "Promise | literals_pb2.Literal | list[Bound] | dict[str, Bound]"
)
"""What is bound: literals, promises, and lists and maps of both.

Promises stay as they are until a message is made, for a node may be renamed till then.
"""


def bind(
    value: Any,
    python_type: Any,
    literal_type: types_pb2.LiteralType,
    engine: TypeEngine,
) -> Bound:
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
        return value
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
    _refuse_promises_inside(value, python_type)
    return engine.to_literal(value, python_type)


def promises_in(value: Any) -> Iterator[Promise]:
    """Yield the promises that stand in a value."""
    if isinstance(value, Promise):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from promises_in(item)


def _refuse_promises_inside(value: Any, python_type: Any) -> None:
    for promise in promises_in(value):
        msg = (
            f"{promise!r} stands inside a value of {python_type}, which Flyte packs "
            "whole when the workflow is defined: declare list[T] or dict[str, T]."
        )
        raise ConversionError(msg)


def _bind_list(
    value: list[Any],
    python_type: Any,
    literal_type: types_pb2.LiteralType,
    engine: TypeEngine,
) -> list[Bound]:
    element = typing.get_args(underlying(python_type))[0]
    bound: list[Bound] = []
    try:
        for item in value:
            bound.append(bind(item, element, literal_type.collection_type, engine))  # noqa: PERF401 - its length tells where it failed
    except ConversionError as error:
        raise error.below(len(bound)) from error.__cause__
    return bound


def _bind_dict(
    value: dict[Any, Any],
    python_type: Any,
    literal_type: types_pb2.LiteralType,
    engine: TypeEngine,
) -> dict[str, Bound]:
    element = typing.get_args(underlying(python_type))[1]
    bound = {}
    for key, item in value.items():
        if type(key) is not str:
            msg = f"Flyte MapType expects all keys to be strings, not {key!r:.200}."
            raise ConversionError(msg)
        try:
            bound[key] = bind(item, element, literal_type.map_value_type, engine)
        except ConversionError as error:
            raise error.below(key) from error.__cause__
    return bound


def _bind_variant(
    value: Any,
    python_type: Any,
    literal_type: types_pb2.LiteralType,
    engine: TypeEngine,
) -> Bound:
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


def binding_message(var: str, bound: Bound) -> literals_pb2.Binding:
    """Write what a variable is bound to as Flyte's message."""
    binding = literals_pb2.Binding(var=var)
    _write(bound, binding.binding)
    return binding


def _write(bound: Bound, data: literals_pb2.BindingData) -> None:
    if isinstance(bound, Promise):
        data.promise.CopyFrom(bound.ref)
    elif isinstance(bound, literals_pb2.Literal):
        _write_literal(bound, data)
    elif isinstance(bound, list):
        data.collection.SetInParent()
        for item in bound:
            _write(item, data.collection.bindings.add())
    else:
        data.map.SetInParent()
        for key, item in bound.items():
            _write(item, data.map.bindings[key])


def _write_literal(
    literal: literals_pb2.Literal, data: literals_pb2.BindingData
) -> None:
    """Write a literal; bindings have collections and maps of their own."""
    kind = literal.WhichOneof("value")
    if kind == "collection":
        _write(list(literal.collection.literals), data)
    elif kind == "map":
        _write(dict(literal.map.literals), data)
    else:
        data.scalar.CopyFrom(literal.scalar)
