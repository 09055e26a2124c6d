"""``Annotated`` types: hash methods and annotations that travel in the literal type."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Generic, TypeGuard, TypeVar

from flyteidl.core import literals_pb2, types_pb2
from google.protobuf.message import Message

from kit.errors import ConversionError, UnsupportedTypeError

__all__ = [
    "FlyteAnnotation",
    "HashMethod",
    "describe",
    "refuse_literal",
    "refuse_value",
    "shown",
]


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


_VALUE_WIDTH = 80
_MOST_LINES = 200
_ENOUGH = 40  # elements, which are more than fit the width


def describe(message: Message) -> str:
    """Draw a message as indented text under its type's name.

    >>> from flyteidl.core import types_pb2
    >>> print(describe(types_pb2.LiteralType(simple="INTEGER")))
    Flyte Serialized object (LiteralType):
      simple: 1
    """
    lines: list[str] = []
    _draw(message, 2, lines)
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"  … and {len(lines) - _MOST_LINES} more lines"]
    return "\n".join([f"Flyte Serialized object ({type(message).__name__}):", *lines])


def _draw(message: Message, indent: int, lines: list[str]) -> None:
    import textwrap  # only errors need it

    for field, value in message.ListFields():
        if len(lines) > _MOST_LINES * 2:
            return
        if not isinstance(value, Message):
            text = textwrap.shorten(_text(value), width=_VALUE_WIDTH)
            if text:
                lines.append(f"{' ' * indent}{field.name}: {text}")
        elif value.ListFields():
            lines.append(f"{' ' * indent}{field.name}:")
            _draw(value, indent + 2, lines)


def _text(value: Any) -> str:
    """Return as much of a value's text as can be shown."""
    if isinstance(value, Mapping):
        value = dict(islice(value.items(), _ENOUGH))
    elif not isinstance(value, (str, bytes)) and hasattr(value, "__getitem__"):
        value = value[:_ENOUGH]
    return str(value).strip()[: _VALUE_WIDTH * _ENOUGH]


_MOST_CHARACTERS = 2000


def shown(value: Any, *, write: Callable[[Any], str] = str) -> str:
    """Return a value's text, cut where it is too long to read."""
    try:
        text = write(value)
    except Exception as error:  # noqa: BLE001 - the value's own code, inside an error
        return f"a value of {type(value)} whose text fails with {error!r:.200}"
    if len(text) <= _MOST_CHARACTERS:
        return text
    return f"{text[:_MOST_CHARACTERS]}… ({len(text)} characters)"


def refuse_value(
    value: Any,
    python_type: Any,
    literal_type: types_pb2.LiteralType,
    *,
    why: str | None = None,
) -> ConversionError:
    """Make the error for a value that a type does not take.

    Args:
        value: What was given.
        python_type: What it was declared as.
        literal_type: The literal type of that.
        why: What to say of values that are neither tuples nor ``None``; by default
            what was expected and what was got.
    """
    if isinstance(value, tuple):
        return ConversionError(
            "Tuples are not a supported type for individual values in Flyte - got a "
            f"tuple - {shown(value)}. If using named tuple in an inner task, please, "
            "de-reference theactual attribute that you want to use. For example, in "
            "NamedTuple('OP', x=int) thenreturn v.x, instead of v, even if this has a "
            "single element"
        )
    if value is None:
        return ConversionError(
            f"Python value cannot be None, expected {python_type}/"
            f"{describe(literal_type)}\nDeclare it as Optional if it may be None."
        )
    return ConversionError(
        why
        or f"Expected value of type {python_type} but got '{shown(value)}' "
        f"of type {type(value)}"
    )


def refuse_literal(
    literal: literals_pb2.Literal, python_type: Any, *, to: str | None = None
) -> ConversionError:
    """Make the error for a literal that cannot be read as a type."""
    return ConversionError(
        f"Cannot convert literal {describe(literal)} to {to or python_type}"
    )
