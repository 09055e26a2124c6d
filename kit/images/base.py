"""The Python that an image is based on, and which packages fit it."""

from __future__ import annotations

import ast
import functools
import json
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.settings import SerializationSettings
from kit.definition.shipment import Shipment
from kit.errors import ImageBuildError, MissingPackageError
from kit.exporters.package import OWN_EXTRAS, distributions_with
from kit.images import probe
from kit.images.engine import Answer, ask
from kit.images.probe import python_facts
from kit.runners.docker.container import NotStartedError
from kit.runners.docker.engine import Engine
from kit.source.literals import is_third_party
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import runtime_of

_OLDEST_GLIBC = 5
_MANYLINUX = {(2, 5): "1", (2, 12): "2010", (2, 17): "2014"}


@dataclass(frozen=True)
class BasePython:
    """A Python, here or in an image.

    Attributes:
        executable: Its path.
        version: As in ``3.11.7``.
        implementation: As in ``cpython``.
        is_free_threaded: Whether it was built without the interpreter lock.
        machine: As in ``x86_64``.
        libc: ``glibc`` or ``musl``, and its version.
        bytecode: The magic number of its compiled files.
        tag: What the names of these have in them, as in ``cpython-311``.
        markers: What else the markers of requirements may ask for.
        distributions: Versions by the normalized names of what is installed there.
    """

    executable: str
    version: str
    implementation: str
    is_free_threaded: bool
    machine: str
    libc: tuple[str, str]
    bytecode: str
    tag: str
    markers: Mapping[str, str] = field(repr=False)
    distributions: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> BasePython:
        """Make it of what :func:`python_facts` returned, there."""
        from packaging.utils import canonicalize_name

        installed = {canonicalize_name(k): v for k, v in facts["distributions"].items()}
        name, version = facts["libc"]
        return cls(**{**facts, "libc": (name, version), "distributions": installed})

    @property
    def minor(self) -> tuple[int, int]:
        """The version's first two numbers."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    @property
    def environment(self) -> dict[str, str]:
        """What the markers of requirements are evaluated in (PEP 508)."""
        is_cpython = self.implementation == "cpython"
        return {
            **self.markers,
            "implementation_name": self.implementation,
            "implementation_version": self.version,
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython" if is_cpython else "PyPy",
            "python_full_version": self.version,
            "python_version": ".".join(map(str, self.minor)),
        }

    @property
    def abi(self) -> str:
        """The tag of its binary interface, as in ``cp311``."""
        return f"cp{self.minor[0]}{self.minor[1]}" + "t" * self.is_free_threaded

    def platforms(self) -> Iterator[str]:
        """Yield the tags of platforms that it can load binaries of (PEP 600, 656)."""
        name, version = self.libc
        major, minor = _numbers(version)
        if name == "musl":
            for number in range(minor, -1, -1):
                yield f"musllinux_{major}_{number}_{self.machine}"
        elif name == "glibc":
            for number in range(minor, _OLDEST_GLIBC - 1, -1):
                yield f"manylinux_{major}_{number}_{self.machine}"
                if (major, number) in _MANYLINUX:
                    yield f"manylinux{_MANYLINUX[major, number]}_{self.machine}"
        yield f"linux_{self.machine}"

    @functools.cached_property
    def tags(self) -> frozenset[Any]:
        """The tags of wheels that fit it (PEP 425)."""
        from packaging.tags import compatible_tags, cpython_tags

        platforms = list(self.platforms())
        interpreter = f"cp{self.minor[0]}{self.minor[1]}"
        return frozenset(
            [
                *cpython_tags(self.minor, abis=[self.abi], platforms=platforms),
                *compatible_tags(self.minor, interpreter, platforms),
            ]
        )

    def can_load_from(self, other: BasePython) -> bool:
        """Say whether what was compiled for another Python's machine loads here."""
        here, there = (_numbers(python.libc[1]) for python in (self, other))
        same = (self.machine, self.libc[0]) == (other.machine, other.libc[0])
        return same and here >= there

    def __str__(self) -> str:
        name = f"Python {'.'.join(map(str, self.minor))}{'t' * self.is_free_threaded}"
        return f"{name} on {self.machine} with {' '.join(self.libc).strip()}"


def _numbers(version: str) -> tuple[int, int]:
    major, minor = (version or "0.0").split(".")[:2]
    return int(major), int(minor)


@functools.lru_cache(maxsize=1)
def this_python() -> BasePython:
    """Return the Python that runs this, with what is not installed anywhere else."""
    return BasePython.from_facts({**python_facts(), "distributions": {}})


def check_packaging() -> None:
    """Make sure that requirements can be read.

    Raises:
        MissingPackageError: The package for that is not installed.
    """
    try:
        import packaging  # noqa: F401 - whether it is there
    except ImportError as error:
        raise MissingPackageError("packaging", extra="docker") from error


_PYTHONS = ("python3", "python")
_OLDEST = (3, 10)


def python_of(engine: Engine, image: str, platform: str | None) -> BasePython:
    """Ask a base image what Python it has.

    Raises:
        ImageBuildError: It has none, or one that kit does not run on.
        EngineError: The engine fails.
    """
    source = Path(probe.__file__).read_text("utf-8")
    for program in _PYTHONS:
        try:
            answer = ask(engine, image, (program, "-c", source), platform=platform)
        except NotStartedError:
            continue
        return _checked(image, answer)
    msg = (
        f"The base image {image!r} has no Python on its PATH. Choose one that has it, "
        "such as python:3.12-slim."
    )
    raise ImageBuildError(msg)


def _checked(image: str, answer: Answer) -> BasePython:
    try:
        found = BasePython.from_facts(json.loads(answer.text("stdout")))
    except (ValueError, KeyError, TypeError) as error:
        words = answer.text("stdout", "stderr")[-500:]
        msg = f"The Python of the base image {image!r} does not answer: {words}"
        raise ImageBuildError(msg) from error
    if found.minor < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        msg = (
            f"The base image {image!r} has Python {found.version}, and kit needs "
            f"{oldest} or newer. Choose one that has it."
        )
        raise ImageBuildError(msg)
    return found


class ImportedModules:
    """The top-level modules that are reached by imports.

    Attributes:
        installed: Those in a folder for installed packages, by name.
        own: File or folder of every other, by name.
        missing: Those that are not there.
    """

    def __init__(self) -> None:
        self.installed: set[str] = set()
        self.own: dict[str, Path] = {}
        self.missing: set[str] = set()
        self._seen: set[str] = set()

    def follow(self, module: str) -> None:
        """Follow a module's imports, and those of the packages it is in.

        Args:
            module: Its dotted name; what is no module behind one is left out.
        """
        parts = module.split(".")
        if not is_third_party(parts[0]) or not self._is_own(parts[0]):
            return
        place = self.own[parts[0]]
        for end in range(1, len(parts) + 1):
            path = place.joinpath(*parts[1:end]) if place.is_dir() else place
            file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            if not file.is_file():
                continue
            package = parts[:end] if path.is_dir() else parts[: end - 1]
            self._follow_file(".".join(parts[:end]), file, package)

    def follow_source(self, source: str, package: list[str] | None = None) -> None:
        """Follow the imports of some source.

        Args:
            source: The source of a module.
            package: The package it is in, for imports with dots.
        """
        for module in _imports(ast.parse(source), package or []):
            self.follow(module)

    def _follow_file(self, module: str, file: Path, package: list[str]) -> None:
        if module in self._seen:
            return
        self._seen.add(module)
        try:
            source = file.read_text("utf-8")
            self.follow_source(source, package)
        except (OSError, SyntaxError, ValueError):
            return  # what cannot be imported here either

    def _is_own(self, top: str) -> bool:
        """Tell whether a module is one of one's own, and note what it is."""
        if top in self.own:
            return True
        if top in self.installed or top in self.missing:
            return False
        place = _place(top)
        if top == "kit" or (place is not None and _is_installed(place)):
            self.installed.add(top)
        elif place is None:
            self.missing.add(top)
        else:
            self.own[top] = place
        return top in self.own


def _place(top: str) -> Path | None:
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        spec = _loaded(top)
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(spec.origin) if spec.origin and spec.has_location else None


def _loaded(top: str) -> ModuleSpec | None:
    """Return the spec of a module that was made without one."""
    file = getattr(sys.modules.get(top), "__file__", None)
    if file is None:
        return None
    spec = ModuleSpec(top, None, origin=file)
    spec.has_location = True
    return spec


def _is_installed(place: Path) -> bool:
    kinds = ("purelib", "platlib")
    folders = [*(sysconfig.get_path(kind) for kind in kinds), *site.getsitepackages()]
    folders.append(site.getusersitepackages())
    return any(place.resolve().is_relative_to(Path(f).resolve()) for f in folders)


def _imports(tree: ast.AST, package: list[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            around = package[: len(package) - node.level + 1] if node.level else []
            parts = [*around, *((node.module or "").split(".") if node.module else [])]
            if parts:
                yield from (".".join([*parts, alias.name]) for alias in node.names)


Task = PythonCustomizedContainerTask[Any]

KIT = "flyte-task-kit"


@dataclass(frozen=True)
class Needs:
    """What a task needs besides Python.

    Attributes:
        requirements: Distributions, as pip takes them.
        modules: Files and folders of modules that no distribution brings, by name.
        notes: What its author should know.
    """

    requirements: tuple[str, ...]
    modules: dict[str, Path]
    notes: tuple[str, ...]


def needs_of(
    task: Task, settings: SerializationSettings, packages: Iterable[str] = ()
) -> Needs:
    """Find what a task needs: its runtime, its executor, and what these import.

    Args:
        task: The task.
        settings: What its template is made with.
        packages: Requirements besides.

    Raises:
        DefinitionError: The task's template cannot be made.
    """
    shipment = task.shipment(settings)
    template = task.serialize_to_model(settings).to_flyte_idl()
    reached = ImportedModules()
    for module in (*_loaded_modules(template, shipment), *_runtime(task, settings)):
        reached.follow(module)
    if shipment.inline is not None:
        reached.follow_source(shipment.inline["source"])
    wanted, notes = _distributions(reached)
    own = [KIT] if "kit" in reached.installed else []
    extras = _extras(reached, with_deck=template.metadata.generates_deck.value)
    if own and extras:
        own = [f"{KIT}[{','.join(extras)}]"]
    requirements = dict.fromkeys((*own, *wanted, *packages))
    return Needs(tuple(requirements), reached.own, tuple(notes))


def _loaded_modules(template: TaskTemplate, shipment: Shipment) -> Iterator[str]:
    """Yield what the container imports by name: the resolver and the executor."""
    words = list(template.container.args)
    if "--resolver" in words[:-1]:
        yield words[words.index("--resolver") + 1]
    yield shipment.location


def _runtime(task: Task, settings: SerializationSettings) -> tuple[str]:
    """Name the runtime's own module, which is called as the runtime."""
    return (runtime_of(task.runtime, settings),)


def _distributions(reached: ImportedModules) -> tuple[list[str], list[str]]:
    owners = distributions_with(sorted(reached.installed - {"kit"}))
    names = dict.fromkeys(name for found in owners.values() for name in found)
    notes = [
        f"The module {module} is imported somewhere, and is not installed here: name "
        "what brings it in packages, if the task needs it."
        for module in sorted(reached.missing)
    ]
    return list(names), notes


def _extras(reached: ImportedModules, *, with_deck: bool) -> list[str]:
    extras = [name for name in OWN_EXTRAS if name in reached.installed]
    return [*(["deck"] if with_deck else []), *extras]
