"""What a name can stand for while an executor's source is followed."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kit.checks.contract.scope import Frame

__all__ = [
    "EVERY",
    "UNKNOWN",
    "Bound",
    "Code",
    "Constant",
    "Every",
    "Key",
    "Marker",
    "Path",
    "Provided",
    "Several",
    "Value",
    "Values",
    "constants",
    "draw",
]


class Every(Enum):
    """A key that is not known: it may be each one."""

    KEY = "*"


EVERY = Every.KEY
Key = str | int | Every
Path = tuple[Key, ...]


class Marker(Enum):
    """Values that have no more to them."""

    UNKNOWN = "something else"
    TEMPLATE = "the template"
    EXECUTOR = "the executor itself"
    BASE = "super()"


@dataclass(frozen=True)
class Provided:
    """The value that custom holds at a path; all of it at the empty one."""

    path: Path = ()


@dataclass(frozen=True)
class Bound:
    """A method of what custom holds, such as ``tt.custom.get``."""

    path: Path
    name: str


@dataclass(frozen=True)
class Constant:
    """A literal."""

    value: Any


@dataclass(frozen=True)
class Several:
    """A tuple of values that are known."""

    items: tuple[frozenset[Any], ...]


@dataclass(frozen=True)
class Code:
    """A function of the executor's module, or one inside a function.

    Attributes:
        node: Its definition.
        owner: The class it is looked up from, if it is a method.
        first: The executor, if it is bound to it.
        frame: The call that it was made in, for its free names.
    """

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    owner: str = ""
    first: bool = False
    frame: Frame | None = None


Value = Marker | Provided | Bound | Constant | Several | Code
Values = frozenset[Value]

UNKNOWN: Values = frozenset({Marker.UNKNOWN})


def constants(values: Iterable[Value]) -> list[str | int] | None:
    """Return the keys that values may be, None if one of them isn't known."""
    keys = []
    for value in values:
        if not isinstance(value, Constant) or type(value.value) not in {str, int}:
            return None
        keys.append(value.value)
    return keys


def draw(path: Iterable[Key]) -> str:
    """Draw a path as Python code reads it.

    >>> draw(("limits", 0, EVERY))
    "tt.custom['limits'][0][…]"
    """
    steps = ("…" if key is EVERY else repr(key) for key in path)
    return "tt.custom" + "".join(f"[{step}]" for step in steps)
