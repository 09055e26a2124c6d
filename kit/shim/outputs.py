"""From what the executor returned to the literals of its outputs.

Every output is written as the type that the executor's return annotation gives it, or
else as the one that is guessed from the interface, and is matched by name.  Where the
guess knows less than the value (the schema of a dataclass does not arrive in the
container, an enum comes back without its class) the value's own type is taken, if it is
of the declared kind.
"""

from __future__ import annotations

import contextlib
import inspect
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from flyteidl.core import interface_pb2, literals_pb2, types_pb2

from kit.errors import (
    ConversionError,
    GuessError,
    KitError,
    OutputCountError,
    OutputError,
    nearest,
)
from kit.shim.argument_types import ArgumentTypes, expected_type
from kit.types import TypeEngine, format_message
from kit.types.annotated import underlying
from kit.types.conversion_errors import shorten
from kit.types.flyte_classes import kit_value
from kit.types.unions import tagged

_FINISHED = (int, float, str, bool, list, dict, tuple, type(None))


def output_literals(
    value: Any,
    declared: Mapping[str, interface_pb2.Variable],
    engine: TypeEngine,
    *,
    order: Sequence[str] = (),
    task: str = "",
    types: ArgumentTypes | None = None,
) -> literals_pb2.LiteralMap:
    """Convert what an executor returned.

    Args:
        value: For one output the value itself; for several a dict, a named tuple, or a
            tuple or list in ``order``; a LiteralMap goes out as it is.
        declared: The interface's outputs.
        engine: Who converts.
        order: The outputs' names in the order of their declaration, if it is known.
        task: Name of the task, for errors.
        types: The executor's own annotations.

    Raises:
        OutputError: What was returned is not what the interface declares.
    """
    _refuse_unfinished(value)
    passed_on = _literal_map(value)
    if passed_on is not None:
        return passed_on
    values = named_outputs(value, declared, order, task)
    outputs = literals_pb2.LiteralMap()
    types, names = types or ArgumentTypes(), tuple(order or declared)
    for name, output in values.items():
        hint = types.output_hint(name, names)
        _convert(name, output, declared[name], hint, engine, outputs.literals[name])
    return outputs


def _refuse_unfinished(value: Any) -> None:
    """Refuse what has not run yet: a function with ``yield`` or ``async`` in it."""
    if type(value) in _FINISHED:  # asking inspect costs more than converting an int
        return
    if inspect.isgenerator(value) or inspect.isasyncgen(value):
        msg = (
            f"The executor returned a generator ({value!r}): its body has not run. Use "
            "return, not yield, in execute_from_model; for many values return a list."
        )
        raise OutputError(msg)
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()
        msg = (
            f"The executor returned a coroutine ({value!r}): its body has not run. "
            "Write execute_from_model without async and use asyncio.run(...) in it."
        )
        raise OutputError(msg)


def _literal_map(value: Any) -> literals_pb2.LiteralMap | None:
    """Take a LiteralMap as it is, flytekit's model of one too."""
    if isinstance(value, literals_pb2.LiteralMap):
        return value
    if type(value).__name__ == "LiteralMap" and hasattr(value, "to_flyte_idl"):
        message = value.to_flyte_idl()
        if isinstance(message, literals_pb2.LiteralMap):
            return message
    return None


def named_outputs(
    value: Any,
    declared: Mapping[str, interface_pb2.Variable],
    order: Sequence[str],
    task: str = "",
) -> dict[str, Any]:
    """Return what an executor returned by the names of the outputs.

    Raises:
        OutputError: It has not as many values, or names nobody declared.
    """
    if not declared:
        return {}
    if len(declared) == 1:
        (name,) = declared
        if isinstance(value, tuple):
            msg = (
                f"Output({name}) in task{task} received a tuple "
                f"{shorten(value, write=repr)}, instead of "
                f"{type(value)}. A task with one output returns the value itself."
            )
            raise OutputError(msg, path=("outputs", name))
        return {name: value}
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        _check_output_names(value, declared)
        return dict(value)
    return _by_position(value, sorted(declared), order)


def _check_output_names(
    values: Mapping[str, Any], declared: Mapping[str, interface_pb2.Variable]
) -> None:
    expected = ", ".join(sorted(declared))
    for name in values:
        if not isinstance(name, str) or name not in declared:
            msg = f"The task has no output {name!r}: its outputs are {expected}."
            raise OutputError(msg + nearest(str(name), declared), path=("outputs",))
    missing = sorted(set(declared) - set(values))
    if missing:
        msg = (
            f"Length difference {len(declared)} {len(values)}: the outputs "
            f"{', '.join(missing)} were not returned. The task's outputs are "
            f"{expected}."
        )
        raise OutputCountError(msg, path=("outputs",))


def _by_position(
    value: Any, names: Sequence[str], order: Sequence[str]
) -> dict[str, Any]:
    if not isinstance(value, (tuple, list)):
        msg = (
            f"Got {shorten(value, write=repr)} of type {type(value).__name__}, "
            f"expected {len(names)} outputs: return a dict with the names "
            f"{', '.join(names)}, or a tuple."
        )
        raise OutputError(msg, path=("outputs",))
    if sorted(order) != list(names):
        msg = (
            f"The executor returned a tuple, but the template does not tell the order "
            f"of the outputs {', '.join(names)}: return a dict with these names. "
            "(Templates of the kit runtime tell it in their config.)"
        )
        raise OutputError(msg, path=("outputs",))
    if len(value) != len(order):
        msg = (
            f"The executor returned {len(value)} values, expected the {len(order)} "
            f"outputs of the task: {', '.join(order)}."
        )
        raise OutputCountError(msg, path=("outputs",))
    return dict(zip(order, value, strict=True))


def _convert(
    name: str,
    value: Any,
    variable: interface_pb2.Variable,
    hint: Any,
    engine: TypeEngine,
    out: literals_pb2.Literal,
) -> None:
    value = kit_value(value)
    error: KitError
    python_type = None
    try:
        python_type = expected_type(hint, variable.type, engine)
        engine.encoder(python_type)(value, out)
    except ConversionError as failure:
        error, text, path = failure, failure.message, failure.path
        expected = str(python_type)
    except GuessError as failure:
        error, text, path, expected = failure, str(failure), (), "a type it can tell"
    else:
        return
    out.Clear()
    if write_as_inferred_type(value, variable.type, engine, out, hint=hint):
        return
    own = infer_output_type(value, variable.type, engine)
    if own is not None and own is not python_type:
        expected = str(own)
        try:
            engine.encoder(own)(value, literals_pb2.Literal())
        except ConversionError as failure:  # it says more than that of a guess
            error, text, path = failure, failure.message, failure.path
    msg = (
        f"failed to convert return value for var {name}: {text}\n"
        f"Failed to convert output in position {name} of value "
        f"{_output_text(value, engine)}, expected type {expected}."
    )
    raise OutputError(msg, path=("outputs", name, *path)) from error


def _output_text(value: Any, engine: TypeEngine) -> str:
    if value is None or type(value) in (bool, int, float, str):
        try:
            literal = engine.to_literal(value, type(value))
        except KitError:  # an int beyond 64 bits, a text that is no Unicode
            return shorten(value, write=repr)
        return format_message(literal)[:1000]
    return shorten(value, write=repr)


_STRUCT = types_pb2.SimpleType.STRUCT
_PLAIN = (str, int, float, bool, dict, type(None))
"""Types that a guess knows: a value of them failed with its own type already."""


def write_as_inferred_type(
    value: Any,
    declared: types_pb2.LiteralType,
    engine: TypeEngine,
    out: literals_pb2.Literal,
    *,
    hint: Any = None,
) -> bool:
    """Write a value into an empty literal by its own type, if that fits.

    Args:
        value: What was returned, or a part of it.
        declared: The type in the interface.
        engine: Who converts.
        out: The literal.
        hint: The executor's annotation, if there is one.

    Returns:
        Whether it was written; if not, ``out`` is in no defined state.
    """
    value = kit_value(value)
    kind = declared.WhichOneof("type")
    if kind == "collection_type" and isinstance(value, list):
        out.collection.SetInParent()
        inner, part = declared.collection_type, _argument(hint, 0)
        add = out.collection.literals.add
        return all(_write(v, inner, engine, add(), hint=part) for v in value)
    if kind == "map_value_type" and isinstance(value, Mapping):
        out.map.SetInParent()
        inner, part = declared.map_value_type, _argument(hint, 1)
        made = out.map.literals
        return all(
            isinstance(key, str) and _write(v, inner, engine, made[key], hint=part)
            for key, v in value.items()
        )
    if kind == "union_type":
        return _write_union(value, declared, engine, out, hint=hint)
    return _write_leaf(value, declared, engine, out)


def _argument(hint: Any, position: int) -> Any:
    arguments = typing.get_args(underlying(hint))
    return arguments[position] if position < len(arguments) else None


def _write(
    value: Any,
    declared: types_pb2.LiteralType,
    engine: TypeEngine,
    out: literals_pb2.Literal,
    *,
    hint: Any,
) -> bool:
    """Write an element by the type that is expected of it, else by its own."""
    try:
        engine.encoder(expected_type(hint, declared, engine))(value, out)
    except KitError:
        out.Clear()
        return write_as_inferred_type(value, declared, engine, out, hint=hint)
    return True


def _write_union(
    value: Any,
    declared: types_pb2.LiteralType,
    engine: TypeEngine,
    out: literals_pb2.Literal,
    *,
    hint: Any,
) -> bool:
    for position, variant in enumerate(declared.union_type.variants):
        inner = literals_pb2.Literal()
        if _write(value, variant, engine, inner, hint=_argument(hint, position)):
            out.scalar.union.value.CopyFrom(inner)
            out.scalar.union.type.CopyFrom(_stored_type(value, variant, engine))
            return True
    return False


def _stored_type(
    value: Any, variant: types_pb2.LiteralType, engine: TypeEngine
) -> types_pb2.LiteralType:
    """Return the type to store with a union's value: the value's own, if it says more.

    Whoever reads the value can then tell it from those of other dataclasses.
    """
    own = infer_output_type(value, variant, engine)
    if own is None or variant.simple != _STRUCT:
        return variant
    transformer = engine.transformer_for(own)
    return tagged(transformer.literal_type(own, engine), transformer.name)


def infer_output_type(
    value: Any, declared: types_pb2.LiteralType, engine: TypeEngine
) -> Any | None:
    """Return the class of a value, if literals of it are of the declared kind."""
    own = type(value)
    if own in _PLAIN:
        return None
    try:
        literal_type = engine.literal_type(own)
    except KitError:
        return None
    return own if _same_kind(literal_type, declared) else None


def _write_leaf(
    value: Any,
    declared: types_pb2.LiteralType,
    engine: TypeEngine,
    out: literals_pb2.Literal,
) -> bool:
    own = infer_output_type(value, declared, engine)
    if own is None:
        return False
    with contextlib.suppress(ConversionError):
        engine.encoder(own)(value, out)
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
