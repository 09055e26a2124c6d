"""The texts in annotations that stand for types, as expressions."""

from __future__ import annotations

import ast
import builtins
import collections.abc
import typing
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Quoted", "unquoted"]


class Quoted(NamedTuple):
    """A part of an annotation: itself, or what stands in a string of it."""

    node: ast.AST
    is_text: bool = False
    is_any_text: bool = False  # which may be no expression of types


def unquoted(node: ast.AST) -> Iterator[Quoted]:
    """Yield an annotation, then what stands in its strings, as expressions."""
    yield Quoted(node)
    for text, is_any in _strings(node):
        try:
            inner = ast.parse(str(text.value).strip(), mode="eval").body
        except (SyntaxError, ValueError):
            continue
        for item in ast.walk(inner):
            ast.copy_location(item, text)
        yield Quoted(inner, is_text=True, is_any_text=is_any)
        for deeper in list(unquoted(inner))[1:]:
            yield deeper._replace(is_any_text=is_any or deeper.is_any_text)


def _strings(node: ast.AST) -> Iterator[tuple[ast.Constant, bool]]:
    """Yield the strings of an annotation that stand for types, surely or maybe."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node, False
    elif isinstance(node, ast.Subscript):
        generic = node.value
        name = getattr(generic, "attr", getattr(generic, "id", ""))
        inside: list[ast.AST] = [node.slice]
        if isinstance(node.slice, ast.Tuple):
            inside = list(node.slice.elts)
        if name == "Annotated":
            inside = inside[:1]
        if name != "Literal":
            for item in inside:
                for text, is_any in _strings(item):
                    yield text, is_any or name not in _OF_TYPES
    elif isinstance(node, ast.BinOp | ast.List | ast.Tuple):
        for child in ast.iter_child_nodes(node):
            yield from _strings(child)


_OF_TYPES = {*typing.__all__, *dir(builtins), *dir(collections.abc)}
"""Generics whose brackets have types only."""
