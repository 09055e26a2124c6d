"""Tell whether an object still is what its definition made of it."""

from __future__ import annotations

import abc
import ast
import collections
import contextlib
import enum
import functools
import types
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kit.annotations import own_annotations
from kit.errors import CaptureError, KitError
from kit.source.class_statements import (
    bound_in_body,
    function_of,
    is_touched,
    own_names,
)
from kit.source.definitions import Definition, definition_of
from kit.source.literals import is_plain
from kit.source.loaded_code import find_code
from kit.source.prediction import predicted
from kit.source.scopes import bound_names, mangled, parameters
from kit.source.source_units import SourceUnit, cells
from kit.source.state import changed_since, keeps, made_with


@dataclass(frozen=True)
class Drift:
    """What has changed since a definition, and may.

    Attributes:
        notes: What begins anew in each container.
        attributes: Those of a class that its own code changed.
    """

    notes: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()


def check_drift(
    definition: Definition, made: Any, value: Any, namespace: Mapping[str, Any]
) -> Drift:
    """Refuse what was changed after its definition, or stands on something older.

    Args:
        definition: What was written.
        made: The class or function that it made.
        value: What its decorators made of that.
        namespace: Where it was defined.

    Raises:
        CaptureError: Running its source again would give something else.
    """
    node = definition.node
    notes: list[str] = []
    changed: list[str] = []
    if isinstance(made, type) and isinstance(node, ast.ClassDef):
        unit = definition.unit
        changed = _check_class(definition.qualname, made, node, unit, namespace)
    if isinstance(made, types.FunctionType):
        _check_function(
            definition.qualname, made, node, namespace, is_bare=value is made
        )
        _check_attributes(definition, value)
        notes = list(_of_cache(definition.qualname, value))
    _check_annotations(definition, made, namespace)
    _check_statements(definition)
    changed += _changed_since_made(definition, made, value, namespace)
    _check_order(definition, made, value, namespace)
    return Drift(tuple(notes), tuple(dict.fromkeys(changed)))


def _check_annotations(
    definition: Definition, made: Any, namespace: Mapping[str, Any]
) -> None:
    """Refuse annotations whose name stands for another type by now.

    A class of a cell that ran again is as good as the earlier one.
    """
    node = definition.node
    written: dict[str, Any] = {}
    if isinstance(node, ast.ClassDef):
        for item in node.body:
            if isinstance(item, ast.AnnAssign):
                written[getattr(item.target, "id", "")] = item.annotation
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        written = {arg.arg: arg.annotation for arg in parameters(node.args)}
        written["return"] = node.returns
    kept = own_annotations(made) if written else {}
    for key, annotation in written.items():
        before = kept.get(key)
        now = namespace.get(getattr(annotation, "id", ""), before)
        are_types = isinstance(before, type) and isinstance(now, type)
        if are_types and _path(before) != _path(now):
            raise _earlier(definition.qualname, annotation.id)


def _path(value: Any) -> tuple[str, str]:
    return value.__module__, value.__qualname__


def _of_cache(name: str, value: Any) -> Iterator[str]:
    if hasattr(value, "cache_info") and value.cache_info().currsize:
        yield f"{name} has cached results: every container begins without any."


def _changed_since_made(
    definition: Definition, made: Any, value: Any, namespace: Mapping[str, Any]
) -> Iterator[str]:
    """Compare with what was noted when the cell had run.

    Yields:
        The attributes of a class that its own code changed.
    """
    names, own = changed_since(made, value, namespace)
    if names:
        raise _earlier(definition.qualname, names[0])
    own_code = _set_by_methods(definition.node) if isinstance(made, type) else set()
    may_change = {f"{definition.qualname}.{name}": name for name in own_code}
    for place in own:
        if place in may_change:
            yield may_change[place]
        else:
            raise CaptureError(
                f"{place} was changed after its definition, which would stay behind. "
                "Write it in the definition, or run its cell again."
            )


def _earlier(qualname: str, name: str) -> CaptureError:
    return CaptureError(
        f"{qualname} was made with an earlier {name!r}, which has changed since. Run "
        f"the cell of {qualname} again."
    )


def _check_order(
    definition: Definition, made: Any, value: Any, namespace: Mapping[str, Any]
) -> None:
    """Refuse names that are bound again, or changed, below the definition they made."""
    last = definition.node.end_lineno or 0
    changed = {path[0] for line, path in _changes_on(definition.unit) if line > last}
    for name in made_with(definition, namespace) if changed else ():
        if name in changed and not keeps(namespace[name], made, value):
            raise _earlier(definition.qualname, name)


def _check_statements(definition: Definition) -> None:
    """Refuse what other statements of its cell or file do to a definition."""
    name = definition.name
    for _, path in _changes_on(definition.unit) if name == definition.qualname else ():
        if path[0] == name and not _is_harmless(path):
            raise _changed(".".join(path))


_OF_THE_PROCESS = ("os.environ", "sys.path")
"""What every process has its own of: a run shows it, and ``environment=`` sets it."""


def check_module(name: str, chains: Iterable[str], changed: Collection[str]) -> None:
    """Refuse attributes of a module that statements set.

    Args:
        name: What the module is called.
        chains: The dotted names that are used.
        changed: Those that statements set.

    Raises:
        CaptureError: The container's module has none, or another.
    """
    for chain in chains:
        place = ".".join(chain.split(".")[:2])
        if place in changed and place not in (name, *_OF_THE_PROCESS):
            raise CaptureError(
                f"{place} was set here, and the module {name} of a container has it "
                "as it was. Write it inside of the function."
            )


def changed_places(units: Iterable[SourceUnit]) -> set[str]:
    """Return the dotted names that statements of units set, delete or fill."""
    return {".".join(path) for unit in units for _, path in _changes_on(unit)}


@functools.lru_cache(maxsize=2048)
def _changes_on(unit: SourceUnit) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return the places that statements outside of definitions change, by line."""
    found = []
    todo: list[ast.AST] = [*unit.tree.body]
    for statement in todo:
        if isinstance(statement, _BLOCKS):
            todo += ast.iter_child_nodes(statement)
        elif isinstance(statement, ast.stmt):
            paths = map(_path_of, _changed_by(statement))
            found += [(statement.lineno, path) for path in paths if path]
    return tuple(found)


_BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.ExceptHandler)


def _changed_by(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the places that a statement sets, deletes or fills."""
    yield from getattr(statement, "targets", ())
    if isinstance(statement, ast.AugAssign | ast.AnnAssign):
        yield statement.target
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=place, attr=method))):
            if method in CHANGING:
                yield place
        case ast.Expr(
            value=ast.Call(
                func=ast.Name(id="setattr" | "delattr"),
                args=[place, ast.Constant(value=str(attribute)), *_],
            )
        ):
            yield ast.Attribute(place, attribute)


def _path_of(place: ast.AST) -> tuple[str, ...]:
    """Return the names of a chain of attributes and items; nothing for others."""
    path: list[str] = []
    while isinstance(place, ast.Attribute | ast.Subscript):
        path += [place.attr] if isinstance(place, ast.Attribute) else []
        place = place.value
    return (place.id, *reversed(path)) if isinstance(place, ast.Name) else ()


def _is_harmless(path: tuple[str, ...]) -> bool:
    return len(path) == 1 or path[-1] in {"__doc__", "__module__", "__qualname__"}


def _check_attributes(definition: Definition, value: Any) -> None:
    """Refuse attributes of a decorated function that a statement set afterwards."""
    name = definition.name
    attributes = set(getattr(value, "__dict__", ())) - {"__wrapped__"}
    if not attributes:
        return
    for unit in (definition.unit, *(cells().units if definition.unit.is_cell else ())):
        for _, path in _changes_on(unit):
            if len(path) > 1 and path[0] == name and path[1] in attributes:
                raise _set_on_function(name, path[1])


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
    _check_fields(name, made, node)
    _check_registered(name, made)
    return list(_changed_values(name, made, node, namespace, touched=touched))


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


def _changed_values(
    name: str,
    made: type,
    node: ast.ClassDef,
    namespace: Mapping[str, Any],
    *,
    touched: bool,
) -> Iterator[str]:
    """Yield those attributes with a known value that the class's own code changed."""
    for attribute, written in _literals(node, namespace).items():
        kept = vars(made).get(mangled(attribute, node.name), written)
        is_comparable = is_plain(kept) or type(kept) in _CONTAINERS
        if _is_unchanged(kept, written) or (touched and not is_comparable):
            continue
        if attribute not in _set_by_methods(node):
            raise _changed(f"{name}.{attribute}")
        yield attribute


_CONTAINERS = {
    *(list, tuple, dict, set, frozenset, bytearray, collections.deque),
    *(collections.OrderedDict, collections.Counter, collections.defaultdict),
}


def _is_unchanged(kept: Any, written: Any) -> bool:
    return type(kept) is type(written) and (
        repr(kept) == repr(written) or bool(kept == written)
    )


def _literals(node: ast.ClassDef, namespace: Mapping[str, Any]) -> dict[str, Any]:
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
                found[name] = predicted(item.value, namespace)  # type: ignore[attr-defined]
                continue
        others.append(item)
    again = bound_names(others).names | set(_loaded_in_body(node.body))
    return {key: value for key, value in found.items() if key not in again}


def _check_registered(name: str, made: type) -> None:
    """Refuse virtual subclasses that no decorator of theirs registers again."""
    is_abstract = isinstance(made, abc.ABCMeta)
    registered = abc._get_dump(made)[0] if is_abstract else ()  # type: ignore[attr-defined]  # noqa: SLF001 - nothing else lists them
    for reference in registered:
        other = reference()
        try:
            decorators = definition_of(other).node.decorator_list  # type: ignore[union-attr]
        except KitError:
            decorators = []
        if not any(getattr(item, "attr", "") == "register" for item in decorators):
            raise CaptureError(
                f"{name}.register({other.__qualname__}) would stay behind. Write it as "
                f"a decorator, @{name}.register, above {other.__qualname__}."
            )


def _check_fields(name: str, made: type, node: ast.ClassDef) -> None:
    """Compare a dataclass's fields with its attributes, which may be set later."""
    fields = vars(made).get("__dataclass_fields__", {})
    for item in node.body if fields else ():
        key = getattr(getattr(item, "target", None), "id", "")
        if not isinstance(item, ast.AnnAssign) or "ClassVar" in ast.dump(item):
            continue
        if key not in fields:
            raise _changed(f"{name}.{key}")
        default, kept = fields[key].default, vars(made).get(key, fields[key].default)
        if is_plain(default) and is_plain(kept) and not _is_equal(default, kept):
            raise _changed(f"{name}.{key}")


def _loaded_in_body(body: list[ast.stmt]) -> Iterator[str]:
    """Yield names that statements load; functions run later and are left out."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for item in body:
        for inner in ast.walk(item) if not isinstance(item, functions) else ():
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
                yield inner.id


def _set_by_methods(node: ast.AST) -> set[str]:
    """Return the attributes that the class's own code assigns, fills or changes."""
    found: set[str] = set()
    for item in ast.walk(node):
        if isinstance(item, ast.Attribute) and isinstance(item.ctx, ast.Store):
            found.add(item.attr)
        elif isinstance(item, ast.Subscript) and not isinstance(item.ctx, ast.Load):
            found.add(getattr(item.value, "attr", ""))
        elif getattr(getattr(item, "func", None), "attr", "") in CHANGING:
            found.add(getattr(item.func.value, "attr", ""))  # type: ignore[attr-defined]
    return found


CHANGING = {
    *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"),
    *("add", "discard", "update", "setdefault", "popitem"),
}
"""Methods that change a container."""


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
            continue
        try:
            expected = predicted(expression, namespace)
        except ValueError:
            continue
        is_container = type(expected) in _CONTAINERS
        if (undecorated or is_container) and not _is_equal(expected, value):
            raise CaptureError(
                f"A default of {name} was set or changed outside of its definition, "
                "which would stay behind. Write it in the definition."
            )


def _is_equal(one: Any, other: Any) -> bool:
    """Compare plain values only: what others do when compared is their own affair."""
    if one is other:
        return True
    plain = is_plain(one) or type(one) in _CONTAINERS
    return plain and type(one) is type(other) and bool(one == other)
