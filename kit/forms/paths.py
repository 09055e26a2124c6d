"""A field for a path or URL, typed or that of uploaded files."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kit.forms.fields import Reading, TextField
from kit.types import FlyteDirectory, FlyteFile, StructuredDataset
from kit.types.annotated import is_class, underlying
from kit.types.frames import is_frame_type

MOST_UPLOADED = 10_000_000
"""Bytes: what a notebook's server takes in one message, with room for its form."""
_TABLES = ".csv,.parquet"


class PathField(TextField):
    """A path or URL, typed, or that of files that are uploaded."""

    _table: tuple[object, Reading] | None = None

    @property
    def takes_many(self) -> bool:
        """Whether several files are uploaded, as a folder."""
        bare = underlying(self.python_type)
        return is_class(bare) and issubclass(bare, FlyteDirectory)

    @property
    def is_frame(self) -> bool:
        """Whether the table is read, rather than named."""
        return is_frame_type(underlying(self.python_type))

    @property
    def accepts(self) -> str:
        """The extensions that a browser offers, all if it is empty."""
        bare = underlying(self.python_type)
        if self.is_frame or issubclass(bare, StructuredDataset):
            return _TABLES
        extension = getattr(bare, "extension", str)()
        return f".{extension}" if extension and not self.takes_many else ""

    def receive(self, uploads: Sequence[Upload]) -> Reading:
        """Take uploaded files in the place of what is there.

        Returns:
            The value, or why the files are not taken.
        """
        size = sum(len(upload.content) for upload in uploads)
        if size > MOST_UPLOADED:
            text = (
                f"{size:,} bytes are too many to upload: up to {MOST_UPLOADED:,} go "
                "through a notebook. Put the path or URL of the data here."
            )
            return self.problem(text)
        if uploads:
            first, *_ = store_uploads(uploads)
            self.type(str(first.parent if self.takes_many else first))
        return self.read()

    def _read(self) -> Reading:
        """Read what is typed; a table once for each state of its file."""
        if not self.is_frame:
            return super()._read()
        state = (self.text, _changed_at(self.text))
        if self._table is None or self._table[0] != state:
            self._table = (state, super()._read())
        return self._table[1]


def is_place(python_type: Any) -> bool:
    """Tell whether values of a type are given by a path."""
    if is_frame_type(python_type):
        return True
    kinds = (FlyteFile, FlyteDirectory, StructuredDataset, os.PathLike)
    return is_class(python_type) and issubclass(python_type, kinds)


def _changed_at(path: str) -> float | None:
    try:
        return Path(path).stat().st_mtime
    except (OSError, ValueError):  # it is no path, or of another place
        return None


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
