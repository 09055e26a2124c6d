"""``StructuredDataset``: a table that may still be in another store."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError
from kit.storage import (
    current_storage,
    is_local_file,
    is_local_folder,
    is_remote,
    redacted,
)
from kit.types.annotated import is_class
from kit.types.blobs import place
from kit.types.codecs import FieldCodec, register_field
from kit.types.frames import frame_handler, read_frame, read_parts, write_frame
from kit.types.model_fields import field_schema, object_schema

__all__ = ["StructuredDataset", "from_plain", "stored_frame"]

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
            cls, StructuredDataset, _read, _write, title="StructuredDataset"
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> Any:
        text = [{"type": "string"}, {"type": "null"}]
        made = object_schema(
            core_schema,
            uri={"anyOf": text, "default": None},
            file_format={"anyOf": text, "default": ""},
        )
        return {"description": _DESCRIPTION, **made}

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
