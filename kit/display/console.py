"""Draw a summary on a terminal with rich, within its width.

Text of tasks is always put into :class:`rich.text.Text`, never parsed as markup.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from kit.display.console_items import item_text
from kit.display.escape import label
from kit.display.summary import Badge, Section, Summary

__all__ = ["draw", "make_console", "plain_text", "print_summary"]

_STATUS_STYLES = {
    "SUCCEEDED": "bold green",
    "FAILED": "bold red",
    "ABORTED": "bold yellow",
    "TIMED_OUT": "bold yellow",
}
_BADGE_STYLES = {"plain": "", "good": "green", "notable": "yellow", "bad": "bold red"}
_INDENT = (0, 0, 0, 2)
_WIDTH = 80


def make_console(file: TextIO | None = None) -> Console:
    """Make a console that interprets no markup and guesses no highlights.

    Colour follows the terminal and ``NO_COLOR``; a pipe gets none, and 80 columns.
    """
    return Console(
        file=file, markup=False, highlight=False, emoji=False, soft_wrap=False
    )


def plain_text(summary: Summary, *, width: int = _WIDTH, details: bool = False) -> str:
    """Return a summary as text without colour, the same wherever it is drawn.

    Args:
        summary: What to draw.
        width: Columns of a line at most.
        details: Whether to draw the sections for those who look closer, too.
    """
    file = io.StringIO()
    console = Console(
        file=file,
        width=width,
        force_terminal=False,
        force_jupyter=False,
        color_system=None,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=False,
    )
    print_summary(summary, console, details=details)
    return file.getvalue().removesuffix("\n")


def print_summary(
    summary: Summary, console: Console | None = None, *, details: bool = False
) -> None:
    """Print a summary to a console, by default standard output's.

    In a file or pipe, lines have no spaces at their ends.

    Args:
        summary: What to draw.
        console: Where to.
        details: Whether to draw the sections for those who look closer, too.
    """
    console = console or make_console()
    drawn = draw(summary, details=details)
    if console.is_terminal:
        console.print(drawn)
        return
    with console.capture() as capture:
        console.print(drawn)
    lines = (line.rstrip() for line in capture.get().splitlines())
    console.file.write("".join(f"{line}\n" for line in lines))


def draw(summary: Summary, *, details: bool = False) -> RenderableType:
    """Return what rich prints for a summary."""
    return Group(_heading(summary), *_sections(summary, details=details))


def _sections(summary: Summary, *, details: bool) -> Iterator[RenderableType]:
    """Draw the sections, and name those that are left out."""
    left_out = []
    for section in summary.sections:
        if section.items and section.detail and not details:
            left_out.append(label(section.title))
        elif section.items:
            yield _section(section)
    if left_out:
        more = f"\nNot shown: {', '.join(left_out)}."
        yield Text(more, style="dim", overflow="fold")


def _heading(summary: Summary) -> Text:
    heading = Text(overflow="fold")
    heading.append(f"{label(summary.kind)} ", style="dim")
    heading.append(label(summary.title), style="bold")
    if summary.status:
        style = _STATUS_STYLES.get(summary.status, "bold")
        heading.append("  ").append(label(summary.status), style=style)
    for badge in summary.badges:
        heading.append("  ").append_text(_badge(badge))
    return heading


def _badge(badge: Badge) -> Text:
    return Text(f"[{label(badge.text)}]", style=_BADGE_STYLES[badge.tone])


def _section(section: Section) -> RenderableType:
    title = Text(f"\n{label(section.title)}", style="bold cyan", overflow="fold")
    items = (Padding(item_text(item), _INDENT, expand=False) for item in section.items)
    return Group(title, *items)
