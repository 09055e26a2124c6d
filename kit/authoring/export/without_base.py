"""Executors without kit's base class, where that is all they use of kit.

``ShimTaskExecutor`` adds nothing that a container needs: kit and flytekit take any
class with an ``execute_from_model``. Without it the module imports without kit.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from kit.source.closure import Closure

__all__ = ["leave_out_base"]

_BASE = "ShimTaskExecutor"
_PLAIN = {"Any", "typing", "object", "dict", "str"}
"""Names that may stand in the brackets: they are no reason to import kit."""


def leave_out_base(closure: Closure) -> None:
    """Take kit's base class from the executors of a module that needs no more of kit.

    A module that uses kit for something else is left as it is.
    """
    name = _name_of_base(closure.imports)
    if name is None:
        return
    trees = {key: ast.parse(part.text) for key, part in closure.parts.items()}
    bases = {key: list(_bases(tree, name)) for key, tree in trees.items()}
    used = sum(_uses(tree, name.partition(".")[0]) for tree in trees.values())
    if used != sum(map(len, bases.values())):
        return
    texts = {
        key: _cut(closure.parts[key].text, found)
        for key, found in bases.items()
        if found
    }
    if None not in texts.values():
        for key, text in texts.items():
            closure.parts[key].text = str(text)
        del closure.imports[name.partition(".")[0]]


def _name_of_base(imports: Mapping[str, str]) -> str | None:
    """Return what the base class is called, if a module has it from kit."""
    for name, line in imports.items():
        if line == "import kit":
            return f"{name}.{_BASE}"
        if line in {f"from kit import {_BASE}", f"from kit import {_BASE} as {name}"}:
            return name
    return None


def _bases(tree: ast.AST, name: str) -> Iterator[ast.expr]:
    """Yield bases that are kit's alone, with or without a type in brackets."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and not node.keywords:
            alone = node.bases if len(node.bases) == 1 else []
            yield from [base for base in alone if _is_base(base, name)]


def _is_base(base: ast.expr, name: str) -> bool:
    if isinstance(base, ast.Subscript):
        inner = {item.id for item in ast.walk(base.slice) if isinstance(item, ast.Name)}
        return ast.unparse(base.value) == name and inner <= _PLAIN
    return ast.unparse(base) == name


def _uses(tree: ast.AST, name: str) -> int:
    return sum(isinstance(n, ast.Name) and n.id == name for n in ast.walk(tree))


def _cut(text: str, bases: list[ast.expr]) -> str | None:
    """Take bases and their parentheses out; None where a comment stands in these."""
    lines = text.splitlines(keepends=True)
    for base in sorted(bases, key=lambda item: item.lineno, reverse=True):
        begin = _position(lines, base.lineno, base.col_offset)
        end = _position(lines, base.end_lineno or 0, base.end_col_offset or 0)
        opened, closed = text.rindex("(", 0, begin), text.index(")", end)
        if text[opened + 1 : begin].strip() or text[end:closed].strip(" \n,"):
            return None
        text = text[:opened] + text[closed + 1 :]
    return text


def _position(lines: list[str], line: int, column: int) -> int:
    """Return where in a text a line's column is, which ast counts in bytes."""
    before = lines[line - 1].encode()[:column].decode()
    return sum(map(len, lines[: line - 1])) + len(before)
