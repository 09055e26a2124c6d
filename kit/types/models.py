"""Pydantic models."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import (
    ConversionError,
    MemberError,
    UnsupportedTypeError,
)
from kit.types.annotated import is_class, underlying
from kit.types.codecs import (
    check_fields,
)
from kit.types.conversion_errors import (
    error_reason,
    literal_error,
    shorten,
    value_error,
)
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
        check_fields(bare, _fields_of_model)
        _check_aliases(bare)
        fields = {name: field.annotation for name, field in bare.model_fields.items()}
        return describe_struct(_schema(bare), fields, engine)

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        bare, literal_type = underlying(python_type), engine.literal_type(python_type)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if not isinstance(value, bare):
                raise _not_a_model(value, python_type, literal_type)
            plain = _dumped(value)
            _check_kept(value, plain)
            write_packed(out, pack(plain))

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


_BOTH_NAMES = {"by_alias": True, "by_name": True}
"""Fields are written by their names, whatever their aliases, and read by either."""


@cache
def _knows_both_names() -> bool:
    """Say whether this pydantic can read fields by names and aliases: from 2.11 on."""
    from pydantic import BaseModel

    return "by_name" in inspect.signature(BaseModel.model_validate_json).parameters


def _check_aliases(bare: Any) -> None:
    """Refuse aliases that an older pydantic could not read by the fields' names."""
    populated = bare.model_config.get("populate_by_name", False)
    if populated or _knows_both_names():
        return
    for name, field in bare.model_fields.items():
        if field.validation_alias is not None:
            msg = (
                f"{bare!r} writes {name!r} by its name and reads it by its alias "
                f"{field.validation_alias!r}. Set populate_by_name=True in its "
                "model_config, or install pydantic 2.11 or newer."
            )
            raise UnsupportedTypeError(msg)


def _not_a_model(
    value: Any, python_type: Any, literal_type: types_pb2.LiteralType
) -> ConversionError:
    if value is None or isinstance(value, tuple):
        return value_error(value, python_type, literal_type)
    kind = type(value)
    if _is_model(kind) and _place(kind) == _place(underlying(python_type)):
        return MemberError(
            f"{shorten(value)!r} is of a class {kind.__name__} that was defined again "
            f"after the task: expected the one that the task was defined with. Define "
            "the task again."
        )
    msg = (
        f"Expected {python_type}, got {shorten(value)!r} of type "
        f"{type(value).__name__}."
    )
    return MemberError(msg)


def _place(python_class: Any) -> tuple[str, str]:
    return python_class.__module__, python_class.__qualname__


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
        msg = f"{value!r:.500} cannot be written: {error_reason(error)}"
        raise ConversionError(msg) from error


def _check_kept(value: Any, plain: Any, path: tuple[str | int, ...] = ()) -> None:
    """Refuse a model of which a part is not in what was written.

    Raises:
        ConversionError: It has a secret, which pydantic writes as asterisks, or a field
            that is left out of what is written.
    """
    if _is_secret(value) and isinstance(plain, str) and set(plain) == {"*"}:
        msg = (
            f"{'.'.join(map(str, path))} is a {type(value).__name__}, of which only "
            "asterisks travel: expected a value that can be read back. Ask for it "
            "with secret_requests=[kit.Secret(...)], or declare it as str."
        )
        raise ConversionError(msg, path=path)
    if _is_model(type(value)):
        _check_fields_kept(value, plain, path)
    elif isinstance(value, Mapping) and isinstance(plain, dict):
        for key in value.keys() & plain.keys():
            _check_kept(value[key], plain[key], (*path, key))
    elif isinstance(value, (list, tuple)) and isinstance(plain, list):
        for position, (item, written) in enumerate(zip(value, plain, strict=False)):
            _check_kept(item, written, (*path, position))


def _check_fields_kept(value: Any, plain: Any, path: tuple[str | int, ...]) -> None:
    own_serializer = type(value).__pydantic_decorators__.model_serializers
    if own_serializer or not isinstance(plain, dict):  # a root model, for example
        return
    for name, field in type(value).model_fields.items():
        item = getattr(value, name)
        keys = (name, field.alias, field.serialization_alias)
        written = next((key for key in keys if key in plain), None)
        if written is not None:
            _check_kept(item, plain[written], (*path, name))
        elif not field.exclude or not _is_default(item, field):
            raise _left_out(name, item, path)
    for name, item in (value.__pydantic_extra__ or {}).items():
        if name not in plain:
            raise _left_out(name, item, path)


def _is_default(item: Any, field: Any) -> bool:
    return bool(item == field.get_default(call_default_factory=True))


def _left_out(name: str, item: Any, path: tuple[str | int, ...]) -> ConversionError:
    field = ".".join(map(str, (*path, name)))
    msg = (
        f"{field} is {shorten(item, write=repr):.200}, but is not part of what "
        "pydantic writes: it is excluded, or belongs to a subclass of the declared "
        "model. Declare that subclass, or write the field."
    )
    return ConversionError(msg, path=(*path, name))


def _is_secret(value: Any) -> bool:
    types = sys.modules.get("pydantic.types")
    return types is not None and isinstance(value, (types.SecretStr, types.SecretBytes))


def _validated(plain: Any, bare: Any) -> Any:
    from pydantic import ValidationError

    by = _BOTH_NAMES if _knows_both_names() else {}
    try:
        return bare.model_validate_json(json.dumps(plain), strict=False, **by)
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
