"""A single value as a reader wants it: times with their zone, choices by name."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

from kit.display.value import value_text

__all__ = ["plain_text"]

_HEAD = 16  # bytes


def plain_text(value: Any) -> str:
    """Write a value in one line.

    >>> plain_text(dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.timezone.utc))
    '2026-01-02 03:04:00 UTC'
    >>> plain_text(dt.timedelta(minutes=90))
    '1:30:00'
    >>> plain_text(b"PK")
    '2 bytes: 50 4b'
    """
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name} = {value_text(value.value)}"
    if isinstance(value, dt.datetime):
        return _moment(value)
    if isinstance(value, (dt.date, dt.time, dt.timedelta)):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        more = " …" if len(value) > _HEAD else ""
        return f"{len(value):,} bytes: {bytes(value[:_HEAD]).hex(' ')}{more}"
    return value_text(value)


def _moment(value: dt.datetime) -> str:
    """Write a date and time; one without a zone says so."""
    naive = value.replace(tzinfo=None).isoformat(" ")
    if value.tzinfo is None:
        return f"{naive} (no zone)"
    offset = value.strftime("%z")
    name = value.tzname() or ""
    if offset == "+0000":
        return f"{naive} UTC"
    named = "" if name.startswith("UTC") else f" {name}"
    return f"{naive} {offset[:3]}:{offset[3:5]}{named}"
