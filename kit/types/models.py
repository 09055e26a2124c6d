"""Pydantic models."""

from __future__ import annotations

import inspect
import json
import sys
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import (
    ConversionError,
    MemberError,
    UnsupportedTypeError,
)
from kit.types.annotated import underlying
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
from kit.types.lossless import differences, is_default_of_model, is_model
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
        return is_model(python_type)

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
            _check_read_back(value, plain, bare)
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
    by_alias = bare.model_config.get("serialize_by_alias", False)
    for name, field in bare.model_fields.items():
        written = field.serialization_alias if by_alias else None
        if written not in (None, name, *_read_keys(field)):
            msg = (
                f"{bare!r} writes {name!r} by its serialization_alias {written!r}, by "
                "which it is not read. Give it alias= instead, or leave "
                "serialize_by_alias out of its model_config."
            )
            raise UnsupportedTypeError(msg)
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


def _read_keys(field: Any) -> list[Any]:
    """Return the keys by which a field is read, other than its name."""
    alias = field.validation_alias
    choices = getattr(alias, "choices", [alias])  # of AliasChoices
    paths = [getattr(choice, "path", [choice]) for choice in choices]
    return [path[0] for path in paths if len(path) == 1]


def _not_a_model(
    value: Any, python_type: Any, literal_type: types_pb2.LiteralType
) -> ConversionError:
    if value is None or isinstance(value, tuple):
        return value_error(value, python_type, literal_type)
    kind = type(value)
    if is_model(kind) and _place(kind) == _place(underlying(python_type)):
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
    if is_model(type(value)):
        _check_fields_kept(value, plain, path)
    elif isinstance(value, Mapping) and isinstance(plain, dict):
        for key in value.keys() & plain.keys():
            _check_kept(value[key], plain[key], (*path, key))
    elif isinstance(value, (list, tuple)) and isinstance(plain, list):
        for position, (item, written) in enumerate(zip(value, plain, strict=False)):
            _check_kept(item, written, (*path, position))


def _check_fields_kept(value: Any, plain: Any, path: tuple[str | int, ...]) -> None:
    own_serializer = type(value).__pydantic_decorators__.model_serializers
    if own_serializer or type(value).__pydantic_root_model__:
        return
    if not isinstance(plain, dict):
        return
    for name, field in type(value).model_fields.items():
        item = getattr(value, name)
        keys = (name, field.alias, field.serialization_alias)
        written = next((key for key in keys if key in plain), None)
        if written is not None:
            _check_kept(item, plain[written], (*path, name))
        elif not field.exclude or not is_default_of_model(item, field):
            raise _left_out(name, item, path)
    for name, item in (value.__pydantic_extra__ or {}).items():
        if name not in plain:
            raise _left_out(name, item, path)


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
    secrets = ("SecretStr", "SecretBytes", "Secret")
    kinds = tuple(getattr(types, name) for name in secrets if hasattr(types, name))
    return isinstance(value, kinds)


class ChangedValueWarning(UserWarning):
    """A model is read as another value, by its author's own code."""


def _check_read_back(value: Any, plain: Any, bare: Any) -> None:
    """Refuse a model that is read back as another one, or warn.

    Where the model's own serializers and validators change a field, that is what their
    author wrote: it is a warning, and so are private attributes, which never travel.

    Raises:
        ConversionError: It cannot be read back, or a field differs.
    """
    try:
        back = _validated(plain, bare)
    except ConversionError as error:
        holder, ours = _at(value, error.path)
        name = ".".join(map(str, error.path)) or type(value).__name__
        why = error.message.partition(f"{bare.__name__}: ")[2]
        msg = (
            f"{name} is {shorten(ours, write=repr):.200} of type "
            f"{type(ours).__name__}, which {type(holder).__name__} writes in a form "
            f"that it does not read: {why}"
        )
        raise ConversionError(msg, path=error.path) from error.__cause__
    for path in differences(value, back):
        holder, ours = _at(value, path)
        _, theirs = _at(back, path)
        field = ".".join(map(str, path)) or type(value).__name__
        msg = (
            f"{field} is {shorten(ours, write=repr):.200} of type "
            f"{type(ours).__name__}, but would be read back as "
            f"{shorten(theirs, write=repr):.200} of type {type(theirs).__name__}"
        )
        is_private = path and path[-1] in (holder.__pydantic_private__ or ())
        if not is_private and not _has_own_code(type(holder)):
            msg += ". Declare the field with the type of its value"
            raise ConversionError(f"{msg}.", path=path)
        warnings.warn(f"{msg}.", ChangedValueWarning, stacklevel=2)


def _at(value: Any, path: tuple[str | int, ...]) -> tuple[Any, Any]:
    """Return the innermost model on a path, and what is at its end."""
    holder: Any = value
    for step in path:
        holder = value if is_model(type(value)) else holder
        inside: Any = value
        try:
            if isinstance(value, (Mapping, list, tuple)):
                value = inside[step]
            else:
                value = getattr(value, str(step))
        except (LookupError, TypeError, AttributeError):  # a step of pydantic's own
            break
    return holder, value


_AUTHORS_CODE = (
    *("validators", "field_validators", "root_validators", "model_validators"),
    *("field_serializers", "model_serializers"),
)


def _has_own_code(model: Any) -> bool:
    """Say whether a model has serializers or validators of its author's."""
    decorators = model.__pydantic_decorators__
    if any(getattr(decorators, name, None) for name in _AUTHORS_CODE):
        return True
    homes = ("pydantic.functional_validators", "pydantic.functional_serializers")
    annotated = (type(m) for f in model.model_fields.values() for m in f.metadata)
    return bool(model.model_config.get("json_encoders")) or any(
        one.__module__ in homes for one in annotated
    )


def _validated(plain: Any, bare: Any) -> Any:
    from pydantic import ValidationError

    by = _BOTH_NAMES if _knows_both_names() else {}
    try:
        return bare.model_validate_json(json.dumps(plain), strict=False, **by)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        msg = f"{plain!r:.500} is not a valid {bare.__name__}: {first['msg']}"
        raise ConversionError(msg, path=first["loc"]) from error
    except (TypeError, ValueError) as error:
        msg = f"{plain!r:.500} is not a valid {bare.__name__}: {error}"
        raise ConversionError(msg) from error


def _fields_of_model(python_type: Any) -> list[Any] | None:
    if not is_model(python_type):
        return None
    return [field.annotation for field in python_type.model_fields.values()]
