"""Checkpoints: what an attempt saves for the next."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from kit.errors import StorageError
from kit.storage import current_storage

_WRITTEN = "_dst_cp"  # the name under which flytekit writes bytes, too
_RESTORED = "prev_cp"


class Checkpoint:
    """Where this attempt saves its progress, and what the one before it saved.

    The wire format is flytekit's: a folder of files, where bytes that are written
    directly are the file ``_dst_cp``; either can go on with the other's checkpoint.

    Args:
        destination: Folder or URL that this attempt saves to.
        source: Folder or URL that the attempt before saved to, if there was one.
    """

    def __init__(self, destination: str, source: str | None = None) -> None:
        self._destination = destination.rstrip("/") or destination
        self._source = source or None
        self._restored: Path | None = None

    def __repr__(self) -> str:
        return f"Checkpoint({self._destination!r}, source={self._source!r})"

    def prev_exists(self) -> bool:
        """Say whether an earlier attempt had a place for checkpoints."""
        return self._source is not None

    def restore(self, path: str | os.PathLike[str] | None = None) -> Path | None:
        """Fetch the earlier checkpoint into a folder, once, and return the folder.

        Args:
            path: An existing folder; by default one in the working directory.

        Returns:
            The folder, or None when there is no earlier attempt.

        Raises:
            StorageError: ``path`` is no folder, or the checkpoint cannot be read.
        """
        if self._source is None or self._restored is not None:
            return self._restored
        storage = current_storage()
        folder = Path(path if path is not None else storage.new_local_path(_RESTORED))
        if path is None:
            folder.mkdir(parents=True, exist_ok=True)
        if not folder.is_dir():
            msg = (
                f"Checkpoints can be restored to a directory only. "
                f"{str(folder)!r} is no existing folder."
            )
            raise StorageError(msg)
        if storage.exists(self._source):
            storage.download(self._source, str(folder), recursive=True)
        self._restored = folder
        return folder

    def save(self, cp: str | os.PathLike[str] | IO[bytes]) -> None:
        """Save a file, a folder, or what an open binary file holds.

        Raises:
            StorageError: It is none of them, or the destination cannot be written.
        """
        storage = current_storage()
        if isinstance(cp, (str, os.PathLike)):
            local = Path(cp)
            if local.is_dir():
                storage.upload(str(local), self._destination, recursive=True)
            else:
                storage.upload(str(local), f"{self._destination}/{local.name}")
        elif hasattr(cp, "read"):
            storage.write_bytes(f"{self._destination}/{_WRITTEN}", cp.read())
        else:
            msg = (
                "Only a valid path or IOBase type (reader) should be provided, "
                f"received {type(cp)}"
            )
            raise StorageError(msg)

    def exists(self) -> bool:
        """Say whether there is something to read from an earlier attempt."""
        return self._source is not None and bool(self._files())

    def read(self) -> bytes | None:
        """Return the one file of the earlier checkpoint.

        Returns:
            Its bytes, or None when no earlier attempt saved anything.

        Raises:
            StorageError: The earlier attempt saved several files: use ``restore``.
        """
        files = self._files()
        if not files:
            return None
        if len(files) > 1:
            names = ", ".join(sorted(file.name for file in files))
            msg = (
                f"Expected exactly one checkpoint - found {len(files)} ({names}). "
                "Use restore() to get the folder with all of them."
            )
            raise StorageError(msg)
        return files[0].read_bytes()

    def write(self, b: bytes) -> None:
        """Save bytes in place of what this attempt wrote before."""
        current_storage().write_bytes(f"{self._destination}/{_WRITTEN}", b)

    def _files(self) -> list[Path]:
        folder = self.restore()
        return [] if folder is None else list(folder.iterdir())
