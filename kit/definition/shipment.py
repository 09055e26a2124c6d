"""Shipments: how an executor reaches its container, and from where it cannot."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from kit.errors import DefinitionError
from kit.notebook import interactive_shell

Ship = Literal["module", "inline", "export"]

# Wire contracts: both stand in registered templates and never move.
INLINE_EXECUTOR = "kit.inline.InlineExecutor"
"""The executor that the loader arguments name when the source is in the template."""
INLINE_KEY = "kit.inline"
"""The key of ``custom`` that holds it: module, executor, source, sha256."""

DEFAULT_INLINE_LIMIT = 32 * 1024
"""Bytes of source, in UTF-8, that a template takes by default."""

IMPORTABLE = "its module can be imported"
"""Why most executors ship as modules."""


@dataclass(frozen=True)
class Shipment:
    """The way of an executor into its container.

    Attributes:
        way: ``"module"``, imported in the image; ``"inline"``, in the template; or
            ``"export"``, imported in the image as the module that was written.
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


@dataclass(frozen=True)
class Exported:
    """The module that an executor was written to.

    Attributes:
        location: The dotted name of its class there.
        path: The folder or file that was written, as its author gave it.
        digest: The SHA-256 of the source that it was made from.
    """

    location: str
    path: str
    digest: str


def check_ship(ship: Any) -> Ship | None:
    """Return the way that was asked for; ``None`` leaves it to kit.

    Raises:
        DefinitionError: There is no such way.
    """
    if ship is None or ship in get_args(Ship):
        return ship  # type: ignore[no-any-return]
    msg = (
        f"ship must be 'module', 'inline', 'export' or None, got {ship!r}. 'module' is "
        "imported in the image, 'inline' travels in the template, 'export' is the "
        "module that kit.export writes, None chooses."
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


def no_other_process(executor: type[Any] | Callable[..., Any]) -> str | None:
    """Say why only this process has a class or function, as half a sentence, if so."""
    if "<" in executor.__qualname__:
        return "it lives inside a function, where no container can import it from"
    if executor.__module__ == "__main__":
        return "it lives in __main__, a notebook or script"
    module = sys.modules.get(executor.__module__)
    if module is None:
        return "no module that is loaded holds it"
    outermost = executor.__qualname__.partition(".")[0]
    if isinstance(executor, type) and not hasattr(module, outermost):
        return f"{module.__name__} has no {outermost}"
    return None


def is_interactive() -> bool:
    """Tell whether this process is a notebook or an interactive shell."""
    return interactive_shell() is not None


@functools.lru_cache(maxsize=256)
def module_shipment(location: str, why: str) -> Shipment:
    """Return the way of an executor that the container imports by its dotted name."""
    return Shipment("module", location, why)
