"""What is around an executor: memory, user, variables, and the packages it names."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterable, Iterator
from opcode import opmap
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

__all__ = ["names_in_code", "peak_memory", "user_name", "versions"]

_OWN = {"kit": "kit", "flyteidl": "flyteidl", "google.protobuf": "protobuf"}
"""Modules that every run has, and what their packages are called."""
_MOST_PACKAGES = 30
_MOST_OBJECTS = 1_000
_KIBI = 1024
_IMPORT, _EXTENDED = opmap["IMPORT_NAME"], opmap["EXTENDED_ARG"]
_INSTALLED = ".dist-info"


def peak_memory() -> int | None:
    """Return the most memory that this process has held, in bytes.

    On Linux it is ``VmHWM`` of ``/proc/self/status``: ``ru_maxrss`` begins there with
    what the *parent* of a process held, see ``setmax_mm_hiwater_rss`` in ``fs/exec.c``.
    """
    try:
        status = Path("/proc/self/status").read_bytes()
    except OSError:
        return _of_resource_usage()
    for line in status.splitlines():
        if line.startswith(b"VmHWM:"):
            return int(line.split()[1]) * _KIBI
    return None


def _of_resource_usage() -> int | None:
    try:
        import resource
    except ImportError:  # Windows has none
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * _KIBI


def user_name() -> str:
    """Return the name of the process's user, or its number if it has none."""
    if not hasattr(os, "getuid"):
        return os.environ.get("USERNAME", "")
    number = os.getuid()
    try:
        import pwd

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return str(number)


def names_in_code(executor_type: type, module: ModuleType) -> tuple[set[str], set[str]]:
    """Return what an executor and its module's functions import, and their texts.

    Args:
        executor_type: The executor, which may be of a function of no such name.
        module: Its module.

    Returns:
        Names of packages, and texts, as which the names of variables are written.
    """
    imported: set[str] = set()
    texts = {value for value in vars(module).values() if isinstance(value, str)}
    waiting = [*_code_of([executor_type]), *_code_of(_defined_in(module))]
    for _ in range(_MOST_OBJECTS):
        if not waiting:
            break
        code = waiting.pop()
        imported.update(_imported(code))
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                waiting.append(constant)
            elif isinstance(constant, str):
                texts.add(constant)
            elif isinstance(constant, tuple):  # of names in a loop, for example
                texts.update(item for item in constant if isinstance(item, str))
    return imported, texts


def _defined_in(module: ModuleType) -> Iterator[type | FunctionType]:
    for value in list(vars(module).values()):
        is_code = isinstance(value, (type, FunctionType))
        if is_code and value.__module__ == module.__name__:
            yield value


def _code_of(defined: Iterable[type | FunctionType]) -> Iterator[CodeType]:
    """Yield the code of functions, and of the methods of classes."""
    for value in defined:
        members = vars(value).values() if isinstance(value, type) else (value,)
        for member in list(members):
            if isinstance(member, (staticmethod, classmethod)):
                member = member.__func__  # noqa: PLW2901 - what it wraps
            if isinstance(member, FunctionType):
                yield member.__code__


def _imported(code: CodeType) -> Iterator[str]:
    """Yield the packages that a piece of code imports, by its instructions."""
    extended = 0
    for operation, low in zip(code.co_code[::2], code.co_code[1::2], strict=True):
        argument = extended | low
        extended = argument << 8 if operation == _EXTENDED else 0
        if operation == _IMPORT and argument < len(code.co_names):
            yield code.co_names[argument].partition(".")[0]


def versions(module: ModuleType, imported: Iterable[str]) -> dict[str, str]:
    """Return the versions of installed packages that a module uses, and of kit's own.

    Args:
        module: The module.
        imported: What its functions import.
    """
    used = {name for name in imported if name in sys.modules}
    for value in list(vars(module).values()):
        home = value.__name__ if isinstance(value, ModuleType) else _home_of(value)
        used.add(home.partition(".")[0])
    used -= sys.stdlib_module_names | {"__main__", "", module.__name__.split(".")[0]}
    found = {**_OWN}
    found |= {name: name for name in sorted(used - found.keys())[:_MOST_PACKAGES]}
    known = {package: _version(name, package) for name, package in found.items()}
    return {package: version for package, version in known.items() if version}


def _home_of(value: object) -> str:
    """Return the module of a class or function, or of what a value is."""
    named = isinstance(value, (type, FunctionType, BuiltinFunctionType))
    home = (value if named else type(value)).__module__
    return home if isinstance(home, str) else ""


def _version(name: str, package: str) -> str:
    """Return the version of a loaded package, as its installation or itself says it.

    The installation comes first: asking some modules for their version is deprecated.
    Importing ``importlib.metadata`` would take longer than all the rest.
    """
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    if not isinstance(module, ModuleType) or not isinstance(file, str):
        return ""
    path = Path(file)
    folder = path.parent
    if path.stem == "__init__":
        folder = path.parents[name.count(".") + 1]
    prefix = f"{package.lower()}-"
    for entry in _installed(folder):
        if entry.lower().startswith(prefix):
            return entry[len(prefix) : -len(_INSTALLED)]
    version = vars(module).get("__version__")
    return version if isinstance(version, str) else ""


@functools.cache
def _installed(folder: Path) -> tuple[str, ...]:
    """Name the installations in a folder, once in a process."""
    try:
        entries = sorted(os.listdir(folder))  # noqa: PTH208 - only their names
    except OSError:
        return ()
    return tuple(entry for entry in entries if entry.endswith(_INSTALLED))
