"""The name of a Flyte literal type, as a Python author would write it."""

from __future__ import annotations

from collections.abc import Iterable

from flyteidl.core.types_pb2 import BlobType, LiteralType, SimpleType

__all__ = ["type_name"]

_SIMPLE = {
    SimpleType.NONE: "None",
    SimpleType.INTEGER: "int",
    SimpleType.FLOAT: "float",
    SimpleType.STRING: "str",
    SimpleType.BOOLEAN: "bool",
    SimpleType.DATETIME: "datetime",
    SimpleType.DURATION: "timedelta",
    SimpleType.BINARY: "bytes",
    SimpleType.ERROR: "error",
    SimpleType.STRUCT: "dict",
}


def type_name(literal_type: LiteralType) -> str:
    """Name a literal type, as in ``list[dict[str, float]]`` or ``FlyteFile[csv]``.

    >>> type_name(LiteralType(collection_type=LiteralType(simple=SimpleType.INTEGER)))
    'list[int]'
    """
    kind = literal_type.WhichOneof("type")
    if kind == "collection_type":
        return f"list[{type_name(literal_type.collection_type)}]"
    if kind == "map_value_type":
        return f"dict[str, {type_name(literal_type.map_value_type)}]"
    if kind == "union_type":
        return " | ".join(map(type_name, literal_type.union_type.variants))
    if kind == "enum_type":
        return f"enum({', '.join(literal_type.enum_type.values)})"
    return _leaf_name(literal_type, kind)


def _leaf_name(literal_type: LiteralType, kind: str | None) -> str:
    if kind == "simple":
        return _simple_name(literal_type)
    if kind == "blob":
        return _blob_name(literal_type.blob)
    if kind == "structured_dataset_type":
        columns = literal_type.structured_dataset_type.columns
        parts = (f"{c.name}: {type_name(c.literal_type)}" for c in columns)
        return _with_parameters("StructuredDataset", parts)
    if kind == "schema":
        return _with_parameters(
            "FlyteSchema", (column.name for column in literal_type.schema.columns)
        )
    return "unset"


def _simple_name(literal_type: LiteralType) -> str:
    """Name a simple type; a dataclass's schema carries the name of its class."""
    if literal_type.simple == SimpleType.STRUCT:
        title = literal_type.metadata.fields.get("title")
        if title is not None and title.string_value:
            return title.string_value
    return _SIMPLE.get(literal_type.simple, "unset")


def _blob_name(blob: BlobType) -> str:
    multipart = blob.dimensionality == BlobType.MULTIPART
    name = "FlyteDirectory" if multipart else "FlyteFile"
    return _with_parameters(name, (blob.format,) if blob.format else ())


def _with_parameters(name: str, parameters: Iterable[str]) -> str:
    text = ", ".join(parameters)
    return f"{name}[{text}]" if text else name
