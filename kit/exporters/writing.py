"""Writing several files, all of them or none.

New folders and files are written next to their place and put there by a rename. Files
of an earlier export are moved away first, and moved back if anything fails.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from kit.errors import ExportError, StorageError

_PROJECT = "pyproject.toml"
MARK = "[tool.kit.export]"
"""The line of a pyproject.toml that says that the folder is an export."""


def check_file(path: Path, *, overwrite: bool) -> None:
    """Refuse a path where no file may be written.

    Raises:
        ExportError: Something is there.
    """
    if path.is_dir():
        msg = f"{path} is a folder. Give the path of a file, or of a new folder."
        raise ExportError(msg)
    if os.path.lexists(path) and not overwrite:
        raise ExportError(_is_there(path))


def check_folder(path: Path, *, overwrite: bool) -> None:
    """Refuse a path where no folder may be written.

    Raises:
        ExportError: Something is there that is not to be overwritten, or is no export.
    """
    if not os.path.lexists(path):
        return
    if not path.is_dir():
        msg = (
            f"{path} is a file, and a package is a folder. Give a path that ends in "
            ".py for a module, in .tgz for flytectl, or another one."
        )
        raise ExportError(msg)
    if not any(path.iterdir()):
        return
    if not _is_export(path):
        msg = (
            f"{path} contains files that are not an export, and kit does not replace "
            "them. Give a new folder."
        )
        raise ExportError(msg)
    if not overwrite:
        raise ExportError(_is_there(path))


def write_file(path: Path, data: bytes) -> None:
    """Write one file whole, or leave what is there.

    Raises:
        StorageError: It cannot be written.
    """
    _write(path.parent, {path.name: data})


def write_tree(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files of a folder, all or none; other files in it stay.

    Args:
        folder: The folder, which is made if it is not there.
        files: Contents by path below it, with slashes.

    Raises:
        StorageError: One cannot be written; all is as before.
        ExportError: A path leads out of the folder.
    """
    for name in files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\0" in name:
            msg = f"The file {name!r} would not be inside of {folder}."
            raise ExportError(msg)
    if folder.is_dir():
        _write(folder, files)
    else:
        _write(folder.parent, {f"{folder.name}/{n}": d for n, d in files.items()})


def _is_there(path: Path) -> str:
    return f"{path} exists already. Pass --overwrite (overwrite=True) to replace it."


def _is_export(folder: Path) -> bool:
    try:
        lines = (folder / _PROJECT).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return MARK in lines


def _write(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder by way of a hidden one next to them."""
    tops = dict.fromkeys(name.split("/")[0] for name in files)
    hidden = root / f".kit-{os.urandom(8).hex()}"
    new, old = hidden / "new", hidden / "old"
    try:
        root.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            place = new / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        whole = [top for top in tops if not os.path.lexists(root / top)]
        rest = [name for name in files if name.split("/")[0] not in whole]
        _exchange(root, [*rest, *whole], new, old)
    except OSError as error:
        msg = (
            f"The export cannot be written to {root}: {error}. What was there is as "
            "it was."
        )
        raise StorageError(msg) from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _exchange(root: Path, names: Iterable[str], new: Path, old: Path) -> None:
    """Put new files or folders into their places, or everything back."""
    done: list[str] = []
    try:
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (old / name).parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(root / name):
                (root / name).rename(old / name)
            done.append(name)
            (new / name).rename(root / name)
    except BaseException:
        for name in reversed(done):
            if os.path.lexists(root / name):
                (root / name).rename(new / name)
            if os.path.lexists(old / name):
                (old / name).rename(root / name)
        raise
