"""A summary on a terminal, drawn with rich, within its width.

Text of tasks is always put into :class:`rich.text.Text`, never parsed as markup.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import time
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, TextIO

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.style import Style as RichStyle
from rich.syntax import Syntax
from rich.text import Text

from kit.display.ladder import ICONS, rung_text, tone
from kit.display.log import terminal_text
from kit.display.summary import (
    Badge,
    Code,
    Facts,
    Finding,
    Frames,
    Gauge,
    Gauges,
    Item,
    Picture,
    Section,
    Style,
    Summary,
    Table,
    Tree,
)
from kit.display.text import LONGEST_CODE
from kit.escape import bounded, label, shorten, visible
from kit.readiness.ladder import Standing
from kit.running.run import Run
from kit.template.macros import macro_spans

Cell = str | Text
_LINE = Segment.line()
_TAB = 8


class Grid:
    """Rows of cells in columns that share the width.

    Args:
        rows: The cells, as many in each row.
        head: Titles of the columns, over a line; none for no head.
        styles: The style of each column.
        gap: Spaces between columns.
    """

    def __init__(
        self,
        rows: Sequence[Sequence[Cell]],
        *,
        head: Sequence[str] = (),
        styles: Sequence[str] = (),
        gap: int = 2,
    ) -> None:
        self._rows = rows
        self._head = head
        self._styles = styles
        self._gap = gap

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        everything = [self._head, *self._rows] if self._head else self._rows
        columns = list(zip(*everything, strict=True))
        room = options.max_width - self._gap * (len(columns) - 1)
        widths = _shared([max(map(_width, column)) for column in columns], room)
        styles = [console.get_style(name or "none") for name in self._styles]
        styles += [RichStyle.null()] * (len(columns) - len(styles))
        if self._head:
            bold = [console.get_style("bold")] * len(columns)
            yield from self._row(self._head, widths, bold, console)
            yield Segment("─" * (sum(widths) + self._gap * (len(widths) - 1)))
            yield _LINE
        for row in self._rows:
            yield from self._row(row, widths, styles, console)

    def _row(
        self,
        row: Sequence[Cell],
        widths: Sequence[int],
        styles: Sequence[RichStyle],
        console: Console,
    ) -> Iterator[Segment]:
        cells = [
            _fitted(cell, width, console)
            for cell, width in zip(row, widths, strict=True)
        ]
        for line in zip_longest(*cells, fillvalue=""):
            space = 0  # that stands before the next text; none at a line's end
            for part, width, style in zip(line, widths, styles, strict=True):
                if part:
                    yield Segment(" " * space)
                    yield from _segments(part, style, console)
                    space = 0
                space += width - _width(part) + self._gap
            yield _LINE


class Lines:
    """Text that keeps its lines, folded where they are longer than the width."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __rich_console__(
        self, _console: Console, options: ConsoleOptions
    ) -> RenderResult:
        for line in self._text.expandtabs(_TAB).split("\n"):
            for part in _chopped(line, options.max_width):
                yield Segment(part)
                yield _LINE


class Flow:
    """Short texts one after the other, as many to a line as fit."""

    def __init__(self, parts: Sequence[Text], *, gap: int = 3) -> None:
        self._parts = parts
        self._gap = gap

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        line = Text(overflow="fold")
        for part in self._parts:
            space = " " * self._gap * bool(line)
            if line and line.cell_len + self._gap + part.cell_len > options.max_width:
                yield line
                line, space = Text(overflow="fold"), ""
            line.append(space).append_text(part)
        yield line


def _chopped(line: str, width: int) -> list[str]:
    """Cut a line of code where the terminal ends, at words or not."""
    if not line.isascii():
        return chop_cells(line, width)
    return [line[start : start + width] for start in range(0, len(line) or 1, width)]


def _shared(wanted: Sequence[int], room: int) -> list[int]:
    """Give narrow columns what they want, and the others equal parts of the rest."""
    widths = [0] * len(wanted)
    rest = max(room, len(wanted))
    for left, index in zip(
        range(len(wanted), 0, -1),
        sorted(range(len(wanted)), key=lambda column: wanted[column]),
        strict=True,
    ):
        widths[index] = min(wanted[index], max(rest // left, 1))
        rest -= widths[index]
    return widths


def _width(cell: Cell) -> int:
    text = cell if isinstance(cell, str) else cell.plain
    if "\t" in text:
        text = text.expandtabs(_TAB)
    if "\n" in text:
        return max(map(cell_len, text.split("\n")))
    return len(text) if text.isascii() else cell_len(text)


def _fitted(cell: Cell, width: int, console: Console) -> list[Cell]:
    """Return the cell's lines, none wider than its column."""
    text = cell if isinstance(cell, str) else cell.plain
    if "\n" not in text and "\t" not in text and _width(text) <= width:
        return [cell]
    whole = Text(cell) if isinstance(cell, str) else cell
    return list(whole.wrap(console, width, overflow="fold", tab_size=_TAB))


def _segments(part: Cell, style: RichStyle, console: Console) -> Iterator[Segment]:
    if isinstance(part, str):
        yield Segment(part, style)
    else:
        part.rstrip()
        part.end = ""
        yield from Segment.apply_style(part.render(console), style)


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
    parts: list[RenderableType] = [_heading(summary)]
    if summary.sentence:
        parts.append(Text(_text(summary.sentence), overflow="fold"))
    if summary.ladder is not None:
        parts.append(Flow([_rung(standing) for standing in summary.ladder]))
    return Group(*parts, *_sections(summary, details=details))


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
        style = _STATUS_STYLES[summary.status_tone]
        heading.append("  ").append(label(summary.status), style=style)
    for badge in summary.badges:
        heading.append("  ").append_text(_badge(badge))
    return heading


_RUNG_STYLES = {"good": "green", "bad": "bold red", "notable": "yellow", "kind": "dim"}


def _rung(standing: Standing) -> Text:
    style = _RUNG_STYLES[tone(standing)]
    drawn = Text(f"{ICONS[standing.state]} ", style=style)
    drawn.append(f"{standing.rung.title} ", style="not dim not bold default")
    drawn.append(standing.state.value, style=style)
    text = label(rung_text(standing))
    return drawn.append(f": {text}", style="not bold dim") if text else drawn


def _badge(badge: Badge) -> Text:
    return Text(f"[{label(badge.text)}]", style=_BADGE_STYLES[badge.tone])


def _section(section: Section) -> RenderableType:
    title = Text(f"\n{label(section.title)}", style="bold cyan", overflow="fold")
    items = (Padding(item_text(item), _INDENT, expand=False) for item in section.items)
    return Group(title, *items)


_LINES = 5
_PER_SECOND = 8


@contextlib.contextmanager
def run_progress(run: Run) -> Iterator[None]:
    """Show a run on standard error for as long as this lasts, and wipe it away."""
    from rich.console import Console, Group
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    began = time.monotonic()
    spinner = Spinner("dots")

    def view() -> Group:
        seconds = time.monotonic() - began
        status = (
            f" {visible(run.task)}  {run.phase.value}  {run.runner}  {seconds:.0f} s"
        )
        spinner.update(text=Text(status, style="bold", overflow="ellipsis"))
        lines = [
            Text.from_ansi(f"  {terminal_text(line.text)}", style="dim", no_wrap=True)
            for line in run.logs.tail(_LINES)
        ]
        return Group(*lines, spinner)

    with Live(
        get_renderable=view,
        console=Console(stderr=True),
        refresh_per_second=_PER_SECOND,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        yield


_SEVERITY_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold blue"}
_CELL_STYLES: dict[Style, str] = {"text": "", "code": "", "macros": "", "dim": "dim"}
_MACRO_STYLE = "bold magenta"
_LEXERS = {"shell": "bash", "pbtxt": "yaml"}
_LONG = 4_096  # characters from which on code is not highlighted, which is slow
_MOST_LINES = 400
_LONGEST_LINE = 20_000  # characters; a text in a tree has fewer, a key may have more
_METER = 20  # columns
_FULL = 0.5  # the share of a limit from which on it is drawn as a warning
_KEY = re.compile(r'^ *("(?:[^"\\]|\\.)*")(?=: )', re.MULTILINE)


def item_text(item: Item) -> RenderableType:
    """Return what rich prints for an item."""
    return _DRAWN[type(item)](item)  # type: ignore[no-any-return]


def _facts(facts: Facts) -> RenderableType:
    rows = [(label(fact.name), _text(fact.value)) for fact in facts.rows]
    return Grid(rows, styles=("dim",))


def _table(table: Table) -> RenderableType:
    styles = [table.style(index) for index in range(len(table.columns))]
    rows = [
        [
            _macros(bounded(cell)) if style == "macros" else _text(cell)
            for cell, style in zip(row, styles, strict=True)
        ]
        for row in table.rows
    ]
    head = [label(column) for column in table.columns]
    drawn = [_CELL_STYLES[style] for style in styles]
    return _captioned(table.caption, Grid(rows, head=head, styles=drawn, gap=3))


def _code(code: Code) -> RenderableType:
    return _captioned(code.caption, _lines(code))


def _lines(code: Code) -> RenderableType:
    text = _cut(visible(shorten(code.text, LONGEST_CODE)))
    if code.language == "shell" and "{{" in text:
        return _macros(text)
    if code.language == "text" or len(text) > _LONG:
        return Lines(text)
    lexer = _LEXERS.get(code.language, code.language)
    drawn = Syntax(text, lexer, theme="ansi_dark").highlight(text)
    drawn.rstrip()
    drawn.no_wrap, drawn.overflow = False, "fold"
    return drawn


def _tree(tree: Tree) -> RenderableType:
    text = json.dumps(tree.value, indent=2, ensure_ascii=False)
    lines = (shorten(line, _LONGEST_LINE) for line in text.split("\n"))
    text = _cut(visible("\n".join(lines)))
    if len(text) > _LONG:
        return _captioned(tree.caption, Lines(text))
    drawn = Text(text, overflow="fold")
    drawn.highlight_regex(_KEY, "blue")
    return _captioned(tree.caption, drawn)


def _cut(text: str) -> str:
    """Keep as many lines as someone may scroll through."""
    lines = text.split("\n")
    rest = len(lines) - _MOST_LINES
    if rest > 0:
        lines[_MOST_LINES:] = [f"… {rest:,} more lines"]
    return "\n".join(lines)


def _text(text: str) -> str:
    return visible(bounded(text))


def _finding(finding: Finding) -> RenderableType:
    style = _SEVERITY_STYLES[finding.severity]
    text = Text(f"{finding.severity}: ", style=style, overflow="fold")
    where = " ".join(filter(None, (finding.rule, finding.path)))
    if where:
        text.append(f"{label(where)}: ", style="not bold default")
    text.append(_text(finding.message), style="not bold default")
    if finding.advice:
        text.append(f"\n{_text(finding.advice)}", style="dim")
    if finding.words:
        text.append(f"\n“{_text(finding.words)}”", style="dim italic")
    return text


def _gauges(gauges: Gauges) -> RenderableType:
    rows = []
    for gauge in gauges.rows:
        told = Text(gauge.text).append(f"  {_text(gauge.note)}", style="dim")
        rows.append((label(gauge.name), _meter(gauge), told))
    return Grid(rows, styles=("dim",))


def _frames(frames: Frames) -> RenderableType:
    rows = [
        (label(frame.name), frame.size_text, _text(frame.note)) for frame in frames.rows
    ]
    return Grid(rows, styles=("", "dim", "dim"))


def _picture(picture: Picture) -> RenderableType:
    """Name an image, which a terminal cannot draw."""
    drawn = f"({picture.media_type}, not drawn here)"
    return _captioned(picture.caption, Text(drawn, style="dim"))


def _meter(gauge: Gauge) -> Text:
    share = min(gauge.value / gauge.limit, 1)
    filled = round(share * _METER)
    style = "bold red" if share >= _FULL else "green"
    return Text("█" * filled, style=style).append(
        "░" * (_METER - filled), style="dim not bold"
    )


def _captioned(caption: str, drawn: RenderableType) -> RenderableType:
    return Group(Text(label(caption), style="dim"), drawn) if caption else drawn


def _macros(text: str) -> Text:
    drawn = Text(overflow="fold")
    for span in macro_spans(text):
        drawn.append(visible(span.text), style=_MACRO_STYLE if span.macro else "")
    return drawn


_DRAWN: dict[type[Any], Any] = {
    Facts: _facts,
    Table: _table,
    Code: _code,
    Tree: _tree,
    Finding: _finding,
    Gauges: _gauges,
    Frames: _frames,
    Picture: _picture,
}
_STATUS_STYLES = {
    "plain": "bold",
    "good": "bold green",
    "notable": "bold yellow",
    "bad": "bold red",
}
_BADGE_STYLES = {"plain": "", "good": "green", "notable": "yellow", "bad": "bold red"}
