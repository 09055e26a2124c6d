"""The bytes of a file on this machine, read piece by piece."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from kit.storage import is_remote, local_path
from kit.types.blobs import Blob

__all__ = ["Content", "content_of", "local_source"]

_HEAD = 4_096


@dataclass(frozen=True)
class Content:
    """A regular file, as it is now.

    Attributes:
        path: Where it is.
        size: Its size in bytes.
        name: What it is called.
    """

    path: Path
    size: int
    name: str

    @property
    def head(self) -> bytes:
        """Its first bytes."""
        return self.read(0, _HEAD)

    def read(self, start: int, count: int) -> bytes:
        """Return bytes from a position on; fewer where it ends.

        Raises:
            OSError: It cannot be read any more.
        """
        # What was a file when it was found may be a pipe by now, which would block.
        handle = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            file.seek(start)
            return file.read(count)


def content_of(path: Path, name: str = "") -> Content | None:
    """Return the content of a path; None if it is no regular file that can be read.

    Args:
        path: Where it is.
        name: What to call it; by default its name, without the folders above it.
    """
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode) or not os.access(path, os.R_OK):
        return None
    return Content(path, found.st_size, name or path.name)


def local_source(value: object) -> Path | None:
    """Return where the data of a file or folder is here, without fetching any.

    None if it is in another store and was not asked for yet.
    """
    if isinstance(value, Blob):
        remote = value.remote_source is not None
        if remote:
            return Path(os.fspath(value)) if value.downloaded else None
        return Path(local_path(str(value.path)))
    path = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    return None if is_remote(path) else Path(local_path(path))
