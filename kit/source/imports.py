"""Import statements: what can be imported, and how what is loaded was."""

from __future__ import annotations

import ast
import functools
import importlib
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from kit.source.source_units import SourceUnit

# What can be imported


def is_importable(module: str) -> bool:
    """Tell whether a fresh interpreter in another folder can import a module.

    Modules of the standard library and of ``site-packages`` are known to be; any other
    is looked for once by an interpreter that sees installed packages only.
    """
    top = module.partition(".")[0]
    if top == "__main__":
        return False
    if top in sys.stdlib_module_names or top == "kit":
        return True
    loaded = sys.modules.get(top)
    folders = [getattr(loaded, "__file__", None), *getattr(loaded, "__path__", ())]
    if any(folder and str(folder).startswith(_LIBRARIES) for folder in folders):
        return True
    return _is_found(top)


def is_third_party(module: str) -> bool:
    """Tell whether a module comes neither with Python nor from a shell or script."""
    top = module.partition(".")[0]
    return top != "__main__" and top not in sys.stdlib_module_names


@functools.lru_cache(maxsize=256)
def _is_found(top: str) -> bool:
    command = [sys.executable, "-I", "-c", _ASK.format(top)]
    try:
        done = subprocess.run(command, capture_output=True, check=False, cwd="/")  # noqa: S603 - our own command
    except OSError:  # a browser has no processes
        return PathFinder.find_spec(top, _LIBRARIES) is not None
    return done.returncode == 0


_LIBRARIES = tuple(
    str(Path(sysconfig.get_path(kind)).resolve()) for kind in ("purelib", "platlib")
)


_ASK = "import sys; from importlib.util import find_spec; sys.exit(not find_spec({!r}))"


# Statements that bind what is loaded


def import_of_module(name: str, module: ModuleType) -> str | None:
    """Return the statement that binds a loaded module to a name."""
    names = [key for key, value in list(sys.modules.items()) if value is module]
    if not names:
        return None
    if module is os.path:  # its own name is that of one operating system
        names = ["os.path"]
    names.sort(key=lambda key: (key.rpartition(".")[2] != name, key != module.__name__))
    return _import_module(names[0], name)


def _import_module(module: str, name: str) -> str:
    parent, _, last = module.rpartition(".")
    if module == name:
        return f"import {module}"
    return (
        f"from {parent} import {last}" if last == name else f"import {module} as {name}"
    )


def import_of_object(name: str, value: Any) -> str | None:
    """Return the statement that binds a class or function of a module to a name."""
    home = home_of_object(name, value)
    return None if home is None else import_from(*home, name)


def home_of_object(name: str, value: Any) -> tuple[str, str] | None:
    """Return the module that has a class or function, and its name there.

    The most public module that has the very same object is taken: ``pandas``, not
    ``pandas.core.frame``.  None when no installed module has it.
    """
    module = getattr(value, "__module__", None)
    if not isinstance(module, str) or not is_importable(module):
        return None
    known = (getattr(value, "__qualname__", None), getattr(value, "__name__", None))
    names = [item for item in (*known, name) if isinstance(item, str)]
    for place in _public_first(module):
        for attribute in names:
            if attribute.isidentifier() and has_object(place, attribute, value):
                return place, attribute
    return None


def _public_first(module: str) -> Iterator[str]:
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])


def has_object(module: str, attribute: str, value: Any) -> bool:
    """Tell whether a loaded module has an object under a name."""
    loaded = sys.modules.get(module)
    if loaded is None:
        return False
    if attribute in vars(loaded):
        return vars(loaded)[attribute] is value
    lazy = attribute in getattr(loaded, "__all__", ())
    return lazy and getattr(loaded, attribute, None) is value


def import_from(module: str, attribute: str, name: str) -> str:
    """Return the statement that binds an attribute of a module to a name."""
    alias = "" if attribute == name else f" as {name}"
    return f"from {module} import {attribute}{alias}"


def submodule_imports(
    name: str, module: ModuleType, chains: Iterable[str]
) -> list[str]:
    """Return the import statements that make dotted names of a module work.

    ``import xml`` alone does not bring ``xml.etree.ElementTree``.
    """
    found: dict[str, None] = {}
    for chain in sorted(chains):
        dotted, deepest = module.__name__, None
        for attribute in chain.split(".")[1:]:
            dotted = f"{dotted}.{attribute}"
            if dotted not in sys.modules:
                break
            deepest = dotted if sys.modules[dotted].__name__ == dotted else deepest
        if deepest is not None:
            found[_statement(name, module.__name__, deepest)] = None
    return list(found)


def _statement(name: str, module: str, dotted: str) -> str:
    if name == module.partition(".")[0]:
        return f"import {dotted}"
    return f"import {dotted} as _{dotted.replace('.', '_')}"


def merged_imports(lines: Iterable[str]) -> tuple[str, ...]:
    """Return import statements: whole modules first, and each other module once.

    >>> merged_imports(["from a import c", "import b", "from a import b"])
    ('import b', 'from a import b, c')
    """
    whole = set()
    names: dict[str, set[str]] = {}
    for line in lines:
        module, found, name = line.partition(" import ")
        if found:
            names.setdefault(module, set()).add(name)
        else:
            whole.add(line)
    merged = (f"{key} import {', '.join(sorted(names[key]))}" for key in sorted(names))
    return (*sorted(whole), *merged)


def requirements_of(imports: Iterable[str]) -> tuple[str, ...]:
    """Return the top-level third-party modules that some statements import."""
    tops = {line.split()[1].partition(".")[0] for line in imports}
    return tuple(sorted(top for top in tops if is_third_party(top)))


# Statements that were written


class WrittenImports:
    """What units import from modules, read once.

    Args:
        units: Cells or a file.
    """

    def __init__(self, units: Iterable[SourceUnit]) -> None:
        self._homes: dict[str, dict[tuple[str, str], None]] = {}
        self._stars: dict[str, None] = {}
        for unit in units:
            for node in unit.from_imports:
                for alias in node.names:
                    if node.module and not node.level:
                        self._add(node.module, alias.name, alias.asname or alias.name)

    def _add(self, module: str, attribute: str, name: str) -> None:
        if attribute == "*":
            self._stars[module] = None
        else:
            self._homes.setdefault(name, {})[module, attribute] = None

    def statement(self, name: str, value: Any) -> str | None:
        """Return the statement that bound an object to a name, if it still would."""
        for module, attribute in self._homes.get(name, ()):
            if is_importable(module) and has_object(module, attribute, value):
                return import_from(module, attribute, name)
        return None

    def star(self, name: str, value: Any) -> str | None:
        """Return the module whose star import brought an object under a name."""
        for module in self._stars:
            if getattr(sys.modules.get(module), name, None) is value:
                return module
        return None


def type_checking_import(name: str, units: Iterable[SourceUnit]) -> str | None:
    """Return the import of a name that only type checkers run."""
    for unit in units:
        if not any("TYPE_CHECKING" in line for line in unit.lines):
            continue
        for block in ast.walk(unit.tree):
            if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test):
                for node in block.body:
                    found = _alone(node, name)
                    if found is not None:
                        return found
    return None


def _alone(node: ast.stmt, name: str) -> str | None:
    """Return an import statement cut down to the one name, or None without it."""
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            if (alias.asname or alias.name) == name:
                return import_from(node.module, alias.name, name)
    if isinstance(node, ast.Import):
        for alias in node.names:
            if (alias.asname or alias.name.partition(".")[0]) == name:
                as_name = f" as {alias.asname}" if alias.asname else ""
                return f"import {alias.name}{as_name}"
    return None


# Modules that an export wrote


def make_importable(module: str, folder: Path) -> None:
    """Let this process and those it starts for runs import an exported module.

    Copies of it that were imported before are forgotten.

    Args:
        module: Its top-level name.
        folder: The folder that it is in.
    """
    _FOLDERS[module] = str(folder.resolve())
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
    for name in list(sys.modules):
        if name == module or name.startswith(f"{module}."):
            del sys.modules[name]
    importlib.invalidate_caches()


def exported_folders() -> tuple[str, ...]:
    """Return the folders that hold exported modules, the latest first."""
    return tuple(dict.fromkeys(reversed(_FOLDERS.values())))


_FOLDERS: dict[str, str] = {}
"""The folder of each exported top-level module or package."""


class _Finder:
    """Finds exported modules by their exact names, before those that are installed."""

    @staticmethod
    def find_spec(
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG004 - the protocol's
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return where an exported top-level module is, None for any other."""
        folder = _FOLDERS.get(name)
        return None if folder is None else PathFinder.find_spec(name, [folder], target)
