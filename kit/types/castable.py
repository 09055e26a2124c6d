"""Whether a literal of one type can be taken where another type is expected."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flyteidl.core import types_pb2

from kit.errors import UnsupportedTypeError

__all__ = ["FieldsOf", "castable", "check_not_recursive", "parts_of"]


def castable(given: types_pb2.LiteralType, wanted: types_pb2.LiteralType) -> bool:
    """Say whether literals of a given type are literals of the wanted one.

    The rule is flytekit's, which follows the backend's compiler: a union is taken if
    each of its variants is, an enum as text, and what only describes a type (metadata,
    structure, annotation) does not count.
    """
    if given.WhichOneof("type") == "union_type":
        return all(castable(v, wanted) for v in given.union_type.variants)
    if wanted.WhichOneof("type") == "union_type" and any(
        castable(given, v) for v in wanted.union_type.variants
    ):
        return True
    kind = given.WhichOneof("type")
    if kind in ("collection_type", "map_value_type"):
        return wanted.WhichOneof("type") == kind and castable(
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
            and castable(ours.literal_type, theirs.literal_type)
            for ours, theirs in zip(given.columns, wanted.columns, strict=True)
        )
    )


def _essence(literal_type: types_pb2.LiteralType) -> types_pb2.LiteralType:
    essence = types_pb2.LiteralType()
    essence.CopyFrom(literal_type)
    for field in ("metadata", "structure", "annotation"):
        essence.ClearField(field)
    return essence


FieldsOf = Callable[[Any], Iterable[Any] | None]
"""Returns the types of a struct's fields; ``None`` for other types."""


def parts_of(python_type: Any) -> Iterator[Any]:
    """Return a type and the types in its brackets, at any depth."""
    yield python_type
    for argument in typing.get_args(python_type):
        yield from parts_of(argument)


def check_not_recursive(
    struct: Any, fields_of: FieldsOf, inside: tuple[Any, ...] = ()
) -> None:
    """Refuse a struct that contains itself: its literal type would have no end.

    Raises:
        UnsupportedTypeError: It does.
    """
    fields = fields_of(struct)
    if fields is None:
        return
    if any(struct is outer for outer in inside):
        chain = " → ".join(each.__name__ for each in (*inside, struct))
        msg = f"{struct!r} contains itself ({chain}), which a literal type cannot."
        raise UnsupportedTypeError(msg)
    for field in fields:
        for part in parts_of(field):
            check_not_recursive(part, fields_of, (*inside, struct))
