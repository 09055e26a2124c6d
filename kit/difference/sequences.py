"""The edits between two lists, by the names of their items or by aligning them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kit.difference.edit import Edit, Steps

__all__ = ["Items", "compare_sequences"]

_MOST_PAIRS = 1_000_000
"""Beyond it, items are paired by position: aligning takes the product of both sizes."""

Block = tuple[str, int, int, int, int]


@dataclass(frozen=True)
class Items:
    """What has to be known of a list's items.

    Attributes:
        descend: Yields the edits between two items that are not alike.
        fingerprint: Is equal for items that are alike, and only for them.
        name: Names an item; ``None`` if it has no name.
    """

    descend: Callable[[Any, Any, Steps], Iterator[Edit]]
    fingerprint: Callable[[Any], Hashable]
    name: Callable[[Any], str | None] = lambda _item: None


def compare_sequences(
    old: Sequence[Any], new: Sequence[Any], steps: Steps, items: Items
) -> Iterator[Edit]:
    """Yield the edits; by name if every item of both lists has one of its own."""
    old_named, new_named = _named(old, items), _named(new, items)
    if old_named is None or new_named is None:
        yield from _aligned(old, new, steps, items)
    else:
        yield from _by_name(old_named, new_named, steps, items)


def _named(sequence: Sequence[Any], items: Items) -> dict[str, Any] | None:
    named = {name: item for item in sequence if (name := items.name(item)) is not None}
    return named if len(named) == len(sequence) else None


def _by_name(
    old: dict[str, Any], new: dict[str, Any], steps: Steps, items: Items
) -> Iterator[Edit]:
    for name, item in old.items():
        if name not in new:
            yield Edit((*steps, name), "removed", item, None)
    before = tuple(name for name in old if name in new)
    after = tuple(name for name in new if name in old)
    if before != after:
        yield Edit(steps, "reordered", before, after)
    for position, (name, item) in enumerate(new.items()):
        if name not in old:
            yield Edit((*steps, name), "added", None, item, position)
        elif items.fingerprint(old[name]) != items.fingerprint(item):
            yield from items.descend(old[name], item, (*steps, name))


def _aligned(
    old: Sequence[Any], new: Sequence[Any], steps: Steps, items: Items
) -> Iterator[Edit]:
    prints = list(map(items.fingerprint, old)), list(map(items.fingerprint, new))
    for _, old_start, old_stop, new_start, new_stop in _blocks(*prints):
        paired = min(old_stop - old_start, new_stop - new_start)
        for offset in range(paired):
            index = new_start + offset
            pair = old[old_start + offset], new[index]
            yield from items.descend(*pair, (*steps, index))
        for index in range(old_start + paired, old_stop):
            yield Edit((*steps, index), "removed", old[index], None)
        for index in range(new_start + paired, new_stop):
            yield Edit((*steps, index), "added", None, new[index])


def _blocks(old: list[Hashable], new: list[Hashable]) -> Iterator[Block]:
    """Yield the stretches that differ."""
    same = _common_prefix(old, new)
    end = _common_prefix(old[same:][::-1], new[same:][::-1])
    old_end, new_end = len(old) - end, len(new) - end
    if (old_end - same) * (new_end - same) > _MOST_PAIRS:
        yield "replace", same, old_end, same, new_end
        return
    import difflib  # only lists that differ need it

    matcher = difflib.SequenceMatcher(
        None, old[same:old_end], new[same:new_end], autojunk=False
    )
    for tag, old_start, old_stop, new_start, new_stop in matcher.get_opcodes():
        if tag != "equal":
            olds, news = (old_start + same, old_stop + same), (new_start + same,)
            yield tag, *olds, *news, new_stop + same


def _common_prefix(old: list[Hashable], new: list[Hashable]) -> int:
    for index, (before, after) in enumerate(zip(old, new, strict=False)):
        if before != after:
            return index
    return min(len(old), len(new))
