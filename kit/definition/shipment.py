"""How an executor reaches its container, as facts: the way, the place, the source."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal, get_args

from kit.errors import DefinitionError

__all__ = [
    "DEFAULT_INLINE_LIMIT",
    "INLINE_EXECUTOR",
    "INLINE_KEY",
    "Ship",
    "Shipment",
    "check_inline_limit",
    "check_ship",
    "computed_once",
    "shared_shipment",
]

Ship = Literal["module", "inline"]

# Wire contracts: both stand in registered templates and never move.
INLINE_EXECUTOR = "kit.inline.InlineExecutor"
"""The executor that the loader arguments name when the source is in the template."""
INLINE_KEY = "kit.inline"
"""The key of ``custom`` that holds it: module, executor, source, sha256."""

DEFAULT_INLINE_LIMIT = 32 * 1024
"""Bytes of source, in UTF-8, that a template takes by default."""

Computed = tuple[type[Any], "Ship | None", int]
_shared: ContextVar[dict[Computed, Shipment] | None] = ContextVar(
    "shipments", default=None
)


@dataclass(frozen=True)
class Shipment:
    """The way of an executor into its container.

    Attributes:
        way: ``"module"``, imported in the image, or ``"inline"``, in the template.
        location: The dotted name that the container loads.
        why: Why it goes this way, as half a sentence.
        inline: What stands in ``custom`` under :data:`INLINE_KEY`, if it goes inline.
        notes: What the author should know of the source.
    """

    way: Ship
    location: str
    why: str
    inline: Mapping[str, str] | None = None
    notes: tuple[str, ...] = ()


def check_ship(ship: Any) -> Ship | None:
    """Return the way that was asked for; ``None`` leaves it to kit.

    Raises:
        DefinitionError: There is no such way.
    """
    if ship is None or ship in get_args(Ship):
        return ship  # type: ignore[no-any-return]
    msg = (
        f"ship must be 'module', 'inline' or None, got {ship!r}. 'module' is imported "
        "in the image, 'inline' travels in the template, None chooses."
    )
    raise DefinitionError(msg)


def check_inline_limit(limit: Any) -> int:
    """Return how many bytes of source the template may hold.

    Raises:
        DefinitionError: It is no positive whole number.
    """
    if limit is None:
        return DEFAULT_INLINE_LIMIT
    if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0:
        return limit
    msg = f"inline_limit must be a positive number of bytes, got {limit!r}."
    raise DefinitionError(msg)


@contextlib.contextmanager
def computed_once() -> Iterator[None]:
    """Compute each shipment once while this lasts, and forget it then.

    A template asks several times, and a notebook may have changed until the next one.
    """
    if _shared.get() is not None:
        yield
        return
    token = _shared.set({})
    try:
        yield
    finally:
        _shared.reset(token)


def shared_shipment(key: Computed, compute: Callable[[], Shipment]) -> Shipment:
    """Return a shipment that was computed meanwhile, or compute it."""
    shared = _shared.get()
    if shared is None:
        return compute()
    if key not in shared:
        shared[key] = compute()
    return shared[key]
