"""Dictionaries: maps if their keys are text and their values typed, else structs."""

from __future__ import annotations

import typing
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, UnsupportedTypeError
from kit.types.annotated import flyte_annotation, underlying
from kit.types.describe import describe
from kit.types.engine import TypeEngine
from kit.types.loops import plain_field, read_all, write_all
from kit.types.packed import MSGPACK, is_packed, mark_packed, pack, unpack, unpack_as
from kit.types.refusal import refuse_value, shown
from kit.types.transformer import Decoder, Encoder, Transformer
from kit.types.wire import map_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DictTransformer"]

_MOST_SORTED = 1000  # keys; in larger maps sorting takes longer than all the rest


class DictTransformer(Transformer):
    """``dict[str, T]`` as a map; ``dict`` and ``dict[int, T]`` packed into a struct."""

    name = "Typed Dict"

    def __repr__(self) -> str:
        return "DictTransformer()"

    def handles(self, python_type: Any) -> bool:
        return python_type is dict or typing.get_origin(python_type) is dict

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        if flyte_annotation(python_type) is not None:
            msg = (
                "Flytekit does not currently have support for FlyteAnnotations applied "
                f"to dicts. {python_type} cannot be parsed."
            )
            raise UnsupportedTypeError(msg)
        made = types_pb2.LiteralType()
        value_type = _map_values(python_type)
        if value_type is None:
            mark_packed(made)
            return made
        try:
            made.map_value_type.CopyFrom(engine.literal_type(value_type))
        except UnsupportedTypeError as error:
            # flytekit says List here too.
            error.message = (
                f"Type of Generic List type is not supported, {error.message}"
            )
            raise
        return made

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        value_type = _map_values(python_type)
        if value_type is None:
            return _packed_encoder(python_type, engine.literal_type(python_type))
        return _map_encoder(python_type, value_type, engine)

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        value_type = _map_values(python_type)
        if value_type is None:
            return _packed_decoder(python_type)
        return _map_decoder(python_type, value_type, engine)

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        if literal_type.WhichOneof("type") == "map_value_type":
            return dict[str, engine.guess_type(literal_type.map_value_type)]  # type: ignore[misc]
        if literal_type.simple == types_pb2.STRUCT and not literal_type.HasField(
            "metadata"
        ):
            return dict
        return None


def _map_values(python_type: Any) -> Any | None:
    """Return the type of a map's values, or ``None`` for a struct."""
    arguments = typing.get_args(underlying(python_type))
    return arguments[1] if arguments and arguments[0] is str else None


def _map_encoder(python_type: Any, value_type: Any, engine: TypeEngine) -> Encoder:
    write = write_all(value_type, engine)
    field = plain_field(engine.transformer_for(value_type), value_type)
    literal_type = engine.literal_type(python_type)

    def encode(value: Any, out: literals_pb2.Literal) -> None:
        if type(value) is not dict:
            raise _not_a_dict(value, python_type, literal_type)
        out.map.SetInParent()
        packed = map_bytes(value.items(), field, value_type) if field else None
        if packed is not None:
            out.map.MergeFromString(packed)
            return
        for key in value:
            _check_key(key)
        write(value.items(), out.map.literals.__getitem__)

    return encode


def _check_key(key: Any) -> None:
    if type(key) is not str:
        msg = f"Flyte MapType expects all keys to be strings, not {key!r:.200}."
        raise ConversionError(msg)
    try:
        key.encode()
    except UnicodeEncodeError as error:
        msg = f"{key!r:.200} cannot be a key of a map: {error}. Keys are Unicode text."
        raise ConversionError(msg) from error


def _map_decoder(python_type: Any, value_type: Any, engine: TypeEngine) -> Decoder:
    read = read_all(value_type, engine)

    def decode(literal: literals_pb2.Literal) -> dict[str, Any]:
        if literal.WhichOneof("value") == "map":
            found = literal.map.literals
            if len(found) > _MOST_SORTED:
                return dict(zip(found, read(found.items()), strict=True))
            keys = sorted(found)  # a protobuf map's own order is random
            elements = zip(keys, map(found.__getitem__, keys), strict=True)
            return dict(zip(keys, read(elements), strict=True))
        return _read_struct(literal, python_type)

    return decode


def _packed_encoder(python_type: Any, literal_type: types_pb2.LiteralType) -> Encoder:
    bare = underlying(python_type)

    def encode(value: Any, out: literals_pb2.Literal) -> None:
        if type(value) is not dict:
            raise _not_a_dict(value, python_type, literal_type)
        packed = pack(value) if bare is dict else _pack_typed(value, bare)
        out.scalar.binary.tag = MSGPACK
        out.scalar.binary.value = packed

    return encode


def _packed_decoder(python_type: Any) -> Decoder:
    def decode(literal: literals_pb2.Literal) -> dict[Any, Any]:
        if literal.WhichOneof("value") == "map":
            msg = (
                "TypeMismatch: Cannot convert to python dictionary from Flyte Literal "
                f"Dictionary: {python_type} does not say dict[str, T], which a map is."
            )
            raise ConversionError(msg)
        return _read_struct(literal, python_type)

    return decode


def _pack_typed(value: dict[Any, Any], bare: Any) -> bytes:
    try:
        return pack(_typed_codec(bare)(value))
    except ConversionError:
        raise
    except Exception as error:  # mashumaro passes on what the values' own code raises
        msg = (
            f"Cannot convert `{shown(value)}` to Flyte Literal.\n"
            f"Error Message: {type(error).__name__}: {error}"
        )
        raise ConversionError(msg) from error


@lru_cache(maxsize=256)
def _typed_codec(bare: Any) -> Callable[[Any], Any]:
    from mashumaro.codecs.msgpack import MessagePackEncoder

    def plain(value: Any, **_: Any) -> Any:
        return value

    encode: Callable[[Any], Any] = MessagePackEncoder(
        bare, post_encoder_func=plain
    ).encode
    return encode


def _read_struct(literal: literals_pb2.Literal, python_type: Any) -> dict[Any, Any]:
    bare = underlying(python_type)
    if is_packed(literal):
        value = unpack(literal) if bare is dict else unpack_as(literal, bare)
    elif literal.scalar.WhichOneof("value") == "generic":
        value = _read_generic(literal, bare)
    else:
        msg = f"Cannot convert from {describe(literal)} to {python_type}"
        raise ConversionError(msg)
    if not isinstance(value, dict):
        msg = f"Expected a packed dict but got {value!r:.200}."
        raise ConversionError(msg)
    return value


def _read_generic(literal: literals_pb2.Literal, bare: Any) -> Any:
    """Read a Struct, as the console sends it and older flytekits wrote it."""
    from google.protobuf import json_format

    packed = literals_pb2.Literal()
    packed.scalar.binary.tag = MSGPACK
    packed.scalar.binary.value = pack(json_format.MessageToDict(literal.scalar.generic))
    return unpack_as(packed, bare)


def _not_a_dict(
    value: Any, python_type: Any, literal_type: types_pb2.LiteralType
) -> ConversionError:
    if python_type is dict and not isinstance(value, dict):
        return refuse_value(value, python_type, literal_type)
    why = f"Expected a dict, got {shown(value)!r} of {type(value)}"
    return refuse_value(value, python_type, literal_type, why=why)
