"""Data frames in files: who reads and writes which class in which format."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import sys
import typing
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from flyteidl.core import types_pb2

from kit.errors import (
    ConversionError,
    KitError,
    MissingPackageError,
    StorageError,
    UnsupportedTypeError,
)
from kit.storage import (
    current_storage,
    is_local_folder,
    is_remote,
    is_web,
    local_path,
    redacted,
)
from kit.storage.failures import failure, raised_from
from kit.storage.local import whole
from kit.types.annotated import is_class

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
        + "Others are added with kit.types.frames.register_frames(…)."
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
