"""Two texts compared line by line: what goes, what comes, and what stands around it.

As text each line has a mark in front: ``-`` goes, ``+`` comes, blanks stay; a line that
begins with an ellipsis tells how many are left out.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

__all__ = ["COMES", "GOES", "STAYS", "Block", "blocks_of", "marked_lines"]

GOES, COMES, STAYS = "- ", "+ ", "  "
_CONTEXT = 2
_COMPARED = 10_000
"""Lines of a text; longer ones are not compared line by line."""

Lines = Sequence[str]


class Block(NamedTuple):
    """Lines that follow each other.

    Attributes:
        skipped: How many lines before it are the same, and left out.
        same: Lines that stay, for context.
        old: Lines that go.
        new: Lines that come in their place.
    """

    skipped: int = 0
    same: Lines = ()
    old: Lines = ()
    new: Lines = ()


def blocks_of(before: Lines, after: Lines) -> Iterator[Block]:
    """Yield what differs with two lines around it; all of it if that is too much."""
    if max(len(before), len(after)) > _COMPARED:
        yield Block(old=[f"{len(before):,} lines"], new=[f"{len(after):,} lines"])
        return
    end = 0
    compared = difflib.SequenceMatcher(None, before, after)
    for group in compared.get_grouped_opcodes(_CONTEXT):
        skipped = group[0][1] - end
        for kind, old, end, new, stop in group:
            if kind == "equal":
                yield Block(skipped, same=before[old:end])
            else:
                yield Block(skipped, old=before[old:end], new=after[new:stop])
            skipped = 0
    if end < len(before):
        yield Block(len(before) - end)


def marked_lines(blocks: Iterable[Block], most: int) -> Iterator[str]:
    """Yield the lines of blocks with their marks, both sides cut alike.

    Args:
        blocks: The blocks.
        most: How many lines there may be; those beyond are counted.
    """
    more = 0
    for block in blocks:
        if most and block.skipped:
            yield f"… {_count(block.skipped)} the same"
        new = min(len(block.new), max(most // 2, most - len(block.old)))
        old = min(len(block.old), most - new)
        same = min(len(block.same), most)
        yield from (f"{STAYS}{line}" for line in block.same[:same])
        yield from (f"{GOES}{line}" for line in block.old[:old])
        yield from (f"{COMES}{line}" for line in block.new[:new])
        most -= same + old + new
        more += len(block.same) + len(block.old) + len(block.new) - same - old - new
    if more:
        yield f"… {more:,} more line{'s' if more > 1 else ''}"


def _count(number: int) -> str:
    return f"{number:,} line{'s' if number > 1 else ''}"
