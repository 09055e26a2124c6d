"""Objects of Flyte's classes that arrive as plain values.

The backend makes such literals when a promise's attribute is resolved, and the console
when a struct is typed in.
"""

from __future__ import annotations

from typing import Any

from flyteidl.core import literals_pb2

from kit.types.packed import is_packed, unpack

__all__ = ["plain_of"]


def plain_of(literal: literals_pb2.Literal) -> Any | None:
    """Return the plain value of a packed or generic literal, ``None`` for others."""
    if is_packed(literal):
        return unpack(literal)
    if literal.scalar.WhichOneof("value") != "generic":
        return None
    from google.protobuf import json_format

    return json_format.MessageToDict(literal.scalar.generic)
