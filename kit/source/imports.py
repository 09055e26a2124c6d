"""The ``from ... import ...`` statements of pages, by the names that they bind."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from kit.source.literals import has_object, import_from, is_importable
from kit.source.pages import Page


class WrittenImports:
    """What pages import from modules, read once.

    Args:
        pages: Cells or a file.
    """

    def __init__(self, pages: Iterable[Page]) -> None:
        self._homes: dict[str, dict[tuple[str, str], None]] = {}
        self._stars: dict[str, None] = {}
        for page in pages:
            for node in page.from_imports:
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
