"""Make text that came from a task harmless and visible: a leaf every face calls.

Names, values, logs and errors are written by tasks.  Printed as they are, an escape
sequence in them could recolour, retitle or rewrite the reader's terminal, and a
direction override could show one text and mean another.
"""

from __future__ import annotations

import difflib
import re
import reprlib
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

__all__ = [
    "COMES",
    "GOES",
    "LONGEST_CODE",
    "REST",
    "STAYS",
    "Block",
    "Budget",
    "attribute",
    "blocks_of",
    "bounded",
    "command_text",
    "enum_name",
    "html_text",
    "label",
    "marked_lines",
    "one_line",
    "shorten",
    "value_text",
    "visible",
]


_LONGEST_TEXT = 4_000  # characters of a value, a sentence
_LONGEST_LABEL = 400  # of a name, a path, a title

LONGEST_CODE = 100_000
"""Characters of a text of many lines."""

# Control characters but for line ends and tabs (an escape sequence starts with one),
# line and paragraph separators, marks that change the direction of text, and halves of
# surrogate pairs, which nothing can encode.
_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff]"
)


def visible(text: str) -> str:
    r"""Spell out what a terminal would obey; line ends and tabs stay.

    >>> visible("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if text.isprintable():  # what terminals obey is not, and most texts are
        return text
    return _OBEYED.sub(_spell, text)


def one_line(text: str) -> str:
    r"""Do as :func:`visible`, and spell out line ends and tabs as well.

    >>> one_line("a\nb")
    'a\\nb'
    """
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


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


def shorten(text: str, limit: int) -> str:
    """Cut text to ``limit`` characters, saying how many there were.

    >>> shorten("abcdefghijklmnopqrstuvwxyz", 22)
    'abcde… (26 characters)'
    """
    if len(text) <= limit:
        return text
    mark = f"… ({len(text):,} characters)"
    return text[: max(limit - len(mark), 1)] + mark


def bounded(text: str) -> str:
    """Cut a text that is longer than anyone reads where it stands; say how long.

    >>> bounded("x" * 5_000)[-22:]
    'xx… (5,000 characters)'
    """
    return shorten(text, _LONGEST_TEXT)


def label(text: str) -> str:
    r"""Return a name, a path or a title as one line, within bounds.

    >>> label("a\nb")
    'a\\nb'
    """
    return one_line(shorten(text, _LONGEST_LABEL))


def _spell(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


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


def enum_name(kind: Any, number: int) -> str:
    """Name a value; a number that a later Flyte gave a meaning to stays a number.

    >>> from flyteidl.core.types_pb2 import SimpleType
    >>> enum_name(SimpleType, 1), enum_name(SimpleType, 99)
    ('INTEGER', '99 (unknown)')
    """
    descriptor = kind.DESCRIPTOR.values_by_number.get(number)
    return f"{number} (unknown)" if descriptor is None else str(descriptor.name)


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
