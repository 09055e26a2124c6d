"""The names of protobuf's enum values, also of those this version does not know."""

from __future__ import annotations

from typing import Any

__all__ = ["enum_name"]


def enum_name(kind: Any, number: int) -> str:
    """Name a value; a number that a later Flyte gave a meaning to stays a number.

    >>> from flyteidl.core.types_pb2 import SimpleType
    >>> enum_name(SimpleType, 1), enum_name(SimpleType, 99)
    ('INTEGER', '99 (unknown)')
    """
    descriptor = kind.DESCRIPTOR.values_by_number.get(number)
    return f"{number} (unknown)" if descriptor is None else str(descriptor.name)
