"""What shipped code needs to be installed: the modules it imports, and their packages.

One reading of the source serves the proof, the checks, exports and images.  Imports
inside of functions and methods count; those for type checkers only do not.
"""

from __future__ import annotations

import ast
import functools
import re
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

from kit.definition.shipment import Shipment
from kit.source.imports import is_importable, is_third_party

OWN_EXTRAS = ("numpy", "pandas", "pydantic")
"""Third-party modules whose values kit handles through an extra of the same name."""

_PACKAGES = {
    "Crypto": "pycryptodome",
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "distutils": "setuptools",
    "dotenv": "python-dotenv",
    "fitz": "pymupdf",
    "git": "gitpython",
    "jwt": "pyjwt",
    "kit": "flyte-task-kit",
    "pkg_resources": "setuptools",
    "psycopg2": "psycopg2-binary",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "usb": "pyusb",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
"""Packages that are not called as the module they bring."""
_INSTALLED = {"kit"}
"""Modules that were found to be installed: looking for them again takes a while."""
_RELEASE = re.compile(r"(?:\d+!)?\d+(?:\.\d+)*")


@dataclass(frozen=True)
class ImportStatement:
    """A module that some source imports.

    Attributes:
        module: Its dotted name; what follows the module's own name may be an object.
        line: The number of the line.
        is_optional: Whether the source goes on when it is missing.
    """

    module: str
    line: int
    is_optional: bool = False


class ImportedModules:
    """The top-level modules that are reached by imports.

    Attributes:
        installed: Those in a folder for installed packages, by name.
        own: File or folder of every other, by name.
        missing: Those that are not here, by name.
    """

    def __init__(self) -> None:
        self.installed: set[str] = set()
        self.own: dict[str, Path] = {}
        self.missing: set[str] = set()
        self._required: set[str] = set()
        self._seen: set[str] = set()

    @property
    def required(self) -> tuple[str, ...]:
        """The modules without which the source fails, sorted."""
        return tuple(sorted(self._required))

    @property
    def needed(self) -> frozenset[str]:
        """The modules to install: those that are installed here, and those required."""
        return frozenset({*self.installed, *self._required})

    def only_here(self) -> dict[str, Path]:
        """Return the required modules of one's own that no index and no image has."""
        return {
            module: place
            for module, place in sorted(self.own.items())
            if module in self._required and not is_importable(module)
        }

    def follow(
        self, module: str, *, is_optional: bool = False, is_shipped: bool = False
    ) -> None:
        """Follow a module's imports, and those of the packages it is in.

        Args:
            module: Its dotted name; what is no module at its end is left out.
            is_optional: Whether its importer goes on when it is missing.
            is_shipped: Whether to read the module itself if it is installed.
        """
        parts = module.split(".")
        top = parts[0]
        if not is_third_party(top):
            return
        if not is_optional:
            self._required.add(top)
        self._classify(top)
        place = self.own.get(top)
        if place is not None:
            files = list(_files(place, parts))
        elif is_shipped and (found := _place(top)) is not None:
            files = list(_files(found, parts))[-1:]
        else:
            return
        for end, file in files:
            is_package = file.name == "__init__.py"
            package = parts[:end] if is_package else parts[: end - 1]
            self._follow_file(".".join(parts[:end]), file, package)

    def follow_source(self, source: str, package: Sequence[str] = ()) -> None:
        """Follow the imports of some source.

        Args:
            source: The source of a module.
            package: The package it is in, for imports with dots.
        """
        for found in import_statements(source, tuple(package)):
            self.follow(found.module, is_optional=found.is_optional)

    def _follow_file(self, module: str, file: Path, package: Sequence[str]) -> None:
        if module in self._seen:
            return
        self._seen.add(module)
        try:
            source = file.read_text("utf-8")
            self.follow_source(source, package)
        except (OSError, SyntaxError, ValueError):
            return  # what cannot be imported here either

    def _classify(self, top: str) -> None:
        """Note whether a module is installed, one of one's own, or missing."""
        if top in self.installed or top in self.own or top in self.missing:
            return
        if top in _INSTALLED:
            self.installed.add(top)
            return
        place = _place(top)
        if place is not None and _is_installed(place):
            _INSTALLED.add(top)
            self.installed.add(top)
        elif place is None:
            self.missing.add(top)
        else:
            self.own[top] = place


def shipped_modules(shipment: Shipment) -> ImportedModules:
    """Return what the code that a task ships imports, inside of functions too.

    That is the source in the template, or the executor's module with all modules that
    it reaches and that are not installed.
    """
    reached = ImportedModules()
    if shipment.inline is None:
        reached.follow(shipment.location, is_shipped=True)
    else:
        reached.follow_source(shipment.inline["source"])
    return reached


@functools.lru_cache(maxsize=256)
def import_statements(
    source: str, package: tuple[str, ...] = ()
) -> tuple[ImportStatement, ...]:
    """Return what some source imports, inside of functions and methods too.

    Args:
        source: The source of a module.
        package: The package it is in, for imports with dots.

    Raises:
        SyntaxError: It does not compile.
        ValueError: It has null characters in it.
    """
    return tuple(_statements(ast.parse(source), package, is_optional=False))


def _statements(
    node: ast.AST, package: Sequence[str], *, is_optional: bool
) -> Iterator[ImportStatement]:
    for name in _imported(node, package):
        yield ImportStatement(name, node.lineno, is_optional)  # type: ignore[attr-defined]
    if isinstance(node, ast.Try) and any(map(_catches_imports, node.handlers)):
        for statement in node.body:
            yield from _statements(statement, package, is_optional=True)
        rest: list[ast.AST] = [*node.handlers, *node.orelse, *node.finalbody]
    elif isinstance(node, ast.If) and _is_for_type_checkers(node.test):
        rest = [*node.orelse]
    else:
        rest = [*ast.iter_child_nodes(node)]
    for child in rest:
        yield from _statements(child, package, is_optional=is_optional)


def _files(place: Path, parts: Sequence[str]) -> Iterator[tuple[int, Path]]:
    """Yield the files of a dotted name's modules, and how many of its parts they are.

    Args:
        place: The file or folder of the first.
        parts: The dotted name, which may end in an object's.
    """
    for end in range(1, len(parts) + 1):
        path = place.joinpath(*parts[1:end]) if place.is_dir() else place
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if file.is_file():
            yield end, file


def _imported(node: ast.AST, package: Sequence[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        around = package[: len(package) - node.level + 1] if node.level else ()
        parts = [*around, *((node.module or "").split(".") if node.module else [])]
        if parts:
            yield from (".".join([*parts, alias.name]) for alias in node.names)


def _catches_imports(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    return not names.isdisjoint(
        {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
    )


def _is_for_type_checkers(test: ast.expr) -> bool:
    return ast.unparse(test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


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
    real = place.resolve()
    return any(real.is_relative_to(folder) for folder in _library_folders())


@functools.cache
def _library_folders() -> tuple[Path, ...]:
    """Return the folders for installed packages."""
    kinds = ("purelib", "platlib")
    folders = [*(sysconfig.get_path(kind) for kind in kinds), *site.getsitepackages()]
    folders.append(site.getusersitepackages())
    return tuple(dict.fromkeys(Path(folder).resolve() for folder in folders))


def package_of(module: str) -> str:
    """Return the package that brings a top-level module, as pip knows it.

    >>> package_of("yaml"), package_of("duckdb")
    ('pyyaml', 'duckdb')
    """
    return _PACKAGES.get(module, module)


def distributions_with(modules: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the installed distributions that have each top-level module."""
    from importlib import metadata

    owners = metadata.packages_distributions()
    found = {module: owners.get(module) or _owners(module) for module in modules}
    return {module: tuple(dict.fromkeys(names)) for module, names in found.items()}


def _owners(module: str) -> list[str]:
    """Find distributions by their files, which Python 3.10 does not look at."""
    from importlib import metadata

    tops = {module, f"{module}.py"}
    return [
        found.metadata["Name"]
        for found in metadata.distributions()
        if any(file.parts[0] in tops for file in found.files or ())
    ]


def project_name(package: str) -> str:
    """Return the name of a package as indexes write it (PEP 503).

    >>> project_name("Acme_SQL")
    'acme-sql'
    """
    return re.sub(r"[-_.]+", "-", package).strip("-").lower()


def compatible(version: str) -> str:
    """Return the pin for a version and what is compatible with it (PEP 440).

    >>> compatible("2.2.3+cu121"), compatible("9"), compatible("1.0rc1")
    ('~=2.2.3', '~=9.0', '~=1.0rc1')
    """
    public = version.partition("+")[0]
    release = _RELEASE.match(public)
    if release is not None and "." not in release[0]:
        public = release[0] + ".0" + public[release.end() :]
    return f"~={public}"
