"""Tell whether an object still is what its definition made of it."""

from __future__ import annotations

import ast
import contextlib
import enum
import types
from collections.abc import Iterator, Mapping
from typing import Any

from kit.errors import CaptureError
from kit.source.class_statements import (
    bound_in_body,
    function_of,
    is_touched,
    own_names,
)
from kit.source.definitions import Definition
from kit.source.literals import is_plain
from kit.source.loaded_code import find_code
from kit.source.scopes import bound_names, mangled
from kit.source.source_units import SourceUnit, cells


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
        _check_attributes(definition, value)
    return []


def _check_attributes(definition: Definition, value: Any) -> None:
    """Refuse attributes of a decorated function that a statement set afterwards."""
    name = definition.name
    for unit in (definition.unit, *(cells().units if definition.unit.is_cell else ())):
        for statement in unit.tree.body if f"{name}." in "".join(unit.lines) else ():
            for target in getattr(statement, "targets", ()):
                match target:
                    case ast.Attribute(value=ast.Name(id=owner), attr=attribute) if (
                        owner == name and attribute in getattr(value, "__dict__", ())
                    ):
                        raise _set_on_function(name, attribute)


def _set_on_function(name: str, attribute: str) -> CaptureError:
    return CaptureError(
        f"{name}.{attribute} was set outside of its definition, which would stay "
        "behind. Make it a constant or an argument."
    )


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
    touched = is_touched(made, node) or hasattr(made, "_fields")  # a named tuple's
    if not touched:
        _check_members(name, made, node)
    _check_methods(name, made, node, unit, touched=touched)
    if issubclass(made, enum.Enum):
        _check_enum(name, made, node)
    return list(_check_values(name, made, node, touched=touched))


def _check_base(name: str, made: type, base: Any) -> None:
    if isinstance(base, type) and base not in made.__mro__:
        raise CaptureError(
            f"{name} stands on an earlier {base.__name__}, which was defined again "
            f"since. Run the cell of {name} again."
        )


def _check_members(name: str, made: type, node: ast.ClassDef) -> None:
    named = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
    extra = own_names(made) - bound_in_body(node) - named
    if extra:
        raise _changed(f"{name}.{min(extra)}")


def _check_enum(name: str, made: type[enum.Enum], node: ast.ClassDef) -> None:
    """Compare the attributes of members with those that the class's own code sets."""
    if any(base.__module__ not in {"enum", "builtins"} for base in made.__mro__[1:]):
        return  # a base may set others
    for member in made:
        extra = {key for key in vars(member) if not key.startswith("_")}
        extra -= _set_by_methods(node)
        if extra:
            raise _changed(f"{name}.{member.name}.{min(extra)}")


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


def _check_values(
    name: str, made: type, node: ast.ClassDef, *, touched: bool
) -> Iterator[str]:
    """Compare the attributes that are written as literals, such as lists."""
    for attribute, written in _literals(node).items():
        kept = vars(made).get(mangled(attribute, node.name), written)
        is_comparable = is_plain(kept) or type(kept) in _CONTAINERS
        if _is_unchanged(kept, written) or (touched and not is_comparable):
            continue
        if attribute not in _set_by_methods(node):
            raise _changed(f"{name}.{attribute}")
        yield (
            f"{name} assigns its attribute {attribute!r}: every container begins with "
            f"the value in the class statement."
        )


_CONTAINERS = {list, tuple, dict, set, frozenset}


def _is_unchanged(kept: Any, written: Any) -> bool:
    return type(kept) is type(written) and (
        repr(kept) == repr(written) or bool(kept == written)
    )


def _literals(node: ast.ClassDef) -> dict[str, Any]:
    """Return the attributes that one statement binds, and to a literal.

    Those that other statements of the body use are left out: they may change them.
    """
    found: dict[str, Any] = {}
    others: list[ast.stmt] = []
    for item in node.body:
        targets = getattr(item, "targets", None) or [getattr(item, "target", None)]
        name = getattr(targets[0], "id", "")
        if name and name not in found and len(targets) == 1:
            with contextlib.suppress(ValueError, TypeError, AttributeError):
                found[name] = _literal(item.value)  # type: ignore[attr-defined]
                continue
        others.append(item)
    again = bound_names(others).names | set(_loaded_in_body(node.body))
    return {key: value for key, value in found.items() if key not in again}


def _literal(node: ast.expr) -> Any:
    """Return the value of a literal; a call without arguments makes it empty."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[], keywords=[]):
            return {"list": list, "dict": dict, "set": set}[name]()
    return ast.literal_eval(node)


def _loaded_in_body(body: list[ast.stmt]) -> Iterator[str]:
    """Yield names that statements load; functions run later and are left out."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for item in body:
        for inner in ast.walk(item) if not isinstance(item, functions) else ():
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
                yield inner.id


def _set_by_methods(node: ast.ClassDef) -> set[str]:
    """Return the attributes that the class's own code assigns, fills or changes."""
    found: set[str] = set()
    for item in ast.walk(node):
        if isinstance(item, ast.Attribute) and isinstance(item.ctx, ast.Store):
            found.add(item.attr)
        elif isinstance(item, ast.Subscript) and not isinstance(item.ctx, ast.Load):
            found.add(getattr(item.value, "attr", ""))
        elif getattr(getattr(item, "func", None), "attr", "") in _CHANGING:
            found.add(getattr(item.func.value, "attr", ""))  # type: ignore[attr-defined]
    return found


_CHANGING = {
    *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"),
    *("add", "discard", "update", "setdefault", "popitem"),
}


def _changed(member: str) -> CaptureError:
    return CaptureError(
        f"{member} was set or changed outside of its class statement, which would stay "
        "behind. Write it in the class."
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
        raise _set_on_function(name, min(vars(made)))
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
