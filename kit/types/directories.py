"""Directories: ``FlyteDirectory`` and its formats."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Union

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError
from kit.storage import (
    converted_errors,
    current_storage,
    is_local_file,
    is_local_folder,
    is_remote,
    redacted,
)
from kit.types.annotated import is_class, underlying
from kit.types.blobs import Blob, Destination, place
from kit.types.codecs import (
    FieldCodec,
    field_schema,
    object_schema,
    register_field,
)
from kit.types.conversion_errors import format_message, value_error
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine
from kit.types.files import FlyteFile
from kit.types.packed import plain_of

_MULTIPART = types_pb2.BlobType.MULTIPART


@dataclasses.dataclass(init=False, repr=False, eq=False)
class FlyteDirectory(Blob):
    """A directory: here, or in another store and copied here when it is asked for.

    ``FlyteDirectory["svg"]`` is a directory of files of a format.

    Args:
        path: A local path or any fsspec URL.
        downloader: Called once before the directory is first read.
        remote_directory: Where to upload it when it goes out, instead of a new path
            under the raw output prefix; ``False`` to leave it where it is.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from kit.types import FlyteDirectory
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "a.txt").write_text("hello")
        ...     list(FlyteDirectory(folder).crawl()) == [(folder, "a.txt")]
        True
    """

    recursive = True

    # Written for mashumaro and pydantic: the JSON schema says what flytekit's says.
    path: Union[str, os.PathLike] = None  # type: ignore[assignment, type-arg] # noqa: UP007 - idem

    def __init__(
        self,
        path: str | os.PathLike[str],
        downloader: Callable[[], Any] | None = None,
        remote_directory: Destination = None,
    ) -> None:
        self._locate(path, downloader, remote_directory)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        title = "_SpecificFormatDirectoryClass" if cls.extension() else "FlyteDirectory"
        return field_schema(
            cls,
            FlyteDirectory,
            _read,
            _write,
            handler=handler,
            title=title,
            fields={"path": (Union[str, os.PathLike], None)},  # noqa: UP007 - as it is there
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> Any:
        return object_schema(core_schema, handler)

    def __init_subclass__(cls) -> None:
        register_field(cls, FieldCodec(write=_write, read=_read))

    @property
    def remote_directory(self) -> Destination:
        """Where to upload it, as given."""
        return self._destination

    @property
    def sep(self) -> str:
        """What stands between the names in its paths."""
        return "/" if is_remote(self.source) else os.sep

    @classmethod
    def new(cls, dirname: str | os.PathLike[str]) -> FlyteDirectory:
        """Make an empty directory in the working folder of the run.

        Raises:
            ValueError: The name is an absolute path.
            FileExistsError: There is one of that name.
        """
        if Path(dirname).is_absolute():
            msg = f"Path should be relative. {os.fspath(dirname)!r} is absolute."
            raise ValueError(msg)
        path = Path(current_storage().working_dir, dirname)
        path.mkdir(parents=True)
        return cls(str(path))

    @classmethod
    def new_remote(cls, stem: str | None = None) -> FlyteDirectory:
        """Make a directory at a new path under the raw output prefix, to be filled.

        Raises:
            ValueError: The name has a file's extension.
        """
        if stem and Path(stem).suffix:
            msg = f"Stem should not have a file extension. {stem!r} has one."
            raise ValueError(msg)
        return cls(current_storage().new_output_path(stem or ""))

    def new_file(self, name: str | None = None) -> FlyteFile:
        """Make a file in it, of a random name if none is given, to be written."""
        return FlyteFile(self._inside(name))

    def new_dir(self, name: str | None = None) -> FlyteDirectory:
        """Make a directory in it, of a random name if none is given, to be filled."""
        return FlyteDirectory(self._inside(name))

    def _inside(self, name: str | None) -> str:
        base = str(self.path).rstrip(self.sep)
        return self.sep.join([base, name or os.urandom(16).hex()])

    @classmethod
    def listdir(cls, directory: FlyteDirectory) -> list[FlyteDirectory | FlyteFile]:
        """List what is in a directory, by name and without copying any of it.

        Raises:
            StorageError: It is not there, or cannot be read.
        """
        return [
            (FlyteDirectory if is_folder else FlyteFile).from_source(path)
            for path, is_folder in current_storage().listing(directory.source)
        ]

    def crawl(
        self,
        maxdepth: int | None = None,
        topdown: bool = True,  # noqa: FBT001, FBT002 - flytekit's signature
        *,
        detail: bool = False,
    ) -> Iterator[tuple[str, Any]]:
        """Walk over all files in it, also in its directories, without copying them.

        Args:
            maxdepth: How many levels of directories to enter; by default all.
            topdown: Whether a directory's own files come before those inside it.
            detail: Whether to tell of each file what fsspec knows of it.

        Yields:
            The directory and the path of a file in it; with ``detail`` that path and
            a dictionary of ``name``, ``size``, ``type`` and more, as one item.
        """
        base = self.source
        with converted_errors("list", base):
            from kit.storage.remote import walk

            root, found = walk(base, maxdepth, topdown=topdown, detail=detail)
            for folder, _, files in found:
                inside = folder[len(root.rstrip("/")) :].strip("/")
                for name in files:
                    path = f"{inside}/{name}" if inside else name
                    yield base, {path: files[name]} if detail else path

    def __truediv__(self, other: str | os.PathLike[str]) -> Path:
        return Path(self.path) / other


class DirectoryTransformer(Transformer):
    """``FlyteDirectory`` and its formats."""

    name = "FlyteDirectory"

    def __repr__(self) -> str:
        return "DirectoryTransformer()"

    def handles(self, python_type: Any) -> bool:
        return is_class(python_type) and issubclass(python_type, FlyteDirectory)

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        return types_pb2.LiteralType(
            blob=types_pb2.BlobType(
                format=underlying(python_type).extension(), dimensionality=_MULTIPART
            )
        )

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        literal_type = engine.literal_type(python_type)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if not isinstance(value, (str, os.PathLike)):
                why = _not_a_path(value, python_type)
                raise value_error(value, python_type, literal_type, why=why)
            uri = _uri(value)
            out.scalar.blob.metadata.type.CopyFrom(literal_type.blob)
            out.scalar.blob.uri = uri

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        made = underlying(python_type)

        def decode(literal: literals_pb2.Literal) -> Any:
            plain = plain_of(literal)
            if plain is not None:
                return _read(plain, made)
            blob = literal.scalar.blob
            if literal.scalar.WhichOneof("value") != "blob":
                msg = f"Cannot convert from {format_message(literal)} to {python_type}"
                raise ConversionError(msg)
            if blob.metadata.type.dimensionality != _MULTIPART:
                where = redacted(blob.uri)
                msg = f"{where} is not a directory. It is a file: use FlyteFile."
                raise ConversionError(msg)
            return _directory(blob.uri, made)

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        if literal_type.WhichOneof("type") != "blob":
            return None
        blob = literal_type.blob
        if blob.dimensionality != _MULTIPART:
            return None
        return FlyteDirectory.__class_getitem__(blob.format)


def _not_a_path(value: Any, python_type: Any) -> str:
    return (
        f"No automatic conversion from {type(value)} declared type {python_type} to "
        f"FlyteDirectory found. Use (FlyteDirectory, str, os.PathLike): "
        f"{value!r:.200} is none of them."
    )


def _uri(value: Any) -> str:
    """Return where the data of a directory that goes out is, having put it there."""
    if isinstance(value, FlyteDirectory):
        if value.remote_source is not None:
            return value.remote_source
        path, destination = str(value.path), value.remote_directory
    else:
        path, destination = os.fspath(value), None
    if destination is not False and not is_remote(path):
        _check_directory(path)
    return place(path, destination, recursive=True)


def _check_directory(path: str) -> None:
    if not is_local_folder(path):
        what = "is a file" if is_local_file(path) else "does not exist"
        here = "" if Path(path).is_absolute() else f" in {Path.cwd()}"
        msg = f"Expected a directory. {path} is not a directory: it {what}{here}."
        raise ConversionError(msg)


def _directory(uri: str, made: Any) -> FlyteDirectory:
    directory: FlyteDirectory = made.from_source(uri)
    if is_remote(uri):
        return directory
    if not is_local_folder(uri):
        msg = (
            f"Expected a directory, but the given uri '{uri}' is not a directory. If "
            "it was written on another machine, it has to be in a store that both can "
            "read."
        )
        raise ConversionError(msg)
    directory._destination = False  # noqa: SLF001 - its own module's class; passed on, it stays where it is
    return directory


def _write(value: Any) -> dict[str, Any]:
    """Write a directory as a field of a dataclass."""
    if not isinstance(value, (str, os.PathLike)):
        raise ConversionError(_not_a_path(value, FlyteDirectory))
    return {"path": _uri(value)}


def _read(plain: Any, made: Any) -> FlyteDirectory:
    """Read a directory that was a field of a dataclass."""
    path = plain.get("path") if isinstance(plain, dict) else None
    if not isinstance(path, str):
        msg = (
            f"FlyteDirectory's path should not be None: expected an object with a "
            f"`path`, got {plain!r:.200}."
        )
        raise ConversionError(msg)
    return _directory(path, made)


register_field(FlyteDirectory, FieldCodec(write=_write, read=_read))
