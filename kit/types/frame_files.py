"""The files of data frames: written here and put whole where they go, read in place."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kit.paths import whole
from kit.storage import current_storage, is_remote, is_web, local_path

__all__ = ["readable", "stored_file"]


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
        from kit.storage.remote.connecting import connect

        remote = connect(uri)
        yield remote.path, remote.filesystem
    else:
        storage = current_storage()
        local = Path(storage.download(uri, storage.new_local_path("data")))
        try:
            yield str(local), None
        finally:
            local.unlink(missing_ok=True)
