"""``Annotated`` types: hash methods and annotations that travel in the literal type."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeGuard, TypeVar

from flyteidl.core import types_pb2

from kit.errors import UnsupportedTypeError

T = TypeVar("T")

# `type Rows = list[int]`, from Python 3.12 on
_ALIAS: tuple[Any, ...] = tuple(
    getattr(typing, name) for name in ("TypeAliasType",) if hasattr(typing, name)
)

CACHE_KEY_METADATA = "cache-key-metadata"
"""The annotation's key that the backend keeps when it strips an interface."""


class HashMethod(Generic[T]):
    """How to tell two values apart for the cache: ``Annotated[T, HashMethod(f)]``.

    The text that ``f`` returns goes into the literal and stands for the value in cache
    keys.

    Example:
        >>> from typing import Annotated
        >>> from kit.types import default_engine
        >>> Length = Annotated[str, HashMethod(lambda text: str(len(text)))]
        >>> default_engine.to_literal("kit", Length).hash
        '3'
    """

    def __init__(self, function: Callable[[T], str]) -> None:
        self._function = function

    def calculate(self, value: T) -> str:
        """Return the hash of a value."""
        return self._function(value)


class FlyteAnnotation:
    """Data that travels in the literal type: ``Annotated[T, FlyteAnnotation({...})]``.

    Args:
        data: What JSON can hold.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = dict(data)

    @property
    def data(self) -> dict[str, Any]:
        """The annotation's content."""
        return self._data


def annotations_of(python_type: Any) -> tuple[Any, ...]:
    """Return what a type was annotated with; nothing for other types."""
    if typing.get_origin(python_type) is typing.Annotated:
        return typing.get_args(python_type)[1:]
    return ()


def underlying(python_type: Any) -> Any:
    """Return a type without its annotations, and what an alias of types stands for."""
    origin = typing.get_origin(python_type)
    if origin is typing.Annotated:
        return underlying(typing.get_args(python_type)[0])
    if isinstance(python_type, _ALIAS):
        return underlying(python_type.__value__)
    if isinstance(origin, _ALIAS):
        return underlying(origin.__value__[typing.get_args(python_type)])
    return python_type


def is_class(python_type: Any) -> TypeGuard[type[Any]]:
    """Say whether a type is a class; ``list[int]`` is none, even in Python 3.10."""
    return isinstance(python_type, type) and not isinstance(
        python_type, types.GenericAlias
    )


def hash_method(python_type: Any) -> HashMethod[Any] | None:
    """Return the first hash method of a type."""
    for annotation in annotations_of(python_type):
        if isinstance(annotation, HashMethod):
            return annotation
    return None


def flyte_annotation(python_type: Any) -> FlyteAnnotation | None:
    """Return the annotation of a type.

    Raises:
        UnsupportedTypeError: It has more than one.
    """
    found = [a for a in annotations_of(python_type) if isinstance(a, FlyteAnnotation)]
    if len(found) > 1:
        msg = (
            f"More than one FlyteAnnotation used within {python_type} typehint. "
            "Flytekit requires a max of one."
        )
        raise UnsupportedTypeError(msg)
    return found[0] if found else None


def merge_annotation(made: types_pb2.LiteralType, python_type: Any) -> None:
    """Write the annotation of a type into its literal type.

    Raises:
        UnsupportedTypeError: It has several, or uses a key that Flyte keeps to itself,
            or is not JSON.
    """
    annotation = flyte_annotation(python_type)
    if annotation is None:
        return
    if CACHE_KEY_METADATA in annotation.data:
        msg = f"FlyteAnnotation cannot contain `{CACHE_KEY_METADATA}`."
        raise UnsupportedTypeError(msg)
    import json  # few types have one

    try:
        data = json.loads(json.dumps(annotation.data))
    except (TypeError, ValueError) as error:
        msg = f"The FlyteAnnotation of {python_type} is not JSON: {error}."
        raise UnsupportedTypeError(msg) from error
    annotations = made.annotation.annotations
    annotations.SetInParent()
    annotations.update({k: v for k, v in data.items() if k not in annotations})
