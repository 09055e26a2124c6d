"""Which JSON schema of a dataclass Flyte takes for which other one.

A port of ``json-schema-compare``, which Flyte 1.16.8 asks whether the schema of a value
is at least that of the input; with its oddities, of which the main one is that what it
has no comparison for is no difference, but within ``anyOf`` it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

Schema = Any
_KNOWN_DRAFTS = tuple(
    f"http://json-schema.org/{name}#"
    for name in ("schema", "draft-07/schema", "draft-06/schema", "draft-04/schema")
)
_ODD = "not implemented"


def includes(given: Struct, wanted: Struct) -> bool:
    """Say whether the schema of a value includes that of the input."""
    larger, smaller = _json(given), _json(wanted)
    if larger == smaller:
        return True
    if any(
        s.get("$schema", _KNOWN_DRAFTS[0]) not in _KNOWN_DRAFTS
        for s in (larger, smaller)
    ):
        return False
    comparison = _Comparison(smaller, larger)
    return all(found == _ODD for found in comparison.differences(smaller, larger))


def _json(struct: Struct) -> dict[str, Any]:
    return {key: _value(each) for key, each in struct.fields.items()}


def _value(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _json(value.struct_value)
    if kind == "list_value":
        return [_value(each) for each in value.list_value.values]
    return None if kind in (None, "null_value") else getattr(value, str(kind))


@dataclass(frozen=True)
class _Comparison:
    """Compares parts of two schemas, and follows their references."""

    subset: Schema
    superset: Schema

    def differences(self, sub: Schema, sup: Schema) -> Iterator[str]:
        """Yield what differs; :data:`_ODD` for what is not compared."""
        sub, sup = _resolved(sub, self.subset), _resolved(sup, self.superset)
        types, others = _types(sub), _types(sup)
        yield from (f"type {each}" for each in types if each not in others)
        for each in others:
            if each not in types and not (each == "object" and not types):
                yield f"type {each}"
        if "string" in types:
            yield from _strings(sub, sup)
        if "number" in types:
            yield from _numbers(sub, sup)
        if "array" in types:
            yield from self._arrays(sub, sup)
        if "object" in types or not types:
            yield from self._objects(sub, sup)
        for key in ("allOf", "anyOf", "oneOf"):
            yield from self._alternatives(key, sub, sup)
        if "const" in sub and sub["const"] != sup.get("const", ...):
            yield "const"

    def _alternatives(self, key: str, sub: Schema, sup: Schema) -> Iterator[str]:
        ours, theirs = sub.get(key, []), sup.get(key, [])
        if bool(ours) != bool(theirs):
            yield key
            return
        for each in theirs:
            if all(any(self._whole(one, each)) for one in ours):
                yield key

    def _whole(self, sub: Schema, sup: Schema) -> Iterator[str]:
        """Compare where schemas may be ``true`` or ``false``, too."""
        one, other = _resolved(sub, self.subset), _resolved(sup, self.superset)
        if isinstance(sub, bool) or isinstance(sup, bool):
            if sub is not sup:
                yield "always"
            return
        yield from self.differences(one, other)

    def _objects(self, sub: Schema, sup: Schema) -> Iterator[str]:
        others = [each.get("additionalProperties", True) for each in (sub, sup)]
        if any(each is not True for each in others):
            yield _ODD
        for key in ("dependencies", "patternProperties", "not"):
            if sub.get(key) or sup.get(key):
                yield _ODD
        for key in set(sub.get("required", [])) - set(sup.get("required", [])):
            yield f"required {key}"
        yield from _bounds("minProperties", "maxProperties", sub, sup)
        for key in ("if", "then", "else"):
            yield from self._conditions(key, sub, sup)
        properties = sup.get("properties", {})
        for key, own in sub.get("properties", {}).items():
            if key in properties:
                yield from self.differences(own, properties[key])
            else:
                yield f"field {key}"

    def _conditions(self, key: str, sub: Schema, sup: Schema) -> Iterator[str]:
        if (key in sub) != (key in sup):
            yield key
        elif key in sub:
            told = any(self._whole(sub[key], sup[key]))
            yield from (key,) if told else ()

    def _arrays(self, sub: Schema, sup: Schema) -> Iterator[str]:
        yield from _bounds("minItems", "maxItems", sub, sup)
        if "items" in sub:
            yield from self._items(sub["items"], sup.get("items"))
        if sub.get("uniqueItems") and not sup.get("uniqueItems"):
            yield "uniqueItems"

    def _items(self, ours: Any, theirs: Any) -> Iterator[str]:
        if isinstance(ours, list) != isinstance(theirs, list) or theirs is None:
            yield "items"
        elif not isinstance(ours, list):
            yield from self.differences(ours, theirs)
        elif len(ours) != len(theirs):
            yield "items"
        else:
            for one, other in zip(ours, theirs, strict=True):
                yield from self.differences(one, other)


def _resolved(schema: Schema, root: Schema) -> Schema:
    """Follow references within a schema; one that is a truth value has no parts."""
    seen = 0
    while isinstance(schema, dict) and "$ref" in schema and seen < _MOST_REFERENCES:
        found: Any = root
        for step in str(schema["$ref"]).removeprefix("#").strip("/").split("/"):
            found = found.get(step, {}) if isinstance(found, dict) and step else found
        schema, seen = found, seen + 1
    return schema if isinstance(schema, dict) else {}


_MOST_REFERENCES = 100


def _types(schema: Schema) -> list[str]:
    types = schema.get("type", [])
    return sorted(types if isinstance(types, list) else [types])


def _strings(sub: Schema, sup: Schema) -> Iterator[str]:
    if sub.get("format", "") != sup.get("format", ""):
        yield "format"
    if "enum" in sub:
        yield from ("enum" for each in sup.get("enum", []) if each not in sub["enum"])
    if "pattern" in sub and sub["pattern"] != sup.get("pattern"):
        yield "pattern"
    yield from _bounds("minLength", "maxLength", sub, sup)


def _numbers(sub: Schema, sup: Schema) -> Iterator[str]:
    yield from _bounds("minimum", "maximum", sub, sup)
    for key in ("exclusiveMinimum", "exclusiveMaximum"):
        if key in sub or key in sup:
            yield _ODD
    if sub.get("multipleOf", 1) != sup.get("multipleOf", 1):
        yield "multipleOf"


def _bounds(least: str, most: str, sub: Schema, sup: Schema) -> Iterator[str]:
    if least in sub and sup.get(least, float("-inf")) < sub[least]:
        yield least
    if most in sub and sup.get(most, float("inf")) > sub[most]:
        yield most
