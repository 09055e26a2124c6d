"""Where a run reads and writes its files: local paths, and any fsspec URL.

Local paths are opened as they are; fsspec is loaded only for URLs of other stores, so
that a container whose data is local does not pay for it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.errors import StorageError
from kit.paths import is_local_file, is_local_folder, is_remote, local_path, whole

__all__ = [
    "Storage",
    "current_storage",
    "in_run",
    "is_local_file",
    "is_local_folder",
    "is_remote",
    "local_path",
    "process_storage",
    "read_bytes",
    "use_storage",
    "write_bytes",
]


def read_bytes(path: str, *, limit: int | None = None) -> bytes:
    """Read a whole file.

    Args:
        path: A local path or an fsspec URL.
        limit: The most bytes to take; a larger file is refused.

    Raises:
        StorageError: It cannot be read, or is larger than the limit.
    """
    try:
        data = _read(path, -1 if limit is None else limit + 1)
    except FileNotFoundError as error:
        # The words before the colon are flytekit's FlyteDataNotFoundException.
        msg = (
            f"USER:ValueError: error=Value error!  Received: {path}. File not found: "
            "check the path, and that this process may read its store."
        )
        raise StorageError(msg) from error
    except Exception as error:  # each fsspec store has errors of its own
        raise StorageError(_trouble("read", path, error)) from error
    if limit is not None and len(data) > limit:
        msg = f"{path} is larger than the {limit} bytes allowed here."
        raise StorageError(msg)
    return data


def write_bytes(path: str, data: bytes) -> None:
    """Write a whole file, or nothing: readers never see a part of it.

    Args:
        path: A local path, whose folders are made, or an fsspec URL.
        data: Its new content.

    Raises:
        StorageError: It cannot be written; what was there before is still there.
    """
    try:
        if is_remote(path):
            filesystem, inner = _filesystem(path)
            filesystem.makedirs(filesystem._parent(inner), exist_ok=True)  # noqa: SLF001 - fsspec's own name for it in its docs
            filesystem.pipe_file(inner, data)
        else:
            _replace(Path(local_path(path)), data)
    except Exception as error:  # each fsspec store has errors of its own
        raise StorageError(_trouble("write", path, error)) from error


def _trouble(action: str, path: str, error: Exception) -> str:
    return (
        f"Cannot {action} {path}: {type(error).__name__}: {error}. Check the path and "
        "its permissions, and for a URL that the package for its store is installed."
    )


def _read(path: str, size: int) -> bytes:
    if is_remote(path):
        filesystem, inner = _filesystem(path)
        with filesystem.open(inner, "rb") as file:
            return bytes(file.read(size))
    with Path(local_path(path)).open("rb") as file:
        return file.read(size)


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as temporary:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


def _filesystem(url: str) -> tuple[Any, str]:
    import fsspec

    filesystem, inner = fsspec.core.url_to_fs(url)
    return filesystem, inner


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
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(_trouble("write", str(path), error)) from error
        return str(path)

    def read_bytes(self, path: str, *, limit: int | None = None) -> bytes:
        """Read a whole file: see :func:`read_bytes`."""
        return read_bytes(path, limit=limit)

    def write_bytes(self, path: str, data: bytes) -> None:
        """Write a whole file or nothing: see :func:`write_bytes`."""
        write_bytes(path, data)

    def exists(self, path: str) -> bool:
        """Say whether a file or folder is there.

        Raises:
            StorageError: The store cannot be asked.
        """
        if not is_remote(path):
            return Path(local_path(path)).exists()
        try:
            filesystem, inner = _filesystem(path)
            return bool(filesystem.exists(inner))
        except Exception as error:  # each fsspec store has errors of its own
            raise StorageError(_trouble("look for", path, error)) from error

    def listing(self, path: str) -> list[tuple[str, bool]]:
        """List a folder: the path or URL of each entry, and whether it is a folder.

        Raises:
            StorageError: It is not there, or cannot be read.
        """
        try:
            return sorted(_entries(path))
        except Exception as error:  # each fsspec store has errors of its own
            raise StorageError(_trouble("list", path, error)) from error

    def download(self, uri: str, local: str, *, recursive: bool = False) -> str:
        """Copy a file, or a folder and what is in it, to a local path.

        Returns:
            The local path.

        Raises:
            StorageError: It is not there, or cannot be copied.
        """
        try:
            _copy_in(uri, local, recursive=recursive)
        except FileNotFoundError as error:
            msg = f"Cannot download {uri}: there is no such file or folder."
            raise StorageError(msg) from error
        except Exception as error:  # each fsspec store has errors of its own
            raise StorageError(_trouble("download", uri, error)) from error
        return local

    def upload(self, local: str, uri: str, *, recursive: bool = False) -> str:
        """Copy a local file, or a folder and what is in it, to a path or URL.

        Returns:
            The path or URL.

        Raises:
            StorageError: It cannot be copied.
        """
        try:
            _copy_out(local, uri, recursive=recursive)
        except Exception as error:  # each fsspec store has errors of its own
            raise StorageError(_trouble("upload to", uri, error)) from error
        return uri


def _entries(path: str) -> Iterator[tuple[str, bool]]:
    if not is_remote(path):
        for entry in os.scandir(local_path(path)):
            yield entry.path, entry.is_dir()
        return
    filesystem, inner = _filesystem(path)
    for found in filesystem.ls(inner, detail=True):
        name = found["name"].rstrip("/").rpartition("/")[2]
        # Object stores list a folder's own empty marker among what is in it.
        if found["name"].rstrip("/") != inner.rstrip("/"):
            yield f"{path.rstrip('/')}/{name}", found["type"] == "directory"


def _random_name() -> str:
    return os.urandom(16).hex()


def _copy_in(uri: str, local: str, *, recursive: bool) -> None:
    Path(local).parent.mkdir(parents=True, exist_ok=True)
    if not is_remote(uri):
        _copy_locally(local_path(uri), local, recursive=recursive)
        return
    filesystem, inner = _filesystem(uri)
    if recursive:
        # With the trailing slashes fsspec copies the content, whether or not the
        # target exists.
        filesystem.get(inner.rstrip("/") + "/", local + "/", recursive=True)
        return
    with whole(Path(local)) as temporary:
        filesystem.get_file(inner, str(temporary))


def _copy_out(local: str, uri: str, *, recursive: bool) -> None:
    if not is_remote(uri):
        target = Path(local_path(uri))
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy_locally(local, str(target), recursive=recursive)
        return
    filesystem, inner = _filesystem(uri)
    if recursive:
        filesystem.put(local.rstrip("/") + "/", inner.rstrip("/") + "/", recursive=True)
    else:
        filesystem.makedirs(filesystem._parent(inner), exist_ok=True)  # noqa: SLF001 - fsspec's own name for it in its docs
        filesystem.put_file(local, inner)


def _copy_locally(source: str, target: str, *, recursive: bool) -> None:
    if not recursive:
        with whole(Path(target)) as temporary:
            shutil.copyfile(source, temporary)
        return
    inside = Path(target).absolute()

    def itself(folder: str, names: list[str]) -> list[str]:
        """Leave out the target, which may be inside the source."""
        return [name for name in names if Path(folder, name).absolute() == inside]

    shutil.copytree(source, target, dirs_exist_ok=True, ignore=itself)


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
