"""Which function summarizes a type: each registers where it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from kit.display.summary import Summary

Summarizer = Callable[[Any], Summary]

S = TypeVar("S", bound=Callable[..., Summary])

_summarizers: dict[type, Summarizer] = {}


def summarizes(*kinds: type) -> Callable[[S], S]:
    """Register a function that summarizes things of these types and their subclasses.

    It takes the thing; other arguments need defaults.
    """

    def register(function: S) -> S:
        _summarizers.update(dict.fromkeys(kinds, function))
        return function

    return register


def registered(kind: type) -> Summarizer | None:
    """Return the summarizer of a type's nearest base, None if there is none yet."""
    found = (_summarizers.get(base) for base in kind.__mro__)
    return next(filter(None, found), None)
