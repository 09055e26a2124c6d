"""The report of a run from inside: steps, types of values, and the environment."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from opcode import opmap
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

from kit.errors import OutputError
from kit.shim.outputs import named_outputs
from kit.shim.telemetry import Step, Telemetry

STEPS = ("load", "inputs", "execute", "outputs", "decks")
"""What a run goes through inside, in the words of ``Timings``."""

_LARGEST = 256 * 2**10
_MOST = 1_000
_LONGEST = 1_000


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """What was seen from inside a run.

    Attributes:
        began: When kit's code took over, in seconds since 1970 by the clock there.
        seconds: What took how long, of :data:`STEPS`; only those that were reached.
        inputs: Python types of what the executor was called with, by name, as in
            ``list[dict[str, float]]``.
        outputs: Python types of what it returned, by name.
        python: Version of Python.
        platform: Operating system and machine, as in ``linux x86_64``.
        packages: Versions of kit, flyteidl and protobuf, and of what the executor's
            module names.
        variables: Names of the environment variables that were set.
        named_variables: Those of them that the executor's module names.
        directory: Where it ran.
        user: Whose process it was.
        peak_memory: The most memory that the process held until then, in bytes, with
            all that was done in it before; None where the system does not tell it.
    """

    began: float
    seconds: Mapping[str, float] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    python: str = ""
    platform: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    named_variables: tuple[str, ...] = ()
    directory: str = ""
    user: str = ""
    peak_memory: int | None = None

    def to_bytes(self) -> bytes:
        """Return the file of it."""
        return json.dumps(dataclasses.asdict(self)).encode()


def read_report(path: Path) -> RunReport | None:
    """Read a run's report; None if it wrote none, or none that can be one."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError:
        return None
    return None if len(data) > _LARGEST else parse_report(data)


def parse_report(data: bytes) -> RunReport | None:
    """Take a report's JSON apart; None if it is not one."""
    try:
        found = json.loads(data)
        return RunReport(
            began=_number(found["began"]),
            seconds=_mapped(found["seconds"], _number),
            packages=_mapped(found["packages"], _text),
            inputs=_mapped(found["inputs"], _text),
            outputs=_mapped(found["outputs"], _text),
            variables=tuple(map(_text, found["variables"][:_MOST])),
            named_variables=tuple(map(_text, found["named_variables"][:_MOST])),
            peak_memory=_whole(found["peak_memory"]),
            **{
                name: _text(found[name])
                for name in ("python", "platform", "directory", "user")
            },
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _mapped(found: Any, check: Any) -> dict[str, Any]:
    if not isinstance(found, dict) or len(found) > _MOST:
        msg = "no short object"
        raise TypeError(msg)
    return {_text(name): check(value) for name, value in found.items()}


def _text(found: Any) -> str:
    if not isinstance(found, str):
        msg = "no text"
        raise TypeError(msg)
    return found[:_LONGEST]


def _number(found: Any) -> float:
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        msg = "no number"
        raise TypeError(msg)
    if not 0 <= found < float("inf"):
        msg = "no time"
        raise ValueError(msg)
    return float(found)


def _whole(found: Any) -> int | None:
    return None if found is None else int(_number(found))


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


_DEEPEST = 4
_SEEN = 100
"""Elements of a container whose types are looked at."""
_MOST_TYPES = 8
"""Types that are named beside each other."""
_LONGEST_TYPE = 200
_TABULAR = ("numpy", "pandas")
"""Packages whose objects may be asked for their dtypes: theirs are plain facts."""


def value_type(value: Any) -> str:
    """Name the type of a value; nothing of the value itself is in it.

    Of a container the first hundred elements are looked at.

    >>> value_type([{"a": 1.5, "b": None}])
    'list[dict[str, None | float]]'
    >>> value_type((1, "x"))
    'tuple[int, str]'
    >>> value_type([])
    'list'
    """
    return _name(value, _DEEPEST)[:_LONGEST_TYPE]


def _name(value: Any, deep: int) -> str:
    if value is None:
        return "None"
    kind, name = type(value), _class_name(type(value))
    if deep == 0:
        return name
    inner = ""
    if kind in (list, set, frozenset):
        inner = _either(value, deep)
    elif kind is dict:
        keys, values = _either(value, deep), _either(value.values(), deep)
        inner = f"{keys}, {values}" if value else ""
    elif kind is tuple:
        inner = ", ".join(_name(item, deep - 1) for item in value[:_MOST_TYPES])
        inner += ", …" if len(value) > _MOST_TYPES else ""
    elif name.partition(".")[0] in _TABULAR:
        inner = _dtypes(value)
    return f"{name}[{inner}]" if inner else name


def _class_name(kind: type) -> str:
    """Name a class after its package, where it is none of Python's own."""
    package = str(kind.__module__).partition(".")[0]
    return kind.__qualname__ if package == "builtins" else f"{package}.{kind.__name__}"


def _either(items: Iterable[Any], deep: int) -> str:
    names = sorted({_name(item, deep - 1) for item in islice(items, _SEEN)})
    more = " | …" if len(names) > _MOST_TYPES else ""
    return " | ".join(names[:_MOST_TYPES]) + more


def _dtypes(value: Any) -> str:
    several = getattr(value, "dtypes", None)
    if type(value).__name__ == "DataFrame" and several is not None:
        names = list(map(str, several[: _MOST_TYPES + 1]))
        return ", ".join(names[:_MOST_TYPES]) + (
            ", …" if len(names) > _MOST_TYPES else ""
        )
    dtype = getattr(value, "dtype", None)
    return "" if dtype is None else str(dtype)


_MOST_NAMES = 200
_RETURNED = "(returned)"


class RunTelemetry(Telemetry):
    """Follows one run, from its making on."""

    def __init__(self) -> None:
        self._began = time.time()
        self._since = time.perf_counter()
        self._step: Step | None = None
        self._seconds: dict[str, float] = {}
        self._inputs: dict[str, str] = {}
        self._outputs: dict[str, str] = {}
        self._executor_type: type = object
        self._is_lost = False

    def enter(self, step: Step | None) -> None:
        """Begin a step; None ends the last."""
        now = time.perf_counter()
        if self._step is not None:
            spent = self._seconds.get(self._step, 0.0) + now - self._since
            self._seconds[self._step] = spent
        self._step, self._since = step, now

    def called(self, executor_type: type, inputs: Mapping[str, Any]) -> None:
        """Note the types of the inputs, before the executor can change them."""
        self._executor_type = executor_type
        with self._looking():
            self._inputs = _types(inputs)

    def returned(
        self, value: Any, declared: Mapping[str, Any], order: Sequence[str]
    ) -> None:
        """Note the types of the outputs, or of what cannot be them."""
        try:
            named = named_outputs(value, declared, order)
        except OutputError:
            named = {_RETURNED: value}
        with self._looking():
            self._outputs = _types(named)

    def write(self, path: str) -> None:
        """Write the report; a run is not lost for it."""
        self.enter(None)
        with self._looking():
            data = self._report().to_bytes()
        if not self._is_lost:
            with contextlib.suppress(OSError):  # it is missing then, as runners allow
                Path(path).write_bytes(data)

    @contextlib.contextmanager
    def _looking(self) -> Iterator[None]:
        """Lose the report, and not the run, where a task's own objects raise."""
        try:
            yield
        except Exception:  # noqa: BLE001 - whatever they raise when they are looked at
            self._is_lost = True

    def _report(self) -> RunReport:
        executor_type = self._executor_type
        module = sys.modules.get(executor_type.__module__) or ModuleType("")
        imported, texts = names_in_code(executor_type, module)
        variables = sorted(os.environ)[:_MOST_NAMES]
        machine = os.uname().machine if hasattr(os, "uname") else ""
        return RunReport(
            began=self._began,
            seconds=self._seconds,
            inputs=self._inputs,
            outputs=self._outputs,
            python=".".join(map(str, sys.version_info[:3])),
            platform=f"{sys.platform} {machine}".strip(),
            packages=versions(module, imported),
            variables=tuple(variables),
            named_variables=tuple(name for name in sorted(os.environ) if name in texts),
            directory=_working_directory(),
            user=user_name(),
            peak_memory=peak_memory(),
        )


def _types(values: Mapping[str, Any]) -> dict[str, str]:
    shown = list(values.items())[:_MOST_NAMES]
    return {str(name)[:_MOST_NAMES]: value_type(value) for name, value in shown}


def _working_directory() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was removed
        return ""
