"""One edit: a place in a message, and what is there before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Edit", "Kind", "Steps", "leaf"]

Kind = Literal["added", "removed", "changed", "reordered"]
Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Edit:
    """What is done at one place to make one message of another.

    Attributes:
        steps: The place: names of fields, keys of maps, names or positions in lists.  A
            position counts in the new list, that of a removed item in the old one.
        kind: ``reordered`` is for a list whose items have names: ``before`` and
            ``after`` are the names that both lists have, in their order.
        before: What was there; ``None`` if nothing was.
        after: What is there; ``None`` if nothing is.  Values are scalars, bytes, names
            of enum values, JSON values in a Struct, or messages.
        position: Where an item with a name was added to its list.
    """

    steps: Steps
    kind: Kind
    before: Any
    after: Any
    position: int | None = None


def leaf(steps: Steps, before: Any, after: Any) -> Edit:
    """Return the edit of a value that is not looked into; ``None`` is its absence."""
    kind: Kind = "changed"
    if before is None:
        kind = "added"
    elif after is None:
        kind = "removed"
    return Edit(steps, kind, before, after)
