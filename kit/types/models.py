"""Pydantic models."""

from __future__ import annotations

import json
import sys
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import (
    ConversionError,
    MemberError,
    UnsupportedTypeError,
)
from kit.types.annotated import is_class, underlying
from kit.types.codecs import (
    check_not_recursive,
)
from kit.types.conversion_errors import literal_error, shorten, value_error
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine
from kit.types.packed import (
    pack,
    plain_of,
)
from kit.types.structs import describe_struct, write_packed


class PydanticTransformer(Transformer):
    """Subclasses of pydantic's ``BaseModel``, version 2."""

    name = "Pydantic Transformer"

    def __repr__(self) -> str:
        return "PydanticTransformer()"

    def handles(self, python_type: Any) -> bool:
        return _is_model(python_type)

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        bare = underlying(python_type)
        check_not_recursive(bare, _fields_of_model)
        fields = {name: field.annotation for name, field in bare.model_fields.items()}
        return describe_struct(_schema(bare), fields, engine)

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        bare, literal_type = underlying(python_type), engine.literal_type(python_type)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if not isinstance(value, bare):
                raise _not_a_model(value, python_type, literal_type)
            write_packed(out, pack(_dumped(value)))

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        bare = underlying(python_type)

        def decode(literal: literals_pb2.Literal) -> Any:
            plain = plain_of(literal)
            if plain is None:
                raise literal_error(literal, python_type)
            return _validated(plain, bare)

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> None:
        """Leave it to dataclasses: an executor gets one of the model's fields."""
        return


def _not_a_model(
    value: Any, python_type: Any, literal_type: types_pb2.LiteralType
) -> ConversionError:
    if value is None or isinstance(value, tuple):
        return value_error(value, python_type, literal_type)
    msg = (
        f"Expected {python_type}, got {shorten(value)!r} of type "
        f"{type(value).__name__}."
    )
    return MemberError(msg)


def _is_model(python_type: Any) -> bool:
    pydantic = sys.modules.get("pydantic")
    return (
        pydantic is not None
        and is_class(python_type)
        and issubclass(python_type, pydantic.BaseModel)
    )


def _schema(bare: Any) -> dict[str, Any]:
    try:
        schema: dict[str, Any] = bare.model_json_schema()
    except Exception as error:
        # pydantic's own errors, and what the fields' own hooks raise.
        msg = (
            f"{bare!r} has no JSON schema: {type(error).__name__}: {error}. Give its "
            "fields types that JSON has."
        )
        raise UnsupportedTypeError(msg) from error
    return schema


def _dumped(value: Any) -> Any:
    """Return a model as plain values, by way of its JSON: so enums become text."""
    try:
        return json.loads(value.model_dump_json())
    except ConversionError:
        raise
    except Exception as error:
        # pydantic's own errors, and what the fields' own serializers raise.
        msg = f"{value!r:.500} cannot be written: {type(error).__name__}: {error}"
        raise ConversionError(msg) from error


def _validated(plain: Any, bare: Any) -> Any:
    from pydantic import ValidationError

    try:
        return bare.model_validate_json(json.dumps(plain), strict=False)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        msg = f"{plain!r:.500} is no {bare.__name__}: {first['msg']}"
        raise ConversionError(msg, path=first["loc"]) from error
    except (TypeError, ValueError) as error:
        msg = f"{plain!r:.500} is no {bare.__name__}: {error}"
        raise ConversionError(msg) from error


def _fields_of_model(python_type: Any) -> list[Any] | None:
    if not _is_model(python_type):
        return None
    return [field.annotation for field in python_type.model_fields.values()]
