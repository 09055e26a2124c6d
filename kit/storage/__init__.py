"""Where a run reads and writes its files: local paths, and any fsspec URL."""

from __future__ import annotations

import atexit
import contextlib
import errno
import io
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from kit.errors import StorageError, StorageNotFoundError
from kit.storage.failures import converted_errors, is_missing
from kit.storage.local import (
    copy_file,
    copy_folder,
    lost_in_store,
    replace_file,
    whole,
    whole_folder,
)
from kit.storage.urls import (
    is_local_file,
    is_local_folder,
    is_remote,
    is_web,
    local_path,
    redacted,
)

__all__ = [
    "Storage",
    "converted_errors",
    "copy_file",
    "copy_folder",
    "current_storage",
    "download",
    "exists",
    "in_run",
    "is_local_data_copied",
    "is_local_file",
    "is_local_folder",
    "is_remote",
    "is_web",
    "listing",
    "local_data_copied",
    "local_path",
    "open_remote",
    "process_storage",
    "read_bytes",
    "redacted",
    "replace_file",
    "upload",
    "use_storage",
    "whole_folder",
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
    with converted_errors("read", path):
        try:
            data = _read(path, None if limit is None else limit + 1)
        except Exception as error:  # each fsspec store has errors of its own
            if not is_missing(error):
                raise
            msg = (
                f"File not found: {redacted(path)!r}. Check the path, and that this "
                "process may read its store. "
                f"({redacted(f'{type(error).__name__}: {error}')})"
            )
            raise StorageNotFoundError(msg) from None
    if limit is not None and len(data) > limit:
        msg = f"{redacted(path)} is larger than the {limit} bytes allowed here."
        raise StorageError(msg)
    return data


def _read(path: str, size: int | None) -> bytes:
    if is_remote(path):
        from kit.storage import remote

        return remote.read(path, size)
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
    with converted_errors("write", path):
        if is_remote(path):
            from kit.storage import remote

            remote.write(path, data)
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
    with converted_errors("look for", path):
        from kit.storage import remote

        return remote.exists(path)


def listing(path: str) -> list[tuple[str, bool]]:
    """List a folder: the path or URL of each entry, and whether it is a folder.

    Raises:
        StorageError: It is not there, or cannot be read.
        MissingPackageError: The package for its store is not installed.
    """
    with converted_errors("list", path):
        if is_remote(path):
            from kit.storage import remote

            return sorted(remote.entries(path))
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
    with converted_errors("download", uri):
        target.parent.mkdir(parents=True, exist_ok=True)
        if not is_remote(uri):
            _copy(local_path(uri), target, recursive=recursive)
            if not target.exists():  # as of a store, where no file has this prefix
                raise FileNotFoundError(errno.ENOENT, "There are no files in it", uri)
        else:
            from kit.storage import remote

            if recursive:
                with whole_folder(target) as temporary:
                    remote.download_folder(uri, temporary)
            else:
                with whole(target) as temporary:
                    remote.download_file(uri, temporary)
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
    if recursive and (lost := lost_in_store(local)):
        import logging  # few directories lose something

        log = logging.getLogger("kit")
        log.warning("A store does not keep all of %s: %s.", local, ", ".join(lost))
    with converted_errors("upload to", uri):
        if not is_remote(uri):
            target = Path(local_path(uri))
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(local, target, recursive=recursive)
            if recursive:  # a folder without files has an address, and nothing there
                target.mkdir(exist_ok=True)
        else:
            from kit.storage import remote

            (remote.upload_folder if recursive else remote.upload_file)(local, uri)
    return uri


def _copy(source: str, target: Path, *, recursive: bool) -> None:
    (copy_folder if recursive else copy_file)(source, target)


@contextlib.contextmanager
def open_remote(
    url: str, mode: str, options: Mapping[str, Any] | None = None
) -> Iterator[IO[Any]]:
    """Open a file of another store; text is UTF-8.

    What is written appears when the ``with`` block ends well, and only then, in stores
    that let a file be given up, as S3 does.

    Args:
        url: The file.
        mode: As of the builtin.
        options: Of fsspec's ``open``, such as ``cache_type``.

    Raises:
        StorageError: It cannot be opened.
        MissingPackageError: The package for its store is not installed.
    """
    with converted_errors("open", url):
        from kit.storage.remote import connect

        remote = connect(url)
        bare = mode.replace("t", "").replace("b", "") + "b"
        raw = remote.filesystem.open(remote.path, bare, **(options or {}))
    text = None if "b" in mode else io.TextIOWrapper(raw, encoding="utf-8")
    try:
        yield text or raw
    except BaseException:
        if text is not None:
            text.detach()
        _give_up(raw)
        raise
    with converted_errors("write", url):
        (text or raw).close()


def _give_up(raw: Any) -> None:
    """Close a file without having what was written appear."""
    if raw.writable() and hasattr(raw, "discard"):
        raw.discard()
        raw.closed = True  # or else its end would still write the rest
    else:
        raw.close()


@dataclass(frozen=True)
class Storage:
    """The two places of a run: where its outputs go, and where it works.

    Attributes:
        raw_output_prefix: Local folder or URL under which files of outputs are put.
        working_dir: Absolute local folder for files that need a local path.
    """

    raw_output_prefix: str
    working_dir: str

    def new_output_path(self, name: str = "") -> str:
        """Return a path under the raw output prefix that nothing else has."""
        prefix = self.raw_output_prefix.rstrip("/")
        return "/".join(filter(None, [prefix or "/", _random_name(), name]))

    def new_local_path(self, name: str = "") -> str:
        """Return a local path that nothing else has; its folder exists.

        Raises:
            StorageError: The working folder cannot be written.
        """
        folder = Path(self.working_dir, _random_name())
        path = folder / Path(name).name if name else folder
        with converted_errors("write", str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
        return str(path)

    def read_bytes(self, path: str, *, limit: int | None = None) -> bytes:
        """Read a whole file: see :func:`kit.storage.read_bytes`."""
        return read_bytes(path, limit=limit)

    def write_bytes(self, path: str, data: bytes) -> None:
        """Write a whole file or nothing: see :func:`kit.storage.write_bytes`."""
        write_bytes(path, data)

    def exists(self, path: str) -> bool:
        """Say whether a file or folder is there: see :func:`kit.storage.exists`."""
        return exists(path)

    def listing(self, path: str) -> list[tuple[str, bool]]:
        """List a folder: see :func:`kit.storage.listing`."""
        return listing(path)

    def download(self, uri: str, local: str, *, recursive: bool = False) -> str:
        """Copy something here: see :func:`kit.storage.download`."""
        return download(uri, local, recursive=recursive)

    def upload(self, local: str, uri: str, *, recursive: bool = False) -> str:
        """Copy something to where it shall be: see :func:`kit.storage.upload`."""
        return upload(local, uri, recursive=recursive)


def _random_name() -> str:
    return os.urandom(16).hex()


_current: ContextVar[Storage | None] = ContextVar("kit_storage", default=None)
_default_lock = threading.Lock()
_default: list[Storage] = []


def current_storage() -> Storage:
    """Return the storage of the run at hand.

    Outside of a run it is a private temporary folder of this process, removed at its
    end.
    """
    return _current.get() or process_storage()


def in_run() -> bool:
    """Say whether a run has set its storage, where files of outputs have to go."""
    return _current.get() is not None


_are_copies: ContextVar[bool] = ContextVar("kit_inputs_are_copies", default=False)


@contextlib.contextmanager
def local_data_copied() -> Iterator[None]:
    """Make files and directories of local literals what those of a store are.

    They are copied when they are used: what an executor does to an input is done to its
    copy, and one that is passed on is the data as it was.
    """
    token = _are_copies.set(True)
    try:
        yield
    finally:
        _are_copies.reset(token)


def is_local_data_copied() -> bool:
    """Say whether files and directories are to be made as those of a store are."""
    return _are_copies.get()


@contextlib.contextmanager
def use_storage(storage: Storage) -> Iterator[Storage]:
    """Make a storage the current one inside a ``with`` block."""
    token = _current.set(storage)
    try:
        yield storage
    finally:
        _current.reset(token)


def process_storage() -> Storage:
    """Return the storage of code that no run has called."""
    with _default_lock:
        if not _default:
            folder = tempfile.mkdtemp(prefix="kit-")
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            _default.append(Storage(f"{folder}/raw", f"{folder}/work"))
        return _default[0]
