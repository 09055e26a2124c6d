"""The ``from ... import ...`` statements of pages, by the names that they bind."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from kit.source.import_statements import has_object, import_from
from kit.source.importable import is_importable
from kit.source.pages import Page

__all__ = ["WrittenImports"]


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
