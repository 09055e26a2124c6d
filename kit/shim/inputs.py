"""From the literals of inputs.pb to the arguments of the executor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flyteidl.core import interface_pb2, literals_pb2
from google.protobuf.message import DecodeError

from kit.errors import (
    ConversionError,
    nearest,
)
from kit.shim.argument_types import ArgumentTypes, expected_type
from kit.shim.offloading import load_offloaded
from kit.types import TypeEngine

_LONGEST_TEXT = 4096  # bytes of a literal that is shown in an error


def parse_literal_map(data: bytes, source: str) -> literals_pb2.LiteralMap:
    """Read a LiteralMap, such as inputs.pb.

    Args:
        data: The bytes; none at all are an empty map.
        source: Where they come from, for errors.

    Raises:
        ConversionError: The bytes are something else.
    """
    literals = literals_pb2.LiteralMap()
    try:
        literals.ParseFromString(data)
    except DecodeError as error:
        msg = f"{source} ({len(data)} bytes) is no LiteralMap: {error}."
        raise ConversionError(msg) from error
    if data and not literals.literals:
        msg = f"{source} ({len(data)} bytes) is no LiteralMap: it has no literals."
        raise ConversionError(msg)
    if "" in literals.literals:
        msg = f"{source} ({len(data)} bytes) is no LiteralMap: it has an empty name."
        raise ConversionError(msg)
    return literals


def native_inputs(
    literals: literals_pb2.LiteralMap,
    declared: Mapping[str, interface_pb2.Variable],
    engine: TypeEngine,
    types: ArgumentTypes | None = None,
) -> dict[str, Any]:
    """Convert inputs to the Python values that an executor is called with.

    Inputs that are missing are left out, so that an executor's own defaults apply.  A
    task without inputs ignores whatever it is sent.

    Args:
        literals: The inputs; offloaded ones are loaded in place.
        declared: The interface's inputs.
        engine: Who converts.
        types: The executor's own annotations; what has none is read as the type that
            is guessed from the interface.

    Returns:
        The values by name, in the order of the names.

    Raises:
        ConversionError: A name that the interface does not have, or a literal that does
            not fit its type.
        GuessError: An input's type tells no Python type.
    """
    if not declared:
        return {}
    _check_names(literals, declared)
    load_offloaded(literals)
    known = types or ArgumentTypes()
    return {
        name: _native(name, literals.literals[name], declared[name], engine, known)
        for name in sorted(literals.literals)
    }


def _check_names(
    literals: literals_pb2.LiteralMap, declared: Mapping[str, interface_pb2.Variable]
) -> None:
    unknown = sorted(name for name in literals.literals if name not in declared)
    if not unknown:
        return
    expected = ", ".join(sorted(declared))
    msg = f"The task has no input {unknown[0]!r}: its inputs are {expected}."
    msg += nearest(unknown[0], declared)
    if len(literals.literals) > len(declared):
        msg = (
            f"Received more input values {len(literals.literals)} than allowed by "
            f"the input spec {len(declared)}. {msg}"
        )
    raise ConversionError(msg, path=("inputs", unknown[0]))


def _native(
    name: str,
    literal: literals_pb2.Literal,
    variable: interface_pb2.Variable,
    engine: TypeEngine,
    types: ArgumentTypes,
) -> Any:
    python_type = expected_type(types.input_hint(name), variable.type, engine)
    try:
        return engine.decoder(python_type)(literal)
    except ConversionError as error:
        msg = (
            f"Error converting input '{name}'{_value_text(literal)}\n"
            f"Expected Python type: {python_type}\nException: {error.message}"
        )
        raise ConversionError(msg, path=("inputs", name, *error.path)) from error


def _value_text(literal: literals_pb2.Literal) -> str:
    """Return the text of a small plain value; packed bytes would tell nobody much."""
    kind, size = literal.scalar.WhichOneof("value"), literal.ByteSize()
    if kind in ("primitive", "none_type") and size <= _LONGEST_TEXT:
        return f":\nLiteral value: {literal}"
    return f" ({size:,} bytes):"
