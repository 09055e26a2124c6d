"""What a renderer says of a value that it cannot draw."""

from __future__ import annotations

from typing import Any

from kit.errors import DeckError

__all__ = ["refusal"]


def refusal(renderer: object, value: Any, expected: str) -> DeckError:
    """Return the error for a value of another kind than the renderer's.

    Args:
        renderer: Who cannot draw it.
        value: What was given.
        expected: What can be drawn, and where to get it.
    """
    msg = (
        f"{type(renderer).__name__} cannot draw a {type(value).__name__}. "
        f"Give it {expected}."
    )
    return DeckError(msg)
