"""Constants that hold what fills them: a registry and the functions it registers."""

from __future__ import annotations

from collections.abc import Iterable

from kit.source.part import Part

__all__ = ["with_registries_split"]


def with_registries_split(parts: dict[str, Part]) -> dict[str, Part]:
    """Return the parts with every such constant made empty first, and filled last.

    A decorator that puts functions into a dict finds it empty, as it did in the
    notebook; at the end the dict is given what it holds there.
    """
    split = dict(parts)
    for name, part in parts.items():
        if part.fill and _is_used_while_made(name, parts):
            split[name] = Part(part.empty)
            split[f"{name} filled"] = Part(part.fill, now=[name, *part.now])
    return split


def _is_used_while_made(name: str, parts: dict[str, Part]) -> bool:
    """Tell whether making what a constant holds may use the constant."""
    held = _reached(parts[name].now, parts, later=False)
    makers = {need for each in held for need in parts[each].now}
    return name in _reached(makers, parts, later=True)


def _reached(names: Iterable[str], parts: dict[str, Part], *, later: bool) -> set[str]:
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += parts[name].now + (parts[name].later if later else [])
    return found
