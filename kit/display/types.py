"""The names of types: in Python, on the wire, and as an executor receives them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import typing
from collections.abc import Iterable
from types import UnionType
from typing import Any, Union

from flyteidl.core.types_pb2 import BlobType, LiteralType, SimpleType

from kit.errors import GuessError
from kit.forecast.arrival import strip_type
from kit.messages import enum_name
from kit.shim.argument_types import expected_type
from kit.types import default_engine
from kit.types.annotated import underlying

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
    return _wire_leaf_name(literal_type, kind)


def _wire_leaf_name(literal_type: LiteralType, kind: str | None) -> str:
    if kind == "enum_type":
        return f"ENUM({', '.join(literal_type.enum_type.values)})"
    if kind == "blob":
        return _wire_blob_name(literal_type.blob)
    if kind == "structured_dataset_type":
        dataset = literal_type.structured_dataset_type
        columns = ", ".join(column.name for column in dataset.columns)
        return f"STRUCTURED_DATASET({columns})" if columns else "STRUCTURED_DATASET"
    if kind == "schema":
        return "SCHEMA"
    return "unset"


def _wire_blob_name(blob: BlobType) -> str:
    parts = [blob.format] if blob.format else []
    if blob.dimensionality == BlobType.MULTIPART:
        parts.append("many files")
    return f"BLOB({', '.join(parts)})" if parts else "BLOB"


def python_type_name(python_type: Any) -> str:
    """Name a type without the modules of its classes.

    >>> import datetime
    >>> python_type_name(dict[str, list[datetime.date]])
    'dict[str, list[date]]'
    >>> from typing import Optional
    >>> python_type_name(Optional[int])
    'int | None'
    """
    if python_type is None or python_type is type(None):
        return "None"
    origin = typing.get_origin(python_type)
    if origin is not None:
        return _generic_name(python_type, origin)
    if isinstance(python_type, type):
        return python_type.__name__
    return str(python_type).removeprefix("typing.")


def _generic_name(python_type: Any, origin: Any) -> str:
    arguments = typing.get_args(python_type)
    if origin in (Union, UnionType):
        return " | ".join(map(python_type_name, arguments))
    if origin is typing.Annotated:
        return python_type_name(arguments[0])
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    return f"{python_type_name(origin)}[{', '.join(map(_argument, arguments))}]"


def _argument(argument: Any) -> str:
    if argument is ...:
        return "..."
    return repr(argument) if isinstance(argument, str) else python_type_name(argument)


def cluster_type(literal_type: LiteralType) -> LiteralType:
    """Return the type as it arrives on a cluster.

    >>> described = LiteralType(simple="STRUCT")
    >>> described.metadata["title"] = "Point"
    >>> cluster_type(described)
    simple: STRUCT
    <BLANKLINE>
    """
    arrived = LiteralType()
    arrived.CopyFrom(literal_type)
    strip_type(arrived)
    return arrived


_UNKNOWN = "cannot be told"


@dataclasses.dataclass(frozen=True)
class ReceivedType:
    """The type that an executor receives a variable as.

    Attributes:
        name: The name of the type.
        loss: What is lost of the declared type; empty when nothing is.
    """

    name: str
    loss: str


def received_type(
    literal_type: LiteralType, declared: Any = None, annotation: Any = None
) -> ReceivedType:
    """Return the type that an executor receives, which is the same here and on Flyte.

    Args:
        literal_type: The type in the template as it is registered.
        declared: The type its author declared, if that is known.
        annotation: What the executor says that it takes, if it does and its runtime
            reads that.
    """
    try:
        met = expected_type(annotation, cluster_type(literal_type), default_engine)
    except GuessError:
        return ReceivedType(_UNKNOWN, "")
    return ReceivedType(
        python_type_name(met), "" if declared is None else _loss(declared, met)
    )


def _loss(declared: Any, met: Any) -> str:
    """Say what is lost, of the type itself or of the types inside it."""
    bare = underlying(declared)
    if bare == met or bare is None:
        return ""
    inner = list(
        zip(map(underlying, typing.get_args(bare)), typing.get_args(met), strict=False)
    )
    if inner and len(typing.get_args(bare)) == len(typing.get_args(met)):
        return "; ".join(filter(None, dict.fromkeys(_loss(*pair) for pair in inner)))
    return _loss_of_class(bare, met)


def _loss_of_class(bare: Any, met: Any) -> str:
    name = python_type_name(bare)
    if met is dict:
        return f"{name} arrives as a dict: fields are keys, methods are gone"
    if isinstance(bare, type) and issubclass(bare, enum.Enum):
        return f"{name} arrives as another enum of the same values: compare .value"
    if bare is dt.date:
        return "a date arrives as a datetime at midnight UTC"
    return f"{name} arrives as {python_type_name(met)}"
