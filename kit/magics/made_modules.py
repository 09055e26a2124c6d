"""Modules that cells hold: imported once, and again when they or what they use change.

A module that is imported again is a new one: the classes of the former one stay what
they were, and whoever holds them holds old code. So the cells that use a module are to
be run after its own; a template names its executor by its dotted name and always gets
the new one.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from kit.magics.module_file import ModuleFile
from kit.source.shipping import EXECUTOR_MODULE

__all__ = ["import_module_of", "public_names"]


@dataclass(frozen=True)
class _Import:
    """What a module was imported from.

    Attributes:
        data: Its file's content.
        used: The other modules of cells that it imports, as they were.
    """

    data: bytes
    used: Mapping[str, ModuleType]


def import_module_of(file: ModuleFile, data: bytes) -> ModuleType:
    """Return the module of a file, imported anew if it or what it uses has changed.

    When the import fails, the former module stays.
    """
    former = sys.modules.get(file.name)
    if former is not None and _is_current(former, data):
        return former
    if str(file.root) not in sys.path:
        sys.path.insert(0, str(file.root))  # also after a change of folder
    importlib.invalidate_caches()
    sys.modules.pop(file.name, None)
    try:
        module = importlib.import_module(file.name)
    except BaseException:
        if former is not None:
            sys.modules[file.name] = former
        raise
    setattr(module, EXECUTOR_MODULE, _Import(data, dict(_used(module, data))))
    return module


def _is_current(module: ModuleType, data: bytes) -> bool:
    made = getattr(module, EXECUTOR_MODULE, None)
    return (
        isinstance(made, _Import)
        and made.data == data
        and all(sys.modules.get(name) is used for name, used in made.used.items())
    )


def _used(module: ModuleType, data: bytes) -> Iterator[tuple[str, ModuleType]]:
    """Yield the other modules of cells that a module imports."""
    for name in _imported(ast.parse(data), module.__package__ or ""):
        used = sys.modules.get(name)
        if used is not None and hasattr(used, EXECUTOR_MODULE):
            yield name, used


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            dotted = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(dotted, package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def public_names(module: ModuleType) -> dict[str, Any]:
    """Return what ``from module import *`` binds."""
    known: dict[str, Any] = {}
    exec(f"from {module.__name__} import *", {}, known)  # noqa: S102 - checked names
    return known
