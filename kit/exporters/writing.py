"""Names of exported modules, and writing several files, all of them or none.

New folders and files are written next to their place and put there by a rename. Files
of an earlier export are moved away first, and moved back if anything fails.
"""

from __future__ import annotations

import keyword
import os
import re
import shutil
import sys
from collections.abc import Container, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from kit.errors import ExportError, StorageError, TrackingError
from kit.source.executors import namespace_of
from kit.task.task import PythonCustomizedContainerTask

Task = PythonCustomizedContainerTask[Any]
_TAKEN = frozenset({"kit", "flytekit", "tests", "test", "conftest"})


def module_name(name: str, what: str) -> str:
    """Return the name of the module or package that a file or folder makes.

    Args:
        name: The file's name without its ending, or the folder's name.
        what: Which of the two it is, for errors.

    Raises:
        ExportError: It is none that Python could import, or another module's.
    """
    found = name if what == "file" else re.sub(r"[-. ]+", "_", name)
    if not found.isidentifier() or not found.isascii() or keyword.iskeyword(found):
        msg = (
            f"The {what} {name!r} cannot be a module: its name must be one of "
            "Python's, as acme_sql is: letters, digits and underscores."
        )
        raise ExportError(msg)
    if found.lower() in _TAKEN or found in sys.stdlib_module_names:
        msg = (
            f"The {what} {name!r} would hide the module {found!r} that is there "
            "already. Choose another name."
        )
        raise ExportError(msg)
    return found


def variables(tasks: Iterable[Task]) -> dict[str, Task]:
    """Return the tasks by the names of the variables that will hold them.

    Raises:
        ExportError: Two of them have one name.
    """
    found: dict[str, Task] = {}
    for task in tasks:
        name = _variable(task)
        if name in found:
            msg = (
                f"Two tasks would be called {name!r}: {found[name].name!r} and "
                f"{task.name!r}. Assign each to a variable of its own name."
            )
            raise ExportError(msg)
        found[name] = task
    return found


def _variable(task: Task) -> str:
    """Name a task as its author does, or else by the end of its own name."""
    executor = task.written_executor
    if namespace_of(executor).get(executor.__name__) is task:
        return executor.__name__  # what was decorated
    try:
        name = task.find_lhs()
    except TrackingError:
        name = re.sub(r"\W", "_", task.name.rpartition(".")[2], flags=re.ASCII)
    if not name.isidentifier() or keyword.iskeyword(name):
        name = f"task_{name}"
    return name


def class_name(function: str, taken: Container[str]) -> str:
    """Return a name for the class that runs a function.

    >>> class_name("top_rows", {"TopRowsExecutor"})
    'TopRowsExecutor2'
    """
    words = [word[:1].upper() + word[1:] for word in function.split("_") if word]
    name = "".join(words) + "Executor"
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}{number}"
    return free


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
