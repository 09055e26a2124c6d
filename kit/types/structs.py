"""Dataclasses: packed with msgpack, and described by a JSON schema in their type."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import keyword
import sys
import typing
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NoReturn

from flyteidl.core import literals_pb2, types_pb2
from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Struct, Value

from kit.errors import (
    ConversionError,
    GuessError,
    MemberError,
    UnsupportedTypeError,
    nearest,
)
from kit.types.annotated import (
    flyte_annotation,
    is_class,
    refuse_literal,
    refuse_value,
    shown,
    underlying,
)
from kit.types.castable import FieldsOf, check_not_recursive
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine
from kit.types.files import PICKLE_FORMAT
from kit.types.packed import (
    MSGPACK,
    Convert,
    flyte_class,
    is_mixin,
    is_packed,
    json_schema,
    mark_packed,
    mixin_reader,
    mixin_writer,
    pack,
    plain_of,
    reader,
    unpack,
    writer,
)
from kit.types.unions import is_union, variants_of

__all__ = [
    "DataclassTransformer",
    "PydanticTransformer",
    "describe_fields",
    "describe_struct",
    "guess_from_schema",
    "misfit_path",
    "write_packed",
]


def describe_fields(
    fields: Iterable[tuple[str, Any]], engine: TypeEngine
) -> dict[str, types_pb2.LiteralType]:
    """Make the literal types of a struct's fields.

    Args:
        fields: Their names and types.  Those that cannot be described are left out: the
            backend then cannot take them out of the struct.
        engine: Who knows their types.
    """
    describing = engine
    if not isinstance(engine, _DescribingEngine):
        describing = _DescribingEngine(engine.transformers)
    described = {}
    for name, python_type in fields:
        with contextlib.suppress(UnsupportedTypeError):
            described[name] = describing.literal_type(python_type)
    return described


class _DescribingEngine(TypeEngine):
    """Takes what no transformer owns for its nearest base class, or for a pickle.

    As flytekit does, which pickles such values if they are variables.
    """

    def _find(self, python_type: Any) -> Transformer:
        return (
            self._owner(python_type) or self._base(python_type) or _PickledTransformer()
        )

    def _base(self, python_type: Any) -> Transformer | None:
        bare = underlying(python_type)
        owners = map(self._owner, getattr(bare, "__mro__", ()))
        found = next(filter(None, owners), None)
        if found is not None and not is_class(bare):
            msg = f"The arguments of {bare!r} are not those of its base class."
            raise UnsupportedTypeError(msg)
        return found


class _PickledTransformer(Transformer):
    """Describes what flytekit would pickle; kit converts it with its struct only."""

    name = "FlytePickle"

    def handles(self, python_type: Any) -> bool:
        return True

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        made = types_pb2.LiteralType(blob=types_pb2.BlobType(format=PICKLE_FORMAT))
        made.metadata.update({"python_class_name": str(python_type)})
        return made

    def encoder(self, python_type: Any, engine: TypeEngine) -> NoReturn:
        _refuse(python_type)

    def decoder(self, python_type: Any, engine: TypeEngine) -> NoReturn:
        _refuse(python_type)


def _refuse(python_type: Any) -> NoReturn:
    msg = f"{python_type!r} is a field of a struct, and written with it."
    raise UnsupportedTypeError(msg)


# Flyte's own classes, which register themselves as fields of dataclasses.


_MOST_BYTES = 4 << 20  # what gRPC takes of a message
_MOST_PARTS = 5_000  # classes, properties and variants: seconds of code to generate
_DEEPEST = 32
_PRIMITIVES = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "number": float,
    "null": type(None),
}

_Path = tuple[str, ...]


def guess_from_schema(metadata: Struct) -> Any | None:
    """Make the dataclass that a JSON schema describes; one class for equal schemas.

    Returns:
        The class, or ``None`` if this is no schema of a class.

    Raises:
        GuessError: The schema is malformed, too large, or refers to itself.
    """
    if "title" not in metadata.fields or "properties" not in metadata.fields:
        return None
    size = metadata.ByteSize()
    if size > _MOST_BYTES:
        msg = f"A schema has {size} bytes; more than {_MOST_BYTES} are not read."
        raise GuessError(msg)
    return _make(metadata.SerializeToString(deterministic=True))


@lru_cache(maxsize=1024)
def _make(serialized: bytes) -> Any:
    metadata = Struct()
    try:
        metadata.ParseFromString(serialized)
    except DecodeError as error:
        msg = f"A schema is nested deeper than protobuf can read: {error}."
        raise GuessError(msg) from error
    return _Schema(metadata).make()


def _plain(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return {k: _plain(v) for k, v in value.struct_value.fields.items()}
    if kind == "list_value":
        return [_plain(v) for v in value.list_value.values]
    return None if kind == "null_value" else getattr(value, kind or "null_value")


class _Schema:
    """One schema, with the definitions that its references name.

    A definition is read once, but counts as often as it is referred to: a short schema
    could ask for more parts than there is memory, here or where values are converted.
    """

    def __init__(self, metadata: Struct) -> None:
        self.root = {k: _plain(v) for k, v in metadata.fields.items()}
        definitions = self.root.get("$defs", self.root.get("definitions", {}))
        self.definitions = _mapping(definitions, "$defs")
        self.read: dict[str, tuple[Any, int] | None] = {}
        self.left = _MOST_PARTS

    def make(self) -> Any:
        return self.dataclass(self.root, _text(self.root, "title"), ())

    def spend(self, parts: int) -> None:
        self.left -= parts
        if self.left < 0:
            msg = f"A schema has more than {_MOST_PARTS} classes and properties."
            raise GuessError(msg)

    def dataclass(self, schema: Mapping[str, Any], name: str, path: _Path) -> Any:
        _check_depth(path)
        properties = _mapping(schema.get("properties", {}), "properties")
        self.spend(1 + len(properties))
        fields = [
            (
                field,
                self.property_type(_mapping(properties[field], field), (*path, field)),
            )
            for field in _in_order(properties, schema.get("required", []))
        ]
        return _make_dataclass(name, fields)

    def property_type(self, schema: Mapping[str, Any], path: _Path) -> Any:
        """Return the type of a property of a class."""
        if variants := schema.get("anyOf"):
            return self.union(variants, path)
        if schema.get("enum"):
            return str
        kind = schema.get("type")
        if kind is None and "$ref" not in schema:
            return Any
        if kind == "array":
            return self.list_type(schema, path)
        if kind == "object" and not schema.get("additionalProperties"):
            return self.object_type(schema, path)
        return self.element_type(schema, path)

    def union(self, variants: Any, path: _Path) -> Any:
        members = self.variants(variants, path)
        if not members or any(member.get("anyOf") for member in members):
            msg = (
                f"The property with name {path[-1]} has a nested Optional or Union "
                "type, this is not allowed for dataclass JSON deserialization."
            )
            raise GuessError(msg)
        types = tuple(self.property_type(member, path) for member in members)
        return typing.Union[types]  # noqa: UP007 - variants are known at run time

    def variants(self, variants: Any, path: _Path) -> list[Mapping[str, Any]]:
        if not _is_list(variants):
            return []
        self.spend(len(variants))
        return [_mapping(variant, path[-1]) for variant in variants]

    def object_type(self, schema: Mapping[str, Any], path: _Path) -> Any:
        if not schema.get("title"):
            return dict
        name = _text(schema, "title")
        return flyte_class(name, schema) or self.dataclass(schema, name, path)

    def referred(self, schema: Mapping[str, Any], path: _Path) -> Any:
        name = _text(schema, "$ref").rsplit("/", 1)[-1]
        if name not in self.definitions:
            msg = f"Cannot find definition for $ref {schema['$ref']!r:.200} in schema."
            raise GuessError(msg)
        if name not in self.read:
            self.read[name] = None  # while it is being read
            before = self.left
            made = self.defined(name, (*path, name))
            self.read[name] = made, before - self.left
            return made
        read = self.read[name]
        if read is None:
            raise _endless((*path, name))
        self.spend(read[1])
        return read[0]

    def defined(self, name: str, path: _Path) -> Any:
        definition = _mapping(self.definitions[name], name)
        if definition.get("enum"):
            return str
        if "properties" not in definition:
            return self.element_type(definition, path)
        title = _text({"title": name, **definition}, "title")
        found = flyte_class(title, definition)
        return found or self.dataclass(definition, name, path)

    def element_type(self, schema: Mapping[str, Any], path: _Path) -> Any:
        """Return the type of an element of a list or a dict, or of a plain property."""
        _check_depth(path)
        if "$ref" in schema:
            return self.referred(schema, path)
        if variants := schema.get("anyOf"):
            return self.optional_element(variants, path)
        kind = schema.get("type", "string")
        if kind == "array":
            return self.list_type(schema, path)
        if kind == "object":
            return self.mapping_type(schema, path)
        return _primitive(kind, schema.get("format"))

    def list_type(self, schema: Mapping[str, Any], path: _Path) -> Any:
        if "items" not in schema:
            return list[Any]
        items = _mapping(schema["items"], "items")
        return list[self.element_type(items, (*path, "[]"))]  # type: ignore[misc]

    def mapping_type(self, schema: Mapping[str, Any], path: _Path) -> Any:
        inner = schema.get("additionalProperties")
        if not inner:
            return dict
        if inner is True:
            return dict[str, Any]
        element = self.element_type(_mapping(inner, path[-1]), (*path, "{}"))
        return dict[str, element]  # type: ignore[valid-type]

    def optional_element(self, variants: Any, path: _Path) -> Any:
        """Return the first variant that is not null: elements have one type."""
        members = self.variants(variants, path)
        given = [m for m in members if m.get("type") != "null"]
        if not given:
            return type(None)
        inner = self.element_type(given[0], (*path, "|"))
        return typing.Optional[inner] if len(given) < len(members) else inner  # noqa: UP045 - made at run time


def _primitive(kind: Any, written_as: Any) -> Any:
    if _is_list(kind):  # as marshmallow writes an Optional: ["integer", "null"]
        return typing.Optional[_primitive(kind[0], None)]  # noqa: UP045 - made at run time
    if kind == "number" and written_as == "integer":
        return int
    return _PRIMITIVES.get(kind, str) if isinstance(kind, str) else str


def _check_depth(path: _Path) -> None:
    if len(path) > _DEEPEST:
        raise _endless(path)


def _endless(path: _Path) -> GuessError:
    shown = " → ".join(step[:40] for step in path[:6])
    return GuessError(f"A schema refers to itself, or is nested too deep: {shown} …")


def _in_order(properties: Mapping[str, Any], required: Any) -> list[str]:
    """Put fields in an order that does not depend on the message's: required first.

    A Struct keeps no order, and ``required`` is a list, so it does.
    """
    first = [
        name
        for name in (required if _is_list(required) else [])
        if isinstance(name, str) and name in properties
    ]
    first = list(dict.fromkeys(first))
    return [*first, *sorted(set(properties) - set(first))]


def _make_dataclass(name: str, fields: list[tuple[str, Any]]) -> Any:
    bad = [field for field, _ in fields if not _is_field_name(field)]
    if bad:
        msg = (
            f"{bad[0]!r:.200} cannot be a field of a dataclass: it is no Python name, "
            "or one that Python keeps to itself."
        )
        raise GuessError(msg)
    if not name.isidentifier() or keyword.iskeyword(name):
        name = "".join(c if c.isalnum() else "_" for c in name)[:100]
        name = (
            name if name.isidentifier() and not keyword.iskeyword(name) else f"_{name}"
        )
    try:
        return dataclasses.make_dataclass(name, fields)
    except (TypeError, ValueError) as error:
        raise GuessError(f"No dataclass {name!r:.200}: {error}.") from error


def _is_field_name(name: str) -> bool:
    if name.startswith("__") and name.endswith("__"):
        return False
    # Python normalizes the names in code, so that others could not be asked for.
    normal = unicodedata.normalize("NFKC", name) == name
    return normal and name.isidentifier() and not keyword.iskeyword(name)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        msg = f"The schema of {where!r:.200} is {value!r:.200}, not an object."
        raise GuessError(msg)
    return value


def _text(schema: Mapping[str, Any], key: str) -> str:
    value = schema[key]
    if not isinstance(value, str) or not value:
        msg = f"The schema's {key!r} is {value!r:.200}, not a name."
        raise GuessError(msg)
    return value


_Path_of_misfit = tuple[str | int, ...]


def misfit_path(value: Any, python_type: Any, fields_of: FieldsOf) -> _Path_of_misfit:
    """Find the innermost value that cannot be written.

    Args:
        value: What could not be written.
        python_type: What it was declared as.
        fields_of: Tells the types of a dataclass's fields.

    Returns:
        The names of fields, positions and keys that lead there.
    """
    writers: dict[int, Convert] = {}
    for step, item, declared in _inside(value, python_type, fields_of):
        if id(declared) not in writers:
            writers[id(declared)] = writer(declared)
        if not _is_written(item, writers[id(declared)]):
            return step, *misfit_path(item, declared, fields_of)
    return ()


def _inside(
    value: Any, python_type: Any, fields_of: FieldsOf
) -> Iterator[tuple[str | int, Any, Any]]:
    """Tell what is directly inside a value: where, what and declared as what."""
    fields = fields_of(python_type)
    origin, arguments = typing.get_origin(python_type), typing.get_args(python_type)
    if fields is not None and isinstance(value, python_type):
        for field, declared in zip(
            dataclasses.fields(python_type), fields, strict=True
        ):
            yield field.name, getattr(value, field.name), declared
    elif origin is list and isinstance(value, list):
        for position, item in enumerate(value):
            yield position, item, arguments[0]
    elif origin is dict and isinstance(value, dict):
        for key, item in value.items():
            yield key if isinstance(key, int) else str(key), item, arguments[1]


def _is_written(item: Any, write: Convert) -> bool:
    try:
        write(item)
    except Exception:  # noqa: BLE001 - which it is was told already; here it is found
        return False
    return True


def write_packed(out: literals_pb2.Literal, packed: bytes) -> None:
    """Put packed bytes into an empty literal."""
    binary = out.scalar.binary
    binary.value = packed
    binary.tag = MSGPACK


def describe_struct(
    schema: Mapping[str, Any] | None, fields: Mapping[str, Any], engine: TypeEngine
) -> types_pb2.LiteralType:
    """Make the literal type of a class with fields.

    Args:
        schema: Its JSON schema, if it has one.
        fields: Its fields' types.
        engine: Who knows the fields' types.
    """
    made = types_pb2.LiteralType()
    mark_packed(made)
    if schema is not None:
        made.metadata.update(schema)
    made.structure.SetInParent()
    for name, literal_type in describe_fields(fields.items(), engine).items():
        made.structure.dataclass_type[name].CopyFrom(literal_type)
    return made


class DataclassTransformer(Transformer):
    """Dataclasses, and dicts where a dataclass is declared."""

    name = "Object-Dataclass-Transformer"

    def __repr__(self) -> str:
        return "DataclassTransformer()"

    def handles(self, python_type: Any) -> bool:
        return is_class(python_type) and dataclasses.is_dataclass(python_type)

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        if flyte_annotation(python_type) is not None:
            msg = (
                "Flytekit does not currently have support for FlyteAnnotations applied "
                f"to Dataclass.Type {python_type} cannot be parsed."
            )
            raise UnsupportedTypeError(msg)
        bare = underlying(python_type)
        check_not_recursive(bare, _fields_of)
        return describe_struct(json_schema(bare), _declared_types(bare), engine)

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        bare = underlying(python_type)
        write = _writer(bare)
        literal_type = engine.literal_type(python_type)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if type(value) is not bare:
                _check_shape(value, python_type, literal_type)
            if type(value) is dict:
                write_packed(out, pack(value))
            else:
                write_packed(out, pack(_written(write, value, bare)))

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        bare = underlying(python_type)
        read = _reader(bare)

        def decode(literal: literals_pb2.Literal) -> Any:
            if is_packed(literal):
                plain = unpack(literal)
            elif literal.scalar.WhichOneof("value") == "generic":
                plain = _generic(literal)
            else:
                raise refuse_literal(literal, python_type)
            return _converted(read, plain, bare)

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        if literal_type.WhichOneof("type") != "simple":
            return None
        if literal_type.simple != types_pb2.STRUCT:
            return None
        return guess_from_schema(literal_type.metadata)


def _declared_types(bare: Any) -> dict[str, Any]:
    """Return the types of fields, and of what ``ClassVar`` and ``InitVar`` declare."""
    try:
        hints = typing.get_type_hints(bare)  # without annotations, as flytekit does
    except Exception as error:
        msg = (
            f"The fields of {bare!r} cannot be told: {type(error).__name__}: {error}. "
            "Each annotation must name something that its module has."
        )
        raise UnsupportedTypeError(msg) from error
    fields = bare.__dataclass_fields__.values()
    return {field.name: hints.get(field.name, field.type) for field in fields}


def _field_types(bare: Any) -> dict[str, Any]:
    declared = _declared_types(bare)
    return {field.name: declared[field.name] for field in dataclasses.fields(bare)}


def _fields_of(python_type: Any) -> list[Any] | None:
    if not (is_class(python_type) and dataclasses.is_dataclass(python_type)):
        return None
    return list(_field_types(python_type).values())


def _writer(bare: Any) -> Convert:
    return mixin_writer(bare, _fields_of) if is_mixin(bare) else writer(bare)


def _reader(bare: Any) -> Convert:
    return mixin_reader(bare, _fields_of) if is_mixin(bare) else reader(bare)


def _written(write: Convert, value: Any, bare: Any) -> Any:
    try:
        return _converted(write, value, bare)
    except ConversionError as error:
        if error.path:
            raise
        path = misfit_path(value, bare, _fields_of)
        raise error.below(*path) from error.__cause__


def _converted(convert: Convert, value: Any, bare: Any) -> Any:
    try:
        return convert(value)
    except ConversionError:
        raise
    except Exception as error:
        # Generated code of mashumaro, __post_init__ and field types raise what they do.
        path = _field_path(error)
        msg = (
            f"Cannot convert {shown(value)!r:.500} of {type(value)} for {bare!r}: "
            f"{type(error).__name__}: {error}"
        )
        kind = MemberError if isinstance(error, AttributeError) else ConversionError
        raise kind(msg, path=path) from error


def _field_path(error: BaseException) -> tuple[str, ...]:
    """Return the fields that mashumaro's chain of errors names, from the outside in."""
    path: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(path) < 32:  # noqa: PLR2004 - a bound, no meaning
        name = getattr(seen, "field_name", None)
        if isinstance(name, str):
            path.append(name)
        seen = seen.__cause__ or seen.__context__
    return tuple(path)


def _generic(literal: literals_pb2.Literal) -> Any:
    """Read a Struct, as the console sends it and older flytekits wrote it."""
    from google.protobuf import json_format

    return json_format.MessageToDict(literal.scalar.generic)


def _check_shape(
    value: Any, python_type: Any, literal_type: types_pb2.LiteralType
) -> None:
    """Refuse what is neither the dataclass nor has its fields."""
    bare = underlying(python_type)
    if isinstance(value, bare):
        return
    if type(value) is dict:
        _check_dict(value, bare)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        _check_other_dataclass(value, bare)
    else:
        why = (
            f"{type(value)} is not of type @dataclass, only Dataclasses are supported "
            f"for user defined datatypes in Flytekit: must be called with a dataclass "
            f"type or instance, {bare!r} or a dict, not {shown(value)!r}."
        )
        raise refuse_value(value, python_type, literal_type, why=why)


def _is_optional(python_type: Any) -> bool:
    return is_union(python_type) and type(None) in variants_of(python_type)


def _inner(python_type: Any) -> Any:
    return variants_of(python_type)[0] if _is_optional(python_type) else python_type


def _check_dict(value: dict[str, Any], bare: Any) -> None:
    types = _field_types(bare)
    optional = {
        name for name, python_type in types.items() if _is_optional(python_type)
    }
    missing = [name for name in types if name not in optional and name not in value]
    if missing:
        msg = (
            "The original fields are missing the following keys from the dataclass "
            f"fields: {missing}. {bare!r} has {sorted(types)}."
        )
        raise ConversionError(msg)
    extra = [key for key in value if key not in types]
    if extra:
        msg = (
            "The original fields have the following extra keys that are not in "
            f"dataclass fields: {extra}.{nearest(str(extra[0]), types)}"
        )
        raise ConversionError(msg)
    for name, item in value.items():
        _check_item(name, item, types[name])


def _check_item(name: str, item: Any, declared: Any) -> None:
    bare = _inner(declared)
    if type(item) is dict and is_class(bare) and dataclasses.is_dataclass(bare):
        try:
            _check_dict(item, bare)
        except ConversionError as error:
            raise error.below(name) from error.__cause__
    elif item is None and _is_optional(declared):
        return
    elif type(item) is not (typing.get_origin(bare) or bare):
        msg = f"Type of Val '{type(item)}' is not an instance of {bare}"
        raise ConversionError(msg, path=[name])


def _check_other_dataclass(value: Any, bare: Any) -> None:
    """Take another dataclass if its fields are among the declared ones, typed alike."""
    wanted = _field_types(bare)
    for name, given in _field_types(type(value)).items():
        if name not in wanted:
            msg = (
                f"Field '{name}' is not present in the expected dataclass fields "
                f"{bare.__name__}: {type(value)!r} was given.{nearest(name, wanted)}"
            )
            raise ConversionError(msg)
        item, declared = getattr(value, name), _inner(wanted[name])
        if dataclasses.is_dataclass(item) and dataclasses.is_dataclass(declared):
            _check_shape(item, declared, types_pb2.LiteralType())
        elif _inner(given) != declared:
            msg = f"Type of Val '{_inner(given)}' is not an instance of {declared}"
            raise ConversionError(msg, path=[name])


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
        check_not_recursive(bare, _fields_of_of_models)
        fields = {name: field.annotation for name, field in bare.model_fields.items()}
        return describe_struct(_schema(bare), fields, engine)

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        bare, literal_type = underlying(python_type), engine.literal_type(python_type)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if not isinstance(value, bare):
                raise _no_model(value, python_type, literal_type)
            write_packed(out, pack(_dumped(value)))

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        bare = underlying(python_type)

        def decode(literal: literals_pb2.Literal) -> Any:
            plain = plain_of(literal)
            if plain is None:
                raise refuse_literal(literal, python_type)
            return _validated(plain, bare)

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> None:
        """Leave it to dataclasses: an executor gets one of the model's fields."""
        return


def _no_model(
    value: Any, python_type: Any, literal_type: types_pb2.LiteralType
) -> ConversionError:
    if value is None or isinstance(value, tuple):
        return refuse_value(value, python_type, literal_type)
    msg = (
        f"{type(value).__name__!r} object has no attribute 'model_dump_json': expected "
        f"{python_type}, got {shown(value)!r}."
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


def _fields_of_of_models(python_type: Any) -> list[Any] | None:
    if not _is_model(python_type):
        return None
    return [field.annotation for field in python_type.model_fields.values()]
