"""Reading, writing and copying files by their path or URL.

Local paths are opened as they are; fsspec is loaded only for URLs of other stores, so
that a container whose data is local does not pay for it.  Whatever goes wrong is one of
kit's errors, with no credentials in it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from kit.errors import StorageError, StorageNotFoundError
from kit.paths import is_remote, local_path, whole
from kit.storage.failure import failure, is_missing, raised_from
from kit.storage.local import copy_file, copy_folder, replace_file, whole_folder
from kit.storage.redaction import redacted

__all__ = [
    "download",
    "exists",
    "listing",
    "read_bytes",
    "told",
    "upload",
    "write_bytes",
]


def read_bytes(path: str, *, limit: int | None = None) -> bytes:
    """Read a whole file.

    Args:
        path: A local path or an fsspec URL.
        limit: The most bytes to take; a larger file is refused.

    Raises:
        StorageError: It cannot be read, or is larger than the limit.
        MissingPackageError: The package for its store is not installed.
    """
    with told("read", path):
        try:
            data = _read(path, None if limit is None else limit + 1)
        except Exception as error:  # each fsspec store has errors of its own
            if not is_missing(error):
                raise
            # The words before the colon are flytekit's FlyteDataNotFoundException.
            msg = (
                f"USER:ValueError: error=Value error!  Received: {redacted(path)}. "
                "File not found: check the path, and that this process may read its "
                f"store. ({redacted(f'{type(error).__name__}: {error}')})"
            )
            raise StorageNotFoundError(msg) from None
    if limit is not None and len(data) > limit:
        msg = f"{redacted(path)} is larger than the {limit} bytes allowed here."
        raise StorageError(msg)
    return data


def _read(path: str, size: int | None) -> bytes:
    if is_remote(path):
        from kit.storage.remote import reading

        return reading.read(path, size)
    with Path(local_path(path)).open("rb") as file:
        return file.read(-1 if size is None else size)


def write_bytes(path: str, data: bytes) -> None:
    """Write a whole file, or nothing: readers never see a part of it.

    Args:
        path: A local path, whose folders are made, or an fsspec URL.
        data: Its new content.

    Raises:
        StorageError: It cannot be written; what was there before is still there.
        MissingPackageError: The package for its store is not installed.
    """
    with told("write", path):
        if is_remote(path):
            from kit.storage.remote import reading

            reading.write(path, data)
        else:
            replace_file(Path(local_path(path)), data)


def exists(path: str) -> bool:
    """Say whether a file or folder is there.

    Raises:
        StorageError: The store cannot be asked.
        MissingPackageError: The package for it is not installed.
    """
    if not is_remote(path):
        return Path(local_path(path)).exists()
    with told("look for", path):
        from kit.storage.remote import reading

        return reading.exists(path)


def listing(path: str) -> list[tuple[str, bool]]:
    """List a folder: the path or URL of each entry, and whether it is a folder.

    Raises:
        StorageError: It is not there, or cannot be read.
        MissingPackageError: The package for its store is not installed.
    """
    with told("list", path):
        if is_remote(path):
            from kit.storage.remote import reading

            return sorted(reading.entries(path))
        found = os.scandir(local_path(path))
        return sorted((entry.path, entry.is_dir()) for entry in found)


def download(uri: str, local: str, *, recursive: bool = False) -> str:
    """Copy a file, or a folder and what is in it, to a local path: all, or nothing.

    Returns:
        The local path.

    Raises:
        StorageError: It is not there, or cannot be copied.
        MissingPackageError: The package for its store is not installed.
    """
    target = Path(local)
    with told("download", uri):
        target.parent.mkdir(parents=True, exist_ok=True)
        if not is_remote(uri):
            _copy(local_path(uri), target, recursive=recursive)
        else:
            from kit.storage.remote import moving

            if recursive:
                with whole_folder(target) as temporary:
                    moving.download_folder(uri, temporary)
            else:
                with whole(target) as temporary:
                    moving.download_file(uri, temporary)
    return local


def upload(local: str, uri: str, *, recursive: bool = False) -> str:
    """Copy a local file, or a folder and what is in it, to a path or URL.

    A file is there whole or not at all.

    Returns:
        The path or URL.

    Raises:
        StorageError: It cannot be copied.
        MissingPackageError: The package for its store is not installed.
    """
    with told("upload to", uri):
        if not is_remote(uri):
            target = Path(local_path(uri))
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(local, target, recursive=recursive)
        else:
            from kit.storage.remote import moving

            (moving.upload_folder if recursive else moving.upload_file)(local, uri)
    return uri


def _copy(source: str, target: Path, *, recursive: bool) -> None:
    (copy_folder if recursive else copy_file)(source, target)


@contextlib.contextmanager
def told(action: str, path: str) -> Iterator[None]:
    """Tell what goes wrong in a ``with`` block as one of kit's errors."""
    try:
        yield
    except Exception as error:  # each fsspec store has errors of its own
        made = failure(action, path, error)
        if made is error:
            raise
        raise made from raised_from(made, error)
