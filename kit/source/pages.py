"""Pages of source: the cells and files that definitions stand in."""

from __future__ import annotations

import ast
import linecache
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

__all__ = ["DefinitionNode", "Page", "cell_pages", "first_line", "page_of", "page_text"]

DefinitionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_NODES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LOCALS = "<locals>"
_PAGES: dict[str, Page] = {}


@dataclass(frozen=True, eq=False)
class Page:
    """A cell, as Python ran it (magics turned into calls), or a file.

    Attributes:
        name: The file's name, or the one that IPython gave the cell.
        lines: Its lines with their ends.
        is_cell: Whether it is a cell, or a line typed into a shell.
    """

    name: str
    lines: tuple[str, ...] = field(repr=False)
    is_cell: bool

    @property
    def place(self) -> str:
        """What to call it: cells have no name that stays when they run again."""
        if self.is_cell:
            return "a notebook cell"
        return self.name.replace("\\", "/").rpartition("/")[2]

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree; an empty one when it is no Python of this version."""
        try:
            return ast.parse("".join(self.lines))
        except (SyntaxError, ValueError):
            return ast.Module(body=[], type_ignores=[])

    @cached_property
    def definitions(self) -> Mapping[str, list[DefinitionNode]]:
        """Every definition by its qualified name, in the page's order."""
        found: dict[str, list[DefinitionNode]] = {}
        for path, node in _definitions(self.tree.body, ()):
            found.setdefault(".".join(path), []).append(node)
        return found

    def at(self, name: str, line: int) -> tuple[str, DefinitionNode] | None:
        """Return qualified name and node of the definition that begins at a line."""
        for path, nodes in self.definitions.items():
            if path.rpartition(".")[2] == name:
                for node in nodes:
                    if first_line(node) == line:
                        return path, node
        return None

    def text_of(self, node: DefinitionNode) -> str:
        """Return the source of a definition with its decorators, dedented."""
        lines = self.lines[first_line(node) - 1 : node.end_lineno]
        return textwrap.dedent("".join(lines)).rstrip() + "\n"

    def line(self, number: int) -> str:
        """Return one line, stripped; empty when there is none of that number."""
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""


def first_line(node: DefinitionNode) -> int:
    """Return the line of the first decorator, or of the definition itself."""
    return min([node.lineno, *(item.lineno for item in node.decorator_list)])


def page_of(filename: str, namespace: Mapping[str, Any] | None = None) -> Page | None:
    """Return the page that code was compiled from, or None when it is not known.

    Args:
        filename: What code objects call ``co_filename``.
        namespace: The globals of the code, from which a loader may be known.
    """
    linecache.checkcache(filename)
    lines = tuple(
        linecache.getlines(filename, dict(namespace) if namespace else None)
        if filename not in linecache.cache
        else linecache.getlines(filename)
    )
    if not lines:
        return None
    known = _PAGES.get(filename)
    if known is None or known.lines != lines:
        known = Page(filename, lines, is_cell=_is_cell(filename))
        _PAGES[filename] = known
    return known


def page_text(text: str) -> Page:
    """Return the page of a cell that only its text is known of."""
    known = _PAGES.get(text)
    if known is None:
        lines = tuple(text.splitlines(keepends=True))
        known = _PAGES[text] = Page("<cell>", lines, is_cell=True)
    return known


def cell_pages() -> Iterator[Page]:
    """Yield the cells that were run, the latest first."""
    for name in reversed(list(linecache.cache)):
        if _is_cell(name):
            page = page_of(name)
            if page is not None:
                yield page


def _is_cell(name: str) -> bool:
    """Tell it by the entry's time: files have one, what a shell registers has none."""
    _, *time = linecache.cache.get(name, ())[:2] or (0,)
    return time == [None] and not name.startswith("<attrs")


def _definitions(
    body: list[ast.stmt], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], DefinitionNode]]:
    """Yield the definitions below some statements with their qualified names."""
    for node in body:
        if isinstance(node, _NODES):
            inner = (*path, node.name)
            yield inner, node
            is_class = isinstance(node, ast.ClassDef)
            yield from _definitions(node.body, inner if is_class else (*inner, _LOCALS))
            continue
        for block in ("body", "orelse", "finalbody"):
            yield from _definitions(getattr(node, block, []), path)
        for handler in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
            yield from _definitions(handler.body, path)
