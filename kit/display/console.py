"""Draw a summary on a terminal with rich, within its width.

Text of tasks is always put into :class:`rich.text.Text`, never parsed as markup.
"""

from __future__ import annotations

from typing import TextIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table as Grid
from rich.text import Text

from kit.display.escape import one_line, visible
from kit.display.summary import (
    Code,
    Facts,
    Finding,
    Item,
    Section,
    Summary,
    Table,
)

__all__ = ["draw", "make_console", "print_summary"]

_STATUS_STYLES = {
    "SUCCEEDED": "bold green",
    "FAILED": "bold red",
    "ABORTED": "bold yellow",
    "TIMED_OUT": "bold yellow",
}
_SEVERITY_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold blue"}
_INDENT = (0, 0, 0, 2)


def make_console(file: TextIO | None = None) -> Console:
    """Make a console that interprets no markup and guesses no highlights.

    Colour follows the terminal and ``NO_COLOR``; a pipe gets none, and 80 columns.
    """
    return Console(
        file=file, markup=False, highlight=False, emoji=False, soft_wrap=False
    )


def print_summary(summary: Summary, console: Console | None = None) -> None:
    """Print a summary to a console, by default standard output's.

    In a file or pipe, lines have no spaces at their ends.
    """
    console = console or make_console()
    if console.is_terminal:
        console.print(draw(summary))
        return
    with console.capture() as capture:
        console.print(draw(summary))
    lines = (line.rstrip() for line in capture.get().splitlines())
    console.file.write("".join(f"{line}\n" for line in lines))


def draw(summary: Summary) -> RenderableType:
    """Return what rich prints for a summary."""
    shown = (section for section in summary.sections if section.items)
    return Group(_heading(summary), *(_section(section) for section in shown))


def _heading(summary: Summary) -> Text:
    heading = Text(overflow="fold")
    heading.append(f"{one_line(summary.kind)} ", style="dim")
    heading.append(one_line(summary.title), style="bold")
    if summary.status:
        style = _STATUS_STYLES.get(summary.status, "bold")
        heading.append("  ").append(one_line(summary.status), style=style)
    return heading


def _section(section: Section) -> RenderableType:
    title = Text(f"\n{one_line(section.title)}", style="bold cyan", overflow="fold")
    return Group(
        title, *(Padding(_item(item), _INDENT, expand=False) for item in section.items)
    )


def _item(item: Item) -> RenderableType:
    if isinstance(item, Facts):
        return _facts(item)
    if isinstance(item, Table):
        return _table(item)
    if isinstance(item, Code):
        return _captioned(item.caption, _code(item))
    return _finding(item)


def _facts(facts: Facts) -> RenderableType:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for fact in facts.rows:
        grid.add_row(_text(fact.name), _text(fact.value))
    return grid


def _table(table: Table) -> RenderableType:
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in table.columns:
        grid.add_column(_text(column), overflow="fold")
    for row in table.rows:
        grid.add_row(*map(_text, row))
    return _captioned(table.caption, grid)


def _code(code: Code) -> RenderableType:
    text = visible(code.text)
    if code.language == "text":
        return Text(text, overflow="fold")
    lexer = "bash" if code.language == "shell" else code.language
    drawn = Syntax(text, lexer, theme="ansi_dark").highlight(text)
    drawn.rstrip()
    drawn.no_wrap, drawn.overflow = False, "fold"
    return drawn


def _finding(finding: Finding) -> RenderableType:
    style = _SEVERITY_STYLES[finding.severity]
    text = Text(f"{finding.severity}: ", style=style, overflow="fold")
    text.append(visible(finding.message), style="not bold default")
    if finding.advice:
        text.append(f"\n{visible(finding.advice)}", style="dim")
    return text


def _captioned(caption: str, drawn: RenderableType) -> RenderableType:
    return Group(Text(one_line(caption), style="dim"), drawn) if caption else drawn


def _text(value: str) -> Text:
    return Text(visible(value), overflow="fold")
