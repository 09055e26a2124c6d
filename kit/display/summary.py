"""What is shown of a thing, as plain data, and who summarizes which type.

A summary is computed once and drawn by leaves (console, HTML, widgets), which therefore
tell the same facts.  Texts in it are raw: each leaf escapes them for where it draws.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from kit.readiness.ladder import Readiness

_KILO, _MEGA = 1_000, 1_000_000
Severity = Literal["error", "warning", "note"]
Language = Literal["json", "shell", "python", "text", "yaml", "pbtxt", "sql", "diff"]
Tone = Literal["plain", "good", "notable", "bad"]
Style = Literal["text", "code", "macros", "dim"]


@dataclass(frozen=True)
class Badge:
    """A word or two that stand out at the top: ``cache v1``, ``2 secrets``."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Fact:
    """A name and its value.

    Attributes:
        name: What it is.
        value: What it is worth.
        source: Where the value comes from, if that is known: shown on hover, and in
            the table of the whole message.
        before: What it was, if that is marked; empty if it is new.
    """

    name: str
    value: str
    source: str = ""
    before: str | None = None


@dataclass(frozen=True)
class Facts:
    """Names and values, in order."""

    rows: tuple[Fact, ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells under column titles; every row is as long as ``columns``.

    Attributes:
        columns: The titles.
        rows: The cells, as text.
        caption: What the table is, if its section does not say it.
        styles: How each column's cells are to be read; text where there is none.
        sources: Where each row comes from, if that is known: as many as rows, or none.
        before: What rows were, if that is marked: as many as rows, or none. ``None``
            is for a row that has not changed, an empty one for a new row.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    styles: tuple[Style, ...] = ()
    sources: tuple[str, ...] = ()
    before: tuple[tuple[str, ...] | None, ...] = ()

    def style(self, column: int) -> Style:
        """Return how the cells of a column are to be read."""
        return self.styles[column] if column < len(self.styles) else "text"


@dataclass(frozen=True)
class Code:
    """Text whose spaces and line ends matter.

    Attributes:
        text: The text.
        language: What it is written in; ``shell`` may have the engine's macros.
        caption: What it is, if its section does not say it.
        folded: Whether a face that folds shows the caption first.
        before: What the text was, if lines that are new are marked.
    """

    text: str
    language: Language = "text"
    caption: str = ""
    folded: bool = False
    before: str | None = None


@dataclass(frozen=True)
class Tree:
    """A value made of dictionaries, lists and plain values, as JSON has them.

    Attributes:
        value: The value, already within bounds.
        caption: What it is, if its section does not say it.
        source: Where it comes from, if that is known.
        changed: Places that are marked, as keys and positions from the top.
    """

    value: Any
    caption: str = ""
    source: str = ""
    changed: frozenset[tuple[str | int, ...]] = frozenset()


@dataclass(frozen=True)
class Finding:
    """Something the reader should know, and what to do about it.

    Attributes:
        severity: How bad it is.
        message: What will happen.
        advice: What to do.
        rule: The rule that was broken, if it has a name.
        path: Where in the message.
        words: The backend's own words.
    """

    severity: Severity
    message: str
    advice: str = ""
    rule: str = ""
    path: str = ""
    words: str = ""


@dataclass(frozen=True)
class Gauge:
    """How much of a limit is used.

    Attributes:
        name: What is limited.
        value: How much there is, in bytes.
        limit: How much there may be, in bytes.
        note: What happens beyond.
    """

    name: str
    value: int
    limit: int
    note: str = ""

    @property
    def text(self) -> str:
        """The numbers as a reader wants them.

        >>> Gauge("gRPC", 2048, 4 * 2**20).text
        '2,048 of 4,194,304 bytes (under 1 %)'
        """
        share = 100 * self.value / self.limit
        percent = "under 1" if 0 < share < 1 else f"{share:,.0f}"
        return f"{self.value:,} of {self.limit:,} bytes ({percent} %)"


@dataclass(frozen=True)
class Gauges:
    """Several gauges, drawn under each other."""

    rows: tuple[Gauge, ...]


@dataclass(frozen=True)
class Frame:
    """HTML that a task wrote, for a face that can keep it from acting.

    Attributes:
        name: What it is called.
        html: Its HTML, as the task wrote it; None where it is not to be embedded.
        size: How many bytes it has.
        note: Why it is not embedded, and where to find it.
        allow: Origins that it may load scripts, styles and fonts from.
    """

    name: str
    html: str | None
    size: int
    note: str = ""
    allow: tuple[str, ...] = ()

    @property
    def size_text(self) -> str:
        """The size as a reader wants it."""
        return size_text(self.size)


@dataclass(frozen=True)
class Picture:
    """An image, which is drawn from its bytes.

    Attributes:
        caption: What it is.
        data: The bytes of its file.
        media_type: Of the file: ``image/png``, ….
    """

    caption: str
    data: bytes
    media_type: str


@dataclass(frozen=True)
class Frames:
    """Several frames, one of which is seen at a time where a face can do so."""

    rows: tuple[Frame, ...]


def size_text(size: int) -> str:
    """Write a number of bytes as a reader wants it.

    >>> [size_text(size) for size in (9, 23_456, 20_000_000)]
    ['under 1 kB', '23 kB', '20.0 MB']
    """
    if size < _KILO:
        return "under 1 kB"
    if size < _MEGA:
        return f"{size // _KILO:,} kB"
    return f"{size / _MEGA:,.1f} MB"


Item = Facts | Table | Code | Tree | Finding | Gauges | Frames | Picture


@dataclass(frozen=True)
class Section:
    """Items under a title; an empty section is not shown at all.

    Attributes:
        title: What the items are about; titles are unique in a summary.
        items: What there is to know.
        detail: Whether it is for those who look closer: HTML shows it folded, and a
            terminal only when it is asked for everything.
    """

    title: str
    items: tuple[Item, ...]
    detail: bool = False


_TONES: dict[str, Tone] = {
    "SUCCEEDED": "good",
    "FAILED": "bad",
    "ABORTED": "notable",
    "TIMED_OUT": "notable",
}
"""How phases of runs are drawn."""


@dataclass(frozen=True)
class Summary:
    """A thing in a title line and sections.

    Attributes:
        kind: What the thing is, as in ``task`` or ``run``.
        title: Its name.
        status: Its state in a word, empty if it has none.
        sections: What there is to know, most important first.
        badges: What stands out.
        sentence: What it is, in its author's words; empty if nobody says.
        ladder: How ready it is, if it is a task.
        tone: Of its state; that of a run's phase, if it is one, by default.
    """

    kind: str
    title: str
    sections: tuple[Section, ...]
    status: str = ""
    badges: tuple[Badge, ...] = ()
    sentence: str = ""
    ladder: Readiness | None = None
    tone: Tone | None = None

    @property
    def status_tone(self) -> Tone:
        """How its state is drawn."""
        return _TONES.get(self.status, "plain") if self.tone is None else self.tone

    def section(self, title: str) -> Section | None:
        """Return the section of that title, None if the summary has none."""
        return next((part for part in self.sections if part.title == title), None)


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


Place = tuple[str | int, ...]


def highlight_changes(summary: Summary, before: Summary) -> Summary:
    """Return a summary that tells what is new or other than before.

    Rows are compared by what stands in their first cell, trees by keys, code by lines.
    What is gone is not in the summary: the difference of both things tells it.
    """
    sections = tuple(
        _section(section, before.section(section.title)) for section in summary.sections
    )
    return dataclasses.replace(summary, sections=sections)


def _section(section: Section, before: Section | None) -> Section:
    """Pair the items of a section with those of their kind, in order."""
    earlier = list(before.items) if before is not None else []
    items = []
    for item in section.items:
        partner = next((old for old in earlier if _is_partner(item, old)), None)
        if partner is not None:
            earlier.remove(partner)
        items.append(_item(item, partner))
    return dataclasses.replace(section, items=tuple(items))


def _is_partner(item: Item, old: Item) -> bool:
    if isinstance(item, Code | Table | Tree):
        return type(old) is type(item) and old.caption == item.caption
    return type(old) is type(item)


def _item(item: Item, old: Any) -> Item:
    if isinstance(item, Facts):
        return _facts(item, old or Facts(()))
    if isinstance(item, Table):
        return _table(item, old or Table(item.columns, ()))
    if isinstance(item, Code):
        return dataclasses.replace(item, before="" if old is None else old.text)
    if isinstance(item, Tree):
        places = frozenset(_changed(item.value, {} if old is None else old.value, ()))
        return dataclasses.replace(item, changed=places)
    return item


def _facts(facts: Facts, old: Facts) -> Facts:
    known = {fact.name: fact.value for fact in old.rows}
    return Facts(tuple(_fact(fact, known.get(fact.name, "")) for fact in facts.rows))


def _fact(fact: Fact, before: str) -> Fact:
    return fact if fact.value == before else dataclasses.replace(fact, before=before)


def _table(table: Table, old: Table) -> Table:
    if table.columns != old.columns:
        return table
    known = {row[0]: row for row in old.rows}
    before = (known.get(row[0], ()) for row in table.rows)
    return dataclasses.replace(
        table,
        before=tuple(
            None if row == earlier else earlier
            for row, earlier in zip(table.rows, before, strict=True)
        ),
    )


def _changed(value: Any, before: Any, place: Place) -> Iterator[Place]:
    """Yield the deepest places of a JSON value that are new or other than before."""
    if isinstance(value, dict) and isinstance(before, dict):
        for key, item in value.items():
            if key not in before:
                yield (*place, key)
            else:
                yield from _changed(item, before[key], (*place, key))
    elif isinstance(value, list) and isinstance(before, list):
        for index, item in enumerate(value):
            if index >= len(before):
                yield (*place, index)
            else:
                yield from _changed(item, before[index], (*place, index))
    elif type(value) is not type(before) or value != before:
        yield place
