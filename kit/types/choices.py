"""``typing.Literal``: one of some values, all of one type."""

from __future__ import annotations

import datetime as dt
import typing
from typing import Any

from flyteidl.core import types_pb2

from kit.errors import UnsupportedTypeError
from kit.types.annotated import underlying
from kit.types.engine import TypeEngine
from kit.types.transformer import Decoder, Encoder, Transformer

__all__ = ["ChoiceTransformer"]

_BASES = (str, int, float, bool, dt.datetime, dt.timedelta)


class ChoiceTransformer(Transformer):
    """``Literal["a", "b"]``: the type of the values, which stand in the annotation.

    The values are told to readers of the type and not enforced, as in flytekit: an
    executor meets the values' type alone.  Declare an enum to have others refused.
    """

    name = "LiteralTypeTransformer"

    def __repr__(self) -> str:
        return "ChoiceTransformer()"

    def handles(self, python_type: Any) -> bool:
        return typing.get_origin(python_type) is typing.Literal

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        made = engine.literal_type(_base(python_type))
        choices = list(typing.get_args(underlying(python_type)))
        made.annotation.annotations.update({"literal_values": choices})
        return made

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        return engine.encoder(_base(python_type))

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        return engine.decoder(_base(python_type))

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        return None  # the base type is guessed: flytekit's order has it first


def _base(python_type: Any) -> type:
    """Return the type of a Literal's values.

    Raises:
        UnsupportedTypeError: They are of several types, or of one Flyte does not have.
    """
    choices = typing.get_args(underlying(python_type))
    base = type(choices[0])
    if not all(type(choice) is base for choice in choices):
        msg = f"All values must be of the same type: {python_type} has several."
        raise UnsupportedTypeError(msg)
    if base not in _BASES:
        msg = f"Unsupported type: {base} in {python_type}. Use text or numbers."
        raise UnsupportedTypeError(msg)
    return base
