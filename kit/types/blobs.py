"""What files and directories share: a path here, or data elsewhere to fetch on demand.

An object stands for its data without having it: what lies in another store is copied
to a local path the first time something asks for that path.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kit.storage import current_storage, in_run, is_remote, local_path, redacted
from kit.types.formats import Formatted

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Blob", "Destination", "place"]

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
