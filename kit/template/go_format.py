"""Values as Go prints them with ``%v``, which is how the engine writes inputs in args.

Sources: Go's ``fmt`` and ``strconv`` packages, protobuf-go's text format and its
``ptypes.TimestampString``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

__all__ = [
    "format_duration",
    "format_float",
    "format_identifier",
    "format_timestamp",
    "format_value",
]

_FIRST_SECOND = -62135596800  # 0001-01-01T00:00:00Z
_FIRST_SECOND_AFTER = 253402300800  # 10000-01-01T00:00:00Z
_NANOS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def format_float(value: float) -> str:
    """Format like ``%v`` of a float64: the shortest digits that read back the same.

    The form ``d.ddde±XX`` is taken when the decimal exponent is below -4 or at least 6.

    >>> [format_float(value) for value in (1.0, 999999.0, 1e6, 1e-5, float("inf"))]
    ['1', '999999', '1e+06', '1e-05', '+Inf']
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    sign, digits, exponent = _shortest(value)
    if exponent < -4 or exponent >= 6:  # noqa: PLR2004 - strconv's limits for %g
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{exponent:+03d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole, fraction = digits[: exponent + 1], digits[exponent + 1 :]
    whole = whole.ljust(exponent + 1, "0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _shortest(value: float) -> tuple[str, str, int]:
    """Split a number into sign, significant digits and the exponent of the first."""
    mantissa, _, exponent = f"{value!r}".lower().partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    first = len(whole) - 1 - leading + int(exponent or 0)
    return sign, digits.rstrip("0"), first


def format_duration(duration: Duration) -> str:
    """Format as protobuf's text: ``seconds:1  nanos:500000000``; empty for zero.

    Two fields are separated by one or two spaces, fixed per build of the engine; the
    two spaces of the observed build are written here.
    """
    return _fields(duration.seconds, duration.nanos)


def format_timestamp(timestamp: Timestamp) -> str:
    """Format as RFC 3339 in UTC, without trailing zeros in the fraction.

    A time that Go refuses is written as its complaint, in parentheses.
    """
    seconds, nanos = timestamp.seconds, timestamp.nanos
    shown = _fields(seconds, nanos)
    if seconds < _FIRST_SECOND:
        return f"(timestamp: {shown} before 0001-01-01)"
    if seconds >= _FIRST_SECOND_AFTER:
        return f"(timestamp: {shown} after 10000-01-01)"
    if not 0 <= nanos < _NANOS:
        return f"(timestamp: {shown}: nanos not in range [0, 1e9))"
    moment = _EPOCH + timedelta(seconds=seconds)
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    return f"{moment:%Y}".zfill(4) + f"{moment:-%m-%dT%H:%M:%S}{fraction}Z"


def format_identifier(identifier: Identifier) -> str:
    """Format as protobuf's text: ``resource_type:TASK  project:"lab"  name:"load"``."""
    parts = []
    if identifier.resource_type:
        parts.append(f"resource_type:{_kind(identifier.resource_type)}")
    for name in ("project", "domain", "name", "version", "org"):
        text = getattr(identifier, name)
        if text:
            parts.append(f"{name}:{_quoted(text)}")
    return "  ".join(parts)


def _kind(number: int) -> str:
    known = ResourceType.DESCRIPTOR.values_by_number.get(number)
    return str(known.name if known else number)


def _quoted(text: str) -> str:
    """Quote as protobuf-go's text format, which escapes control characters only."""
    return '"' + "".join(map(_escaped, text)) + '"'


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(character: str) -> str:
    number = ord(character)
    if character in _ESCAPES:
        return _ESCAPES[character]
    if 0x80 <= number <= 0x9F:  # noqa: PLR2004 - the second block of controls
        return f"\\u{number:04x}"
    is_control = number < 0x20 or number == 0x7F  # noqa: PLR2004
    return f"\\x{number:02x}" if is_control else character


def _fields(seconds: int, nanos: int) -> str:
    parts = [("seconds", seconds), ("nanos", nanos)]
    return "  ".join(f"{name}:{number}" for name, number in parts if number)


def format_value(value: Any) -> str:
    """Format a value read from MessagePack as Go prints it: ``map[a:1 b:[x <nil>]]``.

    >>> format_value({"b": [None, True], "a": 2.5})
    'map[a:2.5 b:[<nil> true]]'
    """
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, Mapping):
        pairs = sorted(value.items(), key=_key_order)
        inside = " ".join(f"{format_value(k)}:{format_value(v)}" for k, v in pairs)
        return f"map[{inside}]"
    if isinstance(value, (list, tuple, bytes)):
        return "[" + " ".join(format_value(element) for element in value) + "]"
    return str(value)


def _key_order(pair: tuple[Any, Any]) -> tuple[int, Any]:
    """Order keys as Go does: nil first, then kind by kind, by value within a kind."""
    key = pair[0]
    if key is None:
        return (0, 0)
    if isinstance(key, (bool, int, float)):
        return (1, key)
    if isinstance(key, str):
        return (2, key.encode())
    return (3, format_value(key))
