"""mashumaro's codecs, built once per type: between dataclasses and plain values.

mashumaro is what flytekit uses, so that the two write and read the same.  Flyte's own
classes are fields of dataclasses too; how they are written stands in the dialect here.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from typing import Any

from kit.errors import KitError, UnsupportedTypeError

__all__ = [
    "FieldCodec",
    "flyte_class",
    "is_flyte_class",
    "json_reader",
    "json_schema",
    "json_writer",
    "reader",
    "register_field",
    "writer",
]

Convert = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True)
class FieldCodec:
    """How one of Flyte's classes is written as a field of a dataclass."""

    write: Convert
    """From an object to plain values."""

    read: Callable[[Any, type], Any]
    """From plain values to an object of a class."""


_fields: dict[type, FieldCodec] = {}


_TITLES = {
    "_SpecificFormatClass": "FlyteFile",
    "_SpecificFormatDirectoryClass": "FlyteDirectory",
    "_TypedSchema": "FlyteSchema",
}
"""What models' schemas call the classes that have a format or columns."""


def register_field(python_class: type, codec: FieldCodec) -> None:
    """Say how a class is written as a field of a dataclass."""
    _fields[python_class] = codec


def is_flyte_class(python_type: Any) -> bool:
    """Say whether a type was registered as one of Flyte's classes."""
    return isinstance(python_type, type) and python_type in _fields


def flyte_class(title: str, schema: Mapping[str, Any]) -> type | None:
    """Return the class of Flyte's that a JSON schema describes, if it does."""
    properties = schema.get("properties")
    title = _TITLES.get(title, title)
    for python_class in _fields:
        if python_class.__name__ == title and isinstance(properties, dict):
            names = {field.name for field in dataclasses.fields(python_class)}
            if set(properties) == names:
                return python_class
    return None


def writer(python_type: Any) -> Convert:
    """Make what turns values of a type into plain ones, in the order of the fields.

    Raises:
        UnsupportedTypeError: mashumaro cannot write the type.
    """
    from mashumaro.codecs.msgpack import MessagePackEncoder

    return _build(
        python_type,
        lambda: (
            MessagePackEncoder(
                python_type, default_dialect=_dialect(), post_encoder_func=None
            ).encode
        ),
    )


def reader(python_type: Any) -> Convert:
    """Make what turns plain values into values of a type.

    Raises:
        UnsupportedTypeError: mashumaro cannot read the type.
    """
    from mashumaro.codecs.msgpack import MessagePackDecoder

    return _build(
        python_type,
        lambda: (
            MessagePackDecoder(
                python_type, default_dialect=_dialect(), pre_decoder_func=None
            ).decode
        ),
    )


def json_writer(python_type: Any) -> Convert:
    """Make what turns values of a type into JSON.

    Raises:
        UnsupportedTypeError: mashumaro cannot write the type.
    """
    from mashumaro.codecs.json import JSONEncoder

    return _build(
        python_type,
        lambda: JSONEncoder(python_type, default_dialect=_dialect()).encode,
    )


def json_reader(python_type: Any) -> Convert:
    """Make what turns JSON into values of a type.

    Raises:
        UnsupportedTypeError: mashumaro cannot read the type.
    """
    from mashumaro.codecs.json import JSONDecoder

    return _build(
        python_type,
        lambda: JSONDecoder(python_type, default_dialect=_dialect()).decode,
    )


def _build(python_type: Any, build: Callable[[], Any]) -> Convert:
    try:
        return typing.cast("Convert", build())
    except KitError:
        raise
    except Exception as error:  # mashumaro passes on what its generated code raises
        msg = (
            f"{python_type!r} cannot be packed: {type(error).__name__}: {error}. Give "
            "its fields types that are plain values, dataclasses, or lists and dicts "
            "of them."
        )
        raise UnsupportedTypeError(msg) from error


def _dialect() -> Any:
    """Make the mashumaro dialect that knows Flyte's classes."""
    from mashumaro.dialect import Dialect
    from mashumaro.types import SerializationStrategy

    class Strategy(SerializationStrategy):
        def __init__(self, codec: FieldCodec, python_class: type) -> None:
            self.codec, self.python_class = codec, python_class

        def serialize(self, value: Any) -> Any:
            return self.codec.write(value)

        def deserialize(self, value: Any) -> Any:
            return self.codec.read(value, self.python_class)

    class KitDialect(Dialect):
        serialization_strategy = {  # noqa: RUF012 - mashumaro's own declaration
            python_class: Strategy(codec, python_class)
            for python_class, codec in _fields.items()
        }

    return KitDialect


def json_schema(python_type: Any) -> dict[str, Any] | None:
    """Build the JSON schema (draft 2020-12) of a dataclass, as flytekit does.

    Returns:
        The schema, or ``None`` if mashumaro has none for a type of its fields.
    """
    from mashumaro.jsonschema import build_json_schema

    try:
        schema: dict[str, Any] = build_json_schema(
            _without_annotations(python_type)
        ).to_dict()
    except Exception:  # noqa: BLE001 - the schema only describes; without it the type still converts
        return None
    return schema


def _without_annotations(python_type: Any) -> Any:
    """Drop annotations such as columns, which mashumaro would have to hash."""
    arguments = tuple(map(_without_annotations, typing.get_args(python_type)))
    origin = typing.get_origin(python_type)
    if origin is typing.Annotated:
        return arguments[0]
    if origin in (list, dict):
        return origin[arguments]
    return python_type
