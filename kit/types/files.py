"""Files: ``FlyteFile``, its formats, ``os.PathLike``, and streams opened to be read."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Union

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError
from kit.storage import (
    current_storage,
    is_local_file,
    is_local_folder,
    is_remote,
    local_path,
    open_remote,
    redacted,
)
from kit.types.annotated import (
    is_class,
    underlying,
)
from kit.types.blobs import Blob, Destination, place
from kit.types.codecs import (
    FieldCodec,
    field_schema,
    object_schema,
    register_field,
)
from kit.types.conversion_errors import format_message, literal_error, value_error
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine
from kit.types.packed import PICKLE_FORMAT, plain_of

_SINGLE = types_pb2.BlobType.SINGLE


@dataclasses.dataclass(init=False, repr=False, eq=False)
class FlyteFile(Blob):
    """A file: here, or in another store and copied here when its path is asked for.

    ``FlyteFile["csv"]`` is a file of a format.

    Args:
        path: A local path or any fsspec URL.
        downloader: Called once before the file is first read.
        remote_path: Where to upload it when it goes out, instead of a new path under
            the raw output prefix; ``False`` to leave it where it is.
        metadata: Texts that travel with its literal.

    Example:
        >>> import tempfile
        >>> from kit.types import FlyteFile, default_engine
        >>> with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        ...     literal = default_engine.to_literal(file.name, FlyteFile["csv"])
        ...     literal.scalar.blob.uri == file.name
        True
        >>> FlyteFile("s3://bucket/in.csv").remote_source
        's3://bucket/in.csv'
    """

    recursive = False

    # Written for mashumaro and pydantic: the JSON schema says what flytekit's says.
    path: Union[str, os.PathLike] = None  # type: ignore[assignment, type-arg] # noqa: UP007 - idem
    metadata: dict[str, str] | None = None

    def __init__(
        self,
        path: str | os.PathLike[str],
        downloader: Callable[[], Any] | None = None,
        remote_path: Destination = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self._locate(path, downloader, remote_path)
        self.metadata = None if metadata is None else dict(metadata)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        title = "_SpecificFormatClass" if cls.extension() else "FlyteFile"
        return field_schema(
            cls,
            FlyteFile,
            _read,
            _write,
            handler=handler,
            title=title,
            fields={
                "path": (Union[str, os.PathLike], None),  # noqa: UP007 - as it is there
                "metadata": (dict[str, str] | None, None),
            },
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> Any:
        return object_schema(core_schema, handler)

    def __init_subclass__(cls) -> None:
        register_field(cls, FieldCodec(write=_write, read=_read))

    @property
    def remote_path(self) -> Destination:
        """Where to upload it, as given."""
        return self._destination

    @classmethod
    def new(cls, filename: str | os.PathLike[str]) -> FlyteFile:
        """Make a file in the working folder of the run, to be written.

        Raises:
            ValueError: The name is an absolute path.
        """
        if Path(filename).is_absolute():
            msg = f"Path should be relative. {os.fspath(filename)!r} is absolute."
            raise ValueError(msg)
        path = Path(current_storage().working_dir, filename)
        path.parent.mkdir(parents=True, exist_ok=True)
        return cls(str(path))

    @classmethod
    def new_remote_file(cls, name: str | None = None) -> FlyteFile:
        """Make a file at a new path under the raw output prefix, to be written."""
        return cls(current_storage().new_output_path(name or ""))

    @contextlib.contextmanager
    def open(
        self,
        mode: str = "r",
        cache_type: str | None = None,
        cache_options: Mapping[str, Any] | None = None,
    ) -> Iterator[IO[Any]]:
        """Read or write the data where it is, without a copy.

        Args:
            mode: As of the builtin; text is UTF-8.
            cache_type: How fsspec buffers what it reads of a URL: ``"readahead"``,
                ``"blockcache"``, ``"bytes"``, ``"mmap"``, ``"first"`` …
            cache_options: Arguments of that.

        Example:
            >>> from kit.types import FlyteFile
            >>> file = FlyteFile.new_remote_file("hello.txt")
            >>> with file.open("w") as stream:
            ...     _ = stream.write("hello")
            >>> with file.open() as stream:
            ...     stream.read()
            'hello'
        """
        encoding = None if "b" in mode else "utf-8"
        if not is_remote(self.source):
            path = Path(local_path(self.source))
            if not mode.startswith("r"):
                path.parent.mkdir(parents=True, exist_ok=True)
            with path.open(mode, encoding=encoding) as stream:
                yield stream
            return
        options: dict[str, Any] = {"cache_type": cache_type} if cache_type else {}
        if cache_options is not None:
            options["cache_options"] = dict(cache_options)
        with open_remote(self.source, mode, options) as stream:
            yield stream


class FileTransformer(Transformer):
    """``FlyteFile``, its formats, and ``os.PathLike``, which is never uploaded."""

    name = "FlyteFilePath"

    def __repr__(self) -> str:
        return "FileTransformer()"

    def handles(self, python_type: Any) -> bool:
        return python_type is os.PathLike or (
            is_class(python_type) and issubclass(python_type, FlyteFile)
        )

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        return types_pb2.LiteralType(
            blob=types_pb2.BlobType(format=_format(python_type), dimensionality=_SINGLE)
        )

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        literal_type = engine.literal_type(python_type)
        locate = _given if underlying(python_type) is os.PathLike else _uri

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if not isinstance(value, (str, os.PathLike)):
                raise value_error(
                    value, python_type, literal_type, why=_not_a_path(value)
                )
            uri = locate(value)
            out.scalar.blob.metadata.type.CopyFrom(literal_type.blob)
            out.scalar.blob.uri = uri
            if isinstance(value, FlyteFile) and value.metadata:
                out.metadata.update(value.metadata)

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        bare = underlying(python_type)
        made = FlyteFile if bare is os.PathLike else bare

        def decode(literal: literals_pb2.Literal) -> Any:
            plain = plain_of(literal)
            if plain is not None:
                return _read(plain, made)
            blob = literal.scalar.blob
            if literal.scalar.WhichOneof("value") != "blob":
                msg = f"Cannot convert from {format_message(literal)} to {python_type}"
                raise ConversionError(msg)
            if blob.metadata.type.dimensionality != _SINGLE:
                where = redacted(blob.uri)
                msg = f"{where} is not a file. It is a directory: use FlyteDirectory."
                raise ConversionError(msg)
            return _file(blob.uri, dict(literal.metadata) or None, made)

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        if literal_type.WhichOneof("type") != "blob":
            return None
        blob = literal_type.blob
        if blob.dimensionality != _SINGLE or blob.format == PICKLE_FORMAT:
            return None
        return FlyteFile.__class_getitem__(blob.format)


def _format(python_type: Any) -> str:
    bare = underlying(python_type)
    return "" if bare is os.PathLike else str(bare.extension())


def _not_a_path(value: Any) -> str:
    return (
        f"No automatic conversion found from type {type(value)} to FlyteFile."
        f"Supported (os.PathLike, str, Flytefile): {value!r:.200} is none of them."
    )


def _given(value: Any) -> str:
    return value.source if isinstance(value, FlyteFile) else os.fspath(value)


def _uri(value: Any) -> str:
    """Return where the data of a file that goes out is, having put it there."""
    if isinstance(value, FlyteFile):
        if value.remote_source is not None:
            return value.remote_source
        path, destination = str(value.path), value.remote_path
    else:
        path, destination = os.fspath(value), None
    if destination is not False and not is_remote(path):
        _check_file(path, value)
    return place(path, destination)


def _check_file(path: str, value: Any) -> None:
    if not is_local_file(path):
        what = "is a directory" if is_local_folder(path) else "does not exist"
        kind = "pathlib.Path " if isinstance(value, Path) else ""
        msg = (
            f"Error converting {kind}{path} because it's not a file. It {what}"
            f"{_from_here(path)}."
        )
        raise ConversionError(msg)


def _from_here(path: str) -> str:
    return "" if Path(path).is_absolute() else f" in {Path.cwd()}"


def _file(uri: str, metadata: dict[str, str] | None, made: Any) -> FlyteFile:
    if not is_remote(uri) and not is_local_file(uri):
        msg = (
            f"Cannot convert from a blob to {made}. Expected a file, but {uri} is not "
            "a file. If it was written on another machine, it has to be in a store "
            "that both can read."
        )
        raise ConversionError(msg)
    file: FlyteFile = made.from_source(uri)
    file.metadata = metadata
    return file


def _write(value: Any) -> dict[str, Any]:
    """Write a file as a field of a dataclass."""
    if not isinstance(value, (str, os.PathLike)):
        raise ConversionError(_not_a_path(value))
    plain: dict[str, Any] = {"path": _uri(value)}
    if isinstance(value, FlyteFile) and value.metadata:
        plain["metadata"] = value.metadata
    return plain


def _read(plain: Any, made: Any) -> FlyteFile:
    """Read a file that was a field of a dataclass."""
    path = plain.get("path") if isinstance(plain, dict) else None
    if not isinstance(path, str):
        msg = (
            f"FlyteFile's path should not be None: expected an object with a `path`, "
            f"got {plain!r:.200}."
        )
        raise ConversionError(msg)
    return _file(path, _texts(plain.get("metadata")), made)


def _texts(metadata: Any) -> dict[str, str] | None:
    """Return the metadata of a file that was a field, if it can travel."""
    if metadata is None:
        return None
    if isinstance(metadata, dict) and all(
        isinstance(text, str) for item in metadata.items() for text in item
    ):
        return metadata
    msg = f"A file's metadata are texts by name, not {metadata!r:.200}."
    raise ConversionError(msg)


register_field(FlyteFile, FieldCodec(write=_write, read=_read))


class _StreamTransformer(Transformer):
    """A file that arrives opened; whoever gets it closes it."""

    stream_type: Any
    """The type of its values, of the module ``typing``."""

    media_type: str
    """The format of the blob."""

    mode: str
    """How it is opened."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def handles(self, python_type: Any) -> bool:
        return python_type is self.stream_type

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        return types_pb2.LiteralType(blob=types_pb2.BlobType(format=self.media_type))

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        literal_type = engine.literal_type(python_type)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            data = value.read() if _is_readable(value) else None
            if isinstance(data, str):
                data = data.encode()
            if not isinstance(data, bytes):
                why = f"Expected a file opened to be read, not {value!r:.200}."
                raise value_error(value, underlying(python_type), literal_type, why=why)
            storage = current_storage()
            uri = storage.new_output_path("stream")
            storage.write_bytes(uri, data)
            out.scalar.blob.metadata.type.CopyFrom(literal_type.blob)
            out.scalar.blob.uri = uri

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        encoding = None if "b" in self.mode else "utf-8"

        def decode(literal: literals_pb2.Literal) -> Any:
            if literal.scalar.WhichOneof("value") != "blob":
                raise literal_error(literal, python_type)
            file = FlyteFile.from_source(literal.scalar.blob.uri)
            return open(file, self.mode, encoding=encoding)  # noqa: PTH123 - whoever gets it closes it

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> None:
        """Leave it to files: an executor gets a ``FlyteFile``."""
        return


def _is_readable(value: Any) -> bool:
    return isinstance(value, io.IOBase) and value.readable()


class TextStreamTransformer(_StreamTransformer):
    """``typing.TextIO``, UTF-8."""

    name = "TextIO"
    stream_type = typing.TextIO
    media_type = "text/plain"
    mode = "r"


class BinaryStreamTransformer(_StreamTransformer):
    """``typing.BinaryIO``."""

    name = "BinaryIO"
    stream_type = typing.BinaryIO
    media_type = "application/octet-stream"
    mode = "rb"
