"""Whether literals of one type can be used where another type is expected."""

from __future__ import annotations

from flyteidl.core import types_pb2


def is_compatible(given: types_pb2.LiteralType, wanted: types_pb2.LiteralType) -> bool:
    """Say whether literals of a given type are literals of the wanted one.

    The rule is flytekit's, which follows the backend's compiler: a union is taken if
    each of its variants is, an enum as text, and what only describes a type (metadata,
    structure, annotation) does not count.
    """
    if given.WhichOneof("type") == "union_type":
        return all(is_compatible(v, wanted) for v in given.union_type.variants)
    if wanted.WhichOneof("type") == "union_type" and any(
        is_compatible(given, v) for v in wanted.union_type.variants
    ):
        return True
    kind = given.WhichOneof("type")
    if kind in ("collection_type", "map_value_type"):
        return wanted.WhichOneof("type") == kind and is_compatible(
            getattr(given, kind), getattr(wanted, kind)
        )
    if kind == "structured_dataset_type":
        return wanted.WhichOneof("type") == kind and _same_datasets(
            given.structured_dataset_type, wanted.structured_dataset_type
        )
    if kind == "enum_type" and wanted.simple == types_pb2.STRING:
        return True
    return _essence(given) == _essence(wanted)


def _same_datasets(
    given: types_pb2.StructuredDatasetType, wanted: types_pb2.StructuredDatasetType
) -> bool:
    return (
        given.format == wanted.format
        and given.external_schema_type == wanted.external_schema_type
        and given.external_schema_bytes == wanted.external_schema_bytes
        and len(given.columns) == len(wanted.columns)
        and all(
            ours.name == theirs.name
            and is_compatible(ours.literal_type, theirs.literal_type)
            for ours, theirs in zip(given.columns, wanted.columns, strict=True)
        )
    )


def _essence(literal_type: types_pb2.LiteralType) -> types_pb2.LiteralType:
    essence = types_pb2.LiteralType()
    essence.CopyFrom(literal_type)
    for field in ("metadata", "structure", "annotation"):
        essence.ClearField(field)
    return essence


def is_readable(declared: types_pb2.LiteralType, wanted: types_pb2.LiteralType) -> bool:
    """Say whether literals of a declared type can be read as the wanted one.

    Both are the same kind of thing; formats and columns, which the reader of a file or
    table chooses, need not be equal.
    """
    kind, own = declared.WhichOneof("type"), wanted.WhichOneof("type")
    if kind == "union_type":
        return all(is_readable(v, wanted) for v in declared.union_type.variants)
    if own == "union_type":
        return any(is_readable(declared, v) for v in wanted.union_type.variants)
    if kind in ("collection_type", "map_value_type") and kind == own:
        return is_readable(getattr(declared, kind), getattr(wanted, kind))
    if kind == "enum_type" and own == "simple":
        return bool(wanted.simple == types_pb2.STRING)
    return kind == own and _is_same_kind(declared, wanted)


def _is_same_kind(
    declared: types_pb2.LiteralType, wanted: types_pb2.LiteralType
) -> bool:
    kind = declared.WhichOneof("type")
    if kind == "simple":
        return bool(declared.simple == wanted.simple)
    if kind == "enum_type":
        return set(declared.enum_type.values) <= set(wanted.enum_type.values)
    if kind == "blob":
        return bool(declared.blob.dimensionality == wanted.blob.dimensionality)
    return kind in ("structured_dataset_type", "schema")
