"""What a literal holds: as plain values, and in a few words."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

from flyteidl.core.literals_pb2 import Literal
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import KitError
from kit.running.comparison.texts import normal_text, short

__all__ = ["elements", "kind_of", "literal_text", "plain_value", "value_text"]

_ABSENT = "nothing"
_TIMES = (Timestamp, Duration)
_TABLES = ("structured_dataset", "schema")


def kind_of(literal: Literal) -> str:
    """Name what a literal is: ``collection``, ``blob``, ``primitive``, ….

    >>> kind_of(Literal())
    'nothing'
    """
    kind = literal.WhichOneof("value")
    if kind == "scalar":
        kind = literal.scalar.WhichOneof("value")
    return str(kind or _ABSENT)


def literal_text(literal: Literal) -> str:
    """Say what a literal holds."""
    kind = kind_of(literal)
    if kind in ("collection", "map"):
        return elements(getattr(literal, kind).literals)
    if kind == "union":
        return literal_text(literal.scalar.union.value)
    if kind == "blob":
        return f"the file {literal.scalar.blob.uri.rpartition('/')[2]}"
    return "a table" if kind in _TABLES else value_text(plain_value(literal))


def elements(of: Sized) -> str:
    """Count the elements of something."""
    return f"{len(of):,} element{'s' if len(of) != 1 else ''}"


def value_text(value: Any) -> str:
    """Write a plain value in short."""
    return short(normal_text(repr(value)))


def plain_value(literal: Literal) -> Any:
    """Return what a scalar without a place of its own holds, as Python has it."""
    kind, scalar = kind_of(literal), literal.scalar
    if kind == "primitive":
        field = scalar.primitive.WhichOneof("value")
        value = None if field is None else getattr(scalar.primitive, field)
        return value.ToJsonString() if isinstance(value, _TIMES) else value
    if kind == "binary":
        return _unpacked(literal)
    if kind == "generic":
        from google.protobuf.json_format import MessageToDict

        return MessageToDict(scalar.generic)
    return None if kind == "none_type" else str(literal)


def _unpacked(literal: Literal) -> Any:
    from kit.types.packed import unpack

    try:
        return unpack(literal)
    except KitError:  # of another kind: its bytes are all that is known
        return literal.scalar.binary.value
