"""The order in which definitions can stand in a module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["in_order"]


def in_order(
    first: Iterable[str],
    now: Mapping[str, Iterable[str]],
    later: Mapping[str, Iterable[str]],
) -> list[str]:
    """Return names such that each stands below what it needs.

    What a definition needs while it is made must stand above it.  What it needs only
    when it is called stands above it too, unless the two need each other.

    Args:
        first: Where to begin; what these reach is ordered.
        now: What each name needs while it is made.
        later: What each needs when it is called.

    >>> in_order(["f"], {"g": ["Base"]}, {"f": ["g"], "Base": ["f"]})
    ['Base', 'g', 'f']
    """
    order: dict[str, None] = {}
    for start in first:
        _walk(start, now, later, order)
    return list(order)


def _walk(
    start: str,
    now: Mapping[str, Iterable[str]],
    later: Mapping[str, Iterable[str]],
    order: dict[str, None],
) -> None:
    """Add a name below what it needs, without recursion: chains may be long."""
    open_: dict[str, None] = {start: None}
    stack = [(start, iter([*now.get(start, ()), *later.get(start, ())]))]
    while stack:
        name, needs = stack[-1]
        for need in needs:
            if need not in order and need not in open_:
                open_[need] = None
                needed = [*now.get(need, ()), *later.get(need, ())]
                stack.append((need, iter(needed)))
                break
        else:
            stack.pop()
            _add(name, now, order)


def _add(name: str, now: Mapping[str, Iterable[str]], order: dict[str, None]) -> None:
    """Add a name; in a loop what it needs now may not stand above it yet."""
    stack = [name]
    while stack:
        top = stack[-1]
        missing = [n for n in now.get(top, ()) if n not in order and n not in stack]
        if missing and top not in order:
            stack.append(missing[0])
        else:
            order.setdefault(stack.pop())
