"""Dataclasses: packed with msgpack, and described by a JSON schema in their type."""

from __future__ import annotations

import contextlib
import dataclasses
import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import (
    ConversionError,
    MemberError,
    UnsupportedTypeError,
    nearest,
)
from kit.types.annotated import flyte_annotation, is_class, underlying
from kit.types.codecs import (
    Convert,
    FieldsOf,
    check_fields,
    has_own_json,
    is_mixin,
    mixin_reader,
    mixin_writer,
    reader,
    writer,
)
from kit.types.conversion_errors import (
    error_reason,
    literal_error,
    shorten,
    type_name,
    value_error,
)
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine
from kit.types.json_schemas import guess_from_schema, json_schema
from kit.types.lossless import difference, exact_check, part_of
from kit.types.packed import (
    MSGPACK,
    PICKLE_FORMAT,
    mark_packed,
    pack,
    plain_of,
    unpack,
)
from kit.types.unions import is_union, variants_of


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
        check_fields(bare, _fields_of)
        return describe_struct(json_schema(bare), _declared_types(bare), engine)

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        bare = underlying(python_type)
        literal_type = engine.literal_type(python_type)
        write, read = _writer(bare), _reader(bare)
        is_exact = exact_check(bare, _fields_of)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if type(value) is not bare:
                _check_shape(value, python_type, literal_type)
            if type(value) is dict:
                write_packed(out, pack(value))
                return
            try:
                plain, exact = write(value), is_exact(value)
            except Exception:  # noqa: BLE001 - what follows says what is wrong
                plain, exact = _written(write, value, bare), False
            packed = pack(plain)
            if not exact:
                _check_lossless(value, packed, read, bare)
            write_packed(out, packed)

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        bare = underlying(python_type)
        read = _reader(bare)

        def decode(literal: literals_pb2.Literal) -> Any:
            plain = plain_of(literal)
            if plain is None:
                raise literal_error(literal, python_type)
            try:
                return read(plain)
            except ConversionError:
                raise
            except Exception as error:  # as of generated code, and its author's
                raise _failure(error, plain, bare) from error

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
        path = error_path(value, bare, _fields_of)
        raise error.below(*path) from error.__cause__


def _converted(convert: Convert, value: Any, bare: Any) -> Any:
    try:
        return convert(value)
    except ConversionError:
        raise
    except Exception as error:
        raise _failure(error, value, bare) from error


def _failure(error: Exception, value: Any, bare: Any) -> ConversionError:
    """Return why a value cannot be converted.

    Generated code of mashumaro, ``__post_init__`` and field types raise what they do.
    """
    msg = (
        f"Cannot convert {shorten(value)!r:.500} of {type(value)} for {bare!r}: "
        f"{error_reason(error)}"
    )
    kind = MemberError if isinstance(error, AttributeError) else ConversionError
    return kind(msg, path=_field_path(error))


def _check_lossless(value: Any, packed: bytes, read: Convert, bare: Any) -> None:
    """Refuse a value that would be read back as another one.

    Raises:
        ConversionError: It would; it says which field, and the two types.
    """
    if is_mixin(bare) and has_own_json(bare):
        return  # its author's methods say what becomes of it
    literal = literals_pb2.Literal()
    write_packed(literal, packed)
    try:
        back = read(unpack(literal))
    except ConversionError:
        raise
    except Exception as error:
        path = _field_path(error)
        if not path:  # the class's own code
            msg = f"{bare!r} cannot read back what it wrote: {error_reason(error)}"
            raise ConversionError(msg) from error
        raise _wrong_part(value, bare, path, "it could not be read back") from error
    where = difference(value, back)
    if where is not None:
        why = "it would be read back as another value"
        raise _wrong_part(value, bare, where, why)


def _wrong_part(
    value: Any, bare: Any, path: tuple[str | int, ...], why: str
) -> ConversionError:
    part, declared = part_of(value, bare, path, _fields_of)
    field = ".".join(map(str, path)) or "the value"
    msg = (
        f"{bare.__name__}: {field} is {shorten(part, write=repr):.200} of type "
        f"{type(part).__name__}, expected {type_name(declared)}: {why}."
    )
    return ConversionError(msg, path=path)


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
            f"type or instance, {bare!r} or a dict, not {shorten(value)!r}."
        )
        raise value_error(value, python_type, literal_type, why=why)


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
        _add_schema(made, schema)
    made.structure.SetInParent()
    for name, literal_type in describe_fields(fields.items(), engine).items():
        made.structure.dataclass_type[name].CopyFrom(literal_type)
    return made


def _add_schema(made: types_pb2.LiteralType, schema: Mapping[str, Any]) -> None:
    try:
        made.metadata.update(schema)
    except (ValueError, TypeError) as error:
        msg = (
            f"The JSON schema of {schema.get('title')} has a part that is not JSON: "
            f"{error}. Give its fields defaults that are plain values."
        )
        raise UnsupportedTypeError(msg) from error


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


_Path = tuple[str | int, ...]


def error_path(value: Any, python_type: Any, fields_of: FieldsOf) -> _Path:
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
            return step, *error_path(item, declared, fields_of)
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
