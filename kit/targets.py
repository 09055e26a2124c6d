"""What a text names: a task of a module, a template file, a registered task.

One grammar for every command and every function that takes a task::

    tasks:load                     a task of a module, which is imported
    tasks.py:load                  the same, by the module's file
    load.pb                        a file with a TaskTemplate or TaskSpec, which is read
    tasks.tgz::etl.load            a task of a package, which is read
    git:HEAD~1:tasks.py:load       a task of a git revision, for ``kit diff``
    flyte://lab/development/load@v1   a task registered on the configured Flyte; without
                                   a version, the newest

A text that ends like a file is that file, even if a module has a similar name. Only the
first two forms import anything.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import ModuleType, TracebackType
from typing import Any, Literal

from kit.errors import (
    KitError,
    MissingPackageError,
    RemoteNotFoundError,
    StorageNotFoundError,
    TargetError,
    TargetNotFoundError,
    nearest,
)
from kit.escape import visible
from kit.shim.executable import RAISED
from kit.storage import read_bytes
from kit.task.flytekit_task import adapted, is_flytekit_task
from kit.task.task import PythonCustomizedContainerTask
from kit.task.workflow import Workflow
from kit.template.files import (
    FORMATS,
    TemplateMessage,
    decode_message,
    form_of,
    is_package,
    read_package,
    read_package_task,
)
from kit.template.view import MAX_TEMPLATE_BYTES

Task = PythonCustomizedContainerTask[Any]
Kind = Literal[
    "module", "python file", "template", "package", "revision", "registered task"
]

TEMPLATE_ENDINGS = tuple(f".{form}" for form in (*FORMATS, "yml"))
"""The endings of files that hold a template."""

_REVISION = "git:"
_REGISTERED = "flyte:"
_REGISTERED_FORM = re.compile(
    r"flyte://(?P<project>[^/@]+)/(?P<domain>[^/@]+)/(?P<name>[^@]+)(?:@(?P<version>.+))?"
)
_EXPECTED = (
    "expected module:task, path/to/file.py:task, a template file "
    f"({', '.join(TEMPLATE_ENDINGS)}) or package.tgz::task"
)


@dataclass(frozen=True)
class Target:
    """What a text names.

    Attributes:
        text: The text.
        kind: What it names.
        place: The module, the path or the URL.
        task: The task's name in it; empty if it names none.
    """

    text: str
    kind: Kind
    place: str
    task: str = ""

    @property
    def is_read(self) -> bool:
        """Whether it is only read: it is, or contains, a finished template."""
        return self.kind in ("template", "package", "registered task")


def parse_target(text: str) -> Target:
    """Read what a text names, without opening or importing it.

    Raises:
        TargetError: It names nothing of the kind.
    """
    if text.startswith(_REVISION):
        return Target(text, "revision", text)
    if text.startswith(_REGISTERED):
        if _REGISTERED_FORM.fullmatch(text) is None:
            msg = f"{text!r} is not flyte://project/domain/name@version."
            raise TargetError(msg)
        return Target(text, "registered task", text)
    path, colons, task = text.partition("::")
    if is_package(path):
        return Target(text, "package", path, task)
    if colons:
        msg = f"{text!r}: only packages (.tgz, .tar.gz, .tar) contain several tasks."
        raise TargetError(msg)
    if _ending(text) in TEMPLATE_ENDINGS:
        return Target(text, "template", text)
    return _parse_python(text)


def _ending(path: str) -> str:
    return PurePosixPath(path.partition("?")[0]).suffix.lower()


def _parse_python(text: str) -> Target:
    place, _, task = text.rpartition(":") if ":" in text else (text, "", "")
    if not place:
        raise TargetError(f"{text!r} names no module: {_EXPECTED}.")
    if place.endswith(".py"):
        return Target(text, "python file", place, task)
    if _ending(place) == ".ipynb":
        msg = (
            f"{text!r} is a notebook, which is not imported. Write its tasks to a "
            "module there, kit.export(task, 'tasks.py'), and name that: tasks.py:task."
        )
        raise TargetError(msg)
    if _is_folder(place):
        files = sorted(path.name for path in Path(place).glob("[!_]*.py"))[:_MOST_NAMED]
        near = f" Its files: {', '.join(files)}." if files else ""
        raise TargetError(f"{text!r} is a folder: {_EXPECTED}.{near}")
    if _is_file(text) or "/" in place:
        state = "is a file, but not of a task" if _is_file(text) else "is not a task"
        raise TargetError(f"{text!r} {state}: {_EXPECTED}.")
    if not all(part.isidentifier() for part in place.split(".")):
        raise TargetError(f"{text!r} is not a module name: {_EXPECTED}.")
    return Target(text, "module", place, task)


_MOST_NAMED = 10


def _is_folder(text: str) -> bool:
    """Say whether a text is a folder, and not a module that can be imported."""
    try:
        if not Path(text).is_dir() or not text.isidentifier():
            return Path(text).is_dir()
        is_here = any(map(_is_file, (f"{text}.py", f"{text}/__init__.py")))
        found = None if is_here else importlib.util.find_spec(text)
    except (OSError, ValueError):  # as below; or a module without a spec
        return False
    return not is_here and (found is None or found.origin is None)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long for a path, or with a NUL
        return False


def read_target(target: Target | str | os.PathLike[str]) -> Task | TemplateMessage:
    """Return the task or the message that a text names.

    Only Python is imported; template files and packages are read, and nothing that they
    name is imported.

    Raises:
        TargetError: It names nothing, or importing the module failed.
        TargetNotFoundError: There is no such file or module.
        StorageError: The file cannot be read.
        TemplateError: The file contains no template.
    """
    if not isinstance(target, Target):
        target = parse_target(os.fspath(target))
    if target.kind == "revision":
        msg = f"{target.text!r} names a git revision, which only kit diff reads."
        raise TargetError(msg)
    return read_message(target) if target.is_read else _load(target)


def read_targets(text: str) -> list[Task | TemplateMessage]:
    """Return the tasks or messages that a text names: all of a package without a name.

    Raises:
        TargetError: It names nothing, or importing the module failed.
        StorageError: The file cannot be read.
        TemplateError: The file contains no template.
    """
    target = parse_target(text)
    if target.kind != "package" or target.task:
        return [read_target(target)]
    try:
        found = read_package(target.place)
    except StorageNotFoundError as error:
        raise TargetNotFoundError(f"No file {target.place!r}.") from error
    if not found:
        raise TargetError(f"{target.place} has no tasks in it.")
    return list(found.values())


def task_or_message(thing: Any) -> Any:
    """Return the task or message that a text names, or that something is.

    A task of flytekit's becomes kit's; anything else comes back as it is.

    Raises:
        TargetError: A text names nothing, or importing the module failed.
        StorageError: The file cannot be read.
        TemplateError: The file contains no template.
    """
    if isinstance(thing, (str, os.PathLike)):
        return read_target(thing)
    return adapted(thing)


def read_message(target: Target | str) -> TemplateMessage:
    """Return the message in a template file, or that of a task of a package.

    Raises:
        TargetNotFoundError: There is no such file, or no such task is registered.
        StorageError: The file cannot be read.
        TemplateError: The file contains no template.
        RemoteError: No Flyte is configured, or it does not answer.
    """
    if not isinstance(target, Target):
        target = parse_target(target)
    if target.kind == "registered task":
        return _fetch(target.text)
    try:
        if target.kind == "package":
            return read_package_task(target.place, target.task)
        data = read_bytes(target.place, limit=MAX_TEMPLATE_BYTES)
    except StorageNotFoundError as error:
        raise TargetNotFoundError(f"No file {target.place!r}.") from error
    return decode_message(data, form_of(target.place), target.place)


def _fetch(text: str) -> TemplateMessage:
    """Return the template of a registered task."""
    from kit.remote.client import Remote

    found = _REGISTERED_FORM.fullmatch(text)
    if found is None:
        raise TargetError(f"{text!r} is not flyte://project/domain/name@version.")
    place = {"project": found["project"], "domain": found["domain"]}
    try:
        with Remote.auto(**place) as remote:
            return remote.fetch(found["name"], found["version"])
    except RemoteNotFoundError as error:
        raise TargetNotFoundError(f"{text!r} is not registered: {error}") from error


def load_task(text: str) -> Task:
    """Import a module and return its task.

    The module's name is what an import from the current folder (or, for a file, from
    the folder its outermost package is in) would give it, because that name is written
    into the template.  Without ``:task`` the module's only task is meant.

    Raises:
        TargetError: The text names no task of a module, or importing it failed.
        TargetNotFoundError: There is no such file or module.
    """
    target = parse_target(text)
    if target.is_read or target.kind == "revision":
        msg = (
            f"{text!r} names a {target.kind}, which does not contain the source that "
            "is needed here: expected module:task or path/to/file.py:task. kit show, "
            "check and diff read templates, and kit run runs them after --trust."
        )
        raise TargetError(msg)
    return _load(target)


def read_definition(text: str | os.PathLike[str]) -> Task | Workflow | TemplateMessage:
    """Return what a text names, as :func:`read_target`, or a workflow of a module.

    Raises:
        TargetError: As :func:`read_target`.
    """
    target = parse_target(os.fspath(text))
    if target.kind in ("module", "python file") and target.task:
        found = _at(_module(target), target.task)
        if isinstance(found, Workflow):
            return found
    return read_target(target)


def _load(target: Target) -> Task:
    module = _module(target)
    return _named(module, target.task) if target.task else _only(module)


def _module(target: Target) -> ModuleType:
    if target.kind == "python file":
        return _import_file(Path(target.place))
    return _import_module(target)


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise TargetNotFoundError(f"No file {str(path)!r}.")
    path = path.resolve()
    folder, parts = path.parent, [path.stem]
    if path.name == "__init__.py":
        folder, parts = path.parent.parent, [path.parent.name]
    while (folder / "__init__.py").is_file():
        folder, parts = folder.parent, [folder.name, *parts]
    for part in parts:
        if not part.isidentifier():
            msg = (
                f"{str(path)!r} cannot be imported: {part!r} is not a Python name, and "
                "containers import executors by the name of their module. Rename it."
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


def _import_module(target: Target) -> ModuleType:
    try:
        return _import(target.place, Path.cwd())
    except TargetNotFoundError as error:
        parent, _, name = target.place.rpartition(".")
        if not target.task and name in _tasks(sys.modules.get(parent)):
            msg = f"{error} Did you mean '{parent}:{name}'?"
            raise TargetNotFoundError(msg) from error
        raise


def _import(name: str, folder: Path) -> ModuleType:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            msg = f"No module {error.name!r} in {folder} or on the import path."
            raise TargetNotFoundError(msg) from error
        raise _import_failure(name, error) from error
    except RAISED as error:
        raise _import_failure(name, error) from error


_FLYTEKIT = "flytekit"


def _import_failure(name: str, error: BaseException) -> TargetError:
    """Show the module's own frames of the traceback, and none of kit's.

    An error of kit's is a sentence already: it needs no more than the author's line.
    """
    if isinstance(error, ModuleNotFoundError) and error.name == _FLYTEKIT:
        missing = MissingPackageError(_FLYTEKIT, extra=_FLYTEKIT, purpose=name)
        return TargetError(f"Importing {name} failed. {missing}")
    own = [frame for frame in _frames(error.__traceback__) if not _is_kits(frame)]
    if isinstance(error, KitError) and own:
        code = own[-1].tb_frame.f_code
        return TargetError(f"{code.co_filename}:{own[-1].tb_lineno}: {error}")
    first = own[0] if own else None
    text = "".join(traceback.format_exception(type(error), error, first)).rstrip()
    return TargetError(f"Importing {name} failed.", detail=visible(text))


def _frames(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


_KIT = str(Path(__file__).parent) + os.sep


def _is_kits(frame: TracebackType) -> bool:
    """Return whether a frame is kit's, generated, or of the import machinery."""
    filename = frame.tb_frame.f_code.co_filename
    return filename.startswith((_KIT, "<", importlib.__file__))


def _at(module: ModuleType, name: str) -> Any:
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            msg = f"{module.__name__} has no {name!r}."
            raise TargetError(msg + nearest(name, _tasks(module)) + _offer(module))
        found = getattr(found, part)
    return found


def _named(module: ModuleType, name: str) -> Task:
    found = adapted(_at(module, name))
    if not isinstance(found, PythonCustomizedContainerTask):
        kind = type(found).__name__
        msg = f"{module.__name__}:{name} is not a task, but of type {kind}."
        raise TargetError(msg + _offer(module))
    return found


def _only(module: ModuleType) -> Task:
    tasks = _tasks(module)
    if len(tasks) == 1:
        return next(iter(tasks.values()))
    if not tasks:
        raise TargetError(f"{module.__name__} has no task at its top level.")
    msg = f"{module.__name__} has {len(tasks)} tasks: name one."
    raise TargetError(msg + _offer(module))


def _tasks(module: ModuleType | None) -> dict[str, Task]:
    found = {} if module is None else dict(vars(module))
    return {
        name: adapted(value)
        for name, value in found.items()
        if isinstance(value, PythonCustomizedContainerTask) or is_flytekit_task(value)
    }


def _offer(module: ModuleType) -> str:
    names = ", ".join(f"{module.__name__}:{name}" for name in sorted(_tasks(module)))
    return f" Its tasks: {names}." if names else " It has no tasks."
