"""Folders in a zip file: written whole or not at all, and read within bounds."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from kit.errors import SavedRunError

__all__ = ["MAX_BYTES", "MAX_FILES", "extract", "pack"]

MAX_FILES = 10_000
"""Files that an archive may hold."""
MAX_BYTES = 4 * 2**30
"""Bytes that its files may have together."""

_CHUNK = 2**20
_EPOCH = (1980, 1, 1, 0, 0, 0)  # so that the same run gives the same bytes


def pack(folder: Path, target: Path) -> None:
    """Write all files below a folder to a zip file, in the order of their names.

    Raises:
        SavedRunError: There are more, or larger ones, than can be read again.
        OSError: The file cannot be written; an older one is as it was.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    _check_size(len(files), sum(path.stat().st_size for path in files), str(folder))
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                name = path.relative_to(folder).as_posix()
                info = zipfile.ZipInfo(name, _EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                with path.open("rb") as source, archive.open(info, "w") as sink:
                    shutil.copyfileobj(source, sink, _CHUNK)
        os.replace(partial, target)  # noqa: PTH105 - Path.replace says less
    finally:
        partial.unlink(missing_ok=True)


def extract(source: Path, folder: Path) -> None:
    """Write the files of a zip file below a folder, and nowhere else.

    Raises:
        SavedRunError: It is none, is damaged, holds a name that leads elsewhere, or is
            larger than it may be.
        OSError: It cannot be read, or a file cannot be written.
    """
    with _opened(source) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        _check_size(len(members), sum(m.file_size for m in members), str(source))
        for member in members:
            place = folder.joinpath(*_safe_parts(member.filename, source))
            place.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as data, place.open("xb") as sink:
                shutil.copyfileobj(data, sink, _CHUNK)  # at most file_size bytes


@contextlib.contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        msg = f"{source} is no saved run, or is damaged: {error}."
        raise SavedRunError(msg) from error
    except FileExistsError as error:
        msg = f"{source} holds a file twice: {error.filename}."
        raise SavedRunError(msg) from error


def _safe_parts(name: str, source: Path) -> tuple[str, ...]:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        msg = f"{source} holds a file whose name leads elsewhere: {name!r}."
        raise SavedRunError(msg)
    return path.parts


def _check_size(files: int, size: int, what: str) -> None:
    if files > MAX_FILES or size > MAX_BYTES:
        msg = (
            f"{what} has {files:,} files of {size:,} bytes; a saved run may have "
            f"{MAX_FILES:,} of {MAX_BYTES:,} bytes."
        )
        raise SavedRunError(msg)
