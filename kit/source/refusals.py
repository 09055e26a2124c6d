"""What cannot travel, said with the object, the line that uses it and a way out."""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Mapping
from typing import Any

from kit.errors import CaptureError, UndefinedNameError, nearest
from kit.source.cell_source import Definition
from kit.source.class_evidence import bound_in_body, own_names
from kit.source.free_names import Use

__all__ = ["cannot_travel", "check_as_defined", "undefined"]


def _where(use: Use, definition: Definition, quote: Callable[[str], str]) -> str:
    line = quote(definition.page.line(use.line))
    return (
        f"{definition.qualname} uses it in line {use.line} of {definition.page.place}"
        f": `{line}`"
    )


def undefined(
    use: Use,
    definition: Definition,
    namespace: Mapping[str, Any],
    quote: Callable[[str], str],
) -> UndefinedNameError:
    """Say that a name does not exist; notebooks have some that Python has not."""
    where = _where(use, definition, quote)
    if use.name == "get_ipython":
        way_out = (
            "It is a magic or shell line, which only a notebook runs: write it in "
        )
        way_out += "Python, for instance with subprocess."
    elif use.name == "display":
        way_out = "Only notebooks have it built in: import it from IPython.display."
    else:
        way_out = "Define or import it in a cell, run that cell, and try again."
        way_out += nearest(use.name, namespace)
    return UndefinedNameError(
        f"The name {use.name!r} does not exist; {where}. {way_out}"
    )


def cannot_travel(
    use: Use,
    value: Any,
    definition: Definition,
    quote: Callable[[str], str],
    why: str = "",
) -> CaptureError:
    """Say that an object cannot be made anew from source."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    because = f" ({why})" if why and not why.startswith("it is a ") else ""
    return CaptureError(
        f"{use.name!r} is a {kind}, which source cannot make anew{because}; "
        f"{_where(use, definition, quote)}. {_way_out(use.name, value)}"
    )


def _way_out(name: str, value: Any) -> str:
    if isinstance(value, types.ModuleType):
        return (
            f"The module {value.__name__!r} is not installed, so no container has it: "
            "install it as a package, or import the functions you need by their names "
            "(`from ... import ...`), whose source then comes along."
        )
    if isinstance(value, types.FunctionType) and value.__name__ == "<lambda>":
        return f"Write it as `def {name}(...)`."
    if isinstance(value, types.FunctionType):
        return (
            "It was made inside another function, whose locals stay behind: define it "
            "at the top level of a cell."
        )
    return (
        "Pass it as an input of the task, put what it is made from in custom, or make "
        "it inside the function."
    )


def check_as_defined(
    definition: Definition, made: Any, value: Any, namespace: Mapping[str, Any]
) -> None:
    """Refuse what was changed after its definition, or stands on something older.

    Raises:
        CaptureError: Running its source again would give something else.
    """
    name, node = definition.qualname, definition.node
    if isinstance(made, type) and isinstance(node, ast.ClassDef):
        for base in node.bases:
            if isinstance(base, ast.Name):
                _check_base(name, made, namespace.get(base.id))
        _check_members(name, made, node)
    elif isinstance(made, types.FunctionType):
        if hasattr(value, "register") and hasattr(value, "dispatch"):
            raise CaptureError(
                f"{name} is a singledispatch function, whose registered cases stand in "
                "other statements. Write the cases as ifs, or in a module."
            )
        if value is made and not node.decorator_list and vars(made):
            attribute = min(vars(made))
            raise CaptureError(
                f"{name}.{attribute} was set outside of its definition, which would "
                "stay behind. Make it a constant or an argument."
            )
        _check_defaults(name, made, node, namespace)


def _check_base(name: str, made: type, base: Any) -> None:
    if isinstance(base, type) and base not in made.__mro__:
        raise CaptureError(
            f"{name} stands on an earlier {base.__name__}, which was defined again "
            f"since. Run the cell of {name} again."
        )


def _check_members(name: str, made: type, node: ast.ClassDef) -> None:
    if node.decorator_list or node.keywords or type(made) is not type:
        return
    if any(base.__module__ == made.__module__ for base in made.__mro__[1:]):
        return  # its __init_subclass__ may have set them
    bound = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
    inner = {m.asname or m.name for m in ast.walk(node) if isinstance(m, ast.alias)}
    extra = own_names(made) - bound_in_body(node) - bound - inner
    if extra and not hasattr(made, "_fields"):
        raise CaptureError(
            f"{name}.{min(extra)} was set outside of its class statement, which "
            "would stay behind. Write it in the class."
        )


def _check_defaults(
    name: str, made: types.FunctionType, node: ast.AST, namespace: Mapping[str, Any]
) -> None:
    args = getattr(node, "args", None)
    if args is None:
        return
    written = [*args.defaults, *filter(None, args.kw_defaults)]
    kept = [*(made.__defaults__ or ()), *(made.__kwdefaults__ or {}).values()]
    for expression, value in zip(written, kept, strict=False):
        if isinstance(expression, ast.Name) and expression.id in namespace:
            now = namespace[expression.id]
            if now is not value and not _is_equal(now, value):
                raise CaptureError(
                    f"A default of {name} is an earlier {expression.id!r}, which has "
                    f"changed since. Run the cell of {name} again."
                )


def _is_equal(one: Any, other: Any) -> bool:
    """Compare plain values only: what others do when compared is their own affair."""
    plain = type(one) in {bool, int, float, str, bytes, list, tuple, dict, set}
    return plain and type(one) is type(other) and bool(one == other)
