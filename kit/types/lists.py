"""Lists and iterators: Flyte's collections."""

from __future__ import annotations

import collections.abc
import typing
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, UnsupportedTypeError
from kit.types.annotated import underlying
from kit.types.engine import TypeEngine
from kit.types.loops import read_all, write_all
from kit.types.packed import is_packed, unpack_as
from kit.types.refusal import refuse_value, shown
from kit.types.transformer import Decoder, Encoder, Transformer

__all__ = ["IteratorTransformer", "ListTransformer"]


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
                why = f"Expected a list, got {shown(value)!r} of {type(value)}"
                raise refuse_value(value, python_type, literal_type, why=why)
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
            raise _no_collection(python_type)

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
                why = f"'{kind}' object is not iterable: expected {python_type}"
                raise refuse_value(value, python_type, literal_type, why=why)
            write(value, out)

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        read = read_all(element_type(python_type), engine)

        def decode(literal: literals_pb2.Literal) -> Iterator[Any]:
            if literal.WhichOneof("value") != "collection":
                raise _no_collection(python_type)
            return read(enumerate(literal.collection.literals))

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        return None  # a collection is guessed as a list


def _no_collection(python_type: Any) -> ConversionError:
    return ConversionError(
        f"The expected python type is '{python_type}' but the received Flyte literal "
        "value is not a collection (Flyte's representation of Python lists)."
    )
