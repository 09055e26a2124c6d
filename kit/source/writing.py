"""How the parts of a constant are written."""

from __future__ import annotations

from typing import Any, Protocol

from kit.source.literals import NotPlainError

__all__ = ["Write", "refuse"]


class Write(Protocol):
    """What writes the things that stand inside of a constant."""

    def write(self, value: Any) -> str:
        """Return the expression of a value."""

    def refer(self, value: Any) -> str:
        """Return the name of a class, function or module."""


def refuse(value: Any) -> NotPlainError:
    """Say of what kind a value is."""
    kind = type(value)
    return NotPlainError(f"it is a {kind.__module__}.{kind.__qualname__}")
