"""The module that an executor is in: its functions, methods and constants."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Definition = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_TRANSPARENT = {"staticmethod", "classmethod", "override", "final", "abstractmethod"}


@dataclass(frozen=True)
class Callee:
    """A function of the module; a method has its class and gets the executor first."""

    node: Definition
    owner: str = ""
    is_method: bool = False


class Module:
    """What the names at the top level of a module are.

    Args:
        text: The module's source.
        order: The executor's class and its bases, in method resolution order.
    """

    def __init__(self, text: str, order: Sequence[str] = ()) -> None:
        tree = ast.parse(text)
        self._body = tree.body
        self._order = order
        self._counts = Counter(name for n in tree.body for name in bound_around(n))
        for node in ast.walk(tree):
            if isinstance(node, ast.Global):
                self._counts.update(node.names * 2)

    def binds(self, name: str) -> bool:
        """Tell whether a name is bound at the top level."""
        return name in self._counts

    def _only(self, name: str) -> ast.stmt | None:
        """Return the statement that binds a name, if just one does."""
        if self._counts[name] != 1:
            return None
        return next((n for n in self._body if name in bound_around(n)), None)

    def constant(self, name: str) -> ast.expr | None:
        """Return what a name is assigned, if that is a constant."""
        node = self._only(name)
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        return value if isinstance(value, ast.Constant) else None

    def executor(self, name: str, *, is_bare: bool) -> Callee | None:
        """Return the function that is the executor; None if something wraps it."""
        nodes = [n for n in self._body if getattr(n, "name", "") == name]
        node = nodes[-1] if nodes else None
        if not isinstance(node, Definition) or (is_bare and node.decorator_list):
            return None
        return Callee(node)

    def function(self, name: str) -> Callee | None:
        """Return a function that nothing decorates or replaces."""
        node = self._only(name)
        if isinstance(node, Definition) and not node.decorator_list:
            return Callee(node)
        return None

    def method(self, name: str, *, after: str = "") -> Callee | None:
        """Return the executor's method of a name, if the module is sure to have it.

        Args:
            name: The method's name.
            after: The class after which ``super()`` looks.
        """
        order = self._order
        if after:
            order = order[order.index(after) + 1 :] if after in order else ()
        for owner in order:
            found = self._only(owner)
            if not isinstance(found, ast.ClassDef):
                return None
            nodes = [node for node in found.body if name in bound_around(node)]
            if nodes:
                return _method_of(owner, nodes)
        return None


def _method_of(owner: str, nodes: list[ast.stmt]) -> Callee | None:
    node = nodes[0]
    if len(nodes) > 1 or not isinstance(node, Definition):
        return None
    decorators = {ast.unparse(item) for item in node.decorator_list}
    if not {item.rpartition(".")[2] for item in decorators} <= _TRANSPARENT:
        return None
    return Callee(node, owner, is_method="staticmethod" not in decorators)


def bound_around(node: ast.stmt) -> list[str]:
    """Return the names that a statement binds in the scope around it."""
    if isinstance(node, Definition | ast.ClassDef):
        return [node.name]
    return [name for inner in ast.walk(node) for name in bound_by(inner)]


def bound_by(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node binds by itself."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, Definition | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        yield from filter(None, (node.name,))
    elif isinstance(node, ast.MatchMapping):
        yield from filter(None, (node.rest,))
    elif isinstance(node, ast.Global | ast.Nonlocal):
        yield from node.names * 2  # another function binds it, too


def places(node: Definition) -> list[str]:
    """Return the names of the parameters that take arguments by position."""
    return [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
