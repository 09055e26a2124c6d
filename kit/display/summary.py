"""What is shown of a thing, as plain data that no front end has touched.

A summary is computed once and drawn by leaves (console, HTML, widgets), which therefore
tell the same facts.  Texts in it are raw: each leaf escapes them for where it draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Code", "Fact", "Facts", "Finding", "Item", "Section", "Summary", "Table"]

Severity = Literal["error", "warning", "note"]
Language = Literal["json", "shell", "python", "text"]


@dataclass(frozen=True)
class Fact:
    """A name and its value."""

    name: str
    value: str


@dataclass(frozen=True)
class Facts:
    """Names and values, in order."""

    rows: tuple[Fact, ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells under column titles; every row is as long as ``columns``."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Code:
    """Text whose spaces and line ends matter."""

    text: str
    language: Language = "text"
    caption: str = ""


@dataclass(frozen=True)
class Finding:
    """Something the reader should know, and what to do about it."""

    severity: Severity
    message: str
    advice: str = ""


Item = Facts | Table | Code | Finding


@dataclass(frozen=True)
class Section:
    """Items under a title; an empty section is not shown at all."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Summary:
    """A thing in a title line and sections.

    Attributes:
        kind: What the thing is, as in ``task`` or ``run``.
        title: Its name.
        status: Its state in a word, empty if it has none.
        sections: What there is to know, most important first.
    """

    kind: str
    title: str
    sections: tuple[Section, ...]
    status: str = ""

    def section(self, title: str) -> Section | None:
        """Return the section of that title, None if the summary has none."""
        return next((part for part in self.sections if part.title == title), None)
