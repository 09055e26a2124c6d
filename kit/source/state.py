"""What a definition was made from, and its state when it was made.

A shell shows both right after the cell. Names are bound again and containers changed
later, and then the source alone would make something else.
"""

from __future__ import annotations

import collections
import contextlib
import enum
import functools
import itertools
import types
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kit.errors import KitError
from kit.source.class_statements import function_of, is_dunder
from kit.source.definitions import Definition, is_dispatching, written_definition
from kit.source.literals import is_plain
from kit.source.scopes import free_names

_SEQUENCES = (list, tuple, collections.deque)
_SETS = (set, frozenset)
_MAPPINGS = (
    *(dict, collections.OrderedDict, collections.Counter, collections.defaultdict),
    types.MappingProxyType,
)
_LARGEST = 2000
"""Items of a container that are compared; larger ones count as what they are."""
_DEEPEST = 5


def fingerprint(value: Any, depth: int = 0) -> Any:
    """Return what two values have in common that do the same, as far as that is cheap.

    >>> fingerprint([1, {"a": 2}]) == fingerprint([1, {"a": 2}])
    True
    >>> fingerprint(len) == fingerprint(sum)
    False
    """
    kind = type(value)
    found: Any = id(value)
    if is_plain(value):
        found = repr(value)
    elif isinstance(value, enum.Enum):
        found = value.name
    elif isinstance(value, types.FunctionType):
        found = _of_function(value, depth)
    elif isinstance(value, types.ModuleType):
        found = value.__name__
    elif isinstance(value, type):
        found = value.__module__, value.__qualname__
    elif kind is itertools.count:
        found = repr(value)
    elif kind is weakref.WeakSet:
        found = len(value)
    elif depth < _DEEPEST:
        inside = _of_container(value, depth + 1)
        if inside is None and kind.__module__ == "__main__":
            inside = _of_mapping(getattr(value, "__dict__", {}), depth + 1)
        found = found if inside is None else inside
    return kind.__name__, found


def _of_container(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind not in {*_SEQUENCES, *_SETS, *_MAPPINGS} or len(value) > _LARGEST:
        return None
    if kind in _MAPPINGS:
        return _of_mapping(value, depth)
    items = [fingerprint(item, depth) for item in value]
    return tuple(sorted(items, key=repr) if kind in _SETS else items)


def _of_mapping(value: Mapping[Any, Any], depth: int) -> Any:
    return tuple(
        (fingerprint(key, depth), fingerprint(item, depth))
        for key, item in list(value.items())
    )


def _of_function(function: types.FunctionType, depth: int) -> Any:
    found = _of_code(function.__code__)
    if depth >= _DEEPEST:
        return found
    values = _own_values(function)
    inside = ((key, fingerprint(item, depth + 1)) for key, item in values.items())
    return found, *inside


def _of_code(code: types.CodeType) -> Any:
    constants = tuple(
        _of_code(item) if isinstance(item, types.CodeType) else repr(item)
        for item in code.co_consts
    )
    return code.co_name, code.co_code, code.co_names, code.co_varnames, constants


def _own_values(function: types.FunctionType) -> dict[str, Any]:
    """Return defaults, attributes and what the function took from around it."""
    found: dict[str, Any] = {}
    values: dict[Any, Any] = dict(enumerate(function.__defaults__ or ()))
    for name, value in {**values, **(function.__kwdefaults__ or {})}.items():
        found[f"a default of {function.__qualname__} ({name})"] = value
    for name, value in vars(function).items():
        if name != "__wrapped__":
            found[f"{function.__qualname__}.{name}"] = value
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    for name, cell in cells:
        with contextlib.suppress(ValueError):  # not bound yet
            found[f"{name!r} in {function.__qualname__}"] = cell.cell_contents
    return found


def _values_of(made: Any, value: Any) -> dict[str, Any]:
    """Return what a class or function holds, by what an error calls it.

    Args:
        made: What the definition made.
        value: What decorators made of that.
    """
    if isinstance(made, type):
        return dict(_of_class(made))
    own = _own_values(made)
    is_wrapper = isinstance(value, types.FunctionType) and value is not made
    if is_wrapper and not is_dispatching(value):
        own |= _own_values(value)
    return own


def state_of(made: Any, value: Any) -> dict[str, Any]:
    """Return the fingerprints of what a class or function holds."""
    values = _values_of(made, value)
    return {place: fingerprint(item) for place, item in values.items()}


def _of_class(made: type) -> Iterator[tuple[str, Any]]:
    for name, member in list(vars(made).items()):
        is_pythons = is_dunder(name) or (name[:1] == name[-1:] == "_")
        if name.startswith("_abc_") or (is_pythons and not _is_method(member)):
            continue
        yield f"{made.__qualname__}.{name}", function_of(member)
        if isinstance(member, enum.Enum):
            yield f"{made.__qualname__}.{name}.value", member.value
            for key, item in vars(member).items():
                if not key.startswith("_"):
                    yield f"{made.__qualname__}.{name}.{key}", item


def _is_method(member: Any) -> bool:
    return isinstance(function_of(member), types.FunctionType)


@dataclass(frozen=True)
class Noted:
    """How a definition was when its cell had run.

    Attributes:
        names: What the names meant that it was made with.
        state: Its own state.
    """

    names: Mapping[str, Any]
    state: Mapping[str, Any]


_NOTED: weakref.WeakKeyDictionary[Any, Noted] = weakref.WeakKeyDictionary()
_LOOKED_AT: weakref.WeakSet[Any] = weakref.WeakSet()


def note_state(namespace: Mapping[str, Any]) -> None:
    """Note the definitions of a namespace that are new."""
    for name, value in list(namespace.items()):
        is_made = isinstance(value, type | types.FunctionType | _CACHED)
        if not is_made or getattr(value, "__module__", None) != "__main__":
            continue
        # TypeError: its metaclass lets nobody hash it
        with contextlib.suppress(KitError, RecursionError, TypeError):
            if value not in _LOOKED_AT:
                _LOOKED_AT.add(value)
                _note(name, value, namespace)


def _note(name: str, value: Any, namespace: Mapping[str, Any]) -> None:
    found = written_definition(name, value)
    if found is not None:
        definition, made = found
        used = made_with(definition, namespace)
        names = {name: fingerprint(namespace[name]) for name in used}
        _NOTED[made] = Noted(names, state_of(made, value))


_CACHED = type(functools.lru_cache(len))


def made_with(definition: Definition, namespace: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names that are looked up while a definition is made.

    Those of annotations are left out: a class of a cell that ran again is as good.
    """
    uses = free_names(definition.node, future=True).values()
    found = (use.name for use in uses if use.now and use.evaluated)
    return tuple(name for name in found if name in namespace)


def _is_global(value: Any, namespace: Mapping[str, Any]) -> bool:
    """Tell whether something is a container that travels under its own name."""
    is_container = type(value) in {*_SEQUENCES, *_SETS, *_MAPPINGS}
    return is_container and any(value is item for item in list(namespace.values()))


def keeps(used: Any, made: Any, value: Any) -> bool:
    """Tell whether something stays what it is when a definition is made anew.

    A registry holds what was made, whose making changed it. What a definition holds is
    the same object again.
    """
    if is_plain(used):
        return False
    items = used.values() if isinstance(used, dict) else used
    is_registry = isinstance(used, list | dict | set)
    if is_registry and any(item is value for item in items):
        return True
    return any(used is item for item in _values_of(made, value).values())


def changed_since(
    made: Any, value: Any, namespace: Mapping[str, Any]
) -> tuple[list[str], list[str]]:
    """Return what changed: names that a definition was made with, and its own state.

    Both are empty for what was not made in a cell, or before kit was imported.
    """
    noted = None
    with contextlib.suppress(TypeError):  # a type alias, say: none can be noted of it
        noted = _NOTED.get(made)
    if noted is None:
        return [], []
    names = [
        name
        for name, before in noted.names.items()
        if name in namespace
        and fingerprint(namespace[name]) != before
        and not keeps(namespace[name], made, value)
    ]
    now = state_of(made, value)
    values = _values_of(made, value)
    own = [
        name
        for name in {**noted.state, **now}
        if now.get(name) != noted.state.get(name)
        and not _is_global(values.get(name), namespace)
    ]
    return names, own
