"""Structured datasets and data frames as literals."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import sys
import typing
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import (
    ConversionError,
    KitError,
    MissingPackageError,
    StorageError,
    UnsupportedTypeError,
)
from kit.storage import (
    current_storage,
    is_local_file,
    is_local_folder,
    is_remote,
    is_web,
    local_path,
    redacted,
)
from kit.storage.settings import failure, raised_from, whole
from kit.types.annotated import (
    FlyteAnnotation,
    HashMethod,
    annotations_of,
    is_class,
    refuse_literal,
    refuse_value,
    underlying,
)
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine
from kit.types.files import place
from kit.types.packed import (
    FieldCodec,
    field_schema,
    object_schema,
    plain_of,
    register_field,
)

__all__ = [
    "DatasetTransformer",
    "FrameHandler",
    "StructuredDataset",
    "as_dataset_column",
    "dataset_columns",
    "frame_handler",
    "from_plain",
    "is_frame_type",
    "read_frame",
    "read_parts",
    "readable",
    "register_frames",
    "schema_columns",
    "schema_python_type",
    "stored_file",
    "stored_frame",
    "write_frame",
]


_Simple = types_pb2.SimpleType
_Column = types_pb2.SchemaType.SchemaColumn

_SIMPLE: dict[type, types_pb2.SimpleType] = {
    int: _Simple.INTEGER,
    float: _Simple.FLOAT,
    bool: _Simple.BOOLEAN,
    str: _Simple.STRING,
    dt.datetime: _Simple.DATETIME,
    dt.timedelta: _Simple.DURATION,
}
_NUMPY: dict[str, types_pb2.SimpleType] = {
    "int32": _Simple.INTEGER,
    "int64": _Simple.INTEGER,
    "uint32": _Simple.INTEGER,
    "uint64": _Simple.INTEGER,
    "float32": _Simple.FLOAT,
    "float64": _Simple.FLOAT,
    "bool": _Simple.BOOLEAN,
    "bool_": _Simple.BOOLEAN,  # its name before NumPy 2
    "datetime64": _Simple.DATETIME,
    "timedelta64": _Simple.DURATION,
    "bytes_": _Simple.STRING,
    "str_": _Simple.STRING,
    "object_": _Simple.STRING,
}
_SCHEMA_TYPES: dict[types_pb2.SimpleType, _Column.SchemaColumnType] = {
    _Simple.INTEGER: _Column.INTEGER,
    _Simple.FLOAT: _Column.FLOAT,
    _Simple.BOOLEAN: _Column.BOOLEAN,
    _Simple.STRING: _Column.STRING,
    _Simple.DATETIME: _Column.DATETIME,
    _Simple.DURATION: _Column.DURATION,
}
_KNOWN = "int, float, bool, str, datetime, timedelta and NumPy's own of these"


def dataset_columns(
    columns: Mapping[str, Any],
) -> list[types_pb2.StructuredDatasetType.DatasetColumn]:
    """Make the columns of a structured dataset's type.

    Args:
        columns: Their types by name.  Those inside a mapping or a dataclass become
            columns of dotted names.

    Raises:
        UnsupportedTypeError: A type that columns do not have.
    """
    made = []
    for name, python_type in _flat(columns, ""):
        column = types_pb2.StructuredDatasetType.DatasetColumn(name=name)
        column.literal_type.CopyFrom(_literal_type(python_type))
        made.append(column)
    return made


def _flat(columns: Mapping[str, Any], inside: str) -> Iterator[tuple[str, Any]]:
    for name, python_type in columns.items():
        dotted = f"{inside}.{name}" if inside else name
        if isinstance(python_type, Mapping):
            yield from _flat(python_type, dotted)
        elif is_class(python_type) and dataclasses.is_dataclass(python_type):
            yield from _flat(typing.get_type_hints(python_type), dotted)
        else:
            yield dotted, python_type


def _literal_type(python_type: Any) -> types_pb2.LiteralType:
    simple = _simple(python_type)
    if simple is not None:
        return types_pb2.LiteralType(simple=simple)
    origin, arguments = typing.get_origin(python_type), typing.get_args(python_type)
    if origin is list and arguments:
        return types_pb2.LiteralType(collection_type=_literal_type(arguments[0]))
    if origin is dict and arguments:
        return types_pb2.LiteralType(map_value_type=_literal_type(arguments[1]))
    msg = (
        f"type {python_type} is currently not supported by StructuredDataset: a column "
        f"is of {_KNOWN}, or list[T] or dict[str, T] of these."
    )
    raise UnsupportedTypeError(msg)


def _simple(python_type: Any) -> types_pb2.SimpleType | None:
    if not is_class(python_type):
        return None
    if python_type in _SIMPLE:
        return _SIMPLE[python_type]
    name = python_type.__name__
    if name in _NUMPY and python_type is getattr(sys.modules.get("numpy"), name, None):
        return _NUMPY[name]
    return None


def schema_columns(columns: Mapping[str, Any]) -> list[_Column]:
    """Make the columns of a schema's type.

    Raises:
        UnsupportedTypeError: A type that columns do not have.
    """
    made = []
    for name, python_type in columns.items():
        simple = _simple(python_type)
        if simple is None:
            msg = (
                f"type {python_type} is currently not supported by FlyteSchema: column "
                f"{name!r} is of {_KNOWN}. Use StructuredDataset for others."
            )
            raise UnsupportedTypeError(msg)
        made.append(_Column(name=name, type=_SCHEMA_TYPES[simple]))
    return made


def schema_python_type(column: _Column) -> type:
    """Return the Python type of a schema's column."""
    simple = _simple_of(column)
    return next(python_type for python_type, s in _SIMPLE.items() if s == simple)


def as_dataset_column(
    column: _Column,
) -> types_pb2.StructuredDatasetType.DatasetColumn:
    """Make a structured dataset's column of a schema's."""
    made = types_pb2.StructuredDatasetType.DatasetColumn(name=column.name)
    made.literal_type.simple = _simple_of(column)
    return made


def _simple_of(column: _Column) -> types_pb2.SimpleType:
    for simple, kind in _SCHEMA_TYPES.items():
        if kind == column.type:
            return simple
    msg = f"Unknown schema column type {column.type} of {column.name!r:.200}."
    raise ConversionError(msg)


@contextlib.contextmanager
def stored_file(uri: str, name: str) -> Iterator[str]:
    """Give a local path to write a file of a folder to; it then goes there whole.

    Args:
        uri: The folder: a local path, which is there, or a URL.
        name: The file in it.

    Raises:
        StorageError: It cannot be copied there.
    """
    place = f"{local_path(uri).rstrip('/')}/{name}"
    if not is_remote(uri):
        with whole(Path(place)) as temporary:
            yield str(temporary)
        return
    storage = current_storage()
    local = Path(storage.new_local_path(name))
    try:
        yield str(local)
        storage.upload(str(local), place)
    finally:
        local.unlink(missing_ok=True)


@contextlib.contextmanager
def readable(uri: str) -> Iterator[tuple[str, Any]]:
    """Give the path of a file or folder, and fsspec's file system if it needs one.

    What a web server has comes here first: few of them let one read from the middle.

    Raises:
        StorageError: It cannot be had.
        MissingPackageError: The package for its store is not installed.
    """
    if not is_remote(uri):
        yield local_path(uri), None
    elif not is_web(uri):
        from kit.storage.remote import connect

        remote = connect(uri)
        yield remote.path, remote.filesystem
    else:
        storage = current_storage()
        local = Path(storage.download(uri, storage.new_local_path("data")))
        try:
            yield str(local), None
        finally:
            local.unlink(missing_ok=True)


PARQUET = "parquet"
CSV = "csv"

_CSV_PART = ".csv"


class FrameHandler(ABC):
    """Reads and writes one class of data frames in one format."""

    module: ClassVar[str]
    """The module that has the class."""

    class_name: ClassVar[str]
    """The name of the class in it."""

    file_format: ClassVar[str]
    """The format, as it stands in literals."""

    def frame_type(self) -> Any | None:
        """Return the class of the frames, ``None`` while its module is not loaded."""
        return getattr(sys.modules.get(self.module), self.class_name, None)

    @abstractmethod
    def write(self, frame: Any, uri: str, part: int) -> None:
        """Write a frame into a folder, which is there if it is local.

        Args:
            frame: The data.
            uri: The folder: a local path or a URL.
            part: The number of its file; the first one's is 0.
        """

    @abstractmethod
    def read(self, uri: str, columns: list[str] | None) -> Any:
        """Read all of a folder or file, or the named columns of it."""

    def parts(self, uri: str) -> list[str]:
        """List the files of a folder; a file is its own part."""
        if is_web(uri) or not (is_remote(uri) or is_local_folder(uri)):
            return [uri]
        found = [
            path
            for path, is_folder in current_storage().listing(uri)
            if not is_folder and not path.rpartition("/")[2].startswith((".", "_"))
        ]
        return found or [uri]


class _PandasParquet(FrameHandler):
    module, class_name, file_format = "pandas", "DataFrame", PARQUET

    def write(self, frame: Any, uri: str, part: int) -> None:
        with stored_file(uri, f"{part:05}") as path:
            frame.to_parquet(
                path,
                engine="pyarrow",
                coerce_timestamps="us",
                allow_truncated_timestamps=False,
            )

    def read(self, uri: str, columns: list[str] | None) -> Any:
        import pandas as pd  # type: ignore[import-untyped] # it has no stubs

        with readable(uri) as (path, filesystem):
            return pd.read_parquet(
                path, engine="pyarrow", columns=columns, filesystem=filesystem
            )


class _PandasCsv(FrameHandler):
    module, class_name, file_format = "pandas", "DataFrame", CSV

    def write(self, frame: Any, uri: str, part: int) -> None:
        with stored_file(uri, _CSV_PART) as path:
            frame.to_csv(path, index=False)

    def read(self, uri: str, columns: list[str] | None) -> Any:
        import pandas as pd

        inside = f"{uri.rstrip('/')}/{_CSV_PART}"
        source = uri if is_web(uri) or not current_storage().exists(inside) else inside
        with readable(source) as (path, filesystem), contextlib.ExitStack() as stack:
            if filesystem is not None:
                file = stack.enter_context(filesystem.open(path, "rb"))
                return pd.read_csv(file, usecols=columns)
            return pd.read_csv(path, usecols=columns)

    def parts(self, uri: str) -> list[str]:
        return [uri]


class _ArrowParquet(FrameHandler):
    module, class_name, file_format = "pyarrow", "Table", PARQUET

    def write(self, frame: Any, uri: str, part: int) -> None:
        import pyarrow.parquet as pq

        with stored_file(uri, f"{part:05}") as path:
            pq.write_table(frame, path)

    def read(self, uri: str, columns: list[str] | None) -> Any:
        import pyarrow.parquet as pq

        with readable(uri) as (path, filesystem):
            return pq.read_table(path, columns=columns, filesystem=filesystem)


_handlers: list[FrameHandler] = [_PandasParquet(), _PandasCsv(), _ArrowParquet()]


def register_frames(handler: FrameHandler) -> None:
    """Add who reads and writes a class of frames.

    It is asked before the others: the first one for a class says which format frames
    have for which none is given.
    """
    _handlers.insert(0, handler)


def is_frame_type(python_type: Any) -> bool:
    """Say whether a type is a class of data frames."""
    return any(handler.frame_type() is python_type for handler in _handlers)


def frame_handler(frame_type: Any, file_format: str, uri: str) -> FrameHandler:
    """Return who reads and writes a class of frames in a format.

    Args:
        frame_type: The class.
        file_format: The format; an empty text takes the first there is.
        uri: Where the data is, for the error.

    Raises:
        ConversionError: There is none.
    """
    own = [handler for handler in _handlers if handler.frame_type() is frame_type]
    for handler in own:
        if file_format in ("", handler.file_format):
            return handler
    protocol = uri.partition("://")[0] if "://" in uri else "file"
    known = ", ".join(repr(handler.file_format) for handler in own)
    msg = (
        f"Failed to find a handler for {frame_type}, protocol [{protocol}], fmt "
        f"['{file_format}']. "
        + (f"It has {known}. " if own else "It is no class of data frames. ")
        + "Others are added with kit.types.datasets.register_frames(…)."
    )
    raise ConversionError(msg)


def write_frame(handler: FrameHandler, frame: Any, uri: str, *, part: int = 0) -> None:
    """Write a frame.

    Raises:
        ConversionError: It has something that the format cannot hold.
        MissingPackageError: A package is not installed.
        StorageError: Its store refuses it, or does not answer.
    """
    if not is_remote(uri):
        Path(local_path(uri)).mkdir(parents=True, exist_ok=True)
    try:
        handler.write(frame, uri, part)
    except Exception as error:  # noqa: BLE001 - pandas, pyarrow and stores have their own
        what = (
            f"A {type(frame).__name__} cannot be written to {redacted(uri)} as "
            f"{handler.file_format}"
        )
        made = _trouble(error, "write", uri, what)
        raise made from raised_from(made, error)


def read_frame(handler: FrameHandler, uri: str, columns: list[str] | None) -> Any:
    """Read a frame.

    Raises:
        ConversionError: The data is not there or not of the format, or lacks a column.
        MissingPackageError: A package is not installed.
    """
    try:
        return handler.read(uri, columns or None)
    except Exception as error:  # noqa: BLE001 - pandas, pyarrow and stores have their own
        which = f" (columns {', '.join(columns)})" if columns else ""
        what = f"{redacted(uri)} cannot be read as {handler.file_format}{which}"
        made = _trouble(error, "read", uri, what)
        raise made from raised_from(made, error)


def read_parts(
    handler: FrameHandler, uri: str, columns: list[str] | None
) -> Iterator[Any]:
    """Read a frame file by file.

    Raises:
        ConversionError: As of :func:`read_frame`.
    """
    for part in handler.parts(uri):
        yield read_frame(handler, part, columns)


def _trouble(error: Exception, action: str, uri: str, as_what: str) -> KitError:
    """Return the error for one of a library's or of a store's."""
    if isinstance(error, KitError):
        return error
    if isinstance(error, ImportError):
        return MissingPackageError(error.name or str(error), extra="pandas")
    if is_remote(uri):
        made = failure(action, uri, error)
        if type(made) is not StorageError:  # the store's doing, not the data's
            return made
    why = redacted(f"{type(error).__name__}: {error}")
    return ConversionError(f"{as_what}: {why}")


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
