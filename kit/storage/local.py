"""Local files and folders that appear whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Give a file new content; its folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as temporary:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


def copy_file(source: str, target: Path) -> None:
    """Copy a file."""
    with whole(target) as temporary:
        shutil.copyfile(source, temporary)


def copy_folder(source: str, target: Path) -> None:
    """Copy a folder and what is in it, into one that may have other files already."""
    inside = target.absolute()

    def itself(folder: str, names: list[str]) -> list[str]:
        """Leave out the target, and what becomes it: they may be in the source."""
        return [
            name
            for name in names
            if Path(folder, name).absolute() in (inside, temporary.absolute())
        ]

    with whole_folder(target) as temporary:
        shutil.copytree(source, temporary, ignore=itself)


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path beside a file's, to be written and then put in its place."""
    temporary = path.parent / f".kit-{os.urandom(16).hex()}"
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a path beside a folder's, to be filled and then put in its place.

    A folder that is there already keeps what else it has.
    """
    temporary = path.parent / f".kit-{os.urandom(16).hex()}"
    try:
        yield temporary
        try:
            temporary.replace(path)
        except OSError:  # it is there, and not empty
            if not path.is_dir():
                raise
            _merge(temporary, path)
    finally:
        if temporary.exists():
            shutil.rmtree(temporary)


def _merge(source: Path, target: Path) -> None:
    for entry in os.scandir(source):
        place = target / entry.name
        if entry.is_dir() and not entry.is_symlink() and place.is_dir():
            _merge(Path(entry.path), place)
        else:
            Path(entry.path).replace(place)
