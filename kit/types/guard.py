"""What the engine makes sure of around transformers that users register."""

from __future__ import annotations

from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, KitError
from kit.types.refusal import refuse_value, shown
from kit.types.transformer import Decoder, Encoder

__all__ = ["guard_decoder", "guard_encoder"]

_MISFITS = (TypeError, ValueError, AssertionError, AttributeError, LookupError)


def guard_encoder(
    encode: Encoder, python_type: Any, literal_type: types_pb2.LiteralType
) -> Encoder:
    """Refuse ``None`` and tuples, and tell what went wrong as a ``ConversionError``.

    ``None`` is left to unions, whose variant it is, and Flyte has no tuples.
    """

    def write(value: Any, out: literals_pb2.Literal) -> None:
        if value is None or isinstance(value, tuple):
            raise refuse_value(value, python_type, literal_type)
        try:
            encode(value, out)
        except KitError:
            raise
        except _MISFITS as error:
            msg = f"{shown(value)} cannot be written as {python_type}: {_told(error)}"
            raise ConversionError(msg) from error

    return write


def guard_decoder(decode: Decoder, python_type: Any) -> Decoder:
    """Tell what went wrong as a ``ConversionError``."""

    def read(literal: literals_pb2.Literal) -> Any:
        try:
            return decode(literal)
        except KitError:
            raise
        except _MISFITS as error:
            msg = f"A literal cannot be read as {python_type}: {_told(error)}"
            raise ConversionError(msg) from error

    return read


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
