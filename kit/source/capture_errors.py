"""Errors and notes about names that cannot travel with a definition."""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from kit.errors import CaptureError, UndefinedNameError, nearest
from kit.source.definitions import Definition
from kit.source.scopes import Use
from kit.source.source_units import is_history


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
    elif is_history(use.name, namespace.get(use.name)):
        way_out = "It is a record of this session, and only the shell has it. "
        way_out += "Give the value a name of its own in a cell."
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


def older(name: str, by: str) -> CaptureError:
    """Say that something stands on what a name meant before it was defined again."""
    return CaptureError(
        f"{by!r} is made from an older {name!r}, which was defined again since. Give "
        "the two definitions names of their own, and run their cells again."
    )


def dynamic(
    definition: Definition, uses: Iterable[Use], namespace: Mapping[str, Any]
) -> Iterator[str]:
    """Note a definition that looks names up while it runs: they are not followed."""
    ways = {name for use in uses for name in _dynamic_ways(use, namespace)}
    for call in ast.walk(definition.node) if "vars" not in namespace else ():
        match call:
            case ast.Call(func=ast.Name(id="vars"), args=[ast.Name(id=argument)]):
                if isinstance(namespace.get(argument), types.ModuleType):
                    ways.add(f"vars({argument})")
    if any(
        word in definition.text for word in ("__globals__", "f_globals", "__main__")
    ):
        for node in ast.walk(definition.node):
            ways.update(_namespaces_in(node))
    for way in sorted(ways):
        yield (
            f"{definition.qualname} uses {way}: names that it looks up while it runs "
            "are not followed, and do not come along."
        )


def looked_up(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield names, and their lines, that are looked up as ``globals()["x"]`` is."""
    for item in ast.walk(node):
        match item:
            case (
                ast.Subscript(
                    value=ast.Call(func=ast.Name(id="globals")),
                    slice=ast.Constant(value=str(name)),
                )
                | ast.Call(
                    func=ast.Attribute(
                        value=ast.Call(func=ast.Name(id="globals")), attr="get"
                    ),
                    args=[ast.Constant(value=str(name)), *_],
                )
                | ast.Compare(
                    left=ast.Constant(value=str(name)),
                    comparators=[ast.Call(func=ast.Name(id="globals"))],
                )
            ):
                yield name, item.lineno


def _namespaces_in(node: ast.AST) -> Iterator[str]:
    """Yield how a node reaches a namespace as a whole."""
    if isinstance(node, ast.Attribute) and node.attr in {"__globals__", "f_globals"}:
        yield node.attr
    if isinstance(node, ast.Import) and any(a.name == "__main__" for a in node.names):
        yield "__main__"
    if isinstance(node, ast.ImportFrom) and node.module == "__main__":
        yield "__main__"


def _dynamic_ways(use: Use, namespace: Mapping[str, Any]) -> Iterator[str]:
    if use.name in _DYNAMIC and use.name not in namespace:
        yield use.name
    value = namespace.get(use.name)
    for home, attribute in _DYNAMIC_OF:
        module = sys.modules.get(home)
        dotted = f"{use.name}.{attribute}"
        if value is not None and value is getattr(module, attribute, None):
            yield f"{home}.{attribute}"
        chains = [f"{each}." for each in use.chains if value is module]
        if any(each.startswith(f"{dotted}.") for each in chains):
            yield f"{home}.{attribute}"


_DYNAMIC = {"eval", "exec", "globals", "__import__"}
_DYNAMIC_OF = (("sys", "modules"), ("importlib", "import_module"))


def left_subclasses(asks: Definition, base: type, others: list[type]) -> CaptureError:
    """Say that subclasses would not be found, because nothing names them."""
    names = ", ".join(sorted(repr(each.__qualname__) for each in others))
    return CaptureError(
        f"{asks.qualname} asks for __subclasses__, and {names} of {base.__qualname__!r}"
        " would stay behind: classes come along by their names. Use the names, for "
        "instance in a list of the classes."
    )


def _where(use: Use, definition: Definition, quote: Callable[[str], str]) -> str:
    line = quote(definition.unit.line(use.line))
    return (
        f"{definition.qualname} uses it in line {use.line} of {definition.unit.place}"
        f": `{line}`"
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
