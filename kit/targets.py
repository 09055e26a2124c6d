"""Tasks by name: ``module:task`` or ``path/to/file.py:task``, imported."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from kit.errors import TargetError, nearest
from kit.escape import visible
from kit.shim.executable import RAISED
from kit.task.task import PythonCustomizedContainerTask

Task = PythonCustomizedContainerTask[Any]


def load_task(target: str) -> Task:
    """Import a module and return its task.

    The module's name is what an import from the current folder (or, for a file, from
    the folder its outermost package is in) would give it, because that name is written
    into the template.  Without ``:task`` the module's only task is meant.

    Raises:
        TargetError: There is no such module or task, or importing it failed.
    """
    place, _, name = target.rpartition(":") if ":" in target else (target, "", "")
    if not place:
        msg = f"{target!r} names no module: write module:task or path/to/file.py:task."
        raise TargetError(msg)
    module = _import_file(Path(place)) if _is_file(place) else _import_module(place)
    return _named(module, name) if name else _only(module)


def _is_file(place: str) -> bool:
    return place.endswith(".py") or "/" in place


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise TargetError(f"There is no file {str(path)!r}.")
    path = path.resolve()
    folder, parts = path.parent, [path.stem]
    if path.name == "__init__.py":
        folder, parts = path.parent.parent, [path.parent.name]
    while (folder / "__init__.py").is_file():
        folder, parts = folder.parent, [folder.name, *parts]
    for part in parts:
        if not part.isidentifier():
            msg = (
                f"{str(path)!r} cannot be imported, because {part!r} is no Python "
                "name, and containers import executors by their module's. Rename it."
            )
            raise TargetError(msg)
    module = _import(".".join(parts), folder)
    _check_origin(module, path)
    return module


def _check_origin(module: ModuleType, path: Path) -> None:
    origin = getattr(module, "__file__", None)
    if origin is None or Path(origin).resolve() != path:
        msg = (
            f"{str(path)!r} cannot be imported: the name {module.__name__!r} is "
            f"already taken by {origin or 'a built-in module'}. Rename the file."
        )
        raise TargetError(msg)


def _import_module(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        msg = f"{name!r} is no module name. Write module:task or path/to/file.py:task."
        raise TargetError(msg)
    return _import(name, Path.cwd())


def _import(name: str, folder: Path) -> ModuleType:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            msg = (
                f"There is no module {error.name!r} in {folder} or on the import path."
            )
            raise TargetError(msg) from error
        raise _import_failure(name, error) from error
    except RAISED as error:
        raise _import_failure(name, error) from error


def _import_failure(name: str, error: BaseException) -> TargetError:
    """Show the module's own frames of the traceback, and none of kit's."""
    frames = error.__traceback__
    while frames is not None and _is_ours(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    text = "".join(traceback.format_exception(type(error), error, frames)).rstrip()
    return TargetError(f"Importing {name} failed.", detail=visible(text))


def _is_ours(filename: str) -> bool:
    if filename == __file__ or filename.startswith("<frozen importlib"):
        return True
    return filename.endswith("importlib/__init__.py")


def _named(module: ModuleType, name: str) -> Task:
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            msg = f"{module.__name__} has no {name!r}."
            raise TargetError(msg + nearest(name, _tasks(module)) + _offer(module))
        found = getattr(found, part)
    if not isinstance(found, PythonCustomizedContainerTask):
        msg = f"{module.__name__}:{name} is a {type(found).__name__}, not a task."
        raise TargetError(msg + _offer(module))
    return found


def _only(module: ModuleType) -> Task:
    tasks = _tasks(module)
    if len(tasks) == 1:
        return next(iter(tasks.values()))
    if not tasks:
        msg = f"{module.__name__} has no task at its top level."
        raise TargetError(msg)
    msg = f"{module.__name__} has {len(tasks)} tasks; say which."
    raise TargetError(msg + _offer(module))


def _tasks(module: ModuleType) -> dict[str, Task]:
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, PythonCustomizedContainerTask)
    }


def _offer(module: ModuleType) -> str:
    names = ", ".join(f"{module.__name__}:{name}" for name in sorted(_tasks(module)))
    return f" Its tasks: {names}." if names else " It has no tasks."
