"""The types that Flyte infers from values, and which of them it takes for which.

A port of ``LiteralTypeForLiteral`` and ``AreTypesCastable`` of Flyte 1.16.8
(``flytepropeller/pkg/compiler/validators``), with their oddities. Only a union literal
brings a type along; of everything else the type is inferred from the value, so a list
of two kinds is a list of a union.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from flyteidl.core import literals_pb2, types_pb2
from google.protobuf.message import Message

from kit.forecast.go_text import message_text
from kit.forecast.json_schemas import includes

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
