"""Lists, iterators and dictionaries, and the bulk encoding of their elements.

A ``dict[str, T]`` is a map; a ``dict`` of anything else is packed into a struct.
"""

from __future__ import annotations

import collections.abc
import datetime as dt
import struct
import typing
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, UnsupportedTypeError
from kit.types.annotated import flyte_annotation, underlying
from kit.types.conversion_errors import format_message, shorten, value_error
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine
from kit.types.packed import (
    MSGPACK,
    check_not_pickled,
    is_packed,
    mark_packed,
    pack,
    unpack,
    unpack_as,
)
from kit.types.simple import ScalarTransformer

Element = tuple[Any, literals_pb2.Literal]
"""A literal with its position or key."""

Slot = Callable[[Any], literals_pb2.Literal]
"""Makes the empty literal for an element: the list's next, or the map's by its key."""

_COMPOSED = (dt.datetime, dt.date, dt.timedelta)


def plain_field(transformer: Transformer, python_type: Any) -> str | None:
    """Return the primitive's field if values are put there as they are."""
    if not isinstance(transformer, ScalarTransformer):
        return None
    if transformer.exact is not python_type or transformer.exact in _COMPOSED:
        return None
    return transformer.field


def write_all(
    python_type: Any, engine: TypeEngine
) -> Callable[[Iterable[tuple[Any, Any]], Slot], None]:
    """Make the loop that writes elements of one type.

    The loop takes pairs of a position or key and an element, and the maker of slots.
    """
    encode = engine.encoder(python_type)
    field = plain_field(engine.transformer_for(python_type), python_type)

    def write_each(elements: Iterable[tuple[Any, Any]], slot: Slot) -> None:
        step = None
        try:
            for step, value in elements:
                encode(value, slot(step))
        except ConversionError as error:
            raise error.below(step) from error.__cause__  # type: ignore[arg-type]

    def write_plain(elements: Iterable[tuple[Any, Any]], slot: Slot) -> None:
        step = value = None
        try:
            for step, value in elements:
                if type(value) is python_type:
                    setattr(slot(step).scalar.primitive, field, value)  # type: ignore[arg-type]
                else:
                    encode(value, slot(step))
        except ConversionError as error:
            raise error.below(step) from error.__cause__  # type: ignore[arg-type]
        except (ValueError, OverflowError):
            _write_again(encode, step, value)
            raise  # by the iterable itself

    return write_each if field is None else write_plain


def _write_again(encode: Encoder, step: Any, value: Any) -> None:
    """Let the encoder say what is wrong with an element that protobuf refused."""
    try:
        encode(value, literals_pb2.Literal())
    except ConversionError as error:
        raise error.below(step) from error.__cause__


def read_all(
    python_type: Any, engine: TypeEngine
) -> Callable[[Iterable[Element]], Iterator[Any]]:
    """Make the loop that reads elements of one type, in the order they come."""
    decode = engine.decoder(python_type)
    field = plain_field(engine.transformer_for(python_type), python_type)

    def read_each(
        elements: Iterable[tuple[Any, literals_pb2.Literal]],
    ) -> Iterator[Any]:
        step = None
        try:
            for step, literal in elements:  # noqa: B007 - the error tells it
                yield decode(literal)
        except ConversionError as error:
            raise error.below(step) from error.__cause__  # type: ignore[arg-type]

    def read_plain(elements: Iterable[Element]) -> Iterator[Any]:
        step = None
        try:
            for step, literal in elements:  # noqa: B007 - the error tells it
                primitive = literal.scalar.primitive
                value = getattr(primitive, field)  # type: ignore[arg-type]
                # What is not the field's default was set; only defaults are asked for.
                if value or primitive.WhichOneof("value") == field:
                    yield value
                else:
                    yield decode(literal)
        except ConversionError as error:
            raise error.below(step) from error.__cause__  # type: ignore[arg-type]

    return read_each if field is None else read_plain


def element_type(python_type: Any) -> Any:
    """Return the type of a collection's elements.

    Raises:
        UnsupportedTypeError: It does not say; Flyte's lists have one type of elements.
    """
    arguments = typing.get_args(underlying(python_type))
    if not arguments:
        msg = (
            "Only generic univariate typing.List[T] type is supported. Write list[int] "
            "or, for elements of several types, list[int | str]."
        )
        raise UnsupportedTypeError(msg)
    return arguments[0]


def _collection_type(python_type: Any, engine: TypeEngine) -> types_pb2.LiteralType:
    made = types_pb2.LiteralType()
    try:
        made.collection_type.CopyFrom(engine.literal_type(element_type(python_type)))
    except UnsupportedTypeError as error:
        error.message = f"Type of Generic List type is not supported, {error.message}"
        raise
    return made


def _collection_writer(
    python_type: Any, engine: TypeEngine
) -> Callable[[Iterable[Any], literals_pb2.Literal], None]:
    """Make what writes elements, one after the other, into an empty literal."""
    write = write_all(element_type(python_type), engine)

    def write_collection(values: Iterable[Any], out: literals_pb2.Literal) -> None:
        out.collection.SetInParent()
        add = out.collection.literals.add
        write(enumerate(values), lambda _: add())

    return write_collection


class ListTransformer(Transformer):
    """``list[T]``."""

    name = "Typed List"

    def __repr__(self) -> str:
        return "ListTransformer()"

    def handles(self, python_type: Any) -> bool:
        return python_type is list or typing.get_origin(python_type) is list

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        return _collection_type(python_type, engine)

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        write = _collection_writer(python_type, engine)
        literal_type = engine.literal_type(python_type)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if type(value) is not list:
                why = f"Expected a list, got {shorten(value)!r} of {type(value)}"
                raise value_error(value, python_type, literal_type, why=why)
            write(value, out)

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        read = read_all(element_type(python_type), engine)

        def decode(literal: literals_pb2.Literal) -> list[Any]:
            if literal.WhichOneof("value") == "collection":
                return list(read(enumerate(literal.collection.literals)))
            if is_packed(literal):
                unpacked: list[Any] = unpack_as(literal, underlying(python_type))
                return unpacked
            raise _not_a_collection(python_type)

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        if literal_type.WhichOneof("type") != "collection_type":
            return None
        return list[engine.guess_type(literal_type.collection_type)]  # type: ignore[misc]


class IteratorTransformer(Transformer):
    """``Iterator[T]``: a collection that is read element by element."""

    name = "Typed Iterator"

    def __repr__(self) -> str:
        return "IteratorTransformer()"

    def handles(self, python_type: Any) -> bool:
        return typing.get_origin(python_type) is collections.abc.Iterator

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        return _collection_type(python_type, engine)

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        write = _collection_writer(python_type, engine)
        literal_type = engine.literal_type(python_type)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if isinstance(value, tuple) or not isinstance(value, Iterable):
                kind = type(value).__name__
                why = f"a value of type {kind} is not a list: expected {python_type}"
                raise value_error(value, python_type, literal_type, why=why)
            write(value, out)

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        read = read_all(element_type(python_type), engine)

        def decode(literal: literals_pb2.Literal) -> Iterator[Any]:
            if literal.WhichOneof("value") != "collection":
                raise _not_a_collection(python_type)
            return read(enumerate(literal.collection.literals))

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        return None  # a collection is guessed as a list


def _not_a_collection(python_type: Any) -> ConversionError:
    return ConversionError(
        f"The expected python type is '{python_type}' but the received Flyte literal "
        "value is not a collection (Flyte's representation of Python lists)."
    )


_DOUBLE = struct.Struct("<d")
_INTEGERS = range(-(2**63), 2**63)


def map_bytes(
    items: Iterable[tuple[Any, Any]], field: str, exact: type
) -> bytes | None:
    """Write a LiteralMap whose values are primitives of one field.

    Args:
        items: The keys and values.
        field: The values' field in ``flyteidl.core.Primitive``.
        exact: The values' type.

    Returns:
        The message's bytes, or ``None`` if a key or value does not fit.
    """
    primitive = _PRIMITIVES[field]
    heads: dict[tuple[int, int], tuple[bytes, bytes]] = {}
    parts: list[bytes] = []
    try:
        for key, value in items:
            if type(value) is not exact or type(key) is not str:
                return None
            name, body = key.encode(), primitive(value)
            lengths = (len(name), len(body))
            head = heads.get(lengths)
            if head is None:
                head = heads[lengths] = _heads(*lengths)
            parts += (head[0], name, head[1], body)
    except ValueError:  # an integer of more than 64 bits, or a lone surrogate
        return None
    return b"".join(parts)


def _heads(name: int, body: int) -> tuple[bytes, bytes]:
    """Return what stands before the key and before the primitive of an entry.

    Each is a tag and a length: the entry (field 1 of LiteralMap) holds the key (1) and
    the Literal (2), that a Scalar (1), and that a Primitive (1).
    """
    before_primitive = b"\x0a" + _varint(body)
    scalar = len(before_primitive) + body
    before_scalar = b"\x0a" + _varint(scalar)
    literal = len(before_scalar) + scalar
    before_literal = b"\x12" + _varint(literal)
    before_key = b"\x0a" + _varint(name)
    entry = len(before_key) + name + len(before_literal) + literal
    return (
        b"\x0a" + _varint(entry) + before_key,
        before_literal + before_scalar + before_primitive,
    )


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits, and one that says there is more
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    digits.append(number)
    return bytes(digits)


def _integer(value: int) -> bytes:
    if value not in _INTEGERS:
        raise ValueError(value)
    return b"\x08" + _varint(value % 2**64)


def _float(value: float) -> bytes:
    return b"\x11" + _DOUBLE.pack(value)


def _string(value: str) -> bytes:
    encoded = value.encode()
    return b"\x1a" + _varint(len(encoded)) + encoded


def _boolean(value: bool) -> bytes:  # noqa: FBT001 - the value itself
    return b"\x20\x01" if value else b"\x20\x00"


_PRIMITIVES: dict[str, Callable[[Any], bytes]] = {
    "integer": _integer,
    "float_value": _float,
    "string_value": _string,
    "boolean": _boolean,
}


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
    if not arguments or arguments[0] is not str:
        return None
    return type(None) if arguments[1] is None else arguments[1]


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
        packed = _pack_plain(value) if bare is dict else _pack_typed(value, bare)
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


def _pack_plain(value: dict[Any, Any]) -> bytes:
    """Pack a dict, and refuse one that would be read back as another.

    Raises:
        ConversionError: It cannot be packed, or a key is read as something else.
    """
    packed = pack(value)
    literal = literals_pb2.Literal()
    literal.scalar.binary.tag = MSGPACK
    literal.scalar.binary.value = packed
    try:
        back = unpack(literal)
    except ConversionError as error:
        msg = (
            f"{shorten(value, write=repr):.500} cannot be read back: expected keys "
            "that are str, int, float, bool or None."
        )
        raise ConversionError(msg) from error
    if back == value:
        return packed
    from kit.types.lossless import difference  # which only such values need

    where = difference(value, back)
    if where is not None:
        msg = (
            f"{shorten(value, write=repr):.500} would be read back as "
            f"{shorten(back, write=repr):.500}."
        )
        raise ConversionError(msg, path=where)
    return packed


def _pack_typed(value: dict[Any, Any], bare: Any) -> bytes:
    try:
        return pack(_typed_codec(bare)(value))
    except ConversionError:
        raise
    except Exception as error:  # mashumaro passes on what the values' own code raises
        msg = (
            f"Cannot convert `{shorten(value)}` to Flyte Literal.\n"
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
    check_not_pickled(literal)
    if is_packed(literal):
        value = unpack(literal) if bare is dict else unpack_as(literal, bare)
    elif literal.scalar.WhichOneof("value") == "generic":
        value = _read_generic(literal, bare)
    else:
        msg = f"Cannot convert from {format_message(literal)} to {python_type}"
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
        return value_error(value, python_type, literal_type)
    why = f"Expected a dict, got {shorten(value)!r} of {type(value)}"
    return value_error(value, python_type, literal_type, why=why)
