"""The import statements that bring a loaded object back under its name."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

from kit.source.importable import is_importable
from kit.source.pages import Page

__all__ = [
    "has_object",
    "home_of_object",
    "import_from",
    "import_of_module",
    "import_of_object",
    "type_checking_import",
]


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


def type_checking_import(name: str, pages: Iterable[Page]) -> str | None:
    """Return the import of a name that only type checkers run."""
    for page in pages:
        if not any("TYPE_CHECKING" in line for line in page.lines):
            continue
        for block in ast.walk(page.tree):
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
