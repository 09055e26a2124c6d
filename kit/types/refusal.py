"""The words with which a value or a literal is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError
from kit.types.describe import describe

__all__ = ["refuse_literal", "refuse_value", "shown"]

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
