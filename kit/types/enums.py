"""Enums: their values are text."""

from __future__ import annotations

import enum
from functools import lru_cache
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, UnsupportedTypeError, nearest
from kit.types.annotated import flyte_annotation, is_class, underlying
from kit.types.engine import TypeEngine
from kit.types.packed import is_packed, unpack
from kit.types.refusal import refuse_literal, refuse_value, shown
from kit.types.transformer import Decoder, Encoder, Transformer

__all__ = ["EnumTransformer"]


class EnumTransformer(Transformer):
    """``Enum`` classes whose values are text; a text is taken for its member."""

    name = "DefaultEnumTransformer"

    def __repr__(self) -> str:
        return "EnumTransformer()"

    def handles(self, python_type: Any) -> bool:
        return is_class(python_type) and issubclass(python_type, enum.Enum)

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        if flyte_annotation(python_type) is not None:
            msg = (
                "Flytekit does not currently have support for FlyteAnnotations applied "
                f"to enums. {python_type} cannot be parsed."
            )
            raise UnsupportedTypeError(msg)
        values = [member.value for member in underlying(python_type)]
        if not values or not all(isinstance(value, str) for value in values):
            msg = (
                "Only EnumTypes with value of string are supported: "
                f"{python_type!r} has {values!r:.200}."
            )
            raise UnsupportedTypeError(msg)
        return types_pb2.LiteralType(enum_type=types_pb2.EnumType(values=values))

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        literal_type = engine.literal_type(python_type)
        values = set(literal_type.enum_type.values)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            text = value.value if isinstance(value, enum.Enum) else value
            if value is None or not isinstance(text, str) or text not in values:
                why = (
                    f"Value {shown(value)} is not in Enum {python_type}: it has "
                    f"{sorted(values)}.{nearest(str(text), values)}"
                )
                raise refuse_value(value, python_type, literal_type, why=why)
            out.scalar.primitive.string_value = text

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        enum_class = underlying(python_type)

        def decode(literal: literals_pb2.Literal) -> Any:
            primitive = literal.scalar.primitive
            if is_packed(literal):
                text = unpack(literal)
            elif primitive.WhichOneof("value") == "string_value":
                text = primitive.string_value
            else:
                raise refuse_literal(literal, python_type)
            try:
                return enum_class(text)
            except (ValueError, TypeError) as error:  # TypeError: it has no members
                raise ConversionError(f"{error}.") from error

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        if literal_type.WhichOneof("type") != "enum_type":
            return None
        return _dynamic_enum(tuple(literal_type.enum_type.values))


@lru_cache(maxsize=256)
def _dynamic_enum(values: tuple[str, ...]) -> type[enum.Enum | str]:
    """Make an enum whose members are named by their values; text if they cannot be."""
    try:
        return enum.Enum("DynamicEnum", {value: value for value in values})  # type: ignore[return-value]
    except (ValueError, TypeError, AttributeError):
        return str  # a value such as `mro` or `_x_` is no name for a member
