"""Tell whether a class was made by a class statement, from what it still shows."""

from __future__ import annotations

import ast
import enum
import functools
import inspect
import types
from typing import Any

from kit.source.bound_names import bound_names, mangled
from kit.source.literals import is_plain
from kit.source.pages import DefinitionNode, Page, first_line

__all__ = ["bound_in_body", "function_of", "is_made_by", "methods_of", "own_names"]

_NAMED_TUPLE = {"_fields", "_field_defaults", "_make", "_replace", "_asdict"}
_GENERATED = ("<string>", "<attrs")  # by dataclass and attrs, from text of their own
_MADE = ("_abc_", "_is_protocol", "_is_runtime_protocol", "_non_callable_proto")


def methods_of(value: type) -> list[types.FunctionType]:
    """Return the functions that were written in the body of a class."""
    found = []
    for member in vars(value).values():
        function = inspect.unwrap(function_of(member), stop=lambda f: not callable(f))
        if (
            isinstance(function, types.FunctionType)
            and function.__qualname__.startswith(f"{value.__qualname__}.")
            and function.__module__ == value.__module__
            and not function.__code__.co_filename.startswith(_GENERATED)
        ):
            found.append(function)
    return found


def function_of(member: Any) -> Any:
    """Return the function that a descriptor of a class stands for, or the member."""
    if isinstance(member, staticmethod | classmethod):
        return member.__func__
    if isinstance(member, property):
        return member.fget
    if isinstance(member, functools.cached_property):
        return member.func
    return member


def is_made_by(
    value: type, node: DefinitionNode, page: Page, methods: list[types.FunctionType]
) -> bool:
    """Tell whether a class statement on a page could have made a class.

    Methods tell it by their lines.  A class without any is compared by the names that
    its body binds, its bases' names and the plain values of its attributes.
    """
    if not isinstance(node, ast.ClassDef):
        return False
    begin = vars(value).get("__firstlineno__")  # from Python 3.13 on
    if begin is not None and begin not in {node.lineno, first_line(node)}:
        return False
    lines = [
        method.__code__.co_firstlineno
        for method in methods
        if method.__code__.co_filename == page.name
    ]
    if lines:
        last = node.end_lineno or 0
        return all(node.lineno <= line <= last for line in lines)
    return (
        bound_in_body(node) == own_names(value)
        and _has_bases(value, node)
        and _has_values(value, node)
    )


def own_names(value: type) -> set[str]:
    """Return the names that the body of a class must have bound."""
    if issubclass(value, enum.Enum):
        kept = [n for n in vars(value) if not n.startswith(("_", "__"))]
        return {*kept, *value.__members__}
    annotated = set(vars(value).get("__annotations__", {}))
    names = ({*vars(value)} - _slots(value)) | annotated
    if issubclass(value, tuple) and hasattr(value, "_fields"):
        names -= _NAMED_TUPLE
    return {
        name for name in names if not _is_dunder(name) and not name.startswith(_MADE)
    }


def bound_in_body(node: ast.ClassDef) -> set[str]:
    """Return the names that a class statement's own statements bind, as it has them."""
    found = {mangled(name, node.name) for name in bound_names(node.body).names}
    return {name for name in found if not _is_dunder(name)}


def _slots(value: type) -> set[str]:
    slots = vars(value).get("__slots__", ())
    names = [slots] if isinstance(slots, str) else slots
    return {mangled(str(name), value.__name__) for name in names}


def _has_bases(value: type, node: ast.ClassDef) -> bool:
    kept = {base.__name__ for base in value.__mro__}
    kept |= {
        str(getattr(b, "__name__", "")) for b in getattr(value, "__orig_bases__", ())
    }
    written = {base.id for base in node.bases if isinstance(base, ast.Name)}
    return not {"NamedTuple", "TypedDict"}.isdisjoint(written) or written <= kept


def _has_values(value: type, node: ast.ClassDef) -> bool:
    """Tell whether attributes that are written as literals have those values."""
    for statement in node.body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        targets = getattr(statement, "targets", None) or [statement.target]  # type: ignore[union-attr]
        written = statement.value
        if not isinstance(written, ast.Constant):
            continue
        for target in targets:
            kept = vars(value).get(getattr(target, "id", ""), written)
            kept = getattr(kept, "_value_", kept)
            if is_plain(kept) and kept != written.value:
                return False
    return True


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
