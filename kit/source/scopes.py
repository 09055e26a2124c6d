"""The global names that a definition uses, by Python's own rules of scope."""

from __future__ import annotations

import ast
import builtins
import collections.abc
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kit.source.source_units import DefinitionNode

__all__ = [
    "Bound",
    "Quoted",
    "Use",
    "bound_names",
    "free_names",
    "mangled",
    "parameters",
    "unquoted",
]


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


@dataclass
class Use:
    """How a definition uses one global name.

    Attributes:
        name: The name, as it is looked up.
        line: The line of its first use, counted as the definition's nodes are.
        now: Whether it is looked up while the definition is made, not when it is
            called: in decorators, defaults, bases, bodies of classes.
        evaluated: Whether it is looked up at all; names that stand only in annotations
            which are kept as text are not.
        mere_text: Whether it may be no name at all, but a text in the brackets of a
            class, such as the format in ``FlyteFile["csv"]``.
        written: Whether a ``global`` statement lets the definition assign it.
        read: Whether its value is used.
        chains: The dotted names that begin with it, such as ``os.path.join``.
    """

    name: str
    line: int
    now: bool = False
    evaluated: bool = False
    mere_text: bool = False
    written: bool = False
    read: bool = False
    chains: set[str] = field(default_factory=set)

    def is_mere_text_in(self, namespace: Mapping[str, Any]) -> bool:
        """Whether it names no type there, and need not."""
        return self.mere_text and not isinstance(namespace.get(self.name), type)


def free_names(
    node: DefinitionNode | ast.Lambda | ast.stmt, *, future: bool = False
) -> dict[str, Use]:
    r"""Return the global names that a definition uses, in the order of their lines.

    Names that Python has built in are among them: only a namespace tells whether they
    are shadowed.

    Args:
        node: A function, lambda or class that stands in no other function.
        future: Whether annotations are kept as text, as by ``from __future__ import
            annotations``.

    >>> node = ast.parse("def f(x, k=K):\n    return [g(y) for y in x]").body[0]
    >>> {name: use.now for name, use in free_names(node).items()}
    {'K': True, 'g': False}
    """
    finder = _Finder(future=future)
    finder.visit(node)
    own = getattr(node, "name", "")
    if not _uses_older(finder.uses.get(own)):
        finder.uses.pop(own, None)
    return dict(sorted(finder.uses.items(), key=lambda item: item[1].line))


def _uses_older(use: Use | None) -> bool:
    """Tell whether a definition needs an older thing of its own name."""
    return use is not None and use.now and use.evaluated


@dataclass
class _Scope:
    kind: str  # "function", "class" or "comprehension"
    bound: Bound
    name: str = ""


class _Finder(ast.NodeVisitor):
    """Walks a definition with the stack of scopes that Python would have."""

    def __init__(self, *, future: bool) -> None:
        self.uses: dict[str, Use] = {}
        self._future = future
        self._scopes: list[_Scope] = []
        self._later = 0  # how many function bodies around are not run yet
        self._as_text = 0  # how many annotations around are never evaluated
        self._in_brackets = False  # of a class that may take any text

    # Names

    def visit_Name(self, node: ast.Name) -> None:
        self._look_up(node.id, node, node.id, stored=not isinstance(node.ctx, ast.Load))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        chain, inner = [node.attr], node.value
        while isinstance(inner, ast.Attribute):
            chain.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            dotted = ".".join([inner.id, *reversed(chain)])
            self._look_up(inner.id, inner, dotted, stored=False)
        else:
            self.visit(inner)

    def _look_up(self, name: str, at: ast.AST, chain: str, *, stored: bool) -> None:
        if name == "__class__" and self._class_name() and self._later:
            return  # what super() uses
        name = mangled(name, self._class_name())
        for depth, scope in enumerate(reversed(self._scopes)):
            if name in scope.bound.globals:
                break
            if scope.kind == "class":
                if depth == 0 and stored:
                    scope.bound.names.add(name)
                    return
                if depth == 0 and name in scope.bound.names:
                    return
            elif name in scope.bound.names:
                return
        if stored and not self._is_global_here(name):
            return  # a comprehension's or class's own target
        first = Use(name, getattr(at, "lineno", 0), mere_text=True)
        use = self.uses.setdefault(name, first)
        use.now |= not self._later and not self._as_text
        use.evaluated |= not self._as_text
        use.mere_text &= self._in_brackets
        use.written |= stored
        use.read |= not stored
        use.chains.add(chain)

    def _is_global_here(self, name: str) -> bool:
        return any(name in scope.bound.globals for scope in self._scopes[-1:])

    def _class_name(self) -> str:
        names = (s.name for s in reversed(self._scopes) if s.kind == "class")
        return next(names, "")

    # Scopes

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._visit_all(node.decorator_list)
        self._visit_defaults(node.args)
        depth = len(self._scopes)
        self._enter_type_parameters(node)
        for arg in parameters(node.args):
            self._visit_annotation(arg.annotation)
        self._visit_annotation(node.returns)
        self._visit_later(node.body, bound_names(node.body, node.args))
        del self._scopes[depth:]
        self._bind(node.name)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_TypeAlias(self, node: Any) -> None:  # from Python 3.12 on
        depth = len(self._scopes)
        self._enter_type_parameters(node)
        self._visit_later([node.value], Bound(set(), set()))
        del self._scopes[depth:]
        self._bind(node.name.id)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_defaults(node.args)
        self._visit_later([node.body], bound_names([], node.args))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._visit_all(node.decorator_list)
        depth = len(self._scopes)
        self._enter_type_parameters(node)
        self._visit_all([*node.bases, *node.keywords])
        declared = bound_names(node.body).globals
        self._scopes.append(_Scope("class", Bound(set(), declared), node.name))
        self._visit_all(node.body)
        self._scopes.pop()
        del self._scopes[depth:]
        self._bind(node.name)

    def _visit_comprehension(self, node: ast.AST) -> None:
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        self.visit(generators[0].iter)
        bound: set[str] = set()
        for generator in generators:
            for item in ast.walk(generator.target):
                if isinstance(item, ast.Name):
                    bound.add(item.id)
        self._scopes.append(_Scope("comprehension", Bound(bound, set())))
        for number, generator in enumerate(generators):
            if number:
                self.visit(generator.iter)
            self.visit(generator.target)
            self._visit_all(generator.ifs)
        for part in ("key", "value", "elt"):
            if hasattr(node, part):
                self.visit(getattr(node, part))
        self._scopes.pop()

    visit_ListComp = visit_SetComp = _visit_comprehension
    visit_DictComp = visit_GeneratorExp = _visit_comprehension

    def _visit_later(self, body: Iterable[ast.AST], bound: Bound) -> None:
        as_text, self._as_text = self._as_text, 0
        self._scopes.append(_Scope("function", bound))
        self._later += 1
        self._visit_all(body)
        self._later -= 1
        self._scopes.pop()
        self._as_text = as_text

    def _visit_defaults(self, args: ast.arguments) -> None:
        self._visit_all([*args.defaults, *filter(None, args.kw_defaults)])

    def _enter_type_parameters(self, node: ast.AST) -> None:
        params = getattr(node, "type_params", [])  # from Python 3.12 on
        if params:
            names = {param.name for param in params}
            self._scopes.append(_Scope("function", Bound(names, set())))
            for param in params:
                self._later += 1
                self._visit_all(ast.iter_child_nodes(param))
                self._later -= 1

    # Statements whose order or names differ from the tree's

    def visit_Assign(self, node: ast.Assign) -> None:
        self._visit_all([node.value, *node.targets])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._look_up(node.target.id, node.target, node.target.id, stored=False)
        self._visit_all([node.value, node.target])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        in_function = bool(self._scopes) and self._scopes[-1].kind == "function"
        self._visit_annotation(node.annotation, as_text=in_function)
        if node.value is not None:
            self.visit(node.value)
        if node.value is not None or not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._visit_all([node.value, node.target])

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self._visit_all([node.iter, node.target, *node.body, *node.orelse])

    visit_AsyncFor = visit_For

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name.partition(".")[0])

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self.visit(node.type)
        if node.name is not None:
            self._bind(node.name)
        self._visit_all(node.body)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name is not None:
            self._bind(node.name)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs

    def _bind(self, name: str) -> None:
        if self._scopes and self._scopes[-1].kind == "class":
            self._scopes[-1].bound.names.add(mangled(name, self._class_name()))

    # Annotations

    def _visit_annotation(self, node: ast.AST | None, *, as_text: bool = False) -> None:
        if node is None:
            return
        as_text = as_text or self._future
        self._as_text += as_text
        for quoted in unquoted(node):
            self._as_text += quoted.is_text
            self._in_brackets = quoted.is_any_text
            self.visit(quoted.node)
            self._as_text -= quoted.is_text
        self._in_brackets = False
        self._as_text -= as_text

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)
