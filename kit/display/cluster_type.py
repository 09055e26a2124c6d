"""The literal type that a container on a cluster finds in its template.

Source: ``StripInterfaceTypeMetadata`` in flytepropeller's
``pkg/compiler/transformers/k8s/utils.go``: before a template is stored, what only
clients need is taken out of the types of its interface.
"""

from __future__ import annotations

from collections.abc import Iterator

from flyteidl.core.types_pb2 import LiteralType

from kit.types.annotated import CACHE_KEY_METADATA

__all__ = ["cluster_type"]


def cluster_type(literal_type: LiteralType) -> LiteralType:
    """Return the type without metadata, and without annotations but the cache's.

    >>> described = LiteralType(simple="STRUCT")
    >>> described.metadata["title"] = "Point"
    >>> cluster_type(described)
    simple: STRUCT
    <BLANKLINE>
    """
    stripped = LiteralType()
    stripped.CopyFrom(literal_type)
    _strip(stripped)
    return stripped


def _strip(literal_type: LiteralType) -> None:
    literal_type.ClearField("metadata")
    if CACHE_KEY_METADATA not in literal_type.annotation.annotations.fields:
        literal_type.ClearField("annotation")
    for inner in _inner(literal_type):
        _strip(inner)


def _inner(literal_type: LiteralType) -> Iterator[LiteralType]:
    kind = literal_type.WhichOneof("type")
    if kind in ("collection_type", "map_value_type"):
        yield getattr(literal_type, kind)
    elif kind == "union_type":
        yield from literal_type.union_type.variants
    elif kind == "structured_dataset_type":
        columns = literal_type.structured_dataset_type.columns
        yield from (column.literal_type for column in columns)
