"""Structured datasets and data frames as literals."""

from __future__ import annotations

import sys
import typing
from collections.abc import Mapping
from typing import Any, NamedTuple

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import UnsupportedTypeError
from kit.types.annotated import (
    FlyteAnnotation,
    HashMethod,
    annotations_of,
    is_class,
    underlying,
)
from kit.types.columns import as_dataset_column, dataset_columns
from kit.types.engine import TypeEngine
from kit.types.frames import PARQUET, frame_handler, is_frame_type
from kit.types.plain import plain_of
from kit.types.refusal import refuse_literal, refuse_value
from kit.types.structured_dataset import StructuredDataset, from_plain, stored_frame
from kit.types.transformer import Decoder, Encoder, Transformer

__all__ = ["DatasetTransformer"]


class DatasetTransformer(Transformer):
    """``StructuredDataset``, and classes of data frames."""

    name = "StructuredDataset Transformer"

    def __repr__(self) -> str:
        return "DatasetTransformer()"

    def handles(self, python_type: Any) -> bool:
        return is_frame_type(python_type) or _is_dataset(python_type)

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        made = types_pb2.LiteralType()
        made.structured_dataset_type.CopyFrom(_dataset_type(python_type))
        return made

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        bare, declared = underlying(python_type), _dataset_type(python_type)
        literal_type = engine.literal_type(python_type)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if isinstance(value, StructuredDataset):
                stored = value.stored(declared)
            elif _is_dataset(bare):
                why = _unwrapped(value)
                raise refuse_value(value, python_type, literal_type, why=why)
            elif not isinstance(value, bare):
                raise refuse_value(value, python_type, literal_type)
            else:
                stored = _stored_as(value, bare, declared)
            out.scalar.structured_dataset.CopyFrom(stored)

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        bare = underlying(python_type)
        columns = dataset_columns(_annotation(python_type).columns or {})
        make: Any = bare if _is_dataset(bare) else StructuredDataset

        def decode(literal: literals_pb2.Literal) -> Any:
            dataset = make.from_literal(_dataset_literal(literal, python_type), columns)
            return dataset if _is_dataset(bare) else dataset.open(bare).all()

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        kind = literal_type.WhichOneof("type")
        return StructuredDataset if kind == "structured_dataset_type" else None


class _Annotation(NamedTuple):
    """What an annotated type says of its data."""

    columns: Mapping[str, Any] | None = None
    format: str = ""
    arrow_schema: Any = None


def _annotation(python_type: Any) -> _Annotation:
    found = _Annotation()
    for given in annotations_of(python_type):
        if isinstance(given, (HashMethod, FlyteAnnotation, Transformer)):
            continue
        if isinstance(given, str):
            if found.format:
                msg = (
                    f"A format was already specified {found.format}, cannot use "
                    f"{given}: {python_type} can have one only."
                )
                raise UnsupportedTypeError(msg)
            found = found._replace(format=given)
        elif isinstance(given, Mapping):
            found = found._replace(columns=given)
        elif _is_arrow_schema(given):
            found = found._replace(arrow_schema=given)
        elif getattr(given, "__annotations__", None):
            hints = typing.get_type_hints(given if is_class(given) else type(given))
            found = found._replace(columns=hints)
    return found


def _is_arrow_schema(given: Any) -> bool:
    arrow = sys.modules.get("pyarrow")
    return arrow is not None and isinstance(given, arrow.Schema)


def _is_dataset(bare: Any) -> bool:
    return is_class(bare) and issubclass(bare, StructuredDataset)


def _dataset_type(python_type: Any) -> types_pb2.StructuredDatasetType:
    annotation = _annotation(python_type)
    made = types_pb2.StructuredDatasetType(format=annotation.format)
    made.columns.extend(dataset_columns(annotation.columns or {}))
    if annotation.arrow_schema is not None:
        made.external_schema_type = "arrow"
        made.external_schema_bytes = annotation.arrow_schema.to_string().encode()
    return made


def _unwrapped(value: Any) -> str:
    return (
        f"Expected a StructuredDataset instance, but got {type(value)} instead. Did "
        "you forget to wrap your dataframe in a StructuredDataset instance? "
        "StructuredDataset(dataframe=…) does."
    )


def _stored_as(
    frame: Any, bare: Any, declared: types_pb2.StructuredDatasetType
) -> literals_pb2.StructuredDataset:
    """Write a frame that is declared as a frame: in its class's own format."""
    kind = types_pb2.StructuredDatasetType()
    kind.CopyFrom(declared)
    kind.format = frame_handler(bare, "", "").file_format
    return stored_frame(frame, kind)


def _dataset_literal(
    literal: literals_pb2.Literal, python_type: Any
) -> literals_pb2.StructuredDataset:
    """Return what a literal says of where data is; also a schema's, which is older."""
    plain = plain_of(literal)
    if plain is not None:
        return from_plain(plain)
    made = literals_pb2.StructuredDataset()
    kind = literal.scalar.WhichOneof("value")
    if kind == "structured_dataset":
        made.CopyFrom(literal.scalar.structured_dataset)
    elif kind == "schema":
        schema = literal.scalar.schema
        made.uri = schema.uri
        written = made.metadata.structured_dataset_type
        written.format = PARQUET
        written.columns.extend(map(as_dataset_column, schema.type.columns))
    else:
        raise refuse_literal(literal, python_type)
    return made
