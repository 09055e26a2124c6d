"""From the JSON schema in a struct's literal type to a dataclass.

The rules are flytekit's: every property becomes a field without a default, classes in
lists and dicts become plain dicts, enums become text.  What a task's author wrote is
not known here; the dataclass only has the same name and fields.
"""

from __future__ import annotations

import dataclasses
import keyword
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

# Flyte's own classes, which register themselves as fields of dataclasses.
import kit.types.directories
import kit.types.files
import kit.types.schema
import kit.types.structured_dataset  # noqa: F401 - as the three before
from kit.errors import GuessError
from kit.types.codecs import flyte_class

__all__ = ["guess_from_schema"]

_MOST_PROPERTIES = 10_000
_DEEPEST = 32
_PRIMITIVES = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "number": float,
    "null": type(None),
}


def guess_from_schema(metadata: Struct) -> Any | None:
    """Make the dataclass that a JSON schema describes; one class for equal schemas.

    Returns:
        The class, or ``None`` if this is no schema of a class.

    Raises:
        GuessError: The schema is malformed, too large, or refers to itself.
    """
    if "title" not in metadata.fields or "properties" not in metadata.fields:
        return None
    return _make(metadata.SerializeToString(deterministic=True))


@lru_cache(maxsize=1024)
def _make(serialized: bytes) -> Any:
    metadata = Struct()
    metadata.ParseFromString(serialized)
    return _Schema(metadata).make()


def _plain(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return {k: _plain(v) for k, v in value.struct_value.fields.items()}
    if kind == "list_value":
        return [_plain(v) for v in value.list_value.values]
    return None if kind == "null_value" else getattr(value, kind or "null_value")


class _Schema:
    """One schema, with the definitions that its references name."""

    def __init__(self, metadata: Struct) -> None:
        self.root = {k: _plain(v) for k, v in metadata.fields.items()}
        self.definitions = self.root.get("$defs", self.root.get("definitions", {}))
        self.left = _MOST_PROPERTIES

    def make(self) -> Any:
        return self.dataclass(self.root, _text(self.root, "title"), ())

    def dataclass(
        self, schema: Mapping[str, Any], name: str, path: tuple[str, ...]
    ) -> Any:
        if len(path) > _DEEPEST:
            msg = (
                f"A schema refers to itself, or is nested too deep: {' → '.join(path)}."
            )
            raise GuessError(msg)
        properties = _mapping(schema.get("properties", {}), "properties")
        self.left -= len(properties)
        if self.left < 0:
            msg = (
                f"A schema has more than {_MOST_PROPERTIES} properties: {name!r:.100}."
            )
            raise GuessError(msg)
        fields = [
            (
                field,
                self.property_type(_mapping(properties[field], field), (*path, field)),
            )
            for field in _in_order(properties, schema.get("required", []))
        ]
        return _make_dataclass(name, fields)

    def property_type(self, schema: Mapping[str, Any], path: tuple[str, ...]) -> Any:
        """Return the type of a property of a class."""
        if variants := schema.get("anyOf"):
            return self.union(variants, path)
        if "$ref" in schema:
            return self.referred(schema, path)
        if schema.get("enum"):
            return str
        kind = schema.get("type")
        if kind == "array":
            return list[self.element_type(_items(schema), path)]  # type: ignore[misc]
        if kind == "object" and not schema.get("additionalProperties"):
            return self.object_type(schema, path)
        return self.element_type(schema, path)

    def union(self, variants: Any, path: tuple[str, ...]) -> Any:
        members = (
            [_mapping(v, path[-1]) for v in variants] if _is_list(variants) else []
        )
        if not members or any(member.get("anyOf") for member in members):
            msg = (
                f"The property with name {path[-1]} has a nested Optional or Union "
                "type, this is not allowed for dataclass JSON deserialization."
            )
            raise GuessError(msg)
        types = tuple(self.property_type(member, path) for member in members)
        return typing.Union[types]  # noqa: UP007 - variants are known at run time

    def object_type(self, schema: Mapping[str, Any], path: tuple[str, ...]) -> Any:
        if not schema.get("title"):
            return dict
        name = _text(schema, "title")
        return flyte_class(name, schema) or self.dataclass(schema, name, path)

    def referred(self, schema: Mapping[str, Any], path: tuple[str, ...]) -> Any:
        name = _text(schema, "$ref").rsplit("/", 1)[-1]
        if len(path) > _DEEPEST:
            raise _endless(path)
        if name not in self.definitions:
            msg = f"Cannot find definition for $ref {schema['$ref']!r:.200} in schema."
            raise GuessError(msg)
        definition = _mapping(self.definitions[name], name)
        if definition.get("enum"):
            return str
        found = flyte_class(_text({"title": name, **definition}, "title"), definition)
        return found or self.dataclass(definition, name, (*path, name))

    def element_type(self, schema: Mapping[str, Any], path: tuple[str, ...]) -> Any:
        """Return the type of an element of a list or a dict, or of a plain property."""
        if len(path) > _DEEPEST:
            raise _endless(path)
        if "$ref" in schema:
            return self.referred(schema, path)
        if variants := schema.get("anyOf"):
            return self.optional_element(variants, path)
        kind = schema.get("type", "string")
        if kind == "array":
            return list[self.element_type(_items(schema), (*path, "[]"))]  # type: ignore[misc]
        if kind == "object":
            return self.mapping_type(schema, path)
        return _primitive(kind, schema.get("format"))

    def mapping_type(self, schema: Mapping[str, Any], path: tuple[str, ...]) -> Any:
        inner = schema.get("additionalProperties")
        if not inner:
            return dict
        element = self.element_type(_mapping(inner, path[-1]), (*path, "{}"))
        return dict[str, element]  # type: ignore[valid-type]

    def optional_element(self, variants: Any, path: tuple[str, ...]) -> Any:
        """Return the first variant that is not null: elements have one type."""
        members = (
            [_mapping(v, path[-1]) for v in variants] if _is_list(variants) else []
        )
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


def _endless(path: tuple[str, ...]) -> GuessError:
    shown = " → ".join(step[:40] for step in path[:6])
    return GuessError(f"A schema refers to itself, or is nested too deep: {shown} …")


def _variants(variants: Any, path: tuple[str, ...]) -> list[Mapping[str, Any]]:
    if not _is_list(variants):
        return []
    return [_mapping(variant, path[-1]) for variant in variants]


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
    bad = [f for f, _ in fields if not f.isidentifier() or keyword.iskeyword(f)]
    if bad:
        msg = f"{bad[0]!r:.200} cannot be a field of a dataclass: it is no Python name."
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


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if value is True:
        return {}
    if not isinstance(value, dict):
        msg = f"The schema of {where!r:.200} is {value!r:.200}, not an object."
        raise GuessError(msg)
    return value


def _items(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(schema.get("items", {}), "items")


def _text(schema: Mapping[str, Any], key: str) -> str:
    value = schema[key]
    if not isinstance(value, str) or not value:
        msg = f"The schema's {key!r} is {value!r:.200}, not a name."
        raise GuessError(msg)
    return value
