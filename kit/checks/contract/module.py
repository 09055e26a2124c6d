"""The functions, classes and constants of the module that an executor lives in."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence

from kit.checks.contract.values import UNKNOWN, Code, Constant, Several, Values

__all__ = ["Function", "ModuleNames", "literal_values"]

Function = ast.FunctionDef | ast.AsyncFunctionDef
_TRANSPARENT = {"staticmethod", "classmethod", "override", "final", "abstractmethod"}


class ModuleNames:
    """What the names at the top level of a module stand for.

    Args:
        text: The module's source.
        order: The executor's class and its bases, as Python looks methods up.
    """

    def __init__(self, text: str, order: Sequence[str] = ()) -> None:
        self._tree = ast.parse(text)
        self._order = order
        self.names = {name for node in self._tree.body for name in _bound(node)}
        counts = Counter(name for node in self._tree.body for name in _bound(node))
        written = {
            name
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Global)
            for name in node.names
        }
        self._unsteady = {name for name, count in counts.items() if count > 1} | written
        self._nodes = {name: node for node in self._tree.body for name in _bound(node)}

    def value(self, name: str) -> Values:
        """Return what a name stands for."""
        node = self._nodes.get(name)
        if node is None or name in self._unsteady:
            return UNKNOWN
        if isinstance(node, Function) and not node.decorator_list:
            return frozenset({Code(node)})
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            return literal_values(node.value)
        return UNKNOWN

    def function(self, name: str) -> Function | None:
        """Return a function's definition, whatever decorates it."""
        node = self._nodes.get(name)
        return node if isinstance(node, Function) else None

    def method(self, name: str, *, after: str = "") -> Code | None:
        """Return the method that the executor has by a name.

        Args:
            name: The method's name.
            after: The class behind which ``super()`` looks.

        Returns:
            None if it is none of the module's, or something decorates it.
        """
        order = self._order
        if after:
            order = order[order.index(after) + 1 :] if after in order else ()
        for owner in order:
            found = self._nodes.get(owner)
            if not isinstance(found, ast.ClassDef) or owner in self._unsteady:
                return None
            if any(name in _bound(node) for node in found.body):
                return _method_of(found, name)
        return None


def literal_values(node: ast.expr) -> Values:
    """Return a constant, or a tuple of constants."""
    if isinstance(node, ast.Constant):
        return frozenset({Constant(node.value)})
    if isinstance(node, ast.Tuple):
        items = tuple(literal_values(item) for item in node.elts)
        return frozenset({Several(items)})
    return UNKNOWN


def _method_of(owner: ast.ClassDef, name: str) -> Code | None:
    found = [node for node in owner.body if name in _bound(node)]
    if len(found) != 1 or not isinstance(found[0], Function):
        return None
    decorators = {ast.unparse(item) for item in found[0].decorator_list}
    if not {item.rpartition(".")[2] for item in decorators} <= _TRANSPARENT:
        return None
    return Code(found[0], owner.name, first="staticmethod" not in decorators)


def _bound(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds, those inside ``if`` and ``try`` too."""
    if isinstance(node, Function | ast.ClassDef):
        yield node.name
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            yield inner.id
        elif isinstance(inner, Function | ast.ClassDef):
            yield inner.name
        elif isinstance(inner, ast.Import | ast.ImportFrom):
            yield from (a.asname or a.name.partition(".")[0] for a in inner.names)
