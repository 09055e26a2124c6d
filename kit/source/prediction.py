"""The value of an expression that can be computed without running anybody's code."""

from __future__ import annotations

import ast
import builtins
import collections
from collections.abc import Mapping
from typing import Any

_PURE = {
    getattr(builtins, name)
    for name in (
        *("list", "dict", "set", "tuple", "frozenset", "sorted", "reversed", "range"),
        *("len", "sum", "min", "max", "abs", "round", "zip", "enumerate", "str"),
        *("int", "float", "bool", "bytes", "bytearray"),
    )
} | {
    collections.OrderedDict,
    collections.Counter,
    collections.defaultdict,
    collections.deque,
}
_NODES = (
    *(ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Subscript, ast.Slice),
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Starred),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context, ast.keyword),
    *(ast.Name, ast.Call, ast.Attribute),
)
_SLOW = (ast.Pow, ast.LShift)
_LARGEST = 10_000


def predicted(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    """Return the value that an expression of plain values has.

    Names in it stand for pure builtins and the classes of ``collections`` alone, or for
    what a comprehension binds.

    Raises:
        ValueError: It may be anything else, or take long.

    >>> predicted(ast.parse("sorted([2, 1])", mode="eval").body, {})
    [1, 2]
    """
    bound = {
        item.id
        for item in ast.walk(node)
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
    }
    known: dict[str, Any] = {"__builtins__": {}}
    called = {
        id(part)
        for item in ast.walk(node)
        if isinstance(item, ast.Call)
        for part in ast.walk(item.func)
    }
    comprehensions = 0
    for item in ast.walk(node):
        comprehensions += isinstance(item, ast.comprehension)
        if not isinstance(item, _NODES) or isinstance(item, _SLOW):
            raise ValueError(item)  # noqa: TRY004 - a kind of node, not of argument
        value = getattr(item, "value", None)
        if isinstance(value, int | float) and abs(value) > _LARGEST:
            raise ValueError(item)
        if isinstance(item, ast.Attribute) and id(item) not in called:
            raise ValueError(item)
        if isinstance(item, ast.Call):
            _know(item.func, namespace, known)
        elif isinstance(item, ast.Name) and item.id not in bound:
            _know(item, namespace, known)
    if comprehensions > 1:
        raise ValueError(node)
    code = compile(ast.Expression(node), "<predicted>", "eval", dont_inherit=True)
    try:
        return eval(code, known)  # noqa: S307 - of nodes and names that are known
    except Exception as error:
        raise ValueError(node) from error


def _know(node: ast.expr, namespace: Mapping[str, Any], known: dict[str, Any]) -> None:
    """Let an expression use a pure function, by a name or as collections' attribute."""
    match node:
        case ast.Name(id=name):
            value = namespace.get(name, vars(builtins).get(name))
            is_pure = value is collections or _is_pure(value)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            value = namespace.get(name)
            is_pure = value is collections and _is_pure(getattr(value, attribute, None))
        case _:
            is_pure = False
    if not is_pure:
        raise ValueError(node)
    known[name] = value


def _is_pure(value: Any) -> bool:
    return isinstance(value, type | type(len)) and value in _PURE
