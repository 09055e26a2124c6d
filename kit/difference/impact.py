"""What a change means to those who call, run, cache or read a task."""

from __future__ import annotations

from enum import Enum

__all__ = ["Impact"]


class Impact(Enum):
    """A kind of consequence, the gravest first."""

    BREAK = "interface break"
    """Callers that fit the old version do not fit the new one."""
    INTERFACE = "interface"
    """The interface differs, and callers of the old version still fit."""
    CACHE = "cache miss"
    """Results of the old version are not found any more."""
    IMAGE = "image"
    RESOURCES = "resources"
    BEHAVIOUR = "behaviour"
    """What runs, what it is given, or how it is run again."""
    COSMETIC = "cosmetic"
    """Nothing that runs reads it."""
    IDENTITY = "identity"
    """Where and as what it is registered."""
