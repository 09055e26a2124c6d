"""The two places of a run, and which run is at hand."""

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

from kit.storage import files
from kit.storage.files import told

__all__ = [
    "Storage",
    "current_storage",
    "in_run",
    "process_storage",
    "use_storage",
]


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
        with told("write", str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
        return str(path)

    def read_bytes(self, path: str, *, limit: int | None = None) -> bytes:
        """Read a whole file: see :func:`kit.storage.read_bytes`."""
        return files.read_bytes(path, limit=limit)

    def write_bytes(self, path: str, data: bytes) -> None:
        """Write a whole file or nothing: see :func:`kit.storage.write_bytes`."""
        files.write_bytes(path, data)

    def exists(self, path: str) -> bool:
        """Say whether a file or folder is there: see :func:`kit.storage.exists`."""
        return files.exists(path)

    def listing(self, path: str) -> list[tuple[str, bool]]:
        """List a folder: see :func:`kit.storage.listing`."""
        return files.listing(path)

    def download(self, uri: str, local: str, *, recursive: bool = False) -> str:
        """Copy something here: see :func:`kit.storage.download`."""
        return files.download(uri, local, recursive=recursive)

    def upload(self, local: str, uri: str, *, recursive: bool = False) -> str:
        """Copy something to where it shall be: see :func:`kit.storage.upload`."""
        return files.upload(local, uri, recursive=recursive)


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
