"""The loops over many elements, each as tight as protobuf allows.

A list of scalars is written without a call per element.  What goes wrong is found
again by its position after the loop has failed, so that the loop does not pay for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flyteidl.core import literals_pb2

from kit.errors import ConversionError
from kit.types.engine import TypeEngine
from kit.types.simple import ScalarTransformer
from kit.types.transformer import Encoder, Transformer

__all__ = ["Element", "Slot", "read_all", "write_all"]

Element = tuple[Any, literals_pb2.Literal]
"""A literal with its position or key."""

Slot = Callable[[Any], literals_pb2.Literal]
"""Makes the empty literal for an element: the list's next, or the map's by its key."""

_COMPOSED = (dt.datetime, dt.date, dt.timedelta)


def plain_field(transformer: Transformer, python_type: Any) -> str | None:
    """Return the primitive's field if values are put there as they are."""
    if not isinstance(transformer, ScalarTransformer):
        return None
    if transformer.exact is not python_type or transformer.exact in _COMPOSED:
        return None
    return transformer.field


def write_all(
    python_type: Any, engine: TypeEngine
) -> Callable[[Iterable[tuple[Any, Any]], Slot], None]:
    """Make the loop that writes elements of one type.

    The loop takes pairs of a position or key and an element, and the maker of slots.
    """
    encode = engine.encoder(python_type)
    field = plain_field(engine.transformer_for(python_type), python_type)

    def write_each(elements: Iterable[tuple[Any, Any]], slot: Slot) -> None:
        step = None
        try:
            for step, value in elements:
                encode(value, slot(step))
        except ConversionError as error:
            raise error.below(step) from error.__cause__  # type: ignore[arg-type]

    def write_plain(elements: Iterable[tuple[Any, Any]], slot: Slot) -> None:
        step = value = None
        try:
            for step, value in elements:
                if type(value) is python_type:
                    setattr(slot(step).scalar.primitive, field, value)  # type: ignore[arg-type]
                else:
                    encode(value, slot(step))
        except ConversionError as error:
            raise error.below(step) from error.__cause__  # type: ignore[arg-type]
        except (ValueError, OverflowError):
            _write_again(encode, step, value)
            raise  # by the iterable itself

    return write_each if field is None else write_plain


def _write_again(encode: Encoder, step: Any, value: Any) -> None:
    """Let the encoder say what is wrong with an element that protobuf refused."""
    try:
        encode(value, literals_pb2.Literal())
    except ConversionError as error:
        raise error.below(step) from error.__cause__


def read_all(
    python_type: Any, engine: TypeEngine
) -> Callable[[Iterable[Element]], Iterator[Any]]:
    """Make the loop that reads elements of one type, in the order they come."""
    decode = engine.decoder(python_type)
    field = plain_field(engine.transformer_for(python_type), python_type)

    def read_each(
        elements: Iterable[tuple[Any, literals_pb2.Literal]],
    ) -> Iterator[Any]:
        step = None
        try:
            for step, literal in elements:  # noqa: B007 - the error tells it
                yield decode(literal)
        except ConversionError as error:
            raise error.below(step) from error.__cause__  # type: ignore[arg-type]

    def read_plain(elements: Iterable[Element]) -> Iterator[Any]:
        step = None
        try:
            for step, literal in elements:  # noqa: B007 - the error tells it
                primitive = literal.scalar.primitive
                value = getattr(primitive, field)  # type: ignore[arg-type]
                # What is not the field's default was set; only defaults are asked for.
                if value or primitive.WhichOneof("value") == field:
                    yield value
                else:
                    yield decode(literal)
        except ConversionError as error:
            raise error.below(step) from error.__cause__  # type: ignore[arg-type]

    return read_each if field is None else read_plain
