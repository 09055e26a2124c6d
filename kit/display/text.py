"""Texts for a reader: values, commands, differing lines, and all of them as HTML."""

from __future__ import annotations

import difflib
import re
import reprlib
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from kit.escape import one_line, shorten, visible

LONGEST_CODE = 100_000
"""Characters of a text of many lines."""


def html_text(text: str) -> str:
    """Return text as it may stand between two tags of HTML, and nowhere else.

    >>> html_text("<b>")
    '&lt;b&gt;'
    """
    return escape(visible(text), quote=False)


def attribute(text: str) -> str:
    """Return text as it may stand in a quoted attribute of HTML.

    >>> attribute('"<')
    '&quot;&lt;'
    """
    return escape(one_line(text), quote=True)


REST = "…"
"""What stands in the place of what is left out."""


class Budget:
    """How many values may still be read, and whether anything was left out.

    Args:
        values: The most values.
        longest: The most characters of a text.
    """

    def __init__(self, values: int, longest: int) -> None:
        self.left = values
        self.is_whole = True
        self._longest = longest

    def text(self, text: str) -> str:
        """Return a text, cut if it is too long."""
        if len(text) > self._longest:
            self.is_whole = False
        return shorten(text, self._longest)

    def rest(self, count: int) -> str:
        """Say how many values are left out."""
        self.is_whole = False
        return f"{count:,} more are not shown"


class _BoundedRepr(reprlib.Repr):
    """``repr`` that looks at so much of a value and no more."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = 20
        self.maxdict = 20
        self.maxstring = self.maxother = 400
        self.maxlong = 100
        self.maxlevel = 5


_repr = _BoundedRepr()


def value_text(value: Any) -> str:
    """Write a value as Python would, shortened in the middle when it is long."""
    return _repr.repr(value)


_HARMLESS = re.compile(r"[\w@%+=:,./{}-]+\Z", re.ASCII)


def command_text(
    words: Sequence[str], *, environment: Mapping[str, str] | None = None
) -> str:
    r"""Write a command with one option to a line.

    Args:
        words: Program and arguments; macros such as ``{{.input}}`` stay as they are.
        environment: Variables to set for it.

    >>> print(command_text(["run", "--in", "{{.input}}", "--", "a b"]))
    run \
      --in {{.input}} \
      -- \
      'a b'
    """
    if not words:
        return ""
    groups = [*_variables(environment or {}), *_options(words)]
    return " \\\n  ".join(" ".join(map(_quoted, group)) for group in groups)


def _variables(environment: Mapping[str, str]) -> Iterable[list[str]]:
    if environment:
        yield ["env"]
    for name, value in environment.items():
        yield [f"{name}={value}"]


def _options(words: Sequence[str]) -> Iterable[list[str]]:
    """Put a value on the line of its option, up to the ``--`` after which all are."""
    group: list[str] = []
    takes_value = False
    for index, word in enumerate(words):
        if word == "--":
            yield group
            yield from ([rest] for rest in words[index:])
            return
        if word.startswith("-") or not (takes_value or index == 0):
            if group:
                yield group
            group = []
        group.append(word)
        takes_value = word.startswith("-")
    yield group


def _quoted(word: str) -> str:
    return word if _HARMLESS.match(word) else shlex.quote(word)


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
