"""Types of an executor's arguments and outputs, as its own annotations have them.

A type that arrives in a container has lost the schema of its dataclass or model, the
class of its enum, and the like. The executor is there, and its annotations are read
where they were written: they say which Python types it expects.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from flyteidl.core import types_pb2

from kit.annotations import own_annotations, type_hints
from kit.errors import KitError
from kit.types import TypeEngine
from kit.types.compatibility import is_readable

_SIMPLE = {
    int: types_pb2.INTEGER,
    float: types_pb2.FLOAT,
    str: types_pb2.STRING,
    bool: types_pb2.BOOLEAN,
}
"""Types that need no look at what they are read from; none is the field's default."""


@dataclass(frozen=True)
class ArgumentTypes:
    """What the annotations of a function say about its inputs and outputs."""

    named: Mapping[str, Any] = field(default_factory=dict)
    """Types by the names of parameters; those that cannot be read are left out."""

    others: Any = None
    """The type of all other inputs, where ``**kwargs`` is annotated."""

    returned: Any = None
    """The type of what it returns."""

    def input_hint(self, name: str) -> Any:
        """Return the annotation of an input, ``None`` if it has none."""
        return self.named.get(name, self.others)

    def output_hint(self, name: str, names: tuple[str, ...]) -> Any:
        """Return the annotation of an output, ``None`` if it has none.

        Args:
            name: The output.
            names: All outputs, in their order if that is known.
        """
        returned = self.returned
        if isinstance(returned, type) and hasattr(returned, "_fields"):
            return _tuple_hints(returned).get(name)
        if typing.get_origin(returned) is tuple:
            parts = typing.get_args(returned)
            same = len(parts) == len(names) and name in names
            return parts[names.index(name)] if same else None
        return returned if names == (name,) else None

    def output_order(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the order of outputs that the annotation of what is returned gives.

        A named tuple has their names, and a tuple's are called ``o0``, ``o1`` and so
        on; of others nothing is known.
        """
        returned = self.returned
        if isinstance(returned, type) and hasattr(returned, "_fields"):
            return tuple(returned._fields)
        count = len(typing.get_args(returned))
        numbered = tuple(f"o{position}" for position in range(count))
        is_tuple = typing.get_origin(returned) is tuple
        return numbered if is_tuple and set(numbered) == set(names) else ()


def expected_type(
    hint: Any, declared: types_pb2.LiteralType, engine: TypeEngine
) -> Any:
    """Return the Python type of an input or output.

    It is the annotation's, if literals of the declared type can be read as that, and
    else the one that is guessed from the declared type.

    Args:
        hint: The annotation; ``None`` if there is none.
        declared: The type in the interface.
        engine: Who knows the types.

    Raises:
        GuessError: There is no such annotation, and nothing can be guessed.
    """
    if type(hint) is type and _SIMPLE.get(hint) == declared.simple:
        return hint
    if hint is None or hint is Any or isinstance(hint, typing.TypeVar):
        return engine.guess_type(declared)
    try:
        own = engine.literal_type(hint)
    except KitError:  # Any, for example, or a class that is no type of Flyte's
        return engine.guess_type(declared)
    return hint if is_readable(declared, own) else engine.guess_type(declared)


_NONE = ArgumentTypes()
_known: WeakKeyDictionary[Any, ArgumentTypes] = WeakKeyDictionary()


def argument_types(function: Any) -> ArgumentTypes:
    """Read the annotations of a function or method, once.

    A string is evaluated in the module of the function. What names something that is
    not there when the program runs (an import for type checkers only, a class inside
    another function) counts as no annotation.
    """
    plain = getattr(function, "__func__", function)
    if not inspect.isfunction(plain):
        return _NONE
    known = _known.get(plain)
    if known is None:
        known = _known[plain] = _read(inspect.unwrap(plain))
    return known


def _read(function: Any) -> ArgumentTypes:
    hints = _hints(function)
    if not hints:
        return _NONE
    parameters = inspect.signature(function).parameters.values()
    others = next((p.name for p in parameters if p.kind is p.VAR_KEYWORD), "")
    named = {
        parameter.name: hints[parameter.name]
        for parameter in parameters
        if parameter.name in hints
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    return ArgumentTypes(named, hints.get(others), hints.get("return"))


def _hints(function: Any) -> dict[str, Any]:
    try:
        return type_hints(function)
    except Exception:  # noqa: BLE001 - evaluating an annotation may raise anything
        return _readable_hints(function)


def _readable_hints(function: Any) -> dict[str, Any]:
    """Evaluate annotations one by one, for one of them cannot be."""
    hints: dict[str, Any] = {}
    for name, annotation in own_annotations(function).items():
        alone = type("Alone", (), {"__annotations__": {name: annotation}})
        try:
            hints |= type_hints(alone, function.__globals__)
        except Exception:  # noqa: BLE001, S112 - it counts as no annotation
            continue
    return hints


def _tuple_hints(named_tuple: type) -> dict[str, Any]:
    try:
        return type_hints(named_tuple)
    except Exception:  # noqa: BLE001 - as of annotations of functions
        return {}
