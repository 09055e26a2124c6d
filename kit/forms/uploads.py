"""Files that came from a browser, on this machine's disk."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["Upload", "store_uploads"]

_LONGEST_NAME = 100

_folders: list[Path] = []


class Upload(NamedTuple):
    """A file that came from a browser."""

    name: str
    content: bytes


def store_uploads(uploads: Sequence[Upload]) -> list[Path]:
    """Write files into a folder of their own, which stays until this process ends.

    A run may read them long after the form is gone, and may be run again.
    """
    folder = Path(tempfile.mkdtemp(prefix="kit-upload-"))
    if not _folders:
        atexit.register(_remove_all)
    _folders.append(folder)
    paths = [folder / name for name in _safe_names(uploads)]
    for path, upload in zip(paths, uploads, strict=True):
        path.write_bytes(upload.content)
    return paths


def _remove_all() -> None:
    while _folders:
        shutil.rmtree(_folders.pop(), ignore_errors=True)


def _safe_names(uploads: Sequence[Upload]) -> list[str]:
    """Return a name for each file that no other one has."""
    names: list[str] = []
    for number, upload in enumerate(uploads):
        name = _safe_name(upload.name)
        names.append(f"{number}-{name}" if name in names else name)
    return names


def _safe_name(name: str) -> str:
    """Return the last part of a name, as a file of any system may be called.

    >>> _safe_name("../../a.csv"), _safe_name("..")
    ('a.csv', 'upload')
    """
    last = name.replace("\\", "/").rpartition("/")[2].replace("\0", "")
    last = last.encode(errors="replace")[-_LONGEST_NAME:].decode(errors="ignore")
    return last if last.strip(". ") else "upload"
