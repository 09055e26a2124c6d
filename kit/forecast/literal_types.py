"""The types that Flyte infers from values, and which fit which.

A port of ``LiteralTypeForLiteral`` and ``AreTypesCastable`` of Flyte 1.16.8
(``flytepropeller/pkg/compiler/validators``), with their oddities. Only a union literal
brings a type along; of everything else the type is inferred from the value, so a list
of two kinds is a list of a union.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from flyteidl.core import literals_pb2, types_pb2
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct, Value

from kit.template.macros import format_float, quoted_text

FieldDescriptor: TypeAlias = Any  # each of protobuf's implementations has its own


def message_text(message: Message) -> str:
    r"""Return a message as one line of protobuf's text format.

    Fields come in the order of their declaration, entries of maps sorted by key. Builds
    of Flyte write one or two blanks between fields; here are two, as in 1.16.8.

    >>> from flyteidl.core.types_pb2 import LiteralType
    >>> message_text(LiteralType(collection_type=LiteralType(simple="INTEGER")))
    'collection_type:{simple:INTEGER}'
    """
    fields = sorted(message.ListFields(), key=lambda pair: pair[0].index)
    return "  ".join(part for field in fields for part in _parts(*field))


def _parts(field: FieldDescriptor, value: Any) -> list[str]:
    if isinstance(value, (Message, str, bytes, int, float)):
        return [f"{field.name}:{_text(field, value)}"]
    if hasattr(value, "items"):
        return [_entry_text(field, key, value[key]) for key in sorted(value)]
    return [f"{field.name}:{_text(field, item)}" for item in value]


def _entry_text(field: FieldDescriptor, key: Any, value: Any) -> str:
    entry = field.message_type
    keys, values = entry.fields_by_name["key"], entry.fields_by_name["value"]
    return f"{field.name}:{{key:{_text(keys, key)}  value:{_text(values, value)}}}"


def _text(field: FieldDescriptor, value: Any) -> str:
    if isinstance(value, Message):
        return f"{{{message_text(value)}}}"
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return str(known.name if known else value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    return quoted_text(value) if isinstance(value, str) else str(value)


def _float_text(value: float) -> str:
    names = {"NaN": "nan", "+Inf": "inf", "-Inf": "-inf"}
    text = format_float(value)
    return names.get(text, text)


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


_SIMPLE_OF = {
    "integer": types_pb2.INTEGER,
    "float_value": types_pb2.FLOAT,
    "string_value": types_pb2.STRING,
    "boolean": types_pb2.BOOLEAN,
    "datetime": types_pb2.DATETIME,
    "duration": types_pb2.DURATION,
}
_COLUMN = types_pb2.SchemaType.SchemaColumn
_SIMPLE_OF_COLUMN = {
    _COLUMN.INTEGER: types_pb2.INTEGER,
    _COLUMN.FLOAT: types_pb2.FLOAT,
    _COLUMN.STRING: types_pb2.STRING,
    _COLUMN.BOOLEAN: types_pb2.BOOLEAN,
    _COLUMN.DATETIME: types_pb2.DATETIME,
    _COLUMN.DURATION: types_pb2.DURATION,
}
_NO_TYPE = types_pb2.LiteralType()
"""What stands in lists and maps for a literal of which no type can be told."""


_NO_DATASET = types_pb2.StructuredDatasetType(external_schema_type="<nil>")
"""What Go has as nil: the type of a dataset without metadata, which fits nothing."""


class UntypedUnionError(Exception):
    """A union literal has no type: the handler of flyteadmin crashes on it."""


def inferred_type(literal: literals_pb2.Literal) -> types_pb2.LiteralType | None:
    """Return the type that Flyte infers from a literal; ``None`` if it cannot tell."""
    kind = literal.WhichOneof("value")
    if kind == "scalar":
        return _type_of_scalar(literal.scalar)
    if kind == "collection":
        inner = _common_type(literal.collection.literals)
        return types_pb2.LiteralType(collection_type=inner)
    if kind == "map":
        inner = _common_type(literal.map.literals.values())
        return types_pb2.LiteralType(map_value_type=inner)
    if kind == "offloaded_metadata":
        offloaded = literal.offloaded_metadata
        return offloaded.inferred_type if offloaded.HasField("inferred_type") else None
    return None


def type_text(literal_type: types_pb2.LiteralType) -> str:
    """Return a type as it stands in Flyte's words."""
    text = message_text(literal_type)
    return text.replace(message_text(_NO_DATASET), "")


def _type_of_scalar(scalar: literals_pb2.Scalar) -> types_pb2.LiteralType | None:
    kind = scalar.WhichOneof("value")
    if kind is None or (kind == "blob" and not scalar.blob.HasField("metadata")):
        return None
    if kind in _TYPE_OF_SCALAR:
        return _TYPE_OF_SCALAR[kind](scalar)
    return types_pb2.LiteralType(simple=_SIMPLE_OF_SCALAR[kind])


def _of_primitive(scalar: literals_pb2.Scalar) -> types_pb2.LiteralType:
    kind = scalar.primitive.WhichOneof("value")
    return types_pb2.LiteralType(simple=_SIMPLE_OF.get(str(kind), types_pb2.NONE))


def _of_binary(scalar: literals_pb2.Scalar) -> types_pb2.LiteralType:
    is_struct = scalar.binary.tag == "msgpack"
    simple = types_pb2.STRUCT if is_struct else types_pb2.BINARY
    return types_pb2.LiteralType(simple=simple)


def _of_union(scalar: literals_pb2.Scalar) -> types_pb2.LiteralType:
    variant = scalar.union.type if scalar.union.HasField("type") else _NO_TYPE
    return types_pb2.LiteralType(union_type=types_pb2.UnionType(variants=[variant]))


def _of_dataset(scalar: literals_pb2.Scalar) -> types_pb2.LiteralType:
    metadata = scalar.structured_dataset.metadata
    has_type = metadata.HasField("structured_dataset_type")
    dataset = metadata.structured_dataset_type if has_type else _NO_DATASET
    return types_pb2.LiteralType(structured_dataset_type=dataset)


_TYPE_OF_SCALAR: dict[str, Callable[[literals_pb2.Scalar], types_pb2.LiteralType]] = {
    "primitive": _of_primitive,
    "binary": _of_binary,
    "union": _of_union,
    "blob": lambda scalar: types_pb2.LiteralType(blob=scalar.blob.metadata.type),
    "schema": lambda scalar: types_pb2.LiteralType(schema=scalar.schema.type),
    "structured_dataset": _of_dataset,
}
_SIMPLE_OF_SCALAR = {
    "none_type": types_pb2.NONE,
    "error": types_pb2.ERROR,
    "generic": types_pb2.STRUCT,
}


def _common_type(literals: Iterable[literals_pb2.Literal]) -> types_pb2.LiteralType:
    """Return the type of a list's or map's items; a union if there are several.

    Empty lists count only where there is nothing else; empty maps always, so that a
    map of a full and an empty map is one of a union.
    """
    found: dict[bytes, types_pb2.LiteralType] = {}
    kinds: set[str | None] = set()
    empty = None
    for literal in literals:
        kind = literal.scalar.primitive.WhichOneof("value")
        if kind is not None and kind in kinds:  # most lists are long and of one kind
            continue
        kinds.add(kind)
        inferred = inferred_type(literal) or _NO_TYPE
        if literal.HasField("collection") and not literal.collection.literals:
            empty = inferred
        else:
            found.setdefault(inferred.SerializeToString(deterministic=True), inferred)
    if len(found) > 1:
        return _union(sorted(found.values(), key=type_text))
    for only in found.values():
        return only
    return empty or types_pb2.LiteralType(simple=types_pb2.NONE)


def _union(types: list[types_pb2.LiteralType]) -> types_pb2.LiteralType:
    """Return the union of types; lists of unions are merged into a list of one."""
    variants: list[types_pb2.LiteralType] = []
    merged = False
    for each in types:
        if each.collection_type.WhichOneof("type") == "union_type":
            merged = True
            variants += each.collection_type.union_type.variants
        else:
            variants.append(each)
    union = types_pb2.LiteralType(union_type=types_pb2.UnionType(variants=variants))
    return types_pb2.LiteralType(collection_type=union) if merged else union


def is_castable(given: types_pb2.LiteralType, wanted: types_pb2.LiteralType) -> bool:
    """Say whether Flyte takes a value of an inferred type for an input.

    Raises:
        UntypedUnionError: The type is of a union literal that has none.
    """
    variants = given.union_type.variants
    if len(variants) == 1 and _casts(variants[0], wanted):
        return True
    return _casts(given, wanted)


def _casts(given: types_pb2.LiteralType, wanted: types_pb2.LiteralType) -> bool:
    kind = wanted.WhichOneof("type")
    if kind in ("collection_type", "map_value_type"):
        return _casts_container(given, wanted, kind)
    if kind == "blob":
        return given.WhichOneof("type") == "blob" and _fits(given.blob, wanted.blob)
    if kind == "schema":
        return _casts_schema(given, wanted.schema)
    if kind == "union_type":
        return _casts_union(given, wanted.union_type)
    if kind == "structured_dataset_type":
        return _casts_dataset(given, wanted.structured_dataset_type)
    return _is_none(given) if _is_none(wanted) else _casts_trivially(given, wanted)


def _is_none(literal_type: types_pb2.LiteralType) -> bool:
    kind = literal_type.WhichOneof("type")
    return kind == "simple" and literal_type.simple == types_pb2.NONE


def _casts_container(
    given: types_pb2.LiteralType, wanted: types_pb2.LiteralType, kind: str
) -> bool:
    if given.WhichOneof("type") != kind:
        return False
    inner: types_pb2.LiteralType = getattr(given, kind)
    if inner == _NO_TYPE:
        return False
    return _is_none(inner) or _casts(inner, getattr(wanted, kind))


def _fits(given: types_pb2.BlobType, wanted: types_pb2.BlobType) -> bool:
    either_is_open = not (given.format and wanted.format)
    return either_is_open or given.format == wanted.format


def _casts_union(given: types_pb2.LiteralType, wanted: types_pb2.UnionType) -> bool:
    """Each variant of a union has to fit one; anything else exactly one."""
    if given.WhichOneof("type") == "union_type":
        return all(
            any(is_castable(each, variant) for variant in wanted.variants)
            for each in given.union_type.variants
        )
    return sum(is_castable(given, variant) for variant in wanted.variants) == 1


def _casts_trivially(
    given: types_pb2.LiteralType, wanted: types_pb2.LiteralType
) -> bool:
    if given == _NO_TYPE:
        raise UntypedUnionError
    given_kind, wanted_kind = given.WhichOneof("type"), wanted.WhichOneof("type")
    if given_kind == "enum_type" and wanted.simple == types_pb2.STRING:
        return True
    if wanted_kind == "enum_type" and given.simple == types_pb2.STRING:
        return True
    if given.structure.tag and given.structure.tag != wanted.structure.tag:
        return False
    if given.simple == wanted.simple == types_pb2.STRUCT:
        return _same_schema(given, wanted)
    return _essence(given) == _essence(wanted)


def _same_schema(given: types_pb2.LiteralType, wanted: types_pb2.LiteralType) -> bool:
    """Say whether the JSON schemas of two structs go together; a missing one does."""
    if not (given.HasField("metadata") and wanted.HasField("metadata")):
        return True
    return includes(given.metadata, wanted.metadata)


def _essence(literal_type: types_pb2.LiteralType) -> Message:
    essence = types_pb2.LiteralType()
    essence.CopyFrom(literal_type)
    for field in ("metadata", "structure", "annotation"):
        essence.ClearField(field)
    return essence


def _casts_dataset(
    given: types_pb2.LiteralType, wanted: types_pb2.StructuredDatasetType
) -> bool:
    if _is_none(given):
        return True
    kind = given.WhichOneof("type")
    if kind == "schema":
        return _is_parquet(wanted.format) and _columns_fit(
            {c.name: _SIMPLE_OF_COLUMN.get(c.type) for c in given.schema.columns},
            {c.name: c.literal_type.simple for c in wanted.columns},
        )
    dataset = given.structured_dataset_type
    if kind != "structured_dataset_type" or dataset == _NO_DATASET:
        return False
    one, other = dataset.format.lower(), wanted.format.lower()
    if one and other and one != other:
        return False
    if not dataset.columns:
        return True
    types = {column.name: column.literal_type for column in dataset.columns}
    return all(
        column.name in types and _casts(types[column.name], column.literal_type)
        for column in wanted.columns
    )


def _casts_schema(given: types_pb2.LiteralType, wanted: types_pb2.SchemaType) -> bool:
    kind = given.WhichOneof("type")
    columns = {column.name: column.type for column in wanted.columns}
    if kind == "schema":
        return _columns_fit({c.name: c.type for c in given.schema.columns}, columns)
    dataset = given.structured_dataset_type
    return (
        kind == "structured_dataset_type"
        and dataset != _NO_DATASET
        and _is_parquet(dataset.format)
        and _columns_fit(
            {c.name: c.literal_type.simple for c in dataset.columns},
            {name: _SIMPLE_OF_COLUMN.get(each) for name, each in columns.items()},
        )
    )


def _columns_fit(given: Mapping[str, object], wanted: Mapping[str, object]) -> bool:
    """Say whether all wanted columns are there; without any, every table fits."""
    return not given or all(
        name in given and given[name] == each for name, each in wanted.items()
    )


def _is_parquet(form: str) -> bool:
    return form.lower() in ("", "parquet")
