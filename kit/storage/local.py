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
    """Copy the files of a folder, into one that may have other files already.

    What a store does not have is not copied: folders without files, of which the
    target itself may be one, links (their files are), and permissions.
    """
    inside = target.absolute()

    def itself(folder: str, names: list[str]) -> list[str]:
        """Leave out the target, and what becomes it: they may be in the source."""
        return [
            name
            for name in names
            if Path(folder, name).absolute() in (inside, temporary.absolute())
        ]

    with whole_folder(target) as temporary:
        shutil.copytree(source, temporary, ignore=itself, copy_function=shutil.copyfile)
        _remove_empty(temporary)


def _remove_empty(folder: Path) -> None:
    for place, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):  # it has files
            Path(place).rmdir()


def lost_in_store(folder: str) -> list[str]:
    """Say what of a folder a store does not keep, an entry for each kind."""
    empty = links = programs = 0
    for place, names, files in os.walk(folder):
        links += sum(Path(place, name).is_symlink() for name in (*names, *files))
        empty += not names and not files
        programs += sum(_is_program(Path(place, name)) for name in files)
    counted = (
        (empty, "folders without files"),
        (links, "links (files take their place)"),
        (programs, "permissions to execute"),
    )
    return [f"{count} {what}" for count, what in counted if count]


def _is_program(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & 0o111)
    except OSError:  # a link that leads nowhere
        return False


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
            if temporary.exists():
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
