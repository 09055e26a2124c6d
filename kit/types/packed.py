"""Values packed with msgpack: the ``binary`` scalars of structs.

The backend makes them too, when a promise's attribute is resolved: then even an ``int``
arrives packed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, RangeError
from kit.types.conversion_errors import shorten

MSGPACK = "msgpack"
"""The tag of binary scalars that hold msgpack, and the name of the format in types."""

PICKLE_FORMAT = "PythonPickle"
"""The format of values that flytekit pickled, which kit does not read."""


def is_packed(literal: literals_pb2.Literal) -> bool:
    """Say whether a literal is a binary scalar."""
    return bool(literal.scalar.WhichOneof("value") == "binary")


def mark_packed(literal_type: types_pb2.LiteralType) -> None:
    """Make a literal type the one of packed structs, in the backend's terms."""
    literal_type.simple = types_pb2.STRUCT
    literal_type.annotation.annotations.update(
        {"cache-key-metadata": {"serialization-format": MSGPACK}}
    )


def pack(value: Any) -> bytes:
    """Pack plain values: None, bool, int, float, str, bytes, list, dict.

    NumPy's scalars are packed as Python's.

    Raises:
        ConversionError: msgpack has no form for it.
    """
    import msgpack

    try:
        packed: bytes = msgpack.packb(value, default=_plain)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        path, part, why = _unpackable(value, error)
        name = ".".join(map(str, path)) or "The value"
        msg = (
            f"{name} is {shorten(part, write=repr):.200} of type "
            f"{type(part).__name__}, which cannot be packed: {why}."
        )
        kind = RangeError if isinstance(error, OverflowError) else ConversionError
        raise kind(msg, path=path) from error
    return packed


def _plain(value: Any) -> Any:
    """Return a number or text of NumPy's as Python's; refuse all that msgpack does."""
    if isinstance(value, int):
        raise OverflowError
    numpy = sys.modules.get("numpy")
    times = () if numpy is None else (numpy.datetime64, numpy.timedelta64)
    if (
        numpy is None
        or not isinstance(value, numpy.generic)
        or isinstance(value, times)
    ):
        raise TypeError(_EXPECTED)
    return value.item()


_EXPECTED = (
    "expected None, bool, int, float, str, bytes, and lists and dicts of them; convert "
    "it, or declare a dataclass with such a field"
)
_REASONS = (
    (UnicodeError, "it has lone surrogates, which are not Unicode text"),
    (OverflowError, "its range is 64 bits"),
    (RecursionError, "it is nested too deeply"),
)


def _unpackable(
    value: Any, error: Exception, path: tuple[str | int, ...] = ()
) -> tuple[tuple[str | int, ...], Any, str]:
    """Find the innermost part that cannot be packed, and why."""
    import msgpack

    parts: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        parts = ((key, part) for key, item in value.items() for part in (key, item))
    elif isinstance(value, (list, tuple)):
        parts = enumerate(value)
    for step, part in parts if len(path) < _DEEPEST else ():
        try:
            msgpack.packb(part, default=_plain)
        except (TypeError, ValueError, OverflowError, RecursionError) as inner:  # noqa: PERF203 - of an error
            name = step if isinstance(step, int) else f"{step!s:.100}"
            return _unpackable(part, inner, (*path, name))
    kinds = (why for kind, why in _REASONS if isinstance(error, kind))
    return path, value, next(kinds, _EXPECTED)


_DEEPEST = 64


def unpack(literal: literals_pb2.Literal) -> Any:
    """Read a binary scalar as plain values.

    Raises:
        ConversionError: It is in another format, or its bytes are not whole.
    """
    import msgpack

    binary = literal.scalar.binary
    if binary.tag != MSGPACK:
        msg = f"Unsupported binary format `{binary.tag}`: expected `{MSGPACK}`."
        raise ConversionError(msg)
    try:
        return msgpack.unpackb(binary.value, strict_map_key=False)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        msg = (
            f"{len(binary.value)} bytes tagged `{MSGPACK}` are no msgpack value: "
            f"{type(error).__name__}: {error}."
        )
        raise ConversionError(msg) from error


def unpack_as(literal: literals_pb2.Literal, python_type: Any) -> Any:
    """Read a binary scalar as a type, by mashumaro's rules.

    Raises:
        ConversionError: Its content does not fit the type.
    """
    plain = unpack(literal)
    try:
        return _decoder(python_type)(plain)
    except Exception as error:  # mashumaro passes on what the type's own code raises
        msg = f"Cannot read {plain!r:.500} as {python_type}: {_reason(error)}"
        raise ConversionError(msg) from error


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {shorten(error)}"


@lru_cache(maxsize=1024)
def _decoder(python_type: Any) -> Callable[[Any], Any]:
    from mashumaro.codecs import BasicDecoder

    decode: Callable[[Any], Any] = BasicDecoder(python_type).decode
    return decode


def check_not_pickled(literal: literals_pb2.Literal) -> None:
    """Refuse a struct that names a file with a pickle of the value.

    flytekit writes one for a dictionary with values that it has no other form for.

    Raises:
        ConversionError: It is one.
    """
    if "format" in literal.metadata and literal.metadata["format"] == "pickle":
        msg = (
            "The value is a pickle, which kit does not read: whoever can write one can "
            "run code here. Declare its type as a dataclass, or pass a file."
        )
        raise ConversionError(msg)


def plain_of(literal: literals_pb2.Literal) -> Any | None:
    """Return the plain value of a packed or generic literal, ``None`` for others."""
    check_not_pickled(literal)
    if is_packed(literal):
        return unpack(literal)
    if literal.scalar.WhichOneof("value") != "generic":
        return None
    from google.protobuf import json_format

    return json_format.MessageToDict(literal.scalar.generic)
