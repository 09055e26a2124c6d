"""The names that a function makes its own."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Bound", "bound_names", "mangled", "parameters"]


@dataclass
class Bound:
    """What one scope binds, and what it declares to be global."""

    names: set[str]
    globals: set[str]


def bound_names(body: Iterable[ast.AST], args: ast.arguments | None = None) -> Bound:
    """Return what the body of a function, or class, binds.

    Names that it declares ``nonlocal`` count as bound: they are never global.
    """
    collector = _Collector()
    for arg in parameters(args) if args is not None else ():
        collector.names.add(arg.arg)
    for node in body:
        collector.visit(node)
    return Bound(collector.names - collector.globals, collector.globals)


def parameters(args: ast.arguments) -> Iterator[ast.arg]:
    """Yield every parameter, ``*args`` and ``**kwargs`` too."""
    yield from (*args.posonlyargs, *args.args, *args.kwonlyargs)
    yield from filter(None, (args.vararg, args.kwarg))


def mangled(name: str, class_name: str) -> str:
    """Return a name as Python looks it up inside a class: ``__x`` is ``_Class__x``."""
    if not class_name or not name.startswith("__") or name.endswith("__"):
        return name
    class_name = class_name.lstrip("_")
    return f"_{class_name}{name}" if class_name else name


class _Collector(ast.NodeVisitor):
    """Collects stores without entering the scopes inside."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.globals: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.names.add(node.id)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.names.add(node.name)
        outside = [*node.decorator_list, *node.args.defaults]
        for expression in [*outside, *filter(None, node.args.kw_defaults)]:
            self.visit(expression)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.names.add(node.name)
        for expression in [*node.decorator_list, *node.bases, *node.keywords]:
            self.visit(expression)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for expression in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.visit(expression)

    def _visit_comprehension(self, node: ast.AST) -> None:
        """Only what ``:=`` binds inside belongs to the function."""
        for item in ast.walk(node):
            if isinstance(item, ast.NamedExpr) and isinstance(item.target, ast.Name):
                self.names.add(item.target.id)

    visit_ListComp = visit_SetComp = _visit_comprehension
    visit_DictComp = visit_GeneratorExp = _visit_comprehension

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.names.add(alias.asname or alias.name.partition(".")[0])

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name is not None:
            self.names.add(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name is not None:
            self.names.add(node.name)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest is not None:
            self.names.add(node.rest)
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.globals.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.names.update(node.names)
