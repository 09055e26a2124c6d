"""What some source imports, and what that imports: installed, or files of one's own.

Nothing is imported for it: sources are read. An import inside of a function counts.
"""

from __future__ import annotations

import ast
import site
import sys
import sysconfig
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

from kit.source.importable import is_third_party

__all__ = ["ImportedModules"]


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
