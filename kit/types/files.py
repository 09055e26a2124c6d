"""Files: ``FlyteFile``, its formats, and ``os.PathLike``."""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import io
import os
import sys
import threading
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, Literal, Union

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, UnsupportedTypeError
from kit.storage import (
    current_storage,
    in_run,
    is_local_file,
    is_local_folder,
    is_remote,
    local_path,
    open_remote,
    redacted,
)
from kit.types.annotated import (
    FlyteAnnotation,
    HashMethod,
    annotations_of,
    describe,
    is_class,
    refuse_literal,
    refuse_value,
    underlying,
)
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine
from kit.types.packed import (
    PATH,
    FieldCodec,
    field_schema,
    object_schema,
    plain_of,
    register_field,
)

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "ArrayTransformer",
    "BinaryStreamTransformer",
    "Blob",
    "Destination",
    "FileTransformer",
    "FlyteFile",
    "Formatted",
    "Hidden",
    "Parametrized",
    "TextStreamTransformer",
    "format_name",
    "place",
]


def format_name(item: Any) -> str:
    """Return the format that stands in the brackets, without its dot.

    Args:
        item: A text such as ``"csv"`` or ``".csv"``, or one of flytekit's other ways
            of naming one: ``TypeVar("csv")`` and ``Annotated[str, FileExt("csv")]``.

    Raises:
        TypeError: It is something else.
    """
    if isinstance(item, typing.TypeVar):
        item = item.__name__
    if typing.get_origin(item) is typing.Annotated:
        item = str(typing.get_args(item)[1])
    if not isinstance(item, str):
        msg = (
            f"{item!r} is no format; expected a text, as in FlyteFile['csv']. The "
            "content of a file has no Python type."
        )
        raise TypeError(msg)
    return item.strip().lstrip("~").lstrip(".")


class Parametrized(abc.ABCMeta):
    """Shows what a class was made with: ``FlyteFile['csv']``.

    The class's name is its base's: mashumaro writes it into code.
    """

    _parameter = ""

    def __repr__(cls) -> str:
        return f"<class '{cls.__module__}.{cls.shown}'>"

    @property
    def shown(cls) -> str:
        """The name, and what stands in brackets after it."""
        return f"{cls.__qualname__}{cls._parameter}"


class Hidden:
    """Hides ``__class_getitem__``: mashumaro would use it to make the class again."""

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        msg = "__class_getitem__: a class that has a format takes no other"
        raise AttributeError(msg)


_made: dict[tuple[type, str], type] = {}
_lock = threading.Lock()


class Formatted(metaclass=Parametrized):
    """A class that makes one subclass for each format."""

    @classmethod
    def extension(cls) -> str:
        """Return the format; an empty text if there is none."""
        return ""

    def __class_getitem__(cls, item: Any) -> Any:
        name = "" if item is None else format_name(item)
        if not name:
            return cls
        with _lock:
            if (cls, name) not in _made:
                _made[cls, name] = _subclass(cls, name)
            return _made[cls, name]


def _subclass(base: type[Formatted], name: str) -> type[Formatted]:
    class OfFormat(base):  # type: ignore[valid-type, misc] # the base is an argument
        __origin__ = base  # what typing and mashumaro ask of a generic
        __class_getitem__ = Hidden()
        _parameter = f"[{name!r}]"

        @classmethod
        def extension(cls) -> str:
            return name

        def __reduce__(self) -> Any:
            return _restore, (base, name, vars(self))

    OfFormat.__name__, OfFormat.__qualname__ = base.__name__, base.__qualname__
    OfFormat.__module__ = base.__module__
    OfFormat.__doc__ = base.__doc__
    return OfFormat


def _restore(base: Any, name: str, state: dict[str, Any]) -> Any:
    """Make an unpickled object of a format's class."""
    made = object.__new__(base[name])
    vars(made).update(state)
    return made


Destination = str | os.PathLike[str] | Literal[False] | None
"""Where to put it when it goes out; ``None`` lets kit choose, ``False`` leaves it."""


class Blob(Formatted, os.PathLike[str]):
    """A path whose data may still be in another store."""

    recursive: ClassVar[bool]
    """Whether it is a folder with all that is in it."""

    path: Any

    def _locate(
        self,
        path: str | os.PathLike[str],
        downloader: Callable[[], Any] | None,
        destination: Destination,
    ) -> None:
        """Set where the data is, where its local copy goes, and where it shall go."""
        self.path = path
        self._downloader = downloader
        self._downloaded = False
        self._destination = destination
        self._remote_source: str | None = None
        self._local: str | None = None
        if is_remote(str(path)):
            self._remote_source = str(path)
        else:
            self._local = local_path(os.fspath(path))

    @classmethod
    def from_source(cls, source: str | os.PathLike[str]) -> Self:
        """Make the object an executor gets for a path or URL.

        Its ``path`` is a local one; data of another store is there once asked for.
        """
        uri = str(source)
        if not is_remote(uri):
            return cls(uri)  # type: ignore[call-arg] # subclasses take the path first
        made = cls(current_storage().new_local_path(_last_part(uri)))  # type: ignore[call-arg] # idem
        made._remote_source = uri
        return made

    @property
    def downloaded(self) -> bool:
        """Whether the data was asked for already."""
        return self._downloaded

    @property
    def remote_source(self) -> str | None:
        """The URL of the data in another store; ``None`` if it was always local."""
        return self._remote_source

    @property
    def source(self) -> str:
        """Where the data is, without a copy: a URL or a local path."""
        return self._remote_source or str(self._destination or self.path)

    def download(self) -> str:
        """Have the data at a local path and return the path; once only.

        Raises:
            StorageError: It is not there, or cannot be read.
        """
        return self.__fspath__()

    def __fspath__(self) -> str:
        if self._local is None:
            name = _last_part(str(self._remote_source))
            self._local = current_storage().new_local_path(name)
        if not self._downloaded:
            if self._downloader is not None:
                self._downloader()
            elif self._remote_source is not None:
                current_storage().download(
                    self._remote_source, self._local, recursive=self.recursive
                )
            self._downloaded = True
        return self._local

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Blob):
            return (self.path, self._destination, self.extension(), self.recursive) == (
                other.path,
                other._destination,
                other.extension(),
                other.recursive,
            )
        return bool(self.path == other)

    def __hash__(self) -> int:
        return hash(str(self.path))

    def __str__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        where = redacted(self._remote_source or str(self.path))
        return f"{type(self).shown}({where!r})"


def _last_part(uri: str) -> str:
    """Return the name at the end of a URL, as a name for a local file.

    >>> _last_part("s3://bucket/a/in.csv?version=1"), _last_part("https://host/")
    ('in.csv', 'host')
    """
    path = uri.partition("://")[2].partition("?")[0].partition("#")[0]
    name = path.rstrip("/").rpartition("/")[2].replace("\\", "_").replace("\0", "_")
    # File systems take names of up to 255 bytes; the end has the extension.
    name = name.encode(errors="replace")[-200:].decode(errors="ignore")
    return name if name not in {"", ".", ".."} else "data"


def place(
    path: str, destination: Destination = None, *, recursive: bool = False
) -> str:
    """Have local data where a run's outputs go, and return where it is.

    Outside of a run it stays where it is: whoever reads it is on this machine.  Data
    under the raw output prefix is where it belongs already.

    Args:
        path: A local path, with or without ``file://``, or a URL, which stays as it is.
        destination: Where to put it instead; ``False`` to leave it.
        recursive: Whether it is a folder.

    Raises:
        StorageError: It cannot be copied.
    """
    if destination is False or is_remote(path):
        return path
    local, storage = local_path(path), current_storage()
    if destination is not None:
        return storage.upload(local, os.fspath(destination), recursive=recursive)
    absolute = str(Path(local).absolute())
    if not in_run() or _is_output(absolute, storage.raw_output_prefix):
        return absolute
    name = "" if recursive else Path(local).name
    return storage.upload(local, storage.new_output_path(name), recursive=recursive)


def _is_output(path: str, prefix: str) -> bool:
    if is_remote(prefix):
        return False
    return Path(path).is_relative_to(Path(local_path(prefix)).absolute())


PICKLE_FORMAT = "PythonPickle"
"""The format of values that flytekit pickled, which kit does not read."""

_METADATA = {
    "anyOf": [
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "null"},
    ],
    "default": None,
}
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
        return field_schema(cls, FlyteFile, _read, _write, title=title)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> Any:
        return object_schema(core_schema, path=PATH, metadata=_METADATA)

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
                raise refuse_value(value, python_type, literal_type, why=_misfit(value))
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
                msg = f"Cannot convert from {describe(literal)} to {python_type}"
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


def _misfit(value: Any) -> str:
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
        raise ConversionError(_misfit(value))
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
                raise refuse_value(
                    value, underlying(python_type), literal_type, why=why
                )
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
                raise refuse_literal(literal, python_type)
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


_FORMAT = "NumpyArray"
_OBJECTS = (
    " Arrays of objects are pickled, and whoever can write a pickle can run code here: "
    "only if you trust where they come from, declare "
    "Annotated[numpy.ndarray, kwtypes(allow_pickle=True)]."
)


class ArrayTransformer(Transformer):
    """``numpy.ndarray``; pickles are neither written nor read unless annotated so."""

    name = "Numpy Array"

    def __repr__(self) -> str:
        return "ArrayTransformer()"

    def handles(self, python_type: Any) -> bool:
        numpy = sys.modules.get("numpy")
        bare = typing.get_origin(python_type) or python_type
        return numpy is not None and bare is numpy.ndarray

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        return types_pb2.LiteralType(blob=types_pb2.BlobType(format=_FORMAT))

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        bare, options = _array_class(python_type), _options(python_type)
        literal_type = engine.literal_type(python_type)
        pickles = bool(options.get("allow_pickle", False))

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if not isinstance(value, bare):
                raise refuse_value(value, python_type, literal_type)
            uri = _save(value, pickles=pickles)
            out.scalar.blob.metadata.type.CopyFrom(literal_type.blob)
            out.scalar.blob.uri = uri

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        options = _options(python_type)
        pickles = bool(options.get("allow_pickle", False))

        def decode(literal: literals_pb2.Literal) -> Any:
            if literal.scalar.WhichOneof("value") != "blob":
                raise refuse_literal(literal, python_type)
            uri, mode = literal.scalar.blob.uri, options.get("mmap_mode")
            return _load(uri, pickles=pickles, mmap_mode=mode)

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> None:
        """Leave it to files: an executor gets a ``FlyteFile["NumpyArray"]``."""
        return


def _array_class(python_type: Any) -> Any:
    bare = underlying(python_type)
    return typing.get_origin(bare) or bare


def _options(python_type: Any) -> Mapping[str, Any]:
    """Return what ``kwtypes`` in the annotation says."""
    found: Mapping[str, Any] | None = None
    for given in annotations_of(python_type):
        if isinstance(given, (HashMethod, FlyteAnnotation, Transformer)):
            continue
        if not isinstance(given, Mapping):
            msg = (
                f"The metadata for {python_type} must be of type kwtypes or "
                f"HashMethod. {given!r:.200} is neither."
            )
            raise UnsupportedTypeError(msg)
        if found is not None:
            msg = f"Metadata {found} is already specified, cannot use {given}."
            raise UnsupportedTypeError(msg)
        found = given
    return found or {}


def _save(array: Any, *, pickles: bool) -> str:
    import numpy as np

    storage = current_storage()
    uri = storage.new_output_path("array.npy")
    remote = is_remote(uri)
    path = Path(storage.new_local_path("array.npy") if remote else local_path(uri))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        np.save(path, array, allow_pickle=pickles)
        if remote:
            storage.upload(str(path), uri)
    except ValueError as error:
        path.unlink(missing_ok=True)
        msg = f"An array of {array.dtype} cannot be written: {error}.{_OBJECTS}"
        raise ConversionError(msg) from error
    if remote:
        path.unlink()
    return uri


def _load(uri: str, *, pickles: bool, mmap_mode: Any) -> Any:
    import numpy as np

    storage = current_storage()
    path = local_path(uri)
    if is_remote(uri):
        path = storage.download(uri, storage.new_local_path("array.npy"))
    try:
        return np.load(path, allow_pickle=pickles, mmap_mode=mmap_mode)
    except (ValueError, OSError, EOFError) as error:
        why = _OBJECTS if "allow_pickle" in str(error) else ""
        msg = f"{redacted(uri)} cannot be read as a NumPy array: {error}.{why}"
        raise ConversionError(msg) from error
