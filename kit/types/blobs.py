"""What files and directories have in common: formats, places and downloads."""

from __future__ import annotations

import abc
import os
import threading
import typing
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kit.storage import (
    current_storage,
    in_run,
    is_local_data_copied,
    is_remote,
    local_path,
    redacted,
)

if TYPE_CHECKING:
    from typing_extensions import Self


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
            if not is_local_data_copied():
                return cls(uri)  # type: ignore[call-arg] # subclasses take the path first
            uri = str(Path(local_path(uri)).absolute())
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
    if not is_remote(uri):
        return Path(uri).name or "data"
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
