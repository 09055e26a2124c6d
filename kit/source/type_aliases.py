"""The source of ``type`` statements, which Python knows from 3.12 on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kit.source.cell_source import Definition
from kit.source.pages import Page

__all__ = ["alias_definition", "is_alias"]


def is_alias(value: Any) -> bool:
    """Tell whether something was made by a ``type`` statement."""
    kind = type(value)
    return (kind.__module__, kind.__name__) == ("typing", "TypeAliasType")


def alias_definition(value: Any, pages: Iterable[Page]) -> Definition | None:
    """Return the last ``type`` statement of the name of an alias."""
    for page in pages:
        for statement in reversed(page.tree.body):
            if type(statement).__name__ != "TypeAlias":
                continue
            name = statement.name.id  # type: ignore[attr-defined]
            if name == value.__name__:
                text = f"{page.segment(statement)}\n"
                return Definition(name, statement, page, text, future=False)
    return None
