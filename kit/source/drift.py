"""Tell whether an object still is what its definition made of it."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator, Mapping
from typing import Any

from kit.errors import CaptureError
from kit.source.definitions import (
    Definition,
    bound_in_body,
    function_of,
    is_touched,
    own_names,
)
from kit.source.literals import is_plain
from kit.source.loaded_code import find_code
from kit.source.scopes import bound_names, mangled
from kit.source.source_units import SourceUnit


def check_drift(
    definition: Definition, made: Any, value: Any, namespace: Mapping[str, Any]
) -> list[str]:
    """Refuse what was changed after its definition, or stands on something older.

    Args:
        definition: What was written.
        made: The class or function that it made.
        value: What its decorators made of that.
        namespace: Where it was defined.

    Returns:
        Notes on what begins anew in each container.

    Raises:
        CaptureError: Running its source again would give something else.
    """
    node = definition.node
    if isinstance(made, type) and isinstance(node, ast.ClassDef):
        unit = definition.unit
        return _check_class(definition.qualname, made, node, unit, namespace)
    if isinstance(made, types.FunctionType):
        _check_function(
            definition.qualname, made, node, namespace, is_bare=value is made
        )
    return []


def _check_class(
    name: str,
    made: type,
    node: ast.ClassDef,
    unit: SourceUnit,
    namespace: Mapping[str, Any],
) -> list[str]:
    for base in node.bases:
        if isinstance(base, ast.Name):
            _check_base(name, made, namespace.get(base.id))
    touched = is_touched(made, node)
    if not touched:
        _check_members(name, made, node)
    _check_methods(name, made, node, unit, touched=touched)
    return list(_check_values(name, made, node))


def _check_base(name: str, made: type, base: Any) -> None:
    if isinstance(base, type) and base not in made.__mro__:
        raise CaptureError(
            f"{name} stands on an earlier {base.__name__}, which was defined again "
            f"since. Run the cell of {name} again."
        )


def _check_members(name: str, made: type, node: ast.ClassDef) -> None:
    named = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
    extra = own_names(made) - bound_in_body(node) - named
    if extra and not hasattr(made, "_fields"):
        raise _changed(f"{name}.{min(extra)}")


def _check_methods(
    name: str, made: type, node: ast.ClassDef, unit: SourceUnit, *, touched: bool
) -> None:
    """Compare methods by their lines; what decorators made of one is theirs."""
    defs = (ast.FunctionDef, ast.AsyncFunctionDef)
    last = {item.name: item for item in node.body if isinstance(item, defs)}
    others = [item for item in node.body if not isinstance(item, defs)]
    for method in last.keys() - bound_names(others).names:
        if last[method].decorator_list:
            continue
        member = function_of(vars(made).get(mangled(method, node.name)))
        if isinstance(member, types.FunctionType):
            code = member.__code__
            written = code if unit.is_cell else find_code(member, unit) or code
            same = written.co_firstlineno == last[method].lineno
            if same and code.co_name == method:
                continue
            if touched and "<locals>" in member.__qualname__:
                continue  # a wrapper that the decorator made
        elif touched:
            continue
        raise _changed(f"{name}.{method}")


def _check_values(name: str, made: type, node: ast.ClassDef) -> Iterator[str]:
    """Compare the attributes that are written as constants."""
    for attribute, written in _constants(node).items():
        kept = vars(made).get(mangled(attribute, node.name), written)
        if not is_plain(kept) or (type(kept), kept) == (type(written), written):
            continue
        if attribute not in _set_by_methods(node):
            raise _changed(f"{name}.{attribute}")
        yield (
            f"{name} assigns its attribute {attribute!r}: every container begins with "
            f"the value in the class statement."
        )


def _constants(node: ast.ClassDef) -> dict[str, Any]:
    """Return the attributes that one statement binds, and to a constant."""
    found: dict[str, Any] = {}
    others: list[ast.stmt] = []
    for item in node.body:
        targets = getattr(item, "targets", None) or [getattr(item, "target", None)]
        value = getattr(item, "value", None)
        name = getattr(targets[0], "id", "")
        is_constant = isinstance(value, ast.Constant) and len(targets) == 1
        if is_constant and name and name not in found:
            found[name] = value.value  # type: ignore[union-attr]
        else:
            others.append(item)
    again = bound_names(others).names
    return {key: value for key, value in found.items() if key not in again}


def _set_by_methods(node: ast.ClassDef) -> set[str]:
    return {
        item.attr
        for item in ast.walk(node)
        if isinstance(item, ast.Attribute) and isinstance(item.ctx, ast.Store)
    }


def _changed(member: str) -> CaptureError:
    return CaptureError(
        f"{member} was set outside of its class statement, which would stay behind. "
        "Write it in the class."
    )


def _check_function(
    name: str,
    made: types.FunctionType,
    node: ast.AST,
    namespace: Mapping[str, Any],
    *,
    is_bare: bool,
) -> None:
    undecorated = is_bare and not getattr(node, "decorator_list", ())
    if undecorated and vars(made):
        raise CaptureError(
            f"{name}.{min(vars(made))} was set outside of its definition, which would "
            "stay behind. Make it a constant or an argument."
        )
    _check_defaults(name, made, node, namespace, undecorated=undecorated)


def _check_defaults(
    name: str,
    made: types.FunctionType,
    node: ast.AST,
    namespace: Mapping[str, Any],
    *,
    undecorated: bool,
) -> None:
    args = getattr(node, "args", None)
    if args is None:
        return
    written = [*args.defaults, *filter(None, args.kw_defaults)]
    kept = [*(made.__defaults__ or ()), *(made.__kwdefaults__ or {}).values()]
    for expression, value in zip(written, kept, strict=False):
        if isinstance(expression, ast.Name) and expression.id in namespace:
            now = namespace[expression.id]
            if not _is_equal(now, value):
                raise CaptureError(
                    f"A default of {name} is an earlier {expression.id!r}, which has "
                    f"changed since. Run the cell of {name} again."
                )
        elif (
            isinstance(expression, ast.Constant)
            and undecorated
            and not _is_equal(expression.value, value)
        ):
            raise CaptureError(
                f"A default of {name} was set outside of its definition, which would "
                "stay behind. Write it in the definition."
            )


def _is_equal(one: Any, other: Any) -> bool:
    """Compare plain values only: what others do when compared is their own affair."""
    if one is other:
        return True
    plain = is_plain(one) or type(one) in {list, tuple, dict, set}
    return plain and type(one) is type(other) and bool(one == other)
