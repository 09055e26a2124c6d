"""The name of a literal type in Flyte's own words: ``MAP(STRUCT)``, ``BLOB(csv)``."""

from __future__ import annotations

from flyteidl.core.types_pb2 import BlobType, LiteralType, SimpleType

from kit.display.enum_name import enum_name

__all__ = ["wire_type_name"]


def wire_type_name(literal_type: LiteralType) -> str:
    """Name a literal type by the fields of its message.

    >>> wire_type_name(LiteralType(collection_type=LiteralType(simple="INTEGER")))
    'COLLECTION(INTEGER)'
    """
    kind = literal_type.WhichOneof("type")
    if kind == "simple":
        return enum_name(SimpleType, literal_type.simple)
    if kind == "collection_type":
        return f"COLLECTION({wire_type_name(literal_type.collection_type)})"
    if kind == "map_value_type":
        return f"MAP({wire_type_name(literal_type.map_value_type)})"
    if kind == "union_type":
        variants = map(wire_type_name, literal_type.union_type.variants)
        return f"UNION({', '.join(variants)})"
    return _leaf_name(literal_type, kind)


def _leaf_name(literal_type: LiteralType, kind: str | None) -> str:
    if kind == "enum_type":
        return f"ENUM({', '.join(literal_type.enum_type.values)})"
    if kind == "blob":
        return _blob_name(literal_type.blob)
    if kind == "structured_dataset_type":
        dataset = literal_type.structured_dataset_type
        columns = ", ".join(column.name for column in dataset.columns)
        return f"STRUCTURED_DATASET({columns})" if columns else "STRUCTURED_DATASET"
    if kind == "schema":
        return "SCHEMA"
    return "unset"


def _blob_name(blob: BlobType) -> str:
    parts = [blob.format] if blob.format else []
    if blob.dimensionality == BlobType.MULTIPART:
        parts.append("many files")
    return f"BLOB({', '.join(parts)})" if parts else "BLOB"
