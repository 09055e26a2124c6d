"""A literal as the engine writes it into an arg: ``7``, ``[a,b]``, ``s3://b/f``.

Source: ``serializeLiteral`` in the engine's ``core/template/template.go``.
"""

from __future__ import annotations

from flyteidl.core import literals_pb2
from google.protobuf.message import Message

from kit.errors import MacroError
from kit.template.go_format import (
    format_duration,
    format_float,
    format_timestamp,
    format_value,
)

__all__ = ["literal_text"]


def literal_text(literal: literals_pb2.Literal) -> str:
    """Write a literal as text: primitives, uris, lists of these, and MessagePack.

    Nothing is quoted or escaped, as in the engine.

    Raises:
        MacroError: The literal is a map, an optional, a table or another kind that the
            engine has no text for.
    """
    kind = literal.WhichOneof("value")
    if kind == "collection":
        elements = map(literal_text, literal.collection.literals)
        return f"[{','.join(elements)}]"
    if kind == "scalar":
        return _scalar_text(literal.scalar)
    raise MacroError(f"received an unexpected primitive type [{_go_type(literal)}]")


def _scalar_text(scalar: literals_pb2.Scalar) -> str:
    kind = scalar.WhichOneof("value")
    if kind == "primitive":
        return _primitive_text(scalar.primitive)
    if kind == "blob":
        return scalar.blob.uri
    if kind == "schema":
        return scalar.schema.uri
    if kind == "binary":
        return _binary_text(scalar)
    raise MacroError(f"received an unexpected scalar type [{_go_type(scalar)}]")


def _primitive_text(primitive: literals_pb2.Primitive) -> str:
    kind = primitive.WhichOneof("value")
    if kind == "datetime":
        return format_timestamp(primitive.datetime)
    if kind == "duration":
        return format_duration(primitive.duration)
    if kind == "float_value":
        return format_float(primitive.float_value)
    if kind is None:
        raise MacroError("received an unexpected primitive type [<nil>]")
    return format_value(getattr(primitive, kind))


def _binary_text(scalar: literals_pb2.Scalar) -> str:
    import msgpack

    if scalar.binary.tag != "msgpack":
        raise MacroError(f"unsupported binary tag [{scalar.binary.tag}]")
    try:
        value = msgpack.unpackb(scalar.binary.value, strict_map_key=False)
    except (ValueError, msgpack.exceptions.UnpackException) as error:
        shown = str(scalar).strip().replace("\n", " ")
        msg = f"failed to unmarshal messagepack bytes with literal:[{shown}]"
        raise MacroError(f"{msg}, err:[{error}]") from error
    return format_value(value)


def _go_type(message: Message) -> str:
    """Name the Go type of what a message's ``value`` oneof holds, as ``%v`` does."""
    kind = message.WhichOneof("value")
    if kind is None:
        return "<nil>"
    camel = "".join(part.capitalize() for part in kind.split("_"))
    return f"*core.{message.DESCRIPTOR.name}_{camel}"
