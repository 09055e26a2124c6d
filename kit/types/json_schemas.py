"""JSON schemas of dataclasses: written into literal types, and read back as classes."""

from __future__ import annotations

import dataclasses
import json
import keyword
import typing
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Struct, Value

from kit.errors import (
    GuessError,
)
from kit.types.codecs import flyte_class, reader, writer


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
        return dataclasses.make_dataclass(name, fields, namespace=_JSON_METHODS)
    except (TypeError, ValueError) as error:
        raise GuessError(f"No dataclass {name!r:.200}: {error}.") from error


def _to_json(self: Any) -> str:
    return json.dumps(writer(type(self))(self))


def _from_json(cls: Any, text: str) -> Any:
    return reader(cls)(json.loads(text))


_JSON_METHODS = {"to_json": _to_json, "from_json": classmethod(_from_json)}
"""Methods that guessed dataclasses have in flytekit, too."""


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
