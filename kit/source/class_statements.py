"""Which class statement made a class, told from what it left in the class."""

from __future__ import annotations

import ast
import enum
import functools
import inspect
import types
from typing import Any

from kit.annotations import own_annotations
from kit.source.literals import is_plain
from kit.source.loaded_code import find_code
from kit.source.scopes import bound_names, mangled
from kit.source.source_units import DefinitionNode, SourceUnit, first_line

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
            and function.__code__.co_name != "__annotate__"  # from Python 3.14 on
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
    value: type,
    node: DefinitionNode,
    unit: SourceUnit,
    methods: list[types.FunctionType],
    *,
    exactly: bool = True,
) -> bool:
    """Tell whether a class statement on a unit could have made a class.

    Methods tell it by their lines.  A class without any is compared by the names that
    its body binds, its bases' names and the plain values of its attributes.

    Args:
        value: The class.
        node: The statement.
        unit: Where the statement is.
        methods: The functions that were written in the class's body.
        exactly: Whether it has no other names; decorators and bases may give it some.
    """
    if not isinstance(node, ast.ClassDef):
        return False
    here = [each for each in methods if each.__code__.co_filename == unit.name]
    begin = vars(value).get("__firstlineno__")  # from Python 3.13 on
    is_elsewhere = begin not in {None, node.lineno, first_line(node)}
    if is_elsewhere and (unit.is_cell or not here):
        return False
    if here and not unit.is_cell:  # whose methods may have moved since
        found = [find_code(method, unit) for method in methods]
        lines = [code.co_firstlineno if code else 0 for code in found]
    else:
        lines = [method.__code__.co_firstlineno for method in here]
    if lines:
        last = node.end_lineno or 0
        return all(node.lineno <= line <= last for line in lines)
    bound, own = bound_in_body(node), own_names(value)
    has_more = not exactly and is_touched(value, node) and bound <= own
    return (
        (bound == own or has_more)
        and _has_bases(value, node)
        and _has_values(value, node)
    )


def is_touched(made: type, node: ast.ClassDef) -> bool:
    """Tell whether a decorator, a metaclass or a base may have set members."""
    if node.decorator_list or node.keywords or type(made) is not type:
        return True
    return any(
        "__init_subclass__" in vars(base) and base.__module__ not in _INNOCENT
        for base in made.__mro__[1:]
    )


_INNOCENT = {"builtins", "typing", "enum", "abc"}


def own_names(value: type) -> set[str]:
    """Return the names that the body of a class must have bound."""
    if issubclass(value, enum.Enum):
        kept = [n for n in vars(value) if not n.startswith(("_", "__"))]
        return {*kept, *value.__members__}
    annotated = set(own_annotations(value))
    names = ({*vars(value)} - _slots(value)) | annotated
    if issubclass(value, tuple) and hasattr(value, "_fields"):
        names -= _NAMED_TUPLE
    return {
        name for name in names if not is_dunder(name) and not name.startswith(_MADE)
    }


def bound_in_body(node: ast.ClassDef) -> set[str]:
    """Return the names that a class statement's own statements bind, as it has them."""
    found = {mangled(name, node.name) for name in bound_names(node.body).names}
    return {name for name in found if not is_dunder(name)}


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


def is_dunder(name: str) -> bool:
    """Tell whether a name is one of Python's own, such as ``__init__``."""
    return name.startswith("__") and name.endswith("__")
