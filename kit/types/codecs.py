"""Objects as plain values: mashumaro's codecs, and Flyte's own classes as fields.

What pydantic is told about these classes is here, too.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import sys
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any

from kit.errors import ConversionError, KitError, UnsupportedTypeError
from kit.types.annotated import is_class
from kit.types.flyte_classes import CLASS_HOMES

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
    if title in CLASS_HOMES:
        import_module(CLASS_HOMES[title])  # which registers the class
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


def is_mixin(python_class: type) -> bool:
    """Say whether a dataclass has the mixin."""
    mixins = sys.modules.get("mashumaro.mixins.json")
    return mixins is not None and issubclass(python_class, mixins.DataClassJSONMixin)


def has_own_json(python_class: Any) -> bool:
    """Say whether a dataclass with the mixin has another ``to_json`` than that."""
    mixin = sys.modules["mashumaro.mixins.json"].DataClassJSONMixin
    return any(
        getattr(getattr(python_class, name), "__func__", getattr(python_class, name))
        is not getattr(getattr(mixin, name), "__func__", getattr(mixin, name))
        for name in ("to_json", "from_json")
    )


def mixin_writer(python_class: Any, fields_of: FieldsOf) -> Convert:
    """Make what turns objects into plain values, by the class's own ``to_json``."""
    if not _holds_flyte_class(python_class, fields_of, set()):
        return lambda value: json.loads(value.to_json())
    # The methods that the mixin has made do not know how Flyte's classes are written.
    encode = json_writer(python_class)
    return lambda value: json.loads(encode(value))


def mixin_reader(python_class: Any, fields_of: FieldsOf) -> Convert:
    """Make what turns plain values into objects, by the class's own ``from_json``."""
    if not _holds_flyte_class(python_class, fields_of, set()):
        return lambda plain: python_class.from_json(json.dumps(plain))
    decode = json_reader(python_class)
    return lambda plain: decode(json.dumps(plain))


def _holds_flyte_class(python_class: Any, fields_of: FieldsOf, seen: set[int]) -> bool:
    seen.add(id(python_class))
    parts = [
        part for field in fields_of(python_class) or () for part in parts_of(field)
    ]
    return any(map(is_flyte_class, parts)) or any(
        _holds_flyte_class(part, fields_of, seen)
        for part in parts
        if id(part) not in seen
    )


FieldsOf = Callable[[Any], Iterable[Any] | None]
"""Returns the types of a struct's fields; ``None`` for other types."""


def parts_of(python_type: Any) -> Iterator[Any]:
    """Return a type and the types in its brackets, at any depth."""
    yield python_type
    for argument in typing.get_args(python_type):
        yield from parts_of(argument)


def _check_enum(part: Any, struct: Any) -> None:
    if dataclasses.is_dataclass(part):
        msg = (
            f"{part!r} of {struct!r} is an Enum and a dataclass: its members would be "
            "written as dataclasses without fields. Remove @dataclass from the Enum."
        )
        raise UnsupportedTypeError(msg)


def check_fields(
    struct: Any, fields_of: FieldsOf, inside: tuple[Any, ...] = ()
) -> None:
    """Refuse a struct that contains itself: its literal type would have no end.

    One with an enum that is a dataclass, too, is refused alike.

    Raises:
        UnsupportedTypeError: It is one of them.
    """
    fields = fields_of(struct)
    if fields is None:
        return
    if any(struct is outer for outer in inside):
        chain = " → ".join(each.__name__ for each in (*inside, struct))
        msg = f"{struct!r} contains itself ({chain}), which a literal type cannot."
        raise UnsupportedTypeError(msg)
    for field in fields:
        for part in parts_of(field):
            if is_class(part) and issubclass(part, enum.Enum):
                _check_enum(part, struct)
            check_fields(part, fields_of, (*inside, struct))


def field_schema(
    python_class: type,
    taken: type,
    read: Callable[[Any, type], Any],
    write: Callable[[Any], dict[str, Any]],
    *,
    handler: Any,
    title: str,
    fields: Mapping[str, Any],
) -> Any:
    """Make pydantic's core schema of a class.

    Args:
        python_class: The class.
        taken: The class whose instances are taken as they are.
        read: From plain values to an instance.
        write: From an instance to plain values.
        handler: What pydantic gives to ``__get_pydantic_core_schema__``.
        title: Its name in JSON schemas.
        fields: The types of its fields and their defaults, as flytekit's class has
            them: pydantic describes a dataclass by the model's own configuration.
    """
    from pydantic_core import core_schema

    def validate(value: Any) -> Any:
        if isinstance(value, taken):
            return value
        try:
            return read(value, python_class)
        except ConversionError as error:
            raise ValueError(error.message) from error

    described = dataclasses.make_dataclass(
        title, [(name, *fact) for name, fact in fields.items()]
    )
    described.__doc__ = None
    inner = {**handler.resolve_ref_schema(handler.generate_schema(described))}
    inner.pop("ref", None)  # it is part of this schema, and not one of its own
    return core_schema.no_info_plain_validator_function(
        validate,
        ref=f"{python_class.__module__}.{title}:{id(python_class)}",
        metadata={"kit_described": inner},
        serialization=core_schema.plain_serializer_function_ser_schema(
            write, when_used="json"
        ),
    )


def object_schema(core_schema: Any, handler: Any) -> dict[str, Any]:
    """Make the JSON schema of a class.

    Args:
        core_schema: What :func:`field_schema` made.
        handler: What pydantic gives to ``__get_pydantic_json_schema__``.
    """
    return dict(handler(core_schema["metadata"]["kit_described"]))
