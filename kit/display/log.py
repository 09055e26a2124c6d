"""Lines of a log: colours that a task wrote, without anything a terminal would obey.

A task's log has control sequences: colours (SGR), cursor movements, titles of windows.
Colours and weights become classes; every other control sequence is dropped.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from kit.display.text import html_text
from kit.escape import shorten, visible
from kit.runners.log import Log, LogLine

# Sequences that begin with an escape: CSI with its parameters, strings with their end
# (titles, links), and those of two characters; then the other control characters.
_CONTROL = re.compile(
    r"(?:\x1b\[|\x9b)(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f]).*?(?:\x07|\x1b\\|\x9c|\Z)"
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f]",
    re.DOTALL,
)
_SGR = re.compile(r"[\d;:]*\Z")


@dataclass(frozen=True)
class Pen:
    """How text is written: SGR attributes.

    Attributes:
        colour: One of the 16 colours of the text; -1 for the reader's own.
        ground: The same of what is behind it.
        marks: Of ``bold``, ``dim``, ``italic``, ``under``.
    """

    colour: int = -1
    ground: int = -1
    marks: frozenset[str] = frozenset()

    @property
    def classes(self) -> str:
        """The classes of the stylesheet; empty for plain text."""
        names = [f"kit-sgr-{mark}" for mark in sorted(self.marks)]
        if self.colour >= 0:
            names.append(f"kit-sgr-{self.colour}")
        if self.ground >= 0:
            names.append(f"kit-sgr-on-{self.ground}")
        return " ".join(names)

    @property
    def codes(self) -> str:
        """The sequence that sets it in a terminal."""
        numbers = ["0", *(str(_MARKS[mark]) for mark in sorted(self.marks))]
        for base, colour in ((30, self.colour), (40, self.ground)):
            if colour >= 0:
                number = base + colour if colour < _BRIGHT else base + 52 + colour
                numbers.append(str(number))
        return f"\x1b[{';'.join(numbers)}m"


_BRIGHT = 8
_MARKS = {"bold": 1, "dim": 2, "italic": 3, "under": 4}
_PLAIN = Pen()


class Span(NamedTuple):
    """Text written with one pen."""

    text: str
    pen: Pen = _PLAIN


def plain(text: str) -> str:
    r"""Return a line without its control sequences.

    >>> plain("\x1b[32mINFO\x1b[0m ready\x07")
    'INFO ready'
    """
    return text if text.isprintable() else _CONTROL.sub("", text)


def spans(text: str, pen: Pen = _PLAIN) -> tuple[list[Span], Pen]:
    """Return a line as spans, and the pen at its end.

    Args:
        text: The line.
        pen: How its stream was written before.
    """
    found: list[Span] = []
    end = 0
    for match in _CONTROL.finditer(text):
        _put(found, text[end : match.start()], pen)
        end = match.end()
        if match["final"] == "m" and _SGR.match(match["parameters"]):
            pen = _after(pen, match["parameters"])
    _put(found, text[end:], pen)
    return found, pen


def _put(found: list[Span], text: str, pen: Pen) -> None:
    """Add a text, to the last span if that has the same pen."""
    if found and found[-1].pen == pen:
        found[-1] = Span(found[-1].text + text, pen)
    elif text:
        found.append(Span(text, pen))


def _after(pen: Pen, parameters: str) -> Pen:
    """Return the pen after an SGR sequence; unknown numbers change nothing."""
    numbers = [int(part[:4] or 0) for part in re.split("[;:]", parameters)]
    rest = iter(numbers)
    for number in rest:
        if number == 0:
            pen = _PLAIN
        elif number in _ON:
            pen = replace(pen, marks=pen.marks | {_ON[number]})
        elif number in _OFF:
            pen = replace(pen, marks=pen.marks - _OFF[number])
        elif number in (38, 48):
            pen = _coloured(pen, number, _extended(list(islice(rest, 1)), rest))
        elif number in _COLOURS:
            pen = _coloured(pen, *_COLOURS[number])
    return pen


def _coloured(pen: Pen, number: int, colour: int) -> Pen:
    """Return a pen of a colour: of the text, or of what is behind it."""
    if number in _GROUNDS:
        return replace(pen, ground=colour)
    return replace(pen, colour=colour)


_GROUNDS = (40, 48, 100)
_ON = {number: mark for mark, number in _MARKS.items()} | {21: "under"}
_OFF = {22: {"bold", "dim"}, 23: {"italic"}, 24: {"under"}}
_COLOURS = {39: (30, -1), 49: (40, -1)}
for _index in range(_BRIGHT):
    _COLOURS |= {base + _index: (base, _index) for base in (30, 40)}
    _COLOURS |= {base + _index: (base, _BRIGHT + _index) for base in (90, 100)}


def _extended(kind: list[int], rest: Iterator[int]) -> int:
    """Return the colour nearest to one of 256 or of 16 million."""
    if kind == [5]:
        return _of_256(next(rest, 0))
    if kind == [2]:
        red, green, blue = [*islice(rest, 3), 0, 0, 0][:3]
        return _nearest(red, green, blue)
    return -1


_CUBE, _GREYS = 16, 232


def _of_256(number: int) -> int:
    if number < _CUBE:
        return max(number, 0)
    if number >= _GREYS:
        grey = 8 + 10 * (number - _GREYS)
        return _nearest(grey, grey, grey)
    red, rest = divmod(number - _CUBE, 36)
    green, blue = divmod(rest, 6)
    return _nearest(
        *(0 if part == 0 else 55 + 40 * part for part in (red, green, blue))
    )


@functools.lru_cache(maxsize=512)
def _nearest(red: int, green: int, blue: int) -> int:
    def distance(index: int) -> int:
        sides = zip(_PALETTE[index], (red, green, blue), strict=True)
        return sum((ours - theirs) ** 2 for ours, theirs in sides)

    return min(range(len(_PALETTE)), key=distance)


_PALETTE = (
    *((0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0)),
    *((0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)),
    *((127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0)),
    *((92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255)),
)
"""The 16 colours as xterm has them."""


def terminal_text(text: str) -> str:
    r"""Return a line with its colours only, for a terminal.

    >>> terminal_text("\x1b]0;title\x07\x1b[1;31mred")
    '\x1b[0;1;31mred\x1b[0m'
    """
    found, _ = spans(text)
    if all(span.pen == _PLAIN for span in found):
        return visible(plain(text))
    return "".join(f"{s.pen.codes}{visible(s.text)}" for s in found) + _PLAIN.codes


MOST_LINES = 1_000
"""Lines of a log that a page has: its last ones."""
_LONGEST_LINE = 2_000
Mask = Callable[[str], str]


class LogPage:
    """The last lines of a log as HTML, drawn again only where they have changed.

    Args:
        log: The log.
        mask: Removes from a text what is not to be shown.
        most: How many lines there are at most.

    Attributes:
        first: The number of the first line, from 0: those before it are left out.
        lines: The HTML of each line.
    """

    def __init__(self, log: Log, mask: Mask = str, most: int = MOST_LINES) -> None:
        self._log, self._mask, self._most = log, mask, most
        self._changes = -1
        self._known: tuple[LogLine, ...] = ()
        self.first = 0
        self.lines: tuple[str, ...] = ()

    def update(self) -> bool:
        """Draw what has changed; return whether anything has."""
        if self._log.changes == self._changes:
            return False
        self._changes = self._log.changes
        known = self._log.tail(self._most)
        first = self._log.dropped + len(self._log) - len(known)
        gone = first - self.first
        before, kept = self._known[gone:], self.lines[gone:]
        same = 0
        while same < min(len(before), len(known)) and before[same] == known[same]:
            same += 1
        self._known, self.first = known, first
        self.lines = (*kept[:same], *self._draw(known, same))
        return True

    def _draw(self, lines: Sequence[LogLine], start: int) -> Iterator[str]:
        """Draw lines from one on; a colour may have begun in an earlier line."""
        pens: dict[str, Pen] = {}
        for position, line in enumerate(lines):
            found, pens[line.stream] = spans(line.text, pens.get(line.stream, _PLAIN))
            if position >= start:
                yield self._line(line, found)

    def _line(self, line: LogLine, found: list[Span]) -> str:
        text = "".join(span.text for span in found)
        masked = self._mask(text)
        if masked != text:  # a colour may begin inside of what is masked
            found = [Span(masked)]
        if len(masked) > _LONGEST_LINE:
            found = [Span(shorten(masked, _LONGEST_LINE))]
        return line_html(line.stream, found)


def line_html(stream: str, found: Sequence[Span]) -> str:
    """Return a line as an element whose class names its stream."""
    inner = "".join(map(_span_html, found))
    kind = "kit-err" if stream == "stderr" else "kit-out"
    return f'<span class="{kind}">{inner}</span>'


def _span_html(span: Span) -> str:
    text, classes = html_text(span.text), span.pen.classes
    return f'<span class="{classes}">{text}</span>' if classes else text


@functools.cache
def log_stylesheet() -> str:
    """Return the rules for lines of a log, in a page that has the stylesheet."""
    path = Path(__file__).with_name("static") / "log.css"
    return path.read_text(encoding="utf-8")
