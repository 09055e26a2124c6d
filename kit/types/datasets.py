"""``StructuredDataset``, and data frames as literals."""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import (
    ConversionError,
    UnsupportedTypeError,
)
from kit.storage import (
    current_storage,
    is_local_file,
    is_local_folder,
    is_remote,
    redacted,
)
from kit.types.annotated import (
    FlyteAnnotation,
    HashMethod,
    annotations_of,
    is_class,
    underlying,
)
from kit.types.blobs import place
from kit.types.codecs import FieldCodec, field_schema, object_schema, register_field
from kit.types.conversion_errors import literal_error, value_error
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine
from kit.types.frames import (
    PARQUET,
    as_dataset_column,
    dataset_columns,
    frame_handler,
    is_frame_type,
    read_frame,
    read_parts,
    write_frame,
)
from kit.types.packed import plain_of

_DESCRIPTION = (
    "This is the user facing StructuredDataset class. Please don't confuse it with the "
    "literals.StructuredDataset\nclass (that is just a model, a Python class "
    "representation of the protobuf)."
)
"""What flytekit's models say of it in their JSON schema, which is on the wire."""


@dataclasses.dataclass(init=False)
class StructuredDataset:
    """A table: a data frame, or where one is stored.

    Args:
        dataframe: A frame to write when it goes out: pandas, pyarrow, or of a
            registered handler.
        uri: Where it is stored, or shall be.
        metadata: The type of the stored data.
        file_format: Its format, such as ``"parquet"``.

    Example:
        >>> import pandas as pd
        >>> from kit.types import StructuredDataset, default_engine
        >>> dataset = StructuredDataset(pd.DataFrame({"a": [1, 2], "b": [3, 4]}))
        >>> literal = default_engine.to_literal(dataset, StructuredDataset)
        >>> received = default_engine.to_python(literal, StructuredDataset)
        >>> received.file_format
        'parquet'
        >>> received.open(pd.DataFrame).all()["b"].tolist()
        [3, 4]
    """

    uri: str | None = None
    file_format: str | None = ""

    def __init__(
        self,
        dataframe: Any = None,
        uri: str | None = None,
        metadata: literals_pb2.StructuredDatasetMetadata | None = None,
        *,
        file_format: str | None = "",
    ) -> None:
        self._dataframe = dataframe
        self.uri = uri
        self.file_format = file_format
        self._metadata = metadata
        self._literal: literals_pb2.StructuredDataset | None = None
        self._opened_as: Any = None

    def __repr__(self) -> str:
        where = None if self.uri is None else redacted(self.uri)
        return f"{type(self).__name__}(uri={where!r}, file_format={self.file_format!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return field_schema(
            cls,
            StructuredDataset,
            _read,
            _write,
            handler=handler,
            title="StructuredDataset",
            fields={"uri": (str | None, None), "file_format": (str | None, "")},
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> Any:
        return {"description": _DESCRIPTION, **object_schema(core_schema, handler)}

    @classmethod
    def columns(cls) -> dict[str, Any]:
        """Return nothing: columns stand in the annotation, or in the metadata."""
        return {}

    @classmethod
    def column_names(cls) -> list[str]:
        """Return nothing: see :meth:`columns`."""
        return list(cls.columns())

    @property
    def dataframe(self) -> Any:
        """The frame it was made of; what is stored is read with :meth:`open`."""
        return self._dataframe

    @property
    def metadata(self) -> literals_pb2.StructuredDatasetMetadata | None:
        """The type of the stored data: its columns and format."""
        return self._metadata

    @property
    def literal(self) -> literals_pb2.StructuredDataset | None:
        """The literal it was read from or written to."""
        return self._literal

    def open(self, dataframe_type: Any) -> StructuredDataset:
        """Choose the class of frames that :meth:`all` and :meth:`iter` read."""
        self._opened_as = dataframe_type
        return self

    def all(self) -> Any:
        """Read the whole table, or the columns that the annotation names.

        Raises:
            ValueError: No class of frames was chosen.
            ConversionError: The data cannot be read as one.
        """
        frame_type = self._chosen()
        if self._dataframe is not None and isinstance(self._dataframe, frame_type):
            return self._dataframe
        stored = self.stored()
        handler = frame_handler(frame_type, _format(stored), stored.uri)
        return read_frame(handler, stored.uri, self._selected())

    def iter(self) -> Iterator[Any]:
        """Read the table file by file.

        Raises:
            ValueError: No class of frames was chosen.
            ConversionError: The data cannot be read as one.
        """
        frame_type, stored = self._chosen(), self.stored()
        handler = frame_handler(frame_type, _format(stored), stored.uri)
        return read_parts(handler, stored.uri, self._selected())

    def _chosen(self) -> Any:
        if self._opened_as is None:
            msg = (
                "No dataframe type set. Use open() to set the local dataframe type you "
                "want to use: dataset.open(pandas.DataFrame).all()."
            )
            raise ValueError(msg)
        if not is_class(self._opened_as):
            msg = f"{self._opened_as!r} is no class of data frames."
            raise ConversionError(msg)
        return self._opened_as

    def _selected(self) -> list[str] | None:
        if self._metadata is None:
            return None
        columns = self._metadata.structured_dataset_type.columns
        return [column.name for column in columns] or None

    def stored(
        self, declared: types_pb2.StructuredDatasetType | None = None
    ) -> literals_pb2.StructuredDataset:
        """Return where the data is stored, having stored a frame that is not yet.

        Args:
            declared: The type it goes out as.

        Raises:
            ConversionError: It has neither data nor a URI, or cannot be stored.
        """
        if self._literal is None:
            kind = types_pb2.StructuredDatasetType()
            kind.CopyFrom(declared or types_pb2.StructuredDatasetType())
            if self._dataframe is None:
                self._literal = self._located(kind)
            else:
                self._literal = stored_frame(self._dataframe, kind, self.uri)
        return self._literal

    def _located(
        self, kind: types_pb2.StructuredDatasetType
    ) -> literals_pb2.StructuredDataset:
        if not self.uri:
            msg = (
                f"If dataframe is not specified, then the uri should be specified. "
                f"{self!r}"
            )
            raise ConversionError(msg)
        there = is_remote(self.uri) or is_local_folder(self.uri)
        if not there and not is_local_file(self.uri):
            msg = f"There is no data at the uri {self.uri!r} of a StructuredDataset."
            raise ConversionError(msg)
        if not kind.format:
            kind.format = self.file_format or ""
        recursive = is_local_folder(self.uri)
        made = literals_pb2.StructuredDataset(uri=place(self.uri, recursive=recursive))
        made.metadata.structured_dataset_type.CopyFrom(kind)
        return made

    @classmethod
    def from_literal(
        cls,
        literal: literals_pb2.StructuredDataset,
        columns: list[types_pb2.StructuredDatasetType.DatasetColumn] | None = None,
    ) -> StructuredDataset:
        """Make the dataset of a literal.

        Args:
            literal: Where the data is, and its type.
            columns: The columns to read instead of all that the literal has.
        """
        metadata = literals_pb2.StructuredDatasetMetadata()
        metadata.CopyFrom(literal.metadata)
        if columns:
            del metadata.structured_dataset_type.columns[:]
            metadata.structured_dataset_type.columns.extend(columns)
        made = cls(uri=literal.uri, metadata=metadata, file_format=_format(literal))
        made._literal = literal
        return made


def _format(literal: literals_pb2.StructuredDataset) -> str:
    return literal.metadata.structured_dataset_type.format


def stored_frame(
    frame: Any, kind: types_pb2.StructuredDatasetType, uri: str | None = None
) -> literals_pb2.StructuredDataset:
    """Write a frame and return where it is.

    Args:
        frame: The data.
        kind: Its type, whose format is written; a given one is completed.
        uri: Where to write it, instead of a new path under the raw output prefix.

    Raises:
        ConversionError: It cannot be written.
    """
    target = uri or current_storage().new_output_path()
    handler = frame_handler(type(frame), kind.format, target)
    write_frame(handler, frame, target)
    kind.format = handler.file_format
    made = literals_pb2.StructuredDataset(uri=target)
    made.metadata.structured_dataset_type.CopyFrom(kind)
    return made


def from_plain(plain: Any) -> literals_pb2.StructuredDataset:
    """Return where a dataset is that was written as a field of a dataclass.

    Raises:
        ConversionError: It does not say where.
    """
    uri = plain.get("uri") if isinstance(plain, dict) else None
    file_format = plain.get("file_format") or "" if isinstance(plain, dict) else ""
    if not isinstance(uri, str) or not isinstance(file_format, str):
        msg = (
            "StructuredDataset's uri and file format should not be None: expected an "
            f"object with a `uri`, got {plain!r:.200}."
        )
        raise ConversionError(msg)
    made = literals_pb2.StructuredDataset(uri=uri)
    made.metadata.structured_dataset_type.format = file_format
    return made


def _write(value: Any) -> dict[str, Any]:
    """Write a dataset as a field of a dataclass."""
    if not isinstance(value, StructuredDataset):
        msg = f"{value!r:.200} of {type(value)} is no StructuredDataset."
        raise ConversionError(msg)
    stored = value.stored()
    return {
        "uri": stored.uri,
        "file_format": stored.metadata.structured_dataset_type.format,
    }


def _read(plain: Any, made: Any) -> StructuredDataset:
    """Read a dataset that was a field of a dataclass."""
    dataset: StructuredDataset = made.from_literal(from_plain(plain))
    return dataset


register_field(StructuredDataset, FieldCodec(write=_write, read=_read))


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
                raise value_error(value, python_type, literal_type, why=why)
            elif not isinstance(value, bare):
                raise value_error(value, python_type, literal_type)
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
        raise literal_error(literal, python_type)
    return made
